"""The app package of Teams: its manifest within what Microsoft's schema allows, its icons, and the script that makes it.

The limits are those of manifest 1.30, learn.microsoft.com/microsoft-365/extensibility/schema.
"""

import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from bot.commands import EXAMPLES, read_command
from bot.conversation import WORRIED_QUESTION
from bot.layout import WORRIED

FOLDER = Path(__file__).parents[2] / "deploy" / "teams"
APP_ID = "6f1d1a52-8f0a-4c43-9b1f-2d53cf9b7a10"
ADDRESS = "https://policies.school.example"
ROOT_KEYS = {"$schema", "manifestVersion", "version", "id", "developer", "name", "description", "icons", "accentColor"}
COMMAND_KEYS = {"title", "description", "type", "prompt"}


def package(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the script without anything of this project in reach, as a technician does."""
    command = [sys.executable, "-I", str(FOLDER / "package.py"), "--app-id", APP_ID, "--address", f"{ADDRESS}/", *more]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.fixture
def packed(tmp_path: Path) -> zipfile.ZipFile:
    ran = package(tmp_path, "--school", "St Mary's")
    assert (ran.returncode, ran.stderr) == (0, "")
    return zipfile.ZipFile(tmp_path / "policybot-teams.zip")


@pytest.fixture
def manifest(packed: zipfile.ZipFile) -> dict[str, Any]:
    return dict(json.loads(packed.read("manifest.json")))


def test_the_package_holds_the_manifest_and_its_icons_and_nothing_else(packed: zipfile.ZipFile) -> None:
    assert sorted(packed.namelist()) == ["color.png", "manifest.json", "outline.png"]
    assert b"{{" not in packed.read("manifest.json")


def test_the_manifest_has_what_is_required_within_its_lengths(manifest: dict[str, Any]) -> None:
    assert set(manifest) == ROOT_KEYS | {"bots", "validDomains"}
    assert manifest["$schema"].endswith(f"/teams/v{manifest['manifestVersion']}/MicrosoftTeams.schema.json")
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["id"] == manifest["bots"][0]["botId"] == APP_ID
    assert manifest["developer"]["name"] == "St Mary's"
    assert {value for key, value in manifest["developer"].items() if key.endswith("Url")} == {ADDRESS}
    for text, most in (
        (manifest["developer"]["name"], 32),
        (manifest["name"]["short"], 30),
        (manifest["name"]["full"], 100),
        (manifest["description"]["short"], 80),
        (manifest["description"]["full"], 4000),
    ):
        assert 0 < len(text) <= most
    assert re.fullmatch(r"#[0-9A-Fa-f]{6}", manifest["accentColor"])


def test_the_bot_is_for_chats_groups_and_teams_and_takes_no_files(manifest: dict[str, Any]) -> None:
    (bot,) = manifest["bots"]
    assert set(bot) == {"botId", "scopes", "supportsFiles", "isNotificationOnly", "commandLists"}
    assert set(bot["scopes"]) == {"personal", "team", "groupChat"}
    assert (bot["supportsFiles"], bot["isNotificationOnly"]) == (True, False)


def test_commands_are_within_their_limits_and_each_scope_has_one_list(manifest: dict[str, Any]) -> None:
    lists = manifest["bots"][0]["commandLists"]
    assert len(lists) <= 3
    scopes = [scope for one in lists for scope in one["scopes"]]
    assert sorted(scopes) == ["groupChat", "personal", "team"]
    for one in lists:
        assert 0 < len(one["commands"]) <= 12
        for command in one["commands"]:
            assert {"title", "description"} <= set(command) <= COMMAND_KEYS
            assert 0 < len(command["title"]) <= (128 if command.get("type") == "prompt" else 32)
            assert 0 < len(command["description"]) <= 128
            assert ("prompt" in command) == (command.get("type") == "prompt")


def test_each_command_is_one_that_the_bot_knows_and_each_prompt_one_of_its_examples(manifest: dict[str, Any]) -> None:
    commands = [command for one in manifest["bots"][0]["commandLists"] for command in one["commands"]]
    prompts = {command["title"]: command["prompt"] for command in commands if "prompt" in command}
    assert prompts == {example: example for example in EXAMPLES} | {WORRIED: WORRIED_QUESTION}
    for command in commands:
        if "prompt" not in command:
            assert read_command(command["title"]) is not None


def pixels(image: bytes) -> tuple[int, int, int, list[bytes]]:
    """Return width, height and colour type of a PNG of 8 bits, and its pixels; the filters of its rows undone."""
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, kind = struct.unpack(">IIBB", image[16:26])
    assert depth == 8
    data, at = b"", 8
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4])
        if image[at + 4 : at + 8] == b"IDAT":
            data += image[at + 8 : at + 8 + length]
        at += length + 12
    raw, size = zlib.decompress(data), {2: 3, 6: 4}[kind]
    rows, before = [], bytes(width * size)
    for row in range(height):
        start = row * (width * size + 1)
        before = _unfiltered(raw[start], raw[start + 1 : start + 1 + width * size], before, size)
        rows.append(before)
    return width, height, kind, [row[at : at + size] for row in rows for at in range(0, len(row), size)]


def _unfiltered(how: int, row: bytes, above: bytes, size: int) -> bytes:
    done = bytearray()
    for at, value in enumerate(row):
        left = done[at - size] if at >= size else 0
        up, corner = above[at], above[at - size] if at >= size else 0
        guess = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
        done.append((value + (0, left, up, (left + up) // 2, guess)[how]) % 256)
    return bytes(done)


def test_the_colour_icon_has_its_size_and_is_filled(packed: zipfile.ZipFile) -> None:
    width, height, _, seen = pixels(packed.read("color.png"))
    assert (width, height) == (192, 192)
    assert seen[0][:3] == bytes.fromhex("1d4b5f")


def test_the_outline_icon_has_its_size_and_is_white_on_nothing(packed: zipfile.ZipFile) -> None:
    width, height, kind, seen = pixels(packed.read("outline.png"))
    assert (width, height, kind) == (32, 32, 6)
    assert seen[0][3] == 0
    assert {pixel[:3] for pixel in seen if pixel[3] == 255} == {b"\xff\xff\xff"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--app-id", "the bot"), "is no app ID"),
        (("--address", "http://policies.school.example"), "begins with https://"),
        (("--address", "https://policies.school.example/chat"), "names no page"),
        (("--school", "x" * 33), "32 characters or fewer"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, more: tuple[str, str], words: str) -> None:
    ran = package(tmp_path, *more)
    assert ran.returncode == 1
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
