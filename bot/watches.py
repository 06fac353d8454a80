"""Rules that somebody asked to be told of when they change: kept until she ends that, told of at each publication."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, delete, select

from bot.answer import quote
from bot.clock import day_of
from bot.errors import BotError
from bot.layout import Block, Heading, Paragraph, quoted
from bot.links import Links
from bot.messages import Button, Message
from bot.notices import Notice, NoticeKind, Notices
from bot.people import People
from bot.removals import Removed, note_removal
from bot.roster import Roster
from bot.rule_changes import SILENCE_ALLOWS_NOTHING, is_reworded, what_changed
from bot.sections import GONE, find_clause
from bot.tables import watches
from bot.turn import Asker, Turn, said
from bot.typed import read_number
from corpus.errors import StoreError
from corpus.tables import insert_into
from corpus.tenancy import reading_at, school_of, writing_at
from corpus.versions import Versions
from retrieval.index import Index, IndexedClause, clause_in_place

# What a button asks for stands before the colon of its value.
WATCH = "x"
_ALL, _END = "all", "end"
# Whoever wants to hear of more reads what the school announces.
MOST_WATCHED = 20
TELL_ME = "Tell me if this rule changes"
UNREACHABLE = "I cannot write to you alone here: write to me in a private chat, and ask your question there."


class ChangedRule(Struct, frozen=True):
    """What is told of a watched rule: how it is cited, what became of it, where it stands now (`version` None for nowhere)."""

    cited: str
    sentences: tuple[str, ...]
    slug: str
    clause_id: str
    version: int | None


class Watches:
    """Who watches which rule, in a store; `now` is the time in UTC."""

    def __init__(
        self,
        *,
        engine: Engine,
        people: People,
        versions: Versions,
        roster: Roster,
        notices: Notices,
        links: Links,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._engine = engine
        self._people = people
        self._versions = versions
        self._roster = roster
        self._notices = notices
        self._links = links
        self._now = now

    def button(self, ref: str) -> Button:
        """Return the button by which somebody asks to be told when a clause changes."""
        return Button(TELL_ME, f"{WATCH}:{ref}")

    def pressed(self, asker: Asker, message: Message, value: str) -> Turn:
        """Return what a button leads to: a rule is watched, watched no more, or all are listed.

        Raises BotError where there is no such rule any more, or whoever pressed it cannot be written to.
        """
        if asker.person is None:
            raise BotError(GONE)
        if value == _ALL:
            return self.listed(asker, message)
        what, _, number = value.partition(":")
        if what == _END:
            return self._end(asker, message, number)
        found = find_clause(value, self._versions, [school.id for school in asker.schools])
        school = next(one for one in asker.schools if one.id == found.policy.school)
        ids = self._people.ids(message.channel, message.account, school.id)
        if not ids:
            raise BotError(GONE)
        return replace(self._watch(asker, message, found, ids[0]), school=school)

    def _watch(self, asker: Asker, message: Message, found: IndexedClause, person_id: int) -> Turn:
        policy, clause_id = found.policy, found.clause.id
        if self._rule_now(policy.school, policy.slug, clause_id) is None:
            raise BotError("That rule is not in the policy any more: ask your question again.")
        of_person = (watches.c.school_id == policy.school, watches.c.person_id == person_id)
        with reading_at(self._engine, policy.school) as connection:
            hers = connection.execute(select(watches.c.slug, watches.c.clause_id).where(*of_person)).all()
            is_watched = (policy.slug, clause_id) in hers
            is_reached = self._people.address_of(connection, person_id) is not None
        if is_watched:
            return self.listed(asker, message)
        if not is_reached and not (message.private and asker.address):
            raise BotError(UNREACHABLE)
        if len(hers) >= MOST_WATCHED:
            raise BotError(f"I already watch {MOST_WATCHED} rules for you: end one of them first, with /watching.")
        return Turn(
            (
                Heading(f"I tell you when this rule changes: {_named(found)}."),
                Paragraph("/watching shows the rules that I watch for you, and ends it.", aside=True),
            ),
            private=True,
            keep=partial(self._keep, what={"slug": policy.slug, "clause_id": clause_id, "person_id": person_id}),
        )

    def _keep(self, connection: Connection, what: Mapping[str, object]) -> None:
        written = insert_into(connection.dialect.name, watches).values(
            school_id=school_of(connection), **what, made_at=self._now()
        )
        connection.execute(written.on_conflict_do_nothing(index_elements=["school_id", "slug", "clause_id", "person_id"]))

    def listed(self, asker: Asker, message: Message) -> Turn:
        """Return which rules are watched for whoever wrote a message, at all her schools, each with a button that ends it."""
        rows = self._hers(asker, message)
        if not rows:
            return said(
                Heading("I watch no rule for you."),
                Paragraph(f"Under an answer you can press “{TELL_ME}”."),
                private=True,
            )
        rules = [self._rule_now(row.school_id, row.slug, row.clause_id) for row in rows]
        lines = [
            f"{number}. {_named(rule) if rule else 'A rule that is not in the policy now'}"
            for number, rule in enumerate(rules, 1)
        ]
        buttons = tuple(Button(f"Stop watching {number}", f"{WATCH}:{_END}:{row.id}") for number, row in enumerate(rows, 1))
        return said(Heading("I tell you when these rules change:"), *map(Paragraph, lines), buttons=buttons, private=True)

    def _end(self, asker: Asker, message: Message, value: str) -> Turn:
        number = read_number(value)
        if number is None:
            raise BotError(GONE)
        ended = self._delete([row for row in self._hers(asker, message) if row.id == number])
        return said(
            Heading("I no longer watch that rule for you." if ended else "I do not watch that rule for you."), private=True
        )

    def count_of(self, asker: Asker, message: Message) -> int:
        """Return how many rules are watched for whoever wrote a message."""
        return len(self._hers(asker, message))

    def forget(self, asker: Asker, message: Message) -> int:
        """End all that is watched for whoever wrote a message; return how much that was."""
        return self._delete(self._hers(asker, message))

    def _hers(self, asker: Asker, message: Message) -> list[Row[Any]]:
        """Return what is watched for whoever wrote a message, at all her schools."""
        ids, rows = self._people.ids(message.channel, message.account), list[Row[Any]]()
        for school in asker.schools:
            hers = select(watches).where(watches.c.school_id == school.id, watches.c.person_id.in_(ids))
            with reading_at(self._engine, school.id) as connection:
                rows += connection.execute(hers).all()
        return sorted(rows, key=lambda row: row.id)

    def _delete(self, rows: Sequence[Row[Any]]) -> int:
        deleted = 0
        for row in rows:
            with writing_at(self._engine, row.school_id) as connection:
                one = (watches.c.school_id == row.school_id, watches.c.id == row.id)
                deleted += connection.execute(delete(watches).where(*one)).rowcount
                note_removal(connection, row.school_id, Removed.WATCH, [row.id], self._now())
        return deleted

    def _rule_now(self, school_id: str, slug: str, clause_id: str) -> IndexedClause | None:
        try:
            version = self._versions.version(school_id, slug)
        except StoreError:
            return None
        policy = version.policy
        return clause_in_place(version.number or 0, policy, clause_id) if policy.clause(clause_id) else None

    # Publications

    def changed(self, connection: Connection, school_id: str, before: Index, after: Index) -> None:
        """Tell whoever watches a rule that is not as it was, within the transaction that changes it; each person once."""
        rows = connection.execute(select(watches).where(watches.c.school_id == school_id).order_by(watches.c.id)).all()
        wanted = {(row.slug, row.clause_id) for row in rows}
        was, now = _rules(before, wanted), _rules(after, wanted)
        became = {key: rule for key in wanted if (rule := _became(was.get(key), now.get(key)))}
        told: dict[int, list[ChangedRule]] = defaultdict(list)
        for row in rows:
            rule = became.get((row.slug, row.clause_id))
            if rule:
                told[row.person_id].append(rule)
        for person_id, rules in told.items():
            due_at = self._roster.at_work(school_id, person_id)
            self._notices.put(
                connection,
                school_id,
                NoticeKind.RULES_CHANGED,
                person_id=person_id,
                due_at=due_at,
                rules=msgspec.to_builtins(rules),
            )

    def told(self, _connection: Connection, notice: Notice, address: Message) -> Turn | None:
        """Return what a notice of changed rules says in a private chat."""
        rules = msgspec.convert(notice.detail["rules"], list[ChangedRule])
        (first, *others) = rules
        heading = f"A rule that you asked me to watch has changed: {first.cited}."
        if others:
            heading = f"{len(rules)} rules that you asked me to watch have changed."
        blocks = [block for rule in rules for block in self._told(notice.school_id, rule, address.channel)]
        return said(Heading(heading), *blocks, buttons=(Button("The rules that I watch", f"{WATCH}:{_ALL}"),))

    def _told(self, school_id: str, rule: ChangedRule, channel: str) -> Sequence[Block]:
        became = Paragraph(" ".join([f"{rule.cited}:", *rule.sentences]), strong=rule.cited)
        if rule.version is None:
            return (became,)
        policy = self._versions.version(school_id, rule.slug, rule.version).policy
        indexed = clause_in_place(rule.version, policy, rule.clause_id)
        shown = quote(indexed, day_of(self._now()))
        return (became, quoted(shown, title="The rule now, word for word", bold=True, url=self._links.to(shown, channel)))


def _named(indexed: IndexedClause) -> str:
    return f"{indexed.policy.title}, {indexed.clause.label}"


def _rules(index: Index, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], IndexedClause]:
    """Return the wanted rules that an index holds, by their policy's slug and their id."""
    return {key: one for one in index.clauses if (key := (one.policy.slug, one.clause.id)) in wanted}


def _became(before: IndexedClause | None, after: IndexedClause | None) -> ChangedRule | None:
    """Return what to tell of a rule; None where it is as it was."""
    if after is None:
        gone = f"It is not in the new version any more. {SILENCE_ALLOWS_NOTHING}"
        return _changed(before, None, [gone]) if before else None
    if before is None:
        return _changed(after, after.version, ["It is in the policy again."])
    sentences = what_changed(before.clause, after.clause)
    if is_reworded((before.policy, before.clause), (after.policy, after.clause)):
        sentences = ["Its words have changed.", *sentences]
    return _changed(after, after.version, sentences) if sentences else None


def _changed(rule: IndexedClause, version: int | None, sentences: Sequence[str]) -> ChangedRule:
    return ChangedRule(_named(rule), tuple(sentences), rule.policy.slug, rule.clause.id, version)
