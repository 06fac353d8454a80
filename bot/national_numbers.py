"""The numbers that are the same for every school in the United Kingdom, each with its source and when it was last checked.

docs/safeguarding.md says where the steps beside them come from. Who checks a number anew changes its date here.
"""

from typing import NamedTuple

from corpus.dates import PolicyDate

_NOVEMBER_2026 = PolicyDate("2026-11")


class NationalNumber(NamedTuple):
    """Whom one reaches, by which number, where that is published, and the month in which it was last read there."""

    name: str
    number: str
    source: str
    checked: PolicyDate


EMERGENCY = NationalNumber("Police, ambulance, fire", "999", "Keeping Children Safe in Education, Part one", _NOVEMBER_2026)
POLICE = NationalNumber("Police, where it is not an emergency", "101", "police.uk", _NOVEMBER_2026)
NSPCC_HELPLINE = NationalNumber("NSPCC Helpline", "0808 800 5000", "nspcc.org.uk", _NOVEMBER_2026)
SAMARITANS = NationalNumber("Samaritans", "116 123", "gov.uk", _NOVEMBER_2026)
SHOUT = NationalNumber("SHOUT, by text", "85258", "gov.uk", _NOVEMBER_2026)
NHS = NationalNumber("NHS", "111", "gov.uk", _NOVEMBER_2026)

# Those that a school may check anew and change, by the key under which its contacts hold them. 999 is the law's.
CHANGEABLE = {
    "police": POLICE,
    "nspcc_helpline": NSPCC_HELPLINE,
    "samaritans": SAMARITANS,
    "shout": SHOUT,
    "nhs": NHS,
}
