"""Telephone numbers of the United Kingdom, as a school writes them."""

import re

from bot.errors import BotError, in_quotes

EXAMPLE = "01473 123456"

# How many digits follow the leading 0; Ofcom's National Telephone Numbering Plan.
_TEN = re.compile(r"[12]\d{9}|3[0347]\d{8}|5[56]\d{8}|7\d{9}|80[08]\d{7}|8[47]\d{8}|9[018]\d{8}")
_SHORTER = re.compile(r"800\d{6}|8001111|845464\d")
# Where subscribers may still have a digit less. In every other place a missing digit is a slip, which is to be found.
_NINE = re.compile(
    r"(?:12(?:0[48]|54|76|9[78])|13(?:6[34]|8[46])|14(?:04|20|6[01]|8[08])|15(?:2[47]|6[26])|16(?:06|29|35|47|59|9[57])"
    r"|17(?:26|44|50|68)|18(?:27|37|84)|19(?:0[05]|35|4[69]|63|95))\d{5}"
)
# The same everywhere in the country, and rung without a 0: the plan's access codes.
_ACCESS_CODES = re.compile(r"999|112|101|105|111|116\d{3}")
_TEXTED_TO = re.compile(r"[678]\d{4}")  # short codes of the mobile networks
_WRITTEN = re.compile(r"(?P<begins>\+|00)?(?P<digits>[\d\s().-]+?)(?:\s*(?:extension|ext\.?|x)\s*\d{1,6})?", re.IGNORECASE)


def read_number(text: str, *, texted: bool = False) -> str:
    """Return a number as it is shown: as it was written, with single spaces; `texted` takes a short code for messages too.

    Raises BotError where it is no number that can be rung in the United Kingdom.
    """
    shown = " ".join(text.split())
    digits = _national(shown)
    if not digits or not (_is_rung(digits) or (texted and _TEXTED_TO.fullmatch(digits))):
        raise BotError(f"{in_quotes(shown)} is no telephone number: write it with its area code, as {EXAMPLE}.")
    return shown


def _national(shown: str) -> str:
    """Return the digits as they are rung within the country, "" where what is written is something else."""
    written = _WRITTEN.fullmatch(shown)
    if not written or not shown.isascii():
        return ""
    digits = re.sub(r"\D", "", written["digits"])
    if not written["begins"]:
        return digits
    # +44 (0)1473 is not right, but often written.
    return f"0{digits[2:].removeprefix('0')}" if digits.startswith("44") else ""


def _is_rung(digits: str) -> bool:
    if not digits.startswith("0"):
        return bool(_ACCESS_CODES.fullmatch(digits))
    return any(plan.fullmatch(digits[1:]) for plan in (_TEN, _NINE, _SHORTER))
