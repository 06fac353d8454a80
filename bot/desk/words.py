"""How the desk names what the rest of the program names shortly."""

from bot.people import PersonRole
from corpus.clause import Stance

STANCES = {
    Stance.FORBIDDEN: "Not allowed",
    Stance.DISCOURAGED: "Advised against",
    Stance.CONDITIONAL: "Only on a condition",
    Stance.ALLOWED: "Allowed",
    Stance.REQUIRED: "Must be done",
    Stance.RECOMMENDED: "Advised",
    Stance.INFORMATIONAL: "Informs, and rules on nothing",
}
# Who may use a page: those who keep the policies, those who prepare them too, and those who only look on.
KEEPERS = frozenset({PersonRole.HEADTEACHER, PersonRole.ADMINISTRATOR})
OFFICE = KEEPERS | {PersonRole.OFFICE}
READERS = KEEPERS | {PersonRole.CHAIR}
EVERYBODY = OFFICE | {PersonRole.CHAIR}
