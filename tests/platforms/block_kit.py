"""Block Kit as Slack judges and shows it: what it refuses, which words people see, and what becomes more than words.

The limits are Slack's (docs.slack.dev/reference/block-kit); that of all blocks together is not documented, and
was reported in slackapi/bolt-js 2509. Of the readings of that report the strictest is taken: the length of the JSON.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MOST_BLOCKS = {"message": 50, "home": 100}
LONGEST_OF_ALL_BLOCKS = 13_200
_RICH_PARTS = ("text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color")
_STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "unlink", "client_highlight"}
_SPECIAL = re.compile(r"<([@#!][^<>]*|(?:https?|mailto|tel):[^<>]*)>")
_BARE_URL = re.compile(r"https?://\S")
_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
# One of Slack's marks around words, where a word does not go on at either side of it.
_MARKS = {name: re.compile(rf"(?<!\w){mark}(?=\S)[^{mark}\n]*(?<=\S){mark}(?!\w)") for name, mark in
          {"bold": r"\*", "italic": "_", "strike": "~", "code": "`"}.items()}  # fmt: skip
_QUOTED_LINE = re.compile(r"^(&gt;|>)", re.MULTILINE)


def problems(blocks: Any, surface: str = "message") -> list[str]:
    """Return what Slack would refuse in blocks, each with its place; nothing where they are right."""
    if not isinstance(blocks, list):
        return ["must be an array"]
    found = []
    if len(blocks) > MOST_BLOCKS[surface]:
        found.append(f"no more than {MOST_BLOCKS[surface]} items allowed")
    identifiers = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(set(identifiers)) < len(identifiers):
        found.append("block_id already exists")
    for number, block in enumerate(blocks):
        found += [f"{problem} [json-pointer:/blocks/{number}]" for problem in _block(block, surface)]
    return found


def too_long(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether all blocks together are more than a message may hold."""
    return len(json.dumps(blocks, ensure_ascii=False)) > LONGEST_OF_ALL_BLOCKS


def _block(block: Any, surface: str) -> Iterator[str]:
    if not isinstance(block, dict):
        yield "must be an object"
        return
    yield from _length(block, "block_id", 255)
    match block.get("type"):
        case "divider":
            pass
        case "header":
            yield from _text(block.get("text"), 150, kinds=("plain_text",))
        case "section":
            if not block.get("text") and not block.get("fields"):
                yield "text or fields required"
            if block.get("text"):
                yield from _text(block["text"], 3000)
            fields = block.get("fields", [])
            if len(fields) > 10:
                yield "no more than 10 fields allowed"
            for field in fields:
                yield from _text(field, 2000)
            if "accessory" in block:
                yield from _element(block["accessory"])
        case "context":
            yield from _count(block, 1, 10)
            for element in block.get("elements", []):
                yield from _text(element, 3000)
        case "actions":
            yield from _count(block, 1, 25)
            yield from _elements(block, ("button", "overflow", "static_select"))
        case "context_actions" if surface == "message":
            yield from _count(block, 1, 5)
            yield from _elements(block, ("feedback_buttons", "icon_button"))
        case "markdown" if surface == "message":
            if not 0 < len(block.get("text", "")) <= 12_000:
                yield "text must have 1 to 12000 characters"
        case "image":
            if not block.get("alt_text") or len(block["alt_text"]) > 2000:
                yield "alt_text must have 1 to 2000 characters"
        case "rich_text":
            for element in block.get("elements") or [{}]:
                yield from _rich(element)
        case other:
            yield f"unsupported type: {other}"


def _text(text: Any, longest: int, kinds: Sequence[str] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"text must be an object of type {' or '.join(kinds)}"
        return
    if not isinstance(text.get("text"), str) or not 0 < len(text["text"]) <= longest:
        yield f"text must have 1 to {longest} characters"
    if "emoji" in text and text["type"] != "plain_text":
        yield "emoji is for plain_text only"
    if "verbatim" in text and text["type"] != "mrkdwn":
        yield "verbatim is for mrkdwn only"


def _count(block: Mapping[str, Any], least: int, most: int) -> Iterator[str]:
    if not least <= len(block.get("elements", [])) <= most:
        yield f"{block['type']} must have {least} to {most} elements"


def _length(where: Mapping[str, Any], key: str, longest: int) -> Iterator[str]:
    if key in where and not 0 < len(str(where[key])) <= longest:
        yield f"{key} must have 1 to {longest} characters"


def _elements(block: Mapping[str, Any], kinds: Sequence[str]) -> Iterator[str]:
    elements = block.get("elements", [])
    identifiers = [element.get("action_id") for element in elements]
    if len(set(identifiers)) < len(identifiers):
        yield "action_id already exists"
    for element in elements:
        if element.get("type") not in kinds:
            yield f"unsupported element: {element.get('type')}"
        yield from _element(element)


def _element(element: Mapping[str, Any]) -> Iterator[str]:
    yield from _length(element, "action_id", 255)
    match element.get("type"):
        case "button":
            yield from _text(element.get("text"), 75, kinds=("plain_text",))
            yield from _length(element, "value", 2000)
            yield from _length(element, "url", 3000)
            yield from _length(element, "accessibility_label", 75)
            if element.get("style") not in (None, "primary", "danger"):
                yield "style must be primary or danger"
        case "feedback_buttons":
            for name in ("positive_button", "negative_button"):
                button = element.get(name, {})
                yield from _text(button.get("text"), 75, kinds=("plain_text",))
                yield from _length(button, "value", 2000)
                yield from _length(button, "accessibility_label", 75)
        case "icon_button":
            if element.get("icon") != "trash":
                yield "icon must be trash"
            yield from _text(element.get("text"), 75, kinds=("plain_text",))
        case "overflow":
            if not 1 <= len(element.get("options", [])) <= 5:
                yield "overflow must have 1 to 5 options"
            yield from _options(element)
        case "static_select":
            if not 1 <= len(element.get("options", [])) <= 100:
                yield "static_select must have 1 to 100 options"
            yield from _options(element)
        case other:
            yield f"unsupported element: {other}"


def _options(element: Mapping[str, Any]) -> Iterator[str]:
    for option in element.get("options", []):
        yield from _text(option.get("text"), 75, kinds=("plain_text",))
        yield from _length(option, "value", 150)


def _rich(element: Mapping[str, Any]) -> Iterator[str]:
    match element.get("type"):
        case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted":
            if not isinstance(element.get("elements"), list):
                yield "missing required field: elements"
            for part in element.get("elements", []):
                yield from _rich_part(part)
        case "rich_text_list":
            if element.get("style") not in ("bullet", "ordered"):
                yield "style must be bullet or ordered"
            for item in element.get("elements") or [{}]:
                if item.get("type") != "rich_text_section":
                    yield "a list holds sections"
                yield from _rich(item)
        case other:
            yield f"unsupported rich text: {other}"


def _rich_part(part: Mapping[str, Any]) -> Iterator[str]:
    if part.get("type") not in _RICH_PARTS:
        yield f"unsupported rich text: {part.get('type')}"
    if part.get("type") == "text" and not part.get("text"):
        yield "text must be more than 0 characters"
    style = part.get("style", {})
    if not isinstance(style, dict) or set(style) - _STYLES or not all(isinstance(on, bool) for on in style.values()):
        yield "style must be an object of booleans"


def visible(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Return the words of blocks as somebody reads them, a line for each line that is shown; buttons as "[label]"."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header" | "section":
            for text in [block.get("text"), *block.get("fields", [])]:
                if text:
                    yield _shown(text)
        case "context":
            yield " ".join(_shown(element) for element in block["elements"])
        case "markdown":
            yield block["text"]
        case "rich_text":
            for element in block["elements"]:
                items = element["elements"] if element["type"] == "rich_text_list" else [element]
                for item in items:
                    yield "".join(part.get("text", part.get("url", "")) for part in item["elements"])
        case "actions":
            yield " ".join(f"[{button['text']['text']}]" for button in block["elements"])
        case "context_actions":
            for element in block["elements"]:
                both = ("positive_button", "negative_button")
                yield " ".join(f"[{element[one]['text']['text']}]" for one in both if one in element)


def _shown(text: Mapping[str, Any]) -> str:
    return unescaped(text["text"]) if text["type"] == "mrkdwn" else text["text"]


def unescaped(text: str) -> str:
    """Return a text with the three characters that Slack escapes as people see them."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Return a text as Slack hands over what somebody typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def effects(message: Mapping[str, Any]) -> list[str]:
    """Return all that becomes more than words in a message: mentions, links, marks, emoji; each as "kind: words".

    A style that rich text states outright (bold of a heading) is the sender's own layout and no effect.
    """
    marks = message.get("mrkdwn", True) is not False
    found = _of_markup(message.get("text") or "", marks=marks, urls=message.get("parse") != "none")
    for block in message.get("blocks") or []:
        for text in _text_objects(block):
            if text["type"] == "mrkdwn":
                found += _of_markup(text["text"], marks=True, urls=not text.get("verbatim"))
            elif text.get("emoji", True):
                found += [f"emoji: {emoji}" for emoji in _EMOJI.findall(text["text"])]
        found += [f"{part['type']}: {part}" for part in _rich_parts(block) if part["type"] != "text"]
    return found


def _of_markup(text: str, *, marks: bool, urls: bool) -> list[str]:
    found = [f"{'link' if inner[0] not in '@#!' else 'mention'}: {inner}" for inner in _SPECIAL.findall(text)]
    found += [f"emoji: {emoji}" for emoji in _EMOJI.findall(text)]
    if urls:
        found += [f"link: {url}" for url in _BARE_URL.findall(_SPECIAL.sub("", text))]
    if marks:
        found += [f"{name}: {mark.group()}" for name, pattern in _MARKS.items() for mark in pattern.finditer(text)]
        found += ["quote: >" for _ in _QUOTED_LINE.findall(text)]
    return found


def _text_objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield each text object within a block, at whatever depth."""
    if isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield value
        else:
            for inner in value.values():
                yield from _text_objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _text_objects(inner)


def _rich_parts(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if block["type"] == "rich_text":
        for element in block["elements"]:
            for item in element["elements"] if element["type"] == "rich_text_list" else [element]:
                yield from item["elements"]


def buttons(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the buttons of blocks as their clicks name them: each with its block's id."""
    found = []
    for number, block in enumerate(blocks):
        at = {"block_id": block.get("block_id", f"b{number}")}
        for element in block.get("elements", []) if block["type"] in ("actions", "context_actions") else []:
            if element["type"] == "feedback_buttons":
                for name in ("positive_button", "negative_button"):
                    found.append({**at, "type": "feedback_buttons", "action_id": element.get("action_id", ""), **element[name]})
            else:
                found.append({**at, **element})
        if block.get("accessory", {}).get("type") == "button":
            found.append({**at, **block["accessory"]})
    return found
