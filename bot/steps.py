"""One of those to turn to: who, how, and from when."""

from msgspec import Struct

from bot.contact_book import ContactRole, ways

ENGLAND = "England"
ROLE_WORDS = {
    ContactRole.HEADTEACHER: "the headteacher",
    ContactRole.DEPUTY_HEADTEACHER: "the deputy headteacher",
    ContactRole.DSL: "the designated safeguarding lead (DSL)",
    ContactRole.DEPUTY_DSL: "a deputy safeguarding lead",
    ContactRole.GOVERNORS: "the chair of governors",
    ContactRole.LINE_MANAGER: "your line manager",
    ContactRole.SLT: "a member of the senior leadership team",
    ContactRole.IT: "IT support",
    ContactRole.OFFICE: "the school office",
    ContactRole.LOCAL_AUTHORITY: "the local authority",
    ContactRole.DESIGNATED_OFFICER: "the designated officer (LADO) at your council",
    ContactRole.SOCIAL_CARE: "children's social care at your council",
    ContactRole.SOCIAL_CARE_OUT_OF_HOURS: "your council's emergency duty team",
    ContactRole.POLICE: "the police",
}
# The DSL is England's office; elsewhere it has other names.
_ELSEWHERE = {ContactRole.DSL: "the safeguarding lead"}
# These are bodies outside the school: their own name says who they are.
OUTSIDE = frozenset(
    {
        ContactRole.LOCAL_AUTHORITY,
        ContactRole.DESIGNATED_OFFICER,
        ContactRole.SOCIAL_CARE,
        ContactRole.SOCIAL_CARE_OUT_OF_HOURS,
        ContactRole.POLICE,
    }
)


def role_words(role: ContactRole, nation: str) -> str:
    """Return how staff speak of a role at a school of this nation."""
    return ROLE_WORDS[role] if nation == ENGLAND else _ELSEWHERE.get(role, ROLE_WORDS[role])


class Step(Struct, frozen=True, kw_only=True):
    """One of those to turn to; `role` is None for a national body, `name` where nobody is known in the role.

    `office` is the role in words. `when` says from when they can be reached, None where that is now, or not known. `known` says
    that the school has given a way to reach them. `key` stands for them in a button. `why` says why it is this one instead of
    whom the clause or the route names. `person_id` is whoever has accepted to be this contact, and `alertable` that the bot can
    tell her of something.
    """

    role: ContactRole | None
    office: str
    key: str
    name: str | None = None
    phones: tuple[str, ...] = ()
    email: str | None = None
    when: str | None = None
    why: str | None = None
    person_id: int | None = None
    alertable: bool = False

    @property
    def known(self) -> bool:
        """Whether a way to reach them is known."""
        return bool(self.phones or self.email)

    @property
    def how(self) -> str | None:
        """The ways to reach them, in words: `01473 123456, head@school.example`."""
        return ways(self.phones, self.email) or None

    @property
    def words(self) -> str:
        """The person and the office, as a reply names them: `Mrs Harrison, the headteacher`."""
        if self.name is None:
            return self.office
        says_it = self.role in OUTSIDE or self.office.split()[-1] in self.name.casefold()
        return self.name if says_it else f"{self.name}, {self.office}"

    @property
    def in_full(self) -> str:
        """The same with how and from when: `Mrs Harrison, the headteacher: 01473 123456, from Monday at 8:00`."""
        told = f"{self.words}: {self.how}" if self.known else self.words
        return f"{told}, from {self.when}" if self.when else told
