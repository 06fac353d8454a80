"""How the desk names what the rest of the program names shortly."""

from bot.people import PersonRole
from corpus.clause import Stance
from corpus.dates import PolicyDate
from corpus.versions import Versions

STANCES = {
    Stance.FORBIDDEN: "Not allowed",
    Stance.DISCOURAGED: "Advised against",
    Stance.CONDITIONAL: "Only on a condition",
    Stance.ALLOWED: "Allowed",
    Stance.REQUIRED: "Must be done",
    Stance.RECOMMENDED: "Advised",
    Stance.INFORMATIONAL: "For information only",
}
# Who may use a page: those who keep the policies, those who prepare them too, and those who only look on.
KEEPERS = frozenset({PersonRole.HEADTEACHER, PersonRole.ADMINISTRATOR})
OFFICE = KEEPERS | {PersonRole.OFFICE}
READERS = KEEPERS | {PersonRole.CHAIR}
EVERYBODY = OFFICE | {PersonRole.CHAIR}


def month_in_words(month: str) -> str:
    """Return a month such as `2026-11` as people write it: `November 2026`."""
    return PolicyDate(month).spoken


def counted(number: int, one: str, many: str) -> str:
    """Return a number with the words for it: `1 clause waits`, `2 clauses wait`."""
    return f"{number} {one if number == 1 else many}"


def titles(versions: Versions, school_id: str) -> dict[str, str]:
    """Return the title of each policy of a school by its slug: that of what is published, else that of its draft."""
    published = versions.published(school_id)
    current = published.policies if published else ()
    return {policy.slug: policy.title for policy in (*(one.policy for one in versions.drafts(school_id)), *current)}
