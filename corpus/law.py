"""Law and guidance that policies still cite and that something else has replaced."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """Law or guidance that policies still cite, and what took its place and when."""

    pattern: str
    name: str
    replaced_by: str


# Facts of the statute book, each from legislation.gov.uk or gov.uk; the names and years are the sources' own.
SUPERSEDED = (
    Law(r"Data Protection Act 1998", "the Data Protection Act 1998", "the UK GDPR and the Data Protection Act 2018"),
    Law(r"Data Protection Act 1984", "the Data Protection Act 1984", "the UK GDPR and the Data Protection Act 2018"),
    Law(
        r"Protection of Children Act 1999",
        "the Protection of Children Act 1999",
        "the Safeguarding Vulnerable Groups Act 2006",
    ),
    Law(
        r"(?:Sex Discrimination Act 1975|Race Relations Act 1976|Disability Discrimination Act 1995)",
        "the older discrimination Acts",
        "the Equality Act 2010",
    ),
    Law(
        r"Safeguarding Children and Safer Recruitment in Education|Every Child Matters",
        "guidance that was withdrawn",
        "Keeping Children Safe in Education",
    ),
    Law(
        r"Independent Safeguarding Authority|\bCRB\b|Criminal Records Bureau",
        "the Criminal Records Bureau or the Independent Safeguarding Authority",
        "the Disclosure and Barring Service",
    ),
)


def superseded_law(words: str) -> Law | None:
    """Return the superseded law that a text rests on, or None."""
    return next((law for law in SUPERSEDED if re.search(law.pattern, words)), None)
