"""Damage as files and messages have it, or as somebody does it on purpose: to bytes, and to what the bytes are made of.

Each function takes a source of chance, so that the same number always does the same damage.
"""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import BytesIO
from random import Random
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element

# Bytes and characters that parsers trip over.
_BYTES = (b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x80", b"\r", b"\x1a", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\n" * 50)
ODD_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\ud800",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\uffff",
        "\U0001f600",
        "e\u0301" * 5,
        "ß",
        "İ",
        "²",
        "٣",
        "\u2028",
        "\x85",
    ),
    *(
        "<b>",
        "</div>",
        "<!--",
        "]]>",
        "&amp;",
        "&#0;",
        "&lt;",
        "<@U1>",
        "<!channel>",
        "<http://x.example|y>",
        "@here",
        "@policybot",
        ":a:",
    ),
    *(
        "*",
        "_",
        "`",
        "**",
        "|",
        "||",
        "# ",
        "- ",
        "(a)",
        "(iv)",
        "1.1",
        "1.1.1.1.1",
        "(",
        ")",
        "[x](http://x.example)",
        '"',
        "'",
        "\\",
        "%s",
    ),
    *(
        "{{7*7}}",
        "{0}",
        "=1+1",
        "+44",
        "0",
        "-1",
        "99999999999999999999",
        "1e999",
        "NaN",
        "null",
        "true",
        "9" * 5000,
        "31/02/2024",
    ),
    *(
        "29 February 2023",
        "30 Feb",
        "0000-00-00",
        "2024-13-01",
        "1.1.1",
        "May 0",
        "x" * 3000,
        "a-\nb" * 20,
        "\t" * 40,
        "Staff must not ",
    ),
)
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, 1e308, 2**31, 2**63, 2**64, -(2**63), 10**400, float("inf"), float("nan")),
    *([], {}, [[]], [{}], {"": ""}, [None]),
)


def mutate_bytes(raw: bytes, chance: Random) -> bytes:
    """Return bytes of which a few are changed, taken out, doubled, or put elsewhere."""
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(raw) + 1)
        to = min(len(raw), at + chance.choice((1, 1, 2, 4, 8, 64, 1000)))
        match chance.randrange(6):
            case 0:
                raw = raw[:at] + raw[to:]
            case 1:
                raw = raw[:at] + chance.choice(_BYTES) + raw[at:]
            case 2:
                raw = raw[:at] + raw[at:to] * chance.choice((2, 3, 20)) + raw[to:]
            case 3:
                raw = raw[:at] + bytes(byte ^ (1 << chance.randrange(8)) for byte in raw[at : at + 1]) + raw[at + 1 :]
            case 4:
                raw = raw[:at] + chance.randbytes(to - at) + raw[to:]
            case 5:
                raw = raw[:at] if chance.randrange(4) == 0 else raw[to:at] + raw[at:]
    return raw


def mutate_text(text: str, chance: Random) -> str:
    """Return a text with odd characters in it, and with words and lines taken out, doubled, joined or put elsewhere."""
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        pieces = re.split(r"(\n|\b)" if chance.randrange(3) else r"(\n)", text)
        at = chance.randrange(len(pieces))
        match chance.randrange(7):
            case 0:
                del pieces[at]
            case 1:
                pieces.insert(at, chance.choice(ODD_TEXTS))
            case 2:
                pieces[at] = pieces[at] * chance.choice((2, 3, 30, 300))
            case 3:
                pieces.insert(chance.randrange(len(pieces)), pieces.pop(at))
            case 4:
                pieces[at] = chance.choice((str.upper, str.lower, str.swapcase, str.strip, "".join))(pieces[at])
            case 5:
                cut = chance.randrange(len(pieces[at]) + 1)
                pieces[at] = pieces[at][:cut] + chance.choice(ODD_TEXTS) + pieces[at][cut:]
            case 6:
                pieces[at:] = pieces[at : at + chance.choice((1, 20))] * 2 + pieces[at + 20 :]
        text = "".join(pieces)[:200_000]
    return text


def mutate_json(value: Any, chance: Random) -> Any:
    """Return a value as JSON has it, of which a few are of another kind, are not there, or stand elsewhere."""
    value = deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        places = list(_places(value))
        if not places:
            return chance.choice(_ODD_VALUES)
        inside, key = chance.choice(places)
        match chance.randrange(6):
            case 0:
                del inside[key]
            case 1:
                inside[key] = deepcopy(chance.choice(_ODD_VALUES))
            case 2:
                inside[key] = chance.choice(ODD_TEXTS)
            case 3 if isinstance(inside[key], str):
                inside[key] = mutate_text(inside[key], chance)
            case 4:
                inside[key] = [inside[key]] if chance.randrange(2) else {"a": inside[key]}
            case _:
                other, name = chance.choice(places)
                if name in other if isinstance(other, dict) else name < len(other):
                    inside[key] = deepcopy(other[name])
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where each value stands: in what, and under which key."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


def as_json(value: Any) -> bytes:
    """Return a value as JSON, with half characters and numbers that JSON does not have as Python writes them."""
    return json.dumps(value).encode()


def mutate_xml(raw: bytes, chance: Random) -> bytes:
    """Return an XML file of which a few elements are taken out, doubled, nested, emptied, renamed or put elsewhere."""
    try:
        root = etree.fromstring(raw)
    except etree.XMLSyntaxError:
        return mutate_bytes(raw, chance)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        _mutate_element(chance.choice(list(root.iter("*"))), root, chance)
    made: bytes = etree.tostring(root)
    return made


def _mutate_element(one: Element, root: Element, chance: Random) -> None:
    above = one.getparent()
    match chance.randrange(9):
        case 0 if above is not None:
            above.remove(one)
        case 1 if above is not None:
            above.insert(chance.randrange(len(above) + 1), deepcopy(one))
        case 2:
            for _ in range(chance.choice((1, 3, 30, 120))):  # in itself, again and again
                within = etree.SubElement(one, one.tag, dict(one.attrib))
                one = within
        case 3 if above is not None:
            other = chance.choice(list(root.iter("*")))
            if one not in other.iterancestors() and one is not other:
                other.append(one)
        case 4 if one.attrib:
            one.set(chance.choice(list(one.attrib)), _of_xml(chance.choice(ODD_TEXTS)))
        case 5 if one.attrib:
            del one.attrib[chance.choice(list(one.attrib))]
        case 6:
            one.tag = chance.choice(list(root.iter("*"))).tag
        case 7:
            one.text = _of_xml(mutate_text(one.text or "", chance))
        case 8:
            one.tail = _of_xml(chance.choice(ODD_TEXTS))


def _of_xml(text: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def mutate_package(raw: bytes, chance: Random) -> bytes:
    """Return a package of XML parts with damage to a part, to the list of its parts, or to the bytes of the whole."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
    except Exception:
        return mutate_bytes(raw, chance)
    if not parts:
        return mutate_bytes(raw, chance)
    name = chance.choice(list(parts))
    kind = chance.randrange(12)
    if kind < 8:
        parts[name] = mutate_xml(parts[name], chance)
    elif kind == 8:
        parts[name] = mutate_bytes(parts[name], chance)
    elif kind == 9:
        other = chance.choice(list(parts))
        parts[other], parts[name] = parts[name], parts[other]
    elif kind == 10:
        parts[chance.choice(("./", "../x.xml", "a" * 70, "word\\document.xml", "é.xml"))] = parts[name]
    out = BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice(_METHODS) if kind == 11 else zipfile.ZIP_DEFLATED) as made:
        for one, content in parts.items():
            made.writestr(one, content)
    return mutate_bytes(out.getvalue(), chance) if chance.randrange(8) == 0 else out.getvalue()


_OF_PDF = re.compile(rb"\d+ \d+ R|/[A-Za-z][\w-]*|-?\d+(?:\.\d+)?|\((?:[^()\\]|\\.)*\)|<<|>>|\[|\]|[A-Za-z*']+")
_PDF_TOKENS = tuple(
    b"0 -1 1 4294967296 1e9 99999999999999999999 0.00001 -32768 null true [ ] << >> () (\\) <00ff> <feff> /F1 /Im /Font /Page "
    b"/Pages /Parent 1|0|R 2|0|R 3|0|R 4|0|R 10|0|R BT ET Tj TJ Tm Td Tf Tr q Q cm re S f Do BI ID EI BMC BDC EMC /Artifact "
    b"/ActualText /FlateDecode /ASCII85Decode /Kids /Count /Length /Contents".split(b" ")
)


def mutate_pdf(raw: bytes, chance: Random) -> bytes:
    """Return a PDF with other words, numbers, names, operators and references in its objects and in what draws its pages."""
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        tokens = list(_OF_PDF.finditer(raw))
        if not tokens:
            return mutate_bytes(raw, chance)
        one, other = chance.choice(tokens), chance.choice(tokens)
        new = chance.choice((chance.choice(_PDF_TOKENS).replace(b"|", b" "), other[0], b"", one[0] * 3, one[0] + b" " + other[0]))
        raw = raw[: one.start()] + new + raw[one.end() :]
    return mutate_bytes(raw, chance) if chance.randrange(8) == 0 else raw


_PIECES_OF_PAGES = (
    *(
        "<div>",
        "</div>",
        "<p>",
        "<p hidden>",
        "<table>",
        "<tr>",
        "<td rowspan=99>",
        "<td colspan=9999>",
        "</table>",
        "<ol start=-5 reversed>",
    ),
    *(
        "<ol type=i start=9999>",
        "<li value=9999>",
        "<li>",
        "</ol>",
        "<header>",
        "<footer>",
        "<main>",
        "<br>",
        "<b>",
        "<h1>",
        "<h9>",
        "<svg>",
    ),
    *(
        "<script>",
        "</script>",
        "<style>.a{display:none}",
        "</style>",
        "<!--",
        "-->",
        "<![if !x]>",
        "<![endif]>",
        "<template>",
        "<s>",
        "<img>",
    ),
    *(
        "<meta charset=utf-7>",
        "<meta charset=unicode_escape>",
        "<meta charset=idna>",
        "<meta charset=utf-16>",
        "&#xD800;",
        "&#0;",
        "&nbsp;",
    ),
    *(
        "<p style='mso-list:l0 level9 lfo1'>",
        "<ol class='lst-kix_a-0 start'>",
        "<a name=x>",
        "<frameset>",
        "<plaintext>",
        "<title>",
        "<body>",
    ),
)


def mutate_page(raw: bytes, chance: Random) -> bytes:
    """Return a web page with tags, or parts of them, put in, taken out, doubled, or nested deeply."""
    page = raw.decode("utf-8", errors="surrogateescape")
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        pieces = re.split(r"(<[^<>]*>)", page)
        at = chance.randrange(len(pieces))
        match chance.randrange(5):
            case 0:
                del pieces[at]
            case 1:
                pieces.insert(at, chance.choice(_PIECES_OF_PAGES) * chance.choice((1, 1, 2, 300)))
            case 2:
                pieces[at] *= chance.choice((2, 30, 300))
            case 3:
                pieces.insert(chance.randrange(len(pieces)), pieces.pop(at))
            case 4:
                pieces[at] = mutate_text(pieces[at], chance)
        page = "".join(pieces)[:200_000]
    raw = page.encode("utf-8", errors="surrogatepass")
    return mutate_bytes(raw, chance) if chance.randrange(8) == 0 else raw


def of_text(mutate: Callable[[str, Random], str]) -> Callable[[bytes, Random], bytes]:
    """Return damage to a text as damage to its bytes: now and then the bytes are damaged too, or are of another encoding."""

    def mutate_encoded(raw: bytes, chance: Random) -> bytes:
        made = mutate(raw.decode("utf-8", errors="replace"), chance)
        encoding = chance.choice(("utf-8",) * 12 + ("utf-16", "utf-16-le", "cp1252", "mac-roman"))
        raw = made.encode(encoding, errors="replace")
        return mutate_bytes(raw, chance) if chance.randrange(8) == 0 else raw

    return mutate_encoded
