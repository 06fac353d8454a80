"""Whom to speak to: the role that a clause names, as words, and the person whom the school's own policies name in it."""

from collections.abc import Iterable

from msgspec import Struct

from corpus.clause import Policy, Role

ROLE_WORDS = {
    Role.HEADTEACHER: "the headteacher",
    Role.DSL: "the designated safeguarding lead (DSL)",
    Role.GOVERNORS: "the chair of governors",
    Role.LINE_MANAGER: "your line manager",
    Role.SLT: "a member of the senior leadership team",
    Role.POLICE: "the police",
    Role.LOCAL_AUTHORITY: "the local authority",
}
# Whom staff speak to first, where a clause names several.
_NEAREST_FIRST = (
    Role.HEADTEACHER,
    Role.DSL,
    Role.LINE_MANAGER,
    Role.SLT,
    Role.GOVERNORS,
    Role.LOCAL_AUTHORITY,
    Role.POLICE,
)
DEFAULT_ROLE = Role.HEADTEACHER


class Escalation(Struct, frozen=True):
    """Whom to speak to: `role`; `name`, `how` and `when` are None where the school has not said."""

    role: Role
    name: str | None = None
    how: str | None = None
    when: str | None = None

    @property
    def words(self) -> str:
        """The person and the office, as a reply names them: `Mrs Harrison, the headteacher`."""
        return f"{self.name}, {ROLE_WORDS[self.role]}" if self.name else ROLE_WORDS[self.role]


def resolve(roles: Iterable[Role], policies: Iterable[Policy]) -> Escalation:
    """Return whom to speak to: the nearest of `roles`, the headteacher where there is none, by name if a policy gives it."""
    named = set(roles)
    role = next((role for role in _NEAREST_FIRST if role in named), DEFAULT_ROLE)
    return contact(role, policies)


def contact(role: Role, policies: Iterable[Policy]) -> Escalation:
    """Return the contact in a role, by name if one of the school's policies gives it."""
    name = next((person.name for policy in policies for person in policy.people if person.role is role), None)
    return Escalation(role, name)
