"""What those are told who asked what nothing settled: that it is settled now, is no matter of policy, or waits for the review.

Whoever holds the phone by then may be somebody else: no word of the question is said.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from bot.bootstrap import Indexes
from bot.layout import Block, Heading, Paragraph
from bot.messages import Message
from bot.notices import Notice, NoticeKind
from bot.people import People
from bot.records import Records
from bot.roster import Roster
from bot.tables import questions
from retrieval.decision import Outcome

TO_ASKER = frozenset({NoticeKind.SETTLED, NoticeKind.OUTSIDE_POLICY, NoticeKind.NOTED})


class GapNotices:
    """Puts notices to the askers of questions into words."""

    def __init__(self, records: Records, people: People, roster: Roster, indexes: Indexes) -> None:
        """Keep the parts."""
        self._records = records
        self._people = people
        self._roster = roster
        self._indexes = indexes

    def announced(self, connection: Connection, notice: Notice) -> tuple[Message, tuple[Block, ...]] | None:
        """Return where and how to say a notice; None where nobody is to be told any more.

        Where she is goes with it, in the same transaction, unless she is to be told again.
        """
        asked = (questions.c.school_id == notice.school_id, questions.c.id == notice.detail["question"])
        row = connection.execute(select(questions).where(*asked)).one_or_none()
        # What was taken back by the next version is not settled: she is told when it is.
        if row is None or (notice.kind is NoticeKind.SETTLED and row.settled_at is None):
            return None
        address = self._records.opened(row.address)
        if notice.kind is not NoticeKind.NOTED:
            connection.execute(update(questions).where(*asked).values(address=None))
        if address is None or not self._people.ids(address.channel, address.account, notice.school_id):
            return None
        return address, self._blocks(notice, Outcome(row.outcome))

    def _blocks(self, notice: Notice, outcome: Outcome) -> tuple[Block, ...]:
        (school,) = self._indexes.versions.schools([notice.school_id])
        if outcome is Outcome.NOT_COVERED:
            asked = f"You asked something that the policies of {school.name} did not settle."
        else:
            asked = f"An answer from the policies of {school.name} did not help you."
        match notice.kind:
            case NoticeKind.SETTLED:
                see = self._citations(notice.school_id, notice.detail["clauses"])
                told = [Paragraph(f"See: {'; '.join(see)}.")] if see else []
                return (Heading(f"{asked} There is a rule on it now: ask me again."), *told)
            case NoticeKind.OUTSIDE_POLICY:
                contact = self._roster.directory(school).nearest(()).in_full
                return (
                    Heading(f"{asked} Your headteacher has looked at this: it is not a matter of policy."),
                    Paragraph(f"Speak to: {contact}.", strong=contact),
                )
            case _:
                return (
                    Heading(f"{asked} Your headteacher has noted it for the next review."),
                    Paragraph("I tell you when there is a rule on it. That nothing is written does not mean that it is allowed."),
                )

    def _citations(self, school_id: str, clauses: Sequence[tuple[str, str]]) -> list[str]:
        """Return where clauses stand in what the school has published now, without those that do not any more."""
        places = {(one.policy.slug, one.clause.id): one for one in self._indexes.of(school_id).clauses}
        found = [places[slug, clause_id] for slug, clause_id in clauses if (slug, clause_id) in places]
        return [f"{one.policy.title}, {one.clause.label}" for one in found]
