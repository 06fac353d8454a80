"""The numbers that are the same for every school in the United Kingdom, each with its source and when it was last checked.

docs/safeguarding.md says where the steps beside them come from. Who checks a number anew changes its date here; a school may
change its own copy of one (the `numbers` of its contacts).
"""

from typing import NamedTuple

from corpus.dates import PolicyDate

_NOVEMBER_2026 = PolicyDate("2026-11")


class NationalNumber(NamedTuple):
    """Whom one reaches, by which number (or on which site, if by none), where that is published, and when it was last read."""

    name: str
    number: str
    source: str
    checked: PolicyDate


EMERGENCY = NationalNumber("Police, ambulance, fire", "999", "Keeping Children Safe in Education, Part one", _NOVEMBER_2026)
POLICE = NationalNumber("Police, where it is not an emergency", "101", "police.uk", _NOVEMBER_2026)
NSPCC_HELPLINE = NationalNumber("NSPCC Helpline", "0808 800 5000", "nspcc.org.uk", _NOVEMBER_2026)
NSPCC_WHISTLEBLOWING = NationalNumber(
    "NSPCC Whistleblowing Advice Line", "0800 028 0285", "Keeping Children Safe in Education; nspcc.org.uk", _NOVEMBER_2026
)
CEOP = NationalNumber("CEOP Safety Centre", "ceop.police.uk", "ceop.police.uk", _NOVEMBER_2026)
POSH = NationalNumber("Professionals Online Safety Helpline", "0344 381 4772", "saferinternet.org.uk", _NOVEMBER_2026)
SAMARITANS = NationalNumber("Samaritans", "116 123", "gov.uk", _NOVEMBER_2026)
SHOUT = NationalNumber("SHOUT, by text", "85258", "gov.uk", _NOVEMBER_2026)
NHS = NationalNumber("NHS", "111", "gov.uk", _NOVEMBER_2026)

# The numbers that a school may check anew and change, by the key under which its contacts hold them. 999 is the law's, and CEOP
# has a site and no number.
CHANGEABLE = {
    "police": POLICE,
    "nspcc_helpline": NSPCC_HELPLINE,
    "nspcc_whistleblowing": NSPCC_WHISTLEBLOWING,
    "posh": POSH,
    "samaritans": SAMARITANS,
    "shout": SHOUT,
    "nhs": NHS,
}
