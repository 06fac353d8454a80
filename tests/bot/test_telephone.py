"""Telephone numbers: what can be rung in the United Kingdom, and what is a slip."""

import pytest

from bot.errors import BotError
from bot.telephone import read_number


@pytest.mark.parametrize(
    "number",
    [
        "01473 123456",
        "(01473) 123456",
        "01473-123-456",
        "0207 946 0123",
        "020 7946 0123",
        "0345 600 0000",
        "07700 900123",
        "0800 1111",  # Childline
        "0800 028 0285",
        "0808 800 5000",
        "01204 62345",  # one of the areas with shorter numbers
        "+44 1473 123456",
        "+44 (0)1473 123456",
        "0044 1473 123456",
        "01473 123456 ext 12",
        "01473 123456 x204",
        "999",
        "101",
        "111",
        "116 123",
    ],
)
def test_a_number_of_the_united_kingdom_is_kept_as_it_was_written(number: str) -> None:
    assert read_number(number) == number


def test_white_space_is_evened_out() -> None:
    assert read_number("  01473\t 123456 ") == "01473 123456"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "123456",  # without its area code
        "01473 12345",  # a digit short, in an area where all have ten
        "01473 1234567",
        "07700 90012",
        "0123",
        "00 1473 123456",
        "+1 202 555 0123",
        "+33 1 23 45 67 89",
        "01473 123456, 01473 123457",
        "01473 123456 or 7",
        "ring the office",
        "0l473 123456",  # a letter for a figure
        "٠١٤٧٣ ١٢٣٤٥٦",
        "1234",
        "85258",
        "0" * 5000,
        "06000 123456",
    ],
)
def test_what_cannot_be_rung_is_refused_in_one_sentence_with_an_example(number: str) -> None:
    with pytest.raises(BotError, match=r"^“[^\n]*” is no telephone number: write it with its area code, as 01473 123456\.$"):
        read_number(number)


def test_a_number_to_send_a_message_to_may_be_a_short_one() -> None:
    assert read_number("85258", texted=True) == "85258"
    with pytest.raises(BotError):
        read_number("12345", texted=True)
