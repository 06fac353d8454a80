"""Handing something over to a person: an alert at one tap, a question for the headteacher that the asker has looked at first."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec
from sqlalchemy import Connection

from bot.aim import Aim, read_aim
from bot.answer import Answer
from bot.asking import LONGEST_QUESTION, ask
from bot.bootstrap import Indexes
from bot.clock import day_of, spoken, spoken_briefly
from bot.directory import Directory, Route
from bot.errors import BotError
from bot.escalations import Content, EscalationKind, Escalations, Overtaken, State
from bot.layout import Block, Heading, Paragraph, Steps
from bot.messages import Button, Message
from bot.records import Records
from bot.roster import Roster
from bot.sections import GONE
from bot.short_names import shortened
from bot.steps import Step
from bot.turn import Asker, Turn, said
from bot.unfinished import Awaited, Draft, Unfinished
from retrieval.decision import Outcome
from retrieval.personal_data import without_personal_data

# What a button of the bot's asks for stands before the colon of its value.
NEXT, ALERT, QUESTION, DRAFT = "n", "a", "h", "d"
_NAME_ONLY, _WITH_WORDS = "n", "q"
_SEND, _UNNAMED, _CHANGE, _STOP, _OTHER = "s", "u", "c", "x", "n"
# The routes on which somebody can be told at one tap, and those on which nobody but the first is.
_URGENT = frozenset({Route.CHILD, Route.ALLEGATION, Route.THREAT})
_FOR_ONE_ALONE = frozenset({Route.ALLEGATION})
LONGEST_NAME = 100
NOT_REPORTING = "Telling me is not reporting. If anybody is in danger, ring 999."
STATES = {
    State.SENT: "sent, not delivered yet",
    State.DELIVERED: "delivered",
    State.SEEN: "opened",
    State.ANSWERED: "answered",
    State.CLOSED: "closed",
}


class Handover:
    """Answers whoever hands something over; `now` is the time in UTC."""

    def __init__(
        self,
        *,
        escalations: Escalations,
        roster: Roster,
        records: Records,
        unfinished: Unfinished,
        indexes: Indexes,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._escalations = escalations
        self._roster = roster
        self._records = records
        self._unfinished = unfinished
        self._indexes = indexes
        self._now = now

    def buttons(self, asker: Asker, answer: Answer, directory: Directory, *, remembered: bool) -> tuple[Button, ...]:
        """Return what can be pressed under an answer: to tell or to ask the first of its line, or to pass them by.

        `remembered` says that the question is, so that a tap can send its words.
        """
        aim = aim_of(answer, directory)
        if not answer.line or not aim.fits:
            return ()
        found = shortened(answer.question) if remembered else ""
        if answer.outcome is Outcome.URGENT:
            return (*self._alert_buttons(answer.line, aim, asker, found), *_next_button(answer.line, aim))
        person = self._first_linked(answer.line, asker)
        asks = (Button(f"Ask {_short(person)}", f"{QUESTION}:{found}:{aim.code}"),) if person else ()
        return (*asks, *_next_button(answer.line, aim))

    def _alert_buttons(self, line: Sequence[Step], aim: Aim, asker: Asker, found: str) -> tuple[Button, ...]:
        alerted = [step for step in line if self._can_tell(step, asker)]
        if not alerted:
            return ()
        whom, code = _short(alerted[0]), aim.code
        words = (f"{ALERT}:{_WITH_WORDS}{code}:{found}",) if found else ()
        return (
            Button(f"Tell {whom} now: my name", f"{ALERT}:{_NAME_ONLY}{code}:"),
            *(Button(f"Tell {whom} now: my name and what I wrote", value) for value in words),
        )

    def next_one(self, asker: Asker, _message: Message, value: str) -> Turn:
        """Return the next to turn to, where the asker wants another than the first. Raises BotError where the button is none."""
        aim = read_aim(value)
        directory = self._roster.directory(asker.school)
        line = aim.line(directory)
        first, *others = line
        also = [Paragraph(f"Or: {step.in_full}.") for step in others[:2]]
        blocks: tuple[Block, ...] = (
            Heading(f"Then turn to {first.words}."),
            *([Paragraph(f"{first.in_full}.", strong=first.in_full)] if first.known or first.when else []),
            *also,
            *([Paragraph(NOT_REPORTING)] if aim.route in _URGENT else []),
        )
        if aim.route in _URGENT:
            return said(*blocks, buttons=(*self._alert_buttons(line, aim, asker, ""), *_next_button(line, aim)), private=True)
        return said(*blocks, buttons=_next_button(line, aim), private=True)

    # An alert

    def alert(self, asker: Asker, message: Message, value: str, earlier: Sequence[str]) -> Turn:
        """Tell the first of a line, with the asker's name; `earlier` are the questions before.

        Raises BotError where the button is none of ours.
        """
        what, found = value[:1], value[1:]
        code, _, sought = found.partition(":")
        if what not in (_NAME_ONLY, _WITH_WORDS) or asker.person is None or read_aim(code).route not in _URGENT:
            raise BotError(GONE)
        words = _up_to(earlier, sought) if what == _WITH_WORDS and sought else None
        question = self._reduced(asker, words[-1]) if words else ""
        draft = Draft(awaited=Awaited.NAME, aim=code, question=question, is_alert=True)
        if not message.name:
            keep = partial(self._unfinished.keep, message=message, draft=draft)
            blocks = (Heading("Write your name in your next message: then I tell them at once."), Paragraph(NOT_REPORTING))
            return Turn(blocks, private=True, keep=keep)
        return self._tell(asker, message, draft, message.name)

    def _tell(self, asker: Asker, message: Message, draft: Draft, name: str) -> Turn:
        aim = read_aim(draft.aim)
        line = aim.line(self._roster.directory(asker.school))
        alerted = [step for step in line if self._can_tell(step, asker)]
        # Whatever comes of it, the asker's next message is a question again.
        drop = partial(self._unfinished.drop, message=message)
        if not alerted:
            nobody = Heading("I cannot tell anybody for you just now. Turn to them yourself:")
            return Turn((nobody, Steps(_in_words(line))), private=True, keep=drop)
        if aim.route in _FOR_ONE_ALONE:
            alerted = alerted[:1]
        first, *others = alerted
        book = self._roster.book(asker.school.id)
        lately = timedelta(minutes=book.confirm_within)
        already = self._already_told(asker, message, first, question=draft.question, lately=lately)
        if already:
            told = Heading(f"I have told {_short(first)} already ({spoken_briefly(already, self._now())}).")
            return Turn((told, nobody_yet(next(iter(first.phones), None))), private=True, keep=drop)
        people = tuple(step.person_id for step in alerted if step.person_id is not None)

        def keep(connection: Connection) -> None:
            # Buttons are easily pressed twice.
            if self._already_told(asker, message, first, question=draft.question, lately=lately, within=connection):
                raise Overtaken
            self._escalations.alert(
                connection,
                asker.school.id,
                line=people,
                minutes=book.confirm_within,
                content=Content(name=name, question=draft.question or None),
                asker=self._records.asker(message),
                address=address_of(message),
            )
            drop(connection)

        sent = "your name and what you wrote" if draft.question else "your name, and not what it is about"
        after = f" If nobody takes it on in {book.confirm_within} minutes, I tell {others[0].name} too." if others else ""
        return Turn(
            (
                Heading(f"I am telling {_short(first)} now."),
                nobody_yet(next(iter(first.phones), None)),
                Paragraph(f"I send {sent}. I tell you when it has arrived, and when it was opened.{after}"),
                Paragraph(NOT_REPORTING),
            ),
            buttons=_next_button(line, aim),
            private=True,
            keep=keep,
            outcome=Outcome.URGENT,
        )

    def _already_told(
        self,
        asker: Asker,
        message: Message,
        step: Step,
        *,
        question: str,
        lately: timedelta,
        within: Connection | None = None,
    ) -> datetime | None:
        """Return when the asker told somebody the same a moment ago, and no other words; None where that is not so.

        `within` a transaction, as it is then.
        """
        for one in self._escalations.of_asker(self._records.asker(message), asker.school.id, within):
            waits = one.kind is EscalationKind.ALERT and one.answered_at is None and step.person_id in one.told
            says_more = question and not (one.content and one.content.question == question)
            if waits and one.made_at > self._now() - lately and not says_more:
                return one.made_at
        return None

    # A question

    def question(self, asker: Asker, message: Message, value: str, earlier: Sequence[str]) -> Turn:
        """Show what would be sent to the first of a line that can be asked; `earlier` are the questions before.

        Raises BotError where the button is none of ours.
        """
        sought, _, code = value.partition(":")
        read_aim(code)
        if asker.person is None:
            raise BotError(GONE)
        words = _up_to(earlier, sought)
        if words is None:
            return self._ask_for_wording(asker, message, Draft(aim=code))
        return self._preview(asker, message, self._drafted(asker, Draft(aim=code), words))

    def _drafted(self, asker: Asker, draft: Draft, words: Sequence[str]) -> Draft:
        """Return a draft of the last of these questions, with what the bot answers to it.

        Whom the question is about is left out, whomever the button was for. What the bot answered to an earlier wording stays.
        """
        index, directory = self._indexes.of(asker.school.id), self._roster.directory(asker.school)
        answer = ask(words[-1], index, directory, day_of(self._now()), words[:-1])
        aim = read_aim(draft.aim).also(aim_of(answer, directory))
        ref = answer.quotes[0].ref if answer.quotes else ""
        headline, ref = (draft.headline, draft.ref) if draft.headline else (answer.headline, ref)
        question = self._reduced(asker, words[-1])
        return Draft(aim=aim.code, question=question, headline=headline, ref=ref)

    def _ask_for_wording(self, asker: Asker, message: Message, draft: Draft) -> Turn:
        draft = msgspec.structs.replace(draft, awaited=Awaited.WORDING)
        keep = partial(self._unfinished.keep, message=message, draft=draft)
        blocks = (
            Heading("Write your question in your next message."),
            Paragraph("I show it to you before it goes. Please do not type a child's name.", aside=True),
        )
        return Turn(blocks, (Button("Do not ask", f"{DRAFT}:{_STOP}"),), private=True, keep=keep)

    def _preview(self, asker: Asker, message: Message, draft: Draft) -> Turn:
        aim = read_aim(draft.aim)
        line = aim.line(self._roster.directory(asker.school))
        step = self._first_linked(line, asker)
        if step is None:
            nobody = Heading("I cannot reach anybody else for you. Turn to:")
            drop = partial(self._unfinished.drop, message=message)
            return Turn((nobody, Steps(_in_words(line))), private=True, keep=drop)
        keep = partial(self._unfinished.keep, message=message, draft=draft)
        unnamed = self._roster.book(asker.school.id).anonymous
        headline = [Paragraph(f"with what I answered: {draft.headline}")] if draft.headline else []
        why = [Paragraph(step.why, aside=True)] if step.why else []
        kept = f"until {self._escalations.kept.days} days after it is settled"
        buttons = (
            Button("Send it with my name", f"{DRAFT}:{_SEND}:{_shown(draft)}"),
            *([Button("Send it without my name", f"{DRAFT}:{_UNNAMED}:{_shown(draft)}")] if unnamed else []),
            Button("Change the wording", f"{DRAFT}:{_CHANGE}"),
            Button("Not this person", f"{DRAFT}:{_OTHER}:{_shown(draft)}"),
            Button("Do not send it", f"{DRAFT}:{_STOP}"),
        )
        blocks: tuple[Block, ...] = (
            Heading(f"This goes to {step.words}:"),
            Paragraph(f"“{draft.question}”"),
            *headline,
            *why,
            Paragraph(f"It is kept for them alone, {kept}. /forget does not delete it.", aside=True),
        )
        return Turn(blocks, buttons, private=True, keep=keep)

    def decided(self, asker: Asker, message: Message, value: str) -> Turn:
        """Return what comes of a button under what would be sent. Raises BotError where there is nothing to send any more."""
        what, _, shown = value.partition(":")
        draft = self._unfinished.of(message, asker.school.id)
        if draft is None or draft.escalation or draft.is_alert or asker.person is None:
            raise BotError("I have nothing of yours to send: /sent shows what I have sent. Else ask your question again.")
        if what in (_SEND, _UNNAMED, _OTHER) and shown != _shown(draft):
            raise BotError("That has been changed since: look at the last message that shows it, and press the button there.")
        if what == _STOP:
            drop = partial(self._unfinished.drop, message=message)
            return Turn((Heading("Nothing was sent."),), private=True, keep=drop)
        if what == _CHANGE:
            return self._ask_for_wording(asker, message, draft)
        if what == _OTHER:
            return self._preview(asker, message, self._passed_by(asker, draft))
        if what == _UNNAMED and draft.question and self._roster.book(asker.school.id).anonymous:
            return self._ask(asker, message, draft, None)
        if what == _SEND and draft.question and message.name:
            return self._ask(asker, message, draft, message.name)
        if what == _SEND and draft.question:
            draft = msgspec.structs.replace(draft, awaited=Awaited.NAME)
            keep = partial(self._unfinished.keep, message=message, draft=draft)
            return Turn((Heading("Write your name in your next message: then I send it."),), private=True, keep=keep)
        raise BotError(GONE)

    def _passed_by(self, asker: Asker, draft: Draft) -> Draft:
        """Return a draft that goes past whom it would go to now."""
        aim = read_aim(draft.aim)
        step = self._first_linked(aim.line(self._roster.directory(asker.school)), asker)
        return msgspec.structs.replace(draft, aim=(aim.without(step.key) if step else aim).code)

    def _ask(self, asker: Asker, message: Message, draft: Draft, name: str | None) -> Turn:
        aim = read_aim(draft.aim)
        step = self._first_linked(aim.line(self._roster.directory(asker.school)), asker)
        if step is None or step.person_id is None:
            drop = partial(self._unfinished.drop, message=message)
            return Turn((Heading("Whom it was for cannot be reached any more. Nothing was sent."),), private=True, keep=drop)
        person_id = step.person_id
        due_at = self._roster.at_work(asker.school.id, person_id)
        overdue_at = self._roster.overdue(asker.school.id, due_at)

        def keep(connection: Connection) -> None:
            if not self._unfinished.drop(connection, message):  # another tap has sent it
                raise Overtaken
            self._escalations.question(
                connection,
                asker.school.id,
                person_id=person_id,
                content=Content(name=name, question=draft.question, headline=draft.headline, ref=draft.ref),
                asker=self._records.asker(message),
                address=address_of(message),
                due_at=due_at,
                overdue_at=overdue_at,
            )

        later = due_at > self._now()
        when = f"It reaches them {self._roster.spoken(due_at)}." if later else "It is on its way."
        named = "with your name" if name else "without your name"
        return Turn(
            (
                Heading(f"Sent to {step.words}, {named}."),
                Paragraph(f"{when} I bring you the answer here. /sent shows what has become of it."),
            ),
            private=True,
            keep=keep,
        )

    # What somebody was asked to write

    def written(self, asker: Asker, message: Message, draft: Draft) -> Turn:
        """Return what becomes of a wording, or of a name, that somebody was asked for. Raises BotError where it will not do."""
        text = message.text.strip()
        if not text:
            raise BotError("I can send only words: write them in a message.")
        if draft.awaited is Awaited.NAME:
            if len(text) > LONGEST_NAME:
                raise BotError(f"That is too long for a name: write up to {LONGEST_NAME} characters.")
            return self._tell(asker, message, draft, text) if draft.is_alert else self._ask(asker, message, draft, text)
        if len(text) > LONGEST_QUESTION:
            raise BotError(f"Your question has {len(text)} characters: shorten it to {LONGEST_QUESTION} or fewer.")
        return self._preview(asker, message, self._drafted(asker, draft, [text]))

    def sent(self, asker: Asker, message: Message) -> Turn:
        """Return what somebody has handed over at her schools, and what has become of it."""
        whose = self._records.asker(message)
        found = [one for school in asker.schools for one in self._escalations.of_asker(whose, school.id)]
        if not found:
            return said(Heading("You have handed nothing over."), private=True)
        lines = tuple(
            f"{spoken(one.made_at)}, to {self._roster.name_of(one.school_id, one.person_id)}: {_state(one.kind, one.state)}."
            for one in sorted(found, key=lambda one: one.made_at)
        )
        return said(Heading("What you have handed over"), Steps(lines), private=True)

    def _reduced(self, asker: Asker, text: str) -> str:
        """Return a text without what could say of whom it speaks."""
        return without_personal_data(text, self._indexes.of(asker.school.id, fresh=False).spelling.is_common)

    def _first_linked(self, line: Sequence[Step], asker: Asker) -> Step | None:
        return next((step for step in line if _is_another(step, asker)), None)

    def _can_tell(self, step: Step, asker: Asker) -> bool:
        return step.alertable and _is_another(step, asker)


def aim_of(answer: Answer, directory: Directory) -> Aim:
    """Return the aim of an answer: whoever the question itself leaves out stays so when a button is pressed later."""
    return Aim(answer.route, answer.named, answer.about).without(*directory.left_out(answer.route, answer.about, answer.question))


def _is_another(step: Step, asker: Asker) -> bool:
    """Tell whether a step is somebody whom the bot can write to, and not the asker; in the demonstration nobody is written to."""
    return asker.person is not None and step.person_id not in (None, asker.person.id)


def _up_to(earlier: Sequence[str], sought: str) -> Sequence[str] | None:
    """Return the questions of a conversation up to the one that a button means, None where that is not remembered."""
    for number in range(len(earlier), 0, -1):
        if shortened(earlier[number - 1]) == sought:
            return earlier[:number]
    return None


def address_of(message: Message) -> Message:
    """Return where whoever wrote a message can be told something later: the message without its words."""
    return msgspec.structs.replace(message, text="", pressed="", attachment=None, files=(), name=None, replies_to=None)


def _next_button(line: Sequence[Step], aim: Aim) -> tuple[Button, ...]:
    """Return the button that leads to the next in line, where there is one."""
    if len(line) < 2 or aim.is_full:
        return ()
    return (Button("Not this person", f"{NEXT}:{aim.without(line[0].key).code}"),)


def nobody_yet(phone: str | None) -> Paragraph:
    """Return what holds until somebody has opened an alert; `phone` is how to reach them, None where that is not known."""
    sentence = f"Nobody has seen this yet: {f'ring {phone}' if phone else 'go and find them'}."
    return Paragraph(sentence, strong=sentence)


def _shown(draft: Draft) -> str:
    """Return what tells a draft from others in a button: it is pressed for what stood above it."""
    return shortened(f"{draft.aim} {draft.question}")


def _in_words(line: Sequence[Step]) -> tuple[str, ...]:
    return tuple(f"{step.in_full}." for step in line[:3])


def _short(step: Step) -> str:
    return step.name if step.name and len(step.name) <= 40 else step.office


def _state(kind: EscalationKind, state: State) -> str:
    if kind is EscalationKind.ALERT and state is State.ANSWERED:
        return "somebody is dealing with it"
    return STATES[state]
