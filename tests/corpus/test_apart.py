"""Documents that are read in a process of their own, and files made to stall or fell whoever reads them."""

import re
import sys
import zlib
from pathlib import Path

import pytest

from corpus.building import build_document
from corpus.documents.apart import LARGEST_DOCUMENT, build_apart, start_reader
from corpus.errors import DocumentError

DOCUMENTS = Path(__file__).parent / "documents"


def pdf(drawn: bytes, *forms: bytes, packed: str = "") -> bytes:
    """Return a PDF of one page, without the table of its objects, which its reader makes anew; each form may draw the next."""
    objects = [
        b"1 0 obj << /Type /Catalog /Pages 2 0 R >>",
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 600 800] >>",
        b"3 0 obj << /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>",
        b"4 0 obj << %s /Length %d >> stream\n%s\nendstream" % (packed.encode(), len(drawn), drawn),
    ]
    for number, form in enumerate(forms, 5):
        objects.append(
            b"%d 0 obj << /Type /XObject /Subtype /Form /BBox [0 0 600 800] "
            b"/Resources << /XObject << /X %d 0 R >> >> /Length %d >> stream\n%s\nendstream"
            % (number, number + 1, len(form), form)
        )
    return b"%PDF-1.7\n" + b"\nendobj\n".join(objects) + b"\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF"


# Eight forms of which each draws the next eight times: sixteen million squares.
ENDLESS = pdf(b"/X Do", *[b"/X Do " * 8] * 8, b"0 0 9 9 re f")
# Less than a kilobyte, that unpacks to sixty million.
SWOLLEN = pdf(zlib.compress(zlib.compress(b" " * 60_000_000), 9), packed="/Filter [/FlateDecode /FlateDecode]")


def test_a_document_comes_out_as_it_would_here() -> None:
    raw = (DOCUMENTS / "social-media.pdf").read_bytes()
    here = build_document(raw, "policy\n.pdf", school="hillside", title="Über “us”")
    assert build_apart(raw, "policy\n.pdf", school="hillside", title="Über “us”") == here


@pytest.mark.parametrize(
    ("raw", "seconds", "memory", "says"),
    [
        (
            (DOCUMENTS / "locked.pdf").read_bytes(),
            20,
            10**9,
            "is locked with a password: save a copy without the password and bring that in.",
        ),
        (ENDLESS, 0.7, 10**10, "took too long to read: save it again as a new file, without pictures, and bring that in."),
        (
            SWOLLEN,
            20,
            50_000_000,
            "could not be read and may be damaged: open it, save it again as a new file, and bring that in.",
        ),
    ],
    ids=["locked", "endless", "swollen"],
)
def test_whatever_a_file_does_to_its_reader_is_said_in_one_sentence(raw: bytes, seconds: float, memory: int, says: str) -> None:
    with pytest.raises(DocumentError) as refused:
        build_apart(raw, "policy.pdf", school="hillside", seconds=seconds, memory=memory)
    assert str(refused.value) == f"policy.pdf {says}"


def test_a_large_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(DocumentError, match=r"policy\.pdf is larger than 10 MB: is it the policy\?"):
        build_apart(bytes(LARGEST_DOCUMENT + 1), "policy.pdf", school="hillside")


@pytest.mark.skipif(sys.platform != "linux", reason="what a process may do is read from /proc")
def test_the_reader_has_limits_a_session_of_its_own_and_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOT_SECRET_KEY", "not for the reader")
    with start_reader(20, 10**9) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        # More than a pipe holds: once it is written, the reader has begun to read, under its limits.
        reader.stdin.write(b'{"name":"policy.txt","school":"hillside","title":null}\n' + b"Staff must sign in. " * 20_000)
        about = Path("/proc", str(reader.pid))
        environment = (about / "environ").read_bytes()
        limits = dict(re.findall(r"^Max (.+?) {2,}(\S+)", (about / "limits").read_text(encoding="ascii"), re.MULTILINE))
        session = (about / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[3]
        reader.stdin.close()
        reader.stdout.read()
    assert b"POLICYBOT" not in environment
    assert b"PATH=" not in environment.replace(b"LD_LIBRARY_PATH=", b"")
    assert session == str(reader.pid)
    assert {name: limits[name] for name in ("cpu time", "file size", "core file size", "open files")} == {
        "cpu time": "21",
        "file size": "0",
        "core file size": "0",
        "open files": "64",
    }
    assert 10**9 < int(limits["address space"]) < 2 * 10**9
    assert reader.returncode == 0


def test_where_python_cannot_be_started_one_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(DocumentError, match=r"could not be read just now, as the computer is busy: try again in a minute\."):
        build_apart(b"Staff must sign in.", "policy.txt", school="hillside")


@pytest.mark.parametrize(
    ("limit", "most", "says"),
    [
        ("MOST_CHARACTERS", 30, "holds 41 characters, more than any policy: bring in only the pages that hold the policy."),
        ("MOST_CLAUSES", 1, "holds 2 rules"),
        ("LONGEST_CLAUSE", 15, "holds 20 characters in one paragraph"),
    ],
)
def test_what_holds_more_than_any_policy_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str, most: int, says: str) -> None:
    monkeypatch.setattr(f"corpus.building.{limit}", most)
    with pytest.raises(DocumentError, match=f"^p.txt {says}"):
        build_document(b"Staff must sign in.\n\nPupils must sign up.", "p.txt", school="hillside", title=None)
