"""What came to somebody: an alert or a question; to open it, to take it on, to answer it, to keep it elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection

from bot.answer import quote
from bot.clock import day_of, spoken
from bot.errors import BotError
from bot.escalations import Escalation, EscalationKind, Escalations, State
from bot.layout import Block, Heading, Paragraph, Steps, quoted
from bot.links import Links
from bot.messages import Button, Message
from bot.people import People
from bot.roster import Roster
from bot.sections import find_clause
from bot.turn import Asker, Turn, said
from bot.unfinished import Awaited, Draft, Unfinished
from corpus.versions import Versions

# What a button of an escalation asks for stands before its id.
OPEN, TAKE_ON, RECORD, ERASE, ANSWER, SEND, CHANGE, STOP = "o", "t", "x", "e", "a", "s", "c", "q"
LONGEST_ANSWER = 2000
MOST_SHOWN = 5
NOT_YOURS = "This was not sent to you, so you cannot open or answer it."
ERASED = "The words of this are no longer kept here."
NOBODY_NAMED = "somebody who has not given their name"


class Inbox:
    """Answers whoever something was handed over to."""

    def __init__(
        self,
        *,
        escalations: Escalations,
        people: People,
        roster: Roster,
        unfinished: Unfinished,
        versions: Versions,
        links: Links,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._escalations = escalations
        self._people = people
        self._roster = roster
        self._unfinished = unfinished
        self._versions = versions
        self._links = links
        self._now = now
        self._steps: dict[str, Callable[[Asker, Message, Escalation, int], Turn]] = {
            OPEN: self._open,
            TAKE_ON: self._take_on,
            RECORD: self._record,
            ERASE: self._erase,
            ANSWER: self._begin_answer,
            SEND: self._send,
            CHANGE: self._begin_answer,
            STOP: self._stop,
        }

    @property
    def steps(self) -> frozenset[str]:
        """What the buttons of an escalation ask for: what stands before its id in their values."""
        return frozenset(self._steps)

    def waiting(self, asker: Asker, message: Message) -> Turn:
        """Return what waits for whoever wrote a message, at all her schools."""
        mine = self._people.ids(message.channel, message.account)
        at_each = [self._escalations.waiting_for(school.id, mine) for school in asker.schools]
        found = sorted((one for waiting in at_each for one in waiting), key=lambda one: one.made_at)
        if not found:
            return said(Heading("Nothing waits for you."), private=True)
        buttons = tuple(Button(f"Open: {_kind(one)}, {spoken(one.made_at)}", _value(OPEN, one)) for one in found[-MOST_SHOWN:])
        counted = "One thing waits" if len(found) == 1 else f"{len(found)} things wait"
        return said(Heading(f"{counted} for you."), buttons=buttons, private=True)

    def pressed(self, asker: Asker, message: Message, value: str) -> Turn:
        """Return what a button of an escalation leads to. Raises BotError where it was not sent to whoever pressed it."""
        what, _, number = value.partition(":")
        found, person_id = self._mine(message, number)
        step = self._steps.get(what)
        if step is None:
            raise BotError(NOT_YOURS)
        return self._at(found, step(asker, message, found, person_id))

    def _at(self, found: Escalation, turn: Turn) -> Turn:
        """Return a turn as one of an escalation's school, which need not be the one asked of now."""
        (school,) = self._versions.schools([found.school_id])
        return replace(turn, school=school)

    def reply(self, message: Message) -> Turn | None:
        """Return what becomes of a message that replies to one by which an escalation came; None where it does not.

        Raises BotError where it is not the addressee's, or was answered.
        """
        number = self._escalations.answered_by(message.channel, message.replies_to) if message.replies_to else None
        if number is None:
            return None
        found, _ = self._mine(message, number)
        if found.kind is EscalationKind.ALERT:
            raise BotError("An alert cannot be answered here: speak to them yourself, then press “I am dealing with it”.")
        return self._at(found, self._sent(found, _checked(message.text), message))

    def written(self, message: Message, draft: Draft) -> Turn:
        """Return an answer that somebody was asked to write, to be looked at before it goes. Raises BotError as `reply` does."""
        found, _ = self._mine(message, draft.escalation)
        _refuse_answered(found)
        answer = _checked(message.text)
        written = msgspec.structs.replace(draft, awaited=Awaited.NOTHING, answer=answer)
        keep = partial(self._unfinished.keep, message=message, draft=written)
        buttons = (
            Button("Send it", _value(SEND, found)),
            Button("Change it", _value(CHANGE, found)),
            Button("Do not send it", _value(STOP, found)),
        )
        blocks = (Heading("This goes to whoever asked, as your answer:"), Paragraph(answer, strong=answer))
        return self._at(found, Turn(blocks, buttons, private=True, keep=keep))

    def _mine(self, message: Message, number: str) -> tuple[Escalation, int]:
        """Return an escalation and which of its addressees wrote a message. Raises BotError where none of them did."""
        found = self._escalations.find(number)
        mine = [one for one in self._people.ids(message.channel, message.account) if found and one in found.told]
        if found is None or not mine:
            raise BotError(NOT_YOURS)
        return found, mine[0]

    def _open(self, _asker: Asker, message: Message, found: Escalation, person_id: int) -> Turn:
        keep = partial(self._escalations.see, seen=found, person_id=person_id)
        return Turn(self.shown(found, message), self.buttons(found), private=True, keep=keep)

    def shown(self, found: Escalation, message: Message) -> tuple[Block, ...]:
        """Return an escalation as its addressee sees it in the chat of `message`."""
        content = found.content
        if content is None:
            return (Heading(ERASED),)
        name = content.name or NOBODY_NAMED
        if found.kind is EscalationKind.ALERT:
            words = f"They wrote: “{content.question}”" if content.question else "They have not sent what it is about: ask them."
            return (
                Heading(f"{name} asks for you now."),
                Paragraph(f"Sent {spoken(found.made_at)}."),
                Paragraph(words),
                *self._progress(found),
            )
        return (
            Heading(f"A question for you from {name}:"),
            Paragraph(f"“{content.question}”"),
            Paragraph(f"I answered: {content.headline}") if content.headline else Paragraph("I have not answered it."),
            *self._clause(found, content.ref, message),
            *self._progress(found),
        )

    def _clause(self, found: Escalation, ref: str, message: Message) -> tuple[Block, ...]:
        """Return the clause that the bot quoted, in the version that it quoted; nothing where there was none."""
        if not ref:
            return ()
        try:
            clause = find_clause(ref, self._versions, [found.school_id])
        except BotError:  # the policy is gone
            return ()
        shown = quote(clause, day_of(self._now()))
        return (quoted(shown, title="The clause, word for word", url=self._links.to(shown, message.channel)),)

    def buttons(self, found: Escalation) -> tuple[Button, ...]:
        """Return what an addressee can press under an escalation."""
        if found.content is None:
            return ()
        if found.kind is EscalationKind.QUESTION:
            return () if found.answered_at else (Button("Answer", _value(ANSWER, found)),)
        record = Button("Copy it for your records", _value(RECORD, found))
        return (record,) if found.answered_at else (Button("I am dealing with it", _value(TAKE_ON, found)), record)

    def _progress(self, found: Escalation) -> tuple[Block, ...]:
        if found.answered_at is None:
            return ()
        done = "Taken on" if found.kind is EscalationKind.ALERT else "Answered"
        return (Paragraph(f"{done} {spoken(found.answered_at)}.", aside=True),)

    def _take_on(self, _asker: Asker, message: Message, found: Escalation, person_id: int) -> Turn:
        if found.kind is not EscalationKind.ALERT:
            raise BotError(NOT_YOURS)
        if found.answered_at:
            return said(Heading(f"Somebody took this on {spoken(found.answered_at)}."), buttons=self.buttons(found), private=True)
        blocks = (
            Heading("Thank you. I am telling them that you are dealing with it."),
            *self.shown(found, message)[1:],
        )
        keep = partial(self._escalations.take_on, taken=found, person_id=person_id)
        record = Button("Copy it for your records", _value(RECORD, found))
        return Turn(blocks, (record,), private=True, keep=keep)

    def _record(self, _asker: Asker, _message: Message, found: Escalation, _person_id: int) -> Turn:
        if found.kind is not EscalationKind.ALERT:
            raise BotError(NOT_YOURS)
        content = found.content
        if content is None:
            return said(Heading(ERASED), private=True)
        lines = (
            f"Sent: {spoken(found.made_at)}, by {content.name or NOBODY_NAMED}.",
            f"In their words: “{content.question}”" if content.question else "They sent no words with it.",
            *(f"{what}: {spoken(when)}." for what, when in _times(found) if when),
            f"Told: {', then '.join(self._roster.name_of(found.school_id, one) for one in found.told)}.",
            f"Reference: {found.id}.",
        )
        return said(
            Heading("Copy this into your school's safeguarding records."),
            Steps(lines),
            Paragraph("When it is there, press the button: I then erase it here."),
            buttons=(Button("It is in our records: erase it here", _value(ERASE, found)),),
            private=True,
        )

    def _erase(self, _asker: Asker, _message: Message, found: Escalation, _person_id: int) -> Turn:
        if found.kind is not EscalationKind.ALERT:
            raise BotError(NOT_YOURS)
        if found.answered_at is None:
            raise BotError("Nobody deals with this yet: press “I am dealing with it” first.")
        keep = partial(self._escalations.erase, erased=found)
        return Turn((Heading("The words are erased here. That it was sent, and when, is kept."),), private=True, keep=keep)

    def _begin_answer(self, _asker: Asker, message: Message, found: Escalation, person_id: int) -> Turn:
        _refuse_answered(found)
        draft = Draft(awaited=Awaited.ANSWER, escalation=found.id)

        def keep(connection: Connection) -> None:
            self._escalations.see(connection, found, person_id)
            self._unfinished.keep(connection, message, draft)

        blocks = (
            Heading("Write your answer in your next message."),
            Paragraph("I show it to you before it goes. Please do not name a child in it.", aside=True),
        )
        return Turn(blocks, (Button("Do not answer now", _value(STOP, found)),), private=True, keep=keep)

    def _stop(self, _asker: Asker, message: Message, found: Escalation, _person_id: int) -> Turn:
        keep = partial(self._unfinished.drop, message=message)
        return Turn((Heading("Nothing was sent."),), self.buttons(found), private=True, keep=keep)

    def _send(self, _asker: Asker, message: Message, found: Escalation, _person_id: int) -> Turn:
        draft = self._unfinished.of(message, found.school_id)
        if draft is None or draft.escalation != found.id or not draft.answer:
            raise BotError("I do not have your answer any more: press “Answer” under the question, and write it again.")
        return self._sent(found, draft.answer, message)

    def _sent(self, found: Escalation, answer: str, message: Message) -> Turn:
        _refuse_answered(found)
        due_at = self._roster.at_work(found.school_id)
        draft = self._unfinished.of(message, found.school_id)

        def keep(connection: Connection) -> None:
            self._escalations.answer(connection, found, answer, due_at)
            if draft and draft.escalation == found.id:  # what they are about to write to another stays awaited
                self._unfinished.drop(connection, message)

        later = due_at > self._now()
        when = f"It reaches them {self._roster.spoken(due_at)}." if later else "It is on its way to them."
        question = found.content.question if found.content else None
        # Whoever answers several by replies must see that each went to the question that it was meant for.
        asked = (Paragraph(f"They asked: “{question}”", aside=True),) if question else ()
        thanks = (Heading("Thank you. I send your answer, as yours."), *asked, Paragraph(when))
        return Turn(thanks, private=True, keep=keep)


def _value(what: str, found: Escalation) -> str:
    return f"i:{what}:{found.id}"


def _kind(found: Escalation) -> str:
    return "an alert" if found.kind is EscalationKind.ALERT else "a question"


def _times(found: Escalation) -> Sequence[tuple[str, datetime | None]]:
    return (("Delivered", found.delivered_at), ("Opened", found.seen_at), ("Taken on", found.answered_at))


def _refuse_answered(found: Escalation) -> None:
    if found.kind is not EscalationKind.QUESTION:
        raise BotError(NOT_YOURS)
    if found.answered_at:
        raise BotError(f"This was answered {spoken(found.answered_at)}: to say more, speak to them, if they gave their name.")
    if found.state is State.CLOSED:
        raise BotError("This has been closed, so that no answer can be sent to it.")


def _checked(text: str) -> str:
    answer = text.strip()
    if not answer:
        raise BotError("I can send only words: write your answer in a message.")
    if len(answer) > LONGEST_ANSWER:
        raise BotError(f"Your answer has {len(answer)} characters: shorten it to {LONGEST_ANSWER} or fewer and send it again.")
    return answer
