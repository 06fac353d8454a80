"""Files that are broken, hostile or odd, brought in at the desk: each gets one sentence, changes nothing, and leaves nothing."""

import re
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, select

from bot.desk.gate import TOO_LARGE
from corpus.documents import apart
from corpus.tables import metadata
from tests.corpus.office_files import docx, odt, package, para
from tests.platforms.at_desk import Desk, Seat, words_of

DOCUMENTS = Path(__file__).parents[2] / "corpus" / "documents"
TOLD_APART = {"desk_sessions"}  # when somebody was last seen at the desk
RULE = "Staff must sign in at the office."
BOMB = package({"word/document.xml": "<x>" + " " * 40_000_000})
ENTITIES = package(
    {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><document>&a;</document>',
    }
)
NO_TEXT = (
    b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 "
    b"/MediaBox [0 0 600 800] >>\nendobj\n3 0 obj << /Type /Page /Parent 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF"
)
EMBEDDED = '<w:r><w:object><o:OLEObject ProgID="Package"/></w:object></w:r>'
NESTED = odt("<text:list><text:list-item>" * 3_000 + "<text:p>x</text:p>" + "</text:list-item></text:list>" * 3_000)
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
SEVERAL = "".join(
    f"\n\n{title}\n\n" + "".join(f"{number}. {word}\n\n{number}.1 {RULE}\n\n" for number, word in enumerate(words, 1))
    for title, words in (
        ("Social Media Policy", ("Purpose", "Roles", "Use")),
        ("Mobile Phone Policy", ("Aims", "Staff", "Pupils")),
    )
)


def rows(engine: Engine) -> dict[str, list[Any]]:
    """Return every row of the store but those that say when somebody was last seen."""
    with engine.connect() as connection:
        tables = [table for table in metadata.sorted_tables if table.name not in TOLD_APART]
        return {table.name: [*connection.execute(select(table))] for table in tables}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, where nothing may stay."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def refused(desk: Desk, temporary: Path) -> Callable[..., str]:
    """Return what is said of a file that is brought in, and see that nothing has changed and nothing stays."""
    seat, engine = desk.seat(), desk.parts.indexes.versions.engine

    def bring_in(name: str, raw: bytes, **fields: str) -> str:
        before = rows(engine)
        sentence = told(seat, name, raw, **fields)
        assert rows(engine) == before
        assert list(temporary.iterdir()) == []
        return sentence

    return bring_in


def told(seat: Seat, name: str, raw: bytes, **fields: str) -> str:
    """Return the one sentence in which a file is refused."""
    answer = seat.post("/bring-in", "bring-in", {"document": (name, raw)}, **fields)
    assert answer.status_code == 400, words_of(answer)
    (sentence,) = re.findall(r'role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    assert "Bring in a document" in words_of(answer)
    assert re.fullmatch(r"[^.]*(?:\.\w+\b[^.]*)*[.?]", sentence), sentence  # one end of a sentence, at its end
    assert not re.search(r"Error|Traceback|Exception|None|\bline \d+ in\b", sentence)
    return sentence


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("p.docx", LOCKED, "protected by a password"),
        ("p.pdf", (DOCUMENTS / "locked.pdf").read_bytes(), "locked with a password"),
        ("p.docx", b"", "p.docx is empty"),
        ("p.docx", b"MZ\x90\0" + bytes(range(256)) * 20, "not a document that can be read here"),
        ("p.docx", bytes(10_000_001), "larger than 10 MB"),
        ("p.docx", BOMB, "unpacks to far more than a policy holds"),
        ("p.docx", ENTITIES, "is damaged"),
        ("p.pdf", NO_TEXT, "scan"),
        ("p.txt", b"Agenda\n\n2026\n", "No clause was found"),
        ("p.txt", SEVERAL.encode(), "several policies in this file (“Social Media Policy” and “Mobile Phone Policy”)"),
        ("p.txt", b"Staff must \0\0\0 sign in.\0" * 50, "not a document that can be read here"),
        ("p.txt", b"Staff must sign in " * 260_000, "more than any policy"),
        ("p.odt", NESTED, "damaged"),
        ("p.yaml", b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "p.yaml, line 1"),
    ],
)
def test_a_file_that_is_no_policy_gets_one_sentence_and_changes_nothing(
    refused: Callable[..., str], name: str, raw: bytes, says: str
) -> None:
    assert says in refused(name, raw)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\head\\a\u202ep.docx", "a p.docx"),
        ("<script>alert(1)<b>.docx", "&lt;script&gt;alert(1)&lt;b&gt;.docx"),
        ("long " * 60 + ".docx", "long " * 16 + "….docx"),
    ],
)
def test_a_files_name_is_shown_without_folders_or_tricks_and_not_whole_where_it_is_long(
    refused: Callable[..., str], name: str, shown: str
) -> None:
    assert refused(name, b" ") == f"{shown} is empty: choose the file that holds the policy."


def test_what_a_form_declares_too_large_is_refused_unread_and_the_next_is_taken(desk: Desk, temporary: Path) -> None:
    seat = desk.seat()
    answer = seat.client.post("/desk/hillside/bring-in", content=b"x", headers={"content-length": "40000000"})
    assert (answer.status_code, TOO_LARGE in words_of(answer)) == (400, True)
    assert "Draft:" in words_of(seat.post("/bring-in", "bring-in", {"document": ("p.txt", f"1.1 {RULE}\n".encode())}))
    assert list(temporary.iterdir()) == []


def test_macros_and_embedded_files_are_left_out_and_said_to_be_and_the_same_file_again_is_refused(
    desk: Desk, refused: Callable[..., str]
) -> None:
    with ZipFile(BytesIO(docx(para("Visitors Policy") + para(f"1.1 {RULE}") + para(EMBEDDED)))) as packed:
        parts: dict[str, str | bytes] = {name: packed.read(name) for name in packed.namelist()}
    kind = "http://schemas.microsoft.com/office/2006/relationships"
    parts["word/_rels/document.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="m" Type="{kind}/vbaProject" Target="vbaProject.bin"/>'
        f'<Relationship Id="o" Type="{kind}/oleObject" Target="embeddings/oleObject1.bin"/></Relationships>'
    )
    raw = package(parts | {"word/vbaProject.bin": b"Sub AutoOpen", "word/embeddings/oleObject1.bin": b"MZ"})
    seat = desk.seat()
    said = words_of(seat.post("/bring-in", "bring-in", {"document": ("p.docm", raw)}))
    assert re.search(r"I found 1 clauses? in p\.docm\..* Left out: [^.]*macros", said)
    assert "embedded" in said
    assert "this very document already" in refused("another name.docm", raw)
    desk.parts.indexes.versions.publish("hillside", "visitors-policy", "the headteacher")
    assert "there is nothing new in it" in refused("p.docm", raw)


def test_a_file_that_takes_its_whole_time_keeps_nobody_waiting(
    desk: Desk, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader is stopped when the others have been answered: if they had to wait for it, nobody would come to an end."""
    began, answered = threading.Event(), threading.Event()

    class Held(threading.Timer):
        """The watch over the reader, which goes off when the test says so."""

        def run(self) -> None:
            began.set()
            answered.wait()
            self.function()

    monkeypatch.setattr(apart.threading, "Timer", Held)
    other = desk.seat()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(refused, "p.txt", b"a" * 200_000)
        try:
            assert began.wait(30)
            assert other.get("/policies").status_code == 200
        finally:
            answered.set()
    assert "took too long to read" in reading.result()
