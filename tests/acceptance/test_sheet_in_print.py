"""The staffroom sheet as a browser prints it: one A4 page, black on white, its QR code whole."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import segno
from playwright.sync_api import Browser, Page

Policybot = Callable[..., Any]
EXAMPLE = Path(__file__).parents[2] / "deploy" / "contacts.example.yaml"
SHORT, LONG = "https://policies.hillside.example", f"https://policies.{'-'.join(['the-very-long-name'] * 3)}.example"
# The light of each module of the QR code, from the middle of it, as the browser draws the code.
MODULES = """
async (svg, modules) => {
  const picture = new Image();
  picture.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  await picture.decode();
  const canvas = new OffscreenCanvas(modules * 10, modules * 10);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, modules * 10, modules * 10);
  const light = (x, y) => context.getImageData(x * 10 + 5, y * 10 + 5, 1, 1).data[0];
  return [...Array(modules).keys()].map(y => [...Array(modules).keys()].map(x => light(x, y)));
}
"""
TEAMS = """
teams:
  app_id: 1b4e28ba-2fa1-11d2-883f-0016d3cca427
  tenant_id: 6fa459ea-ee8a-3ca4-894e-db77e160355e
  client_secret: secret
  tenants:
    6fa459ea-ee8a-3ca4-894e-db77e160355e: {schools: [hillside]}
slack:
  bot_token: xoxb-1
  app_token: xapp-1
  workspaces:
    T1: {schools: [hillside]}
"""


@pytest.fixture
def page(browser: Browser, policybot: Policybot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """Open the sheet of a school of this name, reached at an address, with contacts and all channels if `everywhere`."""

    def opened(name: str, address: str, *, everywhere: bool = False) -> Page:
        monkeypatch.setenv("POLICYBOT_PUBLIC_URL", address)
        if everywhere:
            monkeypatch.setenv("POLICYBOT_TELEGRAM__TOKEN", "1:a")
            monkeypatch.setenv("POLICYBOT_TELEGRAM__BOT_NAME", "x" * 29 + "bot")
            (tmp_path / "home" / "policybot.yaml").write_text(TEAMS)
        assert policybot("init", "hillside", "--name", name, *(["--contacts", str(EXAMPLE)] if everywhere else [])).code == 0
        assert policybot("sheet", "--school", "hillside", "--out", tmp_path / "sheet.html").code == 0
        shown = browser.new_page()
        shown.goto((tmp_path / "sheet.html").as_uri())
        shown.emulate_media(media="print")
        return shown

    return opened


@pytest.mark.parametrize(
    ("name", "address", "everywhere"),
    [("Hillside Primary School", SHORT, False), (" ".join(["The Church of England Academy of Hillside"] * 2), LONG, True)],
    ids=["as usual", "with the longest of everything"],
)
def test_it_is_one_a4_page(page: Callable[..., Page], name: str, address: str, everywhere: bool) -> None:
    pdf = page(name, address, everywhere=everywhere).pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = (float(side) for side in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)[0])
    assert (round(width), round(height)) == (595, 842)


def test_it_is_black_on_white(page: Callable[..., Page]) -> None:
    colours = page("Hillside", SHORT).evaluate(
        "[...new Set([...document.querySelectorAll('body, body *')].flatMap(one => {"
        "const style = getComputedStyle(one); return [style.color, style.borderTopColor, style.backgroundColor]; }))]"
    )
    assert set(colours) <= {"rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}


def test_a_phone_can_scan_it(page: Callable[..., Page]) -> None:
    shown = page("Hillside", SHORT)
    drawn = segno.make_qr(f"{SHORT}/join", error="m")
    lights = shown.locator("svg.qr").evaluate(MODULES, drawn.symbol_size()[0])
    assert [[light < 128 for light in row] for row in lights] == [[bool(dark) for dark in row] for row in drawn.matrix_iter()]
    box = shown.locator("svg.qr").bounding_box()
    assert box
    assert box["width"] == box["height"] > 150  # 4 cm at 96 dots an inch


def test_it_is_read_aloud_in_order(page: Callable[..., Page]) -> None:
    shown = page("Hillside Primary School", SHORT)
    headings = [one.inner_text() for one in shown.locator("h1, h2, h3").all()]
    assert headings == [
        "Worried about a child?",
        "Whom to tell",
        "Numbers, also out of hours",
        "What does our policy say? Ask policybot",
    ]
