"""What Telegram makes of a text: its HTML mode with the refusals word for word, the links that it finds by itself, its lengths.

The rules are those of `parse_html` and `find_entities` in TDLib's MessageEntity.cpp, on which the Bot API server stands; of the
entities that are found only those that could turn a person's words into something to press: mentions, links, commands.
"""

import re
from typing import Any

LONGEST_TEXT = 4096
TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
_SPECIAL = re.compile("[<&]")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]*)))?""")
# A command is found where a word starts; a mention too, unless it is part of an e-mail address.
_FOUND = re.compile(
    r"(?P<url>\bhttps?://\S+|(?<![@\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|uk|example|me)\b(?:/\S*)?)"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.]+)"
    r"|(?<!\w)(?P<mention>@[a-z]\w{3,31})"
    r"|(?<![\w/<>])(?P<bot_command>/\w{1,64}(?:@\w{4,32})?)",
    re.IGNORECASE | re.ASCII,
)

Entity = dict[str, Any]


class MarkupError(ValueError):
    """Telegram would refuse this HTML, for the reason given."""


def units(text: str) -> int:
    """Return the length of a text as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """Return a text as Telegram stores it: control characters are spaces, direction overrides are gone, ends are trimmed."""
    return re.sub(r"[\u2028-\u202e]", "", re.sub(r"[\x00-\x09\x0b-\x1f]", " ", text.replace("\r", ""))).strip()


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """Return the text of an HTML message and its entities. Raises MarkupError with the reason that Telegram gives."""
    plain: list[str] = []
    entities: list[Entity] = []
    opened: list[tuple[str, Entity]] = []
    length = at = 0
    while at < len(html):
        if html[at] == "<":
            at = _close(html, at, length, opened, entities) if html[at + 1 : at + 2] == "/" else _open(html, at, length, opened)
            continue
        text, at = _reference(html, at) if html[at] == "&" else _run(html, at)
        plain.append(text)
        length += units(text)
    if opened:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{opened[-1][0]}"')
    return "".join(plain), sorted(entities, key=lambda one: (one["offset"], -one["length"]))


def find_entities(text: str, given: list[Entity]) -> list[Entity]:
    """Return the entities given and those that Telegram finds by itself: none inside code or a link."""
    closed = [one for one in given if one["type"] in ("code", "pre", "text_link")]
    found = []
    for match in _FOUND.finditer(text):
        entity = {"type": match.lastgroup, "offset": units(text[: match.start()]), "length": units(match.group())}
        if not any(_overlap(entity, one) for one in closed):
            found.append(entity)
    return sorted([*given, *found], key=lambda one: (one["offset"], -one["length"]))


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def _run(html: str, at: int) -> tuple[str, int]:
    """Return the characters from a place on that mean only themselves, and where they end."""
    special = _SPECIAL.search(html, at)
    end = special.start() if special else len(html)
    return html[at:end], end


def _reference(html: str, at: int) -> tuple[str, int]:
    """Return the character that is referred to at a place, and where the next one stands."""
    match = _REFERENCE.match(html, at)
    if match is None:
        return html[at], at + 1
    hexadecimal, decimal, name = match.groups()
    if name:
        return (_NAMED[name], match.end()) if name in _NAMED else ("&", at + 1)
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return (chr(code), match.end()) if 0 < code < 0x10FFFF else ("&", at + 1)


def _open(html: str, at: int, length: int, opened: list[tuple[str, Entity]]) -> int:
    offset = len(html[:at].encode())
    name = re.match(r"[^\s>]*", html[at + 1 :])[0]  # type: ignore[index]  # it always matches
    tag = name.lower()
    here = at + 1 + len(name)
    if here >= len(html):
        raise MarkupError(f"Unclosed start tag at byte offset {offset}")
    if tag not in TAGS:
        raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {offset}')
    entity: Entity = {"type": TAGS[tag], "offset": length}
    while True:
        here += len(html[here:]) - len(html[here:].lstrip())
        if here >= len(html):
            raise MarkupError(f'Unclosed start tag "{tag}" at byte offset {offset}')
        if html[here] == ">":
            break
        match = _ATTRIBUTE.match(html, here)
        if match is None:
            raise MarkupError(f'Empty attribute name in the tag "{tag}" at byte offset {offset}')
        value = next((one for one in match.groups()[1:] if one is not None), None)
        _attribute(entity, tag, match[1], value, offset)
        here = match.end()
    if tag == "span" and not entity.pop("spoiler", False):
        raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    opened.append((tag, entity))
    return here + 1


def _attribute(entity: Entity, tag: str, name: str, value: str | None, offset: int) -> None:
    if (tag, name) == ("blockquote", "expandable"):
        entity["type"] = "expandable_blockquote"
    elif value is None:
        raise MarkupError(f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {offset}')
    elif (tag, name) == ("a", "href"):
        entity["url"] = parse_html(value.replace("<", "&lt;"))[0]
    elif (tag, name, value) == ("span", "class", "tg-spoiler"):
        entity["spoiler"] = True


def _close(html: str, at: int, length: int, opened: list[tuple[str, Entity]], entities: list[Entity]) -> int:
    offset = len(html[:at].encode())
    if not opened:
        raise MarkupError(f"Unexpected end tag at byte offset {offset}")
    match = re.compile(r"</([^\s>]*)\s*>").match(html, at)
    if match is None:
        raise MarkupError(f"Unclosed end tag at byte offset {offset}")
    tag, entity = opened.pop()
    if match[1] and match[1].lower() != tag:
        raise MarkupError(f'Unmatched end tag at byte offset {offset}, expected "</{tag}>", found "</{match[1].lower()}>"')
    if length > entity["offset"]:
        entities.append({**entity, "length": length - entity["offset"]})
    return match.end()
