"""QR codes, read back from what was written by a reader that knows the standard, not the library that wrote them."""

import re
import struct
import zlib
from itertools import product
from pathlib import Path

import pytest

from bot.qr_codes import as_characters, as_file, as_svg

LINKS = [
    "https://t.me/HillsideBot?start=AAAAA-BBBBB",
    "https://policies.hillside.example/join?code=3JFS4-E2RDD",
    "https://policies.the-very-long-name-of-a-school-and-its-trust.example/join?code=3JFS4-E2RDD",
]
Matrix = list[list[int]]  # dark is 1; without the quiet zone

# ISO/IEC 18004: the masks; for error correction level M, the data codewords of each block, by version; where the alignment
# pattern is, from version 2 on; the bits with which the format is masked.
MASKS = [
    lambda y, x: (y + x) % 2,
    lambda y, x: y % 2,
    lambda y, x: x % 3,
    lambda y, x: (y + x) % 3,
    lambda y, x: (y // 2 + x // 3) % 2,
    lambda y, x: y * x % 2 + y * x % 3,
    lambda y, x: (y * x % 2 + y * x % 3) % 2,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
]
BLOCKS_OF_M = {2: [28], 3: [44], 4: [32, 32], 5: [43, 43], 6: [27] * 4}
FORMAT_MASK = 0b101010000010010
LEVEL_M = 0b00
BYTES = 0b0100


def read(code: Matrix) -> str:
    """Return what a QR code says, which is as it was drawn: nothing is corrected."""
    size = len(code)
    version = (size - 17) // 4
    places = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    told = int("".join(str(code[y][x]) for y, x in places), 2) ^ FORMAT_MASK
    assert told >> 13 == LEVEL_M
    mask = MASKS[told >> 10 & 0b111]
    align = size - 7

    def is_function(y: int, x: int) -> bool:
        corners = (y < 9 and (x < 9 or x > size - 9)) or (y > size - 9 and x < 9)
        return corners or 6 in (y, x) or (abs(y - align) < 3 and abs(x - align) < 3)

    bits, upwards = [], True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for y in range(size - 1, -1, -1) if upwards else range(size):
            bits += [code[y][x] ^ (mask(y, x) == 0) for x in (right, right - 1) if not is_function(y, x)]
        upwards = not upwards
    words = [int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits) - 7, 8)]
    blocks = BLOCKS_OF_M[version]
    data = [words[number * len(blocks) + block] for block in range(len(blocks)) for number in range(blocks[block])]
    assert data[0] >> 4 == BYTES
    length = (data[0] & 15) << 4 | data[1] >> 4
    return bytes((data[at] & 15) << 4 | data[at + 1] >> 4 for at in range(1, length + 1)).decode()


def of_png(raw: bytes) -> Matrix:
    """Return the code in a picture of one bit a dot, ten dots a module; 0 is dark."""
    width, height, depth = struct.unpack(">IIB", raw[16:25])
    assert (depth, width) == (1, height)
    data, at = b"", 8
    while at < len(raw):
        length, chunk = struct.unpack(">I4s", raw[at : at + 8])
        data += raw[at + 8 : at + 8 + length] if chunk == b"IDAT" else b""
        at += length + 12
    unpacked, stride = zlib.decompress(data), (width + 7) // 8 + 1
    rows: list[bytes] = []
    for start in range(0, stride * height, stride):
        kind, row = unpacked[start], unpacked[start + 1 : start + stride]
        assert kind in (0, 2)  # the row itself, or what is to be added to the row above
        rows.append(bytes((one + above) % 256 for one, above in zip(row, rows[-1], strict=True)) if kind else row)
    modules = range(5, width, 10)
    return cropped([[1 - (rows[y][x // 8] >> 7 - x % 8 & 1) for x in modules] for y in modules])


def of_svg(text: str) -> Matrix:
    """Return the code that the strokes of an SVG draw, each one module thick."""
    found = re.search(r'viewBox="0 0 (\d+) |width="(\d+)0"', text)  # in a file ten dots a module
    assert found
    size = int(found[1] or found[2])
    matrix = [[0] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for kind, numbers in re.findall(r"([Mmh])([-\d. ]+)", re.findall(r'd="(M[^"]*h[^v"]*)"', text)[-1]):
        given = [float(one) for one in re.findall(r"-?\d*\.?\d+", numbers)]
        if kind == "h":
            for step in range(int(given[0])):
                matrix[int(y)][int(x) + step] = 1
            x += given[0]
        else:
            x, y = (given[0], given[1]) if kind == "M" else (x + given[0], y + given[1])
    return cropped(matrix)


def of_characters(text: str) -> Matrix:
    """Return the code that half blocks draw, white on black."""
    rows = [re.sub(r"\x1b\[[\d;]+m", "", line) for line in text.splitlines()]
    dark = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    return cropped([[dark[cell][half] for cell in row] for row, half in product(rows, (0, 1))])


def cropped(matrix: Matrix) -> Matrix:
    """Return a matrix without the quiet zone, which is 4 modules wide on every side."""
    size = len(matrix[0])
    edge = [
        *matrix[:4],
        *matrix[size - 4 : size],
        *([row[x] for row in matrix[:size]] for x in (*range(4), *range(size - 4, size))),
    ]
    assert not any(map(any, edge))
    return [row[4:-4] for row in matrix[4 : size - 4]]


@pytest.mark.parametrize("link", LINKS)
def test_a_picture_says_the_link(tmp_path: Path, link: str) -> None:
    as_file(link, tmp_path / "code.png")
    assert read(of_png((tmp_path / "code.png").read_bytes())) == link


@pytest.mark.parametrize("link", LINKS)
def test_a_drawing_says_the_link(tmp_path: Path, link: str) -> None:
    as_file(link, tmp_path / "code.SVG")
    assert read(of_svg((tmp_path / "code.SVG").read_text(encoding="utf-8"))) == link
    assert read(of_svg(as_svg(link))) == link


@pytest.mark.parametrize("link", LINKS)
def test_the_characters_of_a_terminal_say_the_link(link: str) -> None:
    assert read(of_characters(as_characters(link))) == link
