"""The conversation: a message of anybody, on any channel -> what to say to it, and what to keep of it."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.announcements import READ, Announcements
from bot.answer import MOST_OTHERS, Answer, keeping_nothing, needs_school, quote
from bot.asking import LONGEST_CONTEXT, LONGEST_QUESTION, ask_and_read
from bot.bootstrap import Indexes
from bot.clock import day_of
from bot.commands import (
    EXAMPLES,
    Counts,
    contacts_blocks,
    forgotten_blocks,
    help_blocks,
    invitation_blocks,
    my_data_blocks,
    policies_blocks,
    privacy_blocks,
    read_command,
    read_invited_role,
    whoami_blocks,
)
from bot.contact_book import OnPhones
from bot.contact_store import Contacts
from bot.desk.access import LINK_LASTS, DeskAccess
from bot.directory import Directory
from bot.errors import BotError, QuestionError
from bot.escalations import Escalations
from bot.handover import ALERT, DRAFT, NEXT, QUESTION, Handover, address_of
from bot.inbox import Inbox
from bot.installations import Installations, Told
from bot.kept import KeptAnswers
from bot.layout import Block, Heading, Link, Paragraph, lay_out, quoted, to_choose_from
from bot.links import Links
from bot.messages import Button, Message
from bot.own_duty import OwnDuty
from bot.people import TEAMS, TELEGRAM, WEB, Access, People, Person
from bot.readings import Readings
from bot.records import AskedQuestion, Records
from bot.roster import Roster
from bot.sections import GONE, find_clause, whole_section
from bot.sent_files import SentFiles
from bot.short_names import shortened
from bot.turn import Asker, Tenancy, Turn, refusal, said
from bot.unfinished import Awaited, Unfinished
from bot.watches import WATCH, Watches
from bot.ways_in import WaysIn
from corpus.versions import School
from retrieval.decision import Outcome, decide
from retrieval.index import Index, IndexedClause
from retrieval.personal_data import without_personal_data
from retrieval.sensitive import NEVER_STORED, Sensitivity, sensitivity
from retrieval.urgency import Danger, danger_of

MOST_A_MINUTE = 20
# Whoever is not known is answered so often in a minute, then told once to wait, then not answered.
MOST_OF_A_STRANGER = 5
WORRIED_QUESTION = "I am worried about a child"
PHONES_QUESTION = "May I use my personal mobile phone during school hours?"
TOO_MANY = f"That is more than {MOST_A_MINUTE} questions in a minute. Please wait a minute, then ask again."
STRANGER = "I do not know you yet. Ask your school office for an invitation: then I can answer from your school's policies."
NOT_CONNECTED = "Your organisation is not connected to me yet: ask whoever provides policybot to you for a link."
CONNECT_ALONE = "Write that to me alone in Microsoft Teams: I connect the organisation that you write from."
WAIT = "Please wait a minute, then try again."
LEFT = "Your access has ended. To come back, ask your school office for a code, and write: /join and the code."
NO_TEXT = "I can read only words. I have not opened or kept your {what}. Please write your question in a sentence."
ONLY_TEXT = "I have read only your words. I have not opened or kept your {what}."
WHICH_SCHOOL = "Which school do you ask of?"
NOT_KEPT = "I do not keep that question any more, so there is nothing to note it beside."
DESK_IN_PRIVATE = "I give the link to the desk only in a private chat: write /desk to me alone."
DESK_NOT_REACHED = (
    "The desk can be opened only on the machine that I run on: ask whoever runs me to set POLICYBOT_PUBLIC_URL, "
    "or to print a link there with policybot desk-link."
)
NOTED = "Thank you. I have noted it, without your name."
NOTHING_TO_SHARE = "I keep no such question of yours any more, so there is nothing to share. You can ask it again."
SHARED = "Thank you. The headteacher can read these words from now on, without your name."
AWAY = "I cannot do this just now: what I keep my records in is away. Please try again in a few minutes."
NOTHING_KEPT = "I keep nothing of this question, and cannot tell anybody for you just now."
FAULT = "Something went wrong on our side, and your question was not answered. Please try again in a minute."
# What a button asks for stands before the colon of its value.
_WORRIED, _EXAMPLE, _SECTION, _OTHERS, _KEEP, _SCHOOL, _LEAVE, _VOTE = "w", "e", "s", "o", "k", "c", "l", "v"
_RECEIVED, _DUTY, _SHARE = "i", "t", "g"
_SHOW, _AGREED = "s", "y"
# However many messages somebody has sent, an alert is told and opened.
_AT_ONCE = frozenset({ALERT, NEXT, _RECEIVED})
# What shows policy text by a button of an earlier reply.
_SHOWN_LATER = frozenset({_SECTION, _OTHERS, _KEEP})
_HELPED = "1"
_VOTES = {_HELPED: "This helped", "0": "This did not help"}
_STORED = frozenset({Outcome.ANSWERED, Outcome.CHOOSE, Outcome.NOT_COVERED})
_EXAMPLES = {str(number): example for number, example in enumerate(EXAMPLES)}
_EXAMPLE_BUTTONS = tuple(Button(example, f"{_EXAMPLE}:{number}") for number, example in _EXAMPLES.items())


SILENCE = Turn(())
A_STRANGER = said(Heading(STRANGER))
OF_NO_SCHOOL = said(Heading(NOT_CONNECTED))
AT_FAULT = refusal(FAULT)
MUST_WAIT = refusal(AWAY)


class Conversation:
    """Answers messages.

    `installations` says whose staff a workspace holds; `now` is the time in UTC.
    """

    def __init__(
        self,
        *,
        indexes: Indexes,
        people: People,
        records: Records,
        kept: KeptAnswers,
        links: Links,
        ways: WaysIn,
        now: Callable[[], datetime],
        installations: Installations,
        contacts: Contacts,
        roster: Roster,
        escalations: Escalations,
        unfinished: Unfinished,
        handover: Handover,
        inbox: Inbox,
        own_duty: OwnDuty,
        announcements: Announcements,
        readings: Readings,
        watches: Watches,
        desk: DeskAccess,
        sent_files: SentFiles,
    ) -> None:
        """Keep the parts."""
        self._indexes = indexes
        self._people = people
        self._records = records
        self._kept = kept
        self._links = links
        self._ways = ways
        self._now = now
        self._installations = installations
        self._contacts = contacts
        self._roster = roster
        self._escalations = escalations
        self._unfinished = unfinished
        self._handover = handover
        self._inbox = inbox
        self._own_duty = own_duty
        self._announcements = announcements
        self._readings = readings
        self._watches = watches
        self._desk = desk
        self._sent_files = sent_files
        self._pressed: dict[str, Callable[[Asker, Message, str], Turn]] = {
            _SECTION: self._section,
            _OTHERS: self._others,
            _KEEP: self._keep_answer,
            _SCHOOL: self._choose,
            _LEAVE: self._leave,
            _VOTE: self._vote,
            NEXT: handover.next_one,
            DRAFT: handover.decided,
            _RECEIVED: inbox.pressed,
            _DUTY: own_duty.pressed,
            READ: announcements.pressed,
            WATCH: watches.pressed,
            _SHARE: self._share,
        }
        self._handing_over: dict[str, Callable[[Asker, Message, str, Sequence[str]], Turn]] = {
            ALERT: handover.alert,
            QUESTION: handover.question,
        }

    @property
    def buttons(self) -> frozenset[str]:
        """The kinds of buttons that are understood: what stands before the colon of their values."""
        return frozenset({*self._pressed, *self._handing_over, _WORRIED, _EXAMPLE})

    def turn(self, message: Message, recent: int, address: Message | None = None) -> Turn:
        """Return what to say to a message of whomever it is of; `recent` counts their messages of the last minute.

        `address` is where they can be written to alone later, None where the channel knows of none.
        """
        command = read_command(message.text)
        if command and command[0] == "join":
            return self._join(message, command[1], recent, address)
        if command and command[0] == "connect" and message.channel == TEAMS:
            return self._connect(message, command[1], recent)
        asker = self._asker(message, address)
        if isinstance(asker, Asker):
            return self.turn_of(asker, message, recent)
        route = needs_school(_question(message)[:LONGEST_QUESTION], (), self._indexes.knowledge.vectors)
        if route.outcome is Outcome.URGENT:
            return replace(said(*lay_out(route), private=True), outcome=route.outcome)
        is_unknown = asker is A_STRANGER or asker is OF_NO_SCHOOL
        return _waits(recent) if is_unknown and recent > MOST_OF_A_STRANGER else asker

    def turn_meanwhile(self, message: Message, recent: int, known: Asker | None = None) -> Turn:
        """Return what to say to a message while the store cannot be reached: an ordinary question of somebody known lately.

        `known` is who asks where the channel knows. Nothing is asked of the store, and nothing kept. All else must wait.
        """
        asker = known or self._asker_lately(message)
        question = _question(message)[:LONGEST_QUESTION]
        directory = self._roster.directory_lately(asker.school) if asker else None
        if asker is None or directory is None:
            route = needs_school(question, (), self._indexes.knowledge.vectors)
            if route.outcome is Outcome.URGENT:
                return replace(said(*lay_out(route), private=True), outcome=route.outcome)
            return MUST_WAIT
        try:
            turn = self._answer_meanwhile(asker, message, question, directory)
        except QuestionError as error:
            return refusal(str(error))
        if turn.outcome is not Outcome.URGENT:
            if recent > MOST_A_MINUTE:
                return refusal(TOO_MANY)
            if not self._is_plain_question(message) or self._holds_back_meanwhile(asker, message):
                return MUST_WAIT
        return replace(turn, school=asker.school)

    def _asker_lately(self, message: Message) -> Asker | None:
        """Return who asks, as it was known lately; None where it was not, or where that must be asked of the store."""
        tenancy = self._installations.tenancy_lately(message.channel, message.tenant) if message.tenant else None
        found = self._people.access_lately(message.channel, message.account, tenancy.schools if tenancy else None) or []
        wanted = _asked_of(message, found, tenancy)
        if wanted is None or wanted.person is None:
            return None
        schools = tuple(one.school for one in found if not one.ended)
        return Asker(wanted.school, schools, wanted.person, wanted.revision)

    def _answer_meanwhile(self, asker: Asker, message: Message, question: str, directory: Directory) -> Turn:
        now, index = self._now(), self._indexes.of(asker.school.id, fresh=False)
        answer, reading = ask_and_read(question, index, directory, day_of(now), ())
        about = sensitivity(reading)
        if about is Sensitivity.COLLEAGUE:
            answer = keeping_nothing(answer)
        blocks = (*lay_out(answer, self._link(message)), Paragraph(NOTHING_KEPT, aside=True))
        urgent = answer.outcome is Outcome.URGENT
        return Turn(blocks, private=urgent or about is not None, outcome=answer.outcome, stance=answer.stance)

    def _is_plain_question(self, message: Message) -> bool:
        """Tell whether a message is a question and nothing else that the store would be asked for."""
        kind = message.pressed.partition(":")[0]
        is_command = read_command(message.text) is not None and kind != _EXAMPLE
        return not (is_command or message.files or message.replies_to) and kind in ("", _EXAMPLE) and bool(_question(message))

    def _holds_back_meanwhile(self, asker: Asker, message: Message) -> bool:
        book = self._roster.book_lately(asker.school.id)
        if message.channel != TELEGRAM or book is None:
            return False
        return book.telegram_in_hours is OnPhones.HOLD_BACK and book.year(asker.school.nation).is_open(self._now())

    def turn_of(self, asker: Asker, message: Message, recent: int, earlier: Sequence[str] | None = None) -> Turn:
        """Return what to say to a message of somebody known; `earlier` are the questions before it, None for those kept."""
        # In the demonstration nobody is known, and all who try it would share one limit.
        if asker.person and recent > MOST_A_MINUTE and not self._cannot_wait(asker, message):
            return refusal(TOO_MANY)
        try:
            turn = self._turn_of(asker, message, earlier)
        except BotError as error:
            turn = refusal(str(error))
        school = turn.school or asker.school
        if len(asker.schools) > 1 and not turn.once_fetched:
            turn = replace(turn, blocks=(*turn.blocks, Paragraph(f"Asked of: {school.name}.", aside=True)))
        turn = replace(turn, school=school)
        return self._keeping_address(turn, asker.person, message, asker.address)

    def _keeping_address(self, turn: Turn, person: Person | None, message: Message, address: Message | None) -> Turn:
        """Return a turn that keeps, too, where somebody can be written to alone: once she has written there, and it is new."""
        if person is None or address is None or address == person.address or not message.private:
            return turn
        if turn.school is None or turn.school.id != person.school_id:
            return turn  # the next message of hers at her own school will do

        def keep(connection: Connection) -> None:
            if turn.keep:
                turn.keep(connection)
            self._announcements.reach(connection, person, address)

        return replace(turn, keep=keep)

    def _turn_of(self, asker: Asker, message: Message, earlier: Sequence[str] | None) -> Turn:
        question = _question(message)
        if message.pressed:
            kind, _, value = message.pressed.partition(":")
            if kind in _SHOWN_LATER and self._holds_back(asker, message):
                return said(Heading(self._held_back(asker)))
            pressed = self._pressed.get(kind)
            if pressed:
                return pressed(asker, message, value)
            hand_over = self._handing_over.get(kind)
            if hand_over:
                return hand_over(asker, message, value, self._before(asker, message, earlier))
            if not question:
                raise BotError(GONE)
        # A child at risk comes first, whatever came with the words.
        brings = self._sent_files.are_taken_from(asker, message) and not (question and self._is_urgent(asker, message))
        command = read_command(message.text)
        if command and command[0] != "worried" and not brings:
            return self._command(asker, message, *command)
        if asker.person and not message.pressed and not command:
            awaited = self._awaited(asker, message)
            if awaited:
                return awaited
        if brings:
            return self._sent_files.turn(asker, message)
        if not question and message.attachment:
            return said(Heading(NO_TEXT.format(what=message.attachment)))
        if not question and message.channel != WEB:  # a mention and nothing else
            return said(*help_blocks(), buttons=_EXAMPLE_BUTTONS)
        return self._answer(asker, message, question, earlier)

    def _awaited(self, asker: Asker, message: Message) -> Turn | None:
        """Return what becomes of a message that is no question: a reply to what came to somebody, or what was asked for."""
        replied = self._inbox.reply(message)
        if replied:
            return replied
        # What was asked at one school is not sent at another; an answer goes to the school whose question it is.
        for school in (asker.school, *(one for one in asker.schools if one != asker.school)):
            draft = self._unfinished.of(message, school.id)
            if draft is None or draft.awaited is Awaited.NOTHING:
                continue
            if draft.escalation:
                return self._inbox.written(message, draft)
            if school == asker.school:
                # A child at risk comes first, whatever was asked for.
                return None if self._is_urgent(asker, message) else self._handover.written(asker, message, draft)
        return None

    def _before(self, asker: Asker, message: Message, earlier: Sequence[str] | None) -> list[str]:
        """Return the questions before a message in its conversation, oldest first."""
        return self._records.earlier(message, asker.school.id) if earlier is None else _only_questions(earlier)

    def _answer(self, asker: Asker, message: Message, question: str, earlier: Sequence[str] | None) -> Turn:
        now = self._now()
        index = self._indexes.of(asker.school.id, revision=asker.revision)
        before = self._before(asker, message, earlier)
        about, to_others = None, tuple[Button, ...]()
        try:
            directory = self._roster.directory(asker.school)
            answer, reading = ask_and_read(question, index, directory, day_of(now), before)
            about = sensitivity(reading)
            if about is Sensitivity.COLLEAGUE:
                answer = keeping_nothing(answer)
            remembered = _is_remembered(question, answer, about)
            to_others = self._handover.buttons(asker, answer, directory, remembered=remembered)
        except QuestionError:
            # Too long, or hardly English: a child at risk comes first all the same.
            answer = needs_school(question[:LONGEST_QUESTION], (), index.knowledge.vectors)
            if answer.outcome is not Outcome.URGENT:
                raise
        urgent = answer.outcome is Outcome.URGENT
        if not urgent and self._holds_back(asker, message):
            return said(Heading(self._held_back(asker)))
        link = self._link(message)
        blocks = list(lay_out(answer, link))
        if message.attachment:
            blocks.append(Paragraph(ONLY_TEXT.format(what=message.attachment), aside=True))
        if message.channel == TELEGRAM and not urgent and self._on_phones(asker, now) is OnPhones.REMIND:
            blocks += self._reminder(index, now, link)
        is_kept = asker.person is not None and answer.outcome in _STORED and about not in NEVER_STORED
        question_id = secrets.token_hex(5) if is_kept else ""
        kept = self._as_kept(question_id, answer, message, index) if question_id else None

        def keep(connection: Connection) -> None:
            if earlier is None and _is_remembered(question, answer, about):
                after = [*before, question][-LONGEST_CONTEXT:]
                self._records.remember(connection, message, asker.school.id, after)
            if kept:
                # Where she is told once it is settled.
                address = address_of(message) if kept.outcome is Outcome.NOT_COVERED else None
                self._records.keep(connection, kept, address)

        private = urgent or about is not None
        to_share = _to_share(question_id) if answer.outcome is Outcome.NOT_COVERED else ()
        return Turn(
            blocks=tuple(blocks),
            buttons=(*self._buttons(answer, question_id), *to_others, *to_share),
            votes=_votes(question_id),
            private=private,
            keep=keep if asker.person else None,
            outcome=answer.outcome,
            stance=answer.stance,
        )

    def _as_kept(self, question_id: str, answer: Answer, message: Message, index: Index) -> AskedQuestion:
        return AskedQuestion(
            id=question_id,
            school_id=answer.school or "",
            asker=self._records.asker(message),
            channel=message.channel,
            asked_at=self._now(),
            question=without_personal_data(answer.question, index.spelling.is_common),
            outcome=answer.outcome,
            slug=answer.quotes[0].slug if answer.quotes else None,
            clause_id=answer.quotes[0].citation.clause_id if answer.quotes else None,
        )

    def _command(self, asker: Asker, message: Message, name: str, told: str) -> Turn:
        if name == "connect":
            raise BotError(CONNECT_ALONE)
        if name == "help":
            return said(*help_blocks(asker.person.role if asker.person else None), buttons=_EXAMPLE_BUTTONS)
        if name == "policies":
            index = self._indexes.of(asker.school.id)
            told_of = policies_blocks(asker.school.name, index.policies, len(index.rulings), day_of(self._now()))
            return said(*told_of, buttons=_EXAMPLE_BUTTONS)
        if name == "school":
            return _choice(asker.schools) if len(asker.schools) > 1 else said(Heading(f"You ask of {asker.school.name}."))
        if name == "contacts":
            return said(*contacts_blocks(asker.school.name, self._roster.directory(asker.school)))
        if asker.person is None:
            return said(Heading("Nobody is signed in here: I do not know who you are, and keep nothing of what you write."))
        if name == "sent":
            return self._handover.sent(asker, message)
        if name == "inbox":
            return self._inbox.waiting(asker, message)
        if name == "watching":
            return self._watches.listed(asker, message)
        if name == "duty":
            return self._own_duty.hours(asker, told) if told else self._own_duty.shown(asker, message)
        if name == "privacy":
            return said(*privacy_blocks(message.channel, self._records.retention, self._escalations.kept))
        if name == "invite":
            role = read_invited_role(told, asker.person.role)
            made = self._people.invite(asker.school.id, role, by=asker.person.in_trail)
            return said(*invitation_blocks(*made, self._ways), private=True)
        if name == "desk":
            return self._open_desk(asker.person, message)
        if name == "whoami":
            return said(*whoami_blocks(asker.person, asker.school.name), private=True)
        whose = self._records.asker(message)
        if name == "mydata":
            names = {school.id: school.name for school in asker.schools}
            kept, remembered = self._records.of(whose), self._records.remembered(whose)
            counts = Counts(
                handed_over=self._escalations.count_of(whose),
                to_tell=self._records.count_to_tell(whose),
                watched=self._watches.count_of(asker, message),
                to_read=self._readings.count_of(self._people.ids(message.channel, message.account)),
            )
            return said(*my_data_blocks(kept, remembered, asker.person, names, counts), private=True)
        if name == "forget":
            self._unfinished.forget(whose)
            forgotten, watched = self._records.forget(whose), self._watches.forget(asker, message)
            return said(*forgotten_blocks(forgotten, self._escalations.count_of(whose), watched), private=True)
        leave = Button(f"Leave {asker.school.short_name} now", f"{_LEAVE}:{shortened(asker.school.id)}")
        return said(
            Heading(f"Do you want to leave {asker.school.name}?"),
            Paragraph("Your access ends at once. To come back you need a code from the school office."),
            buttons=(leave,),
            private=True,
        )

    def _open_desk(self, person: Person, message: Message) -> Turn:
        """Return the link that opens the desk once, where nobody else can see it."""
        if not message.private:
            return refusal(DESK_IN_PRIVATE)
        if message.channel != WEB and not self._ways.is_reached_by_others:
            return refusal(DESK_NOT_REACHED)
        link = self._ways.desk_link(self._desk.make_link(person))
        minutes = LINK_LASTS // timedelta(minutes=1)
        return said(
            Heading("Your link to the desk:"),
            Paragraph(link),
            Paragraph(f"It works once, for {minutes} minutes, and is for you alone: do not pass it on.", aside=True),
            private=True,
        )

    def _leave(self, asker: Asker, message: Message, value: str) -> Turn:
        if asker.person is None or value != shortened(asker.school.id):
            raise BotError("Choose the school first that you want to leave: write /school.")
        self._records.forget(self._records.asker(message), asker.school.id)
        self._people.remove(asker.school.id, asker.person.id)
        return said(Heading(f"You have left {asker.school.name}: your access has ended."), private=True)

    def _choose(self, asker: Asker, _message: Message, value: str) -> Turn:
        if asker.person is None or value != shortened(asker.school.id):
            raise BotError(GONE)
        self._people.choose(asker.person)
        return said(Heading(f"You now ask of {asker.school.name}."), Paragraph("Write your question."), private=True)

    def _section(self, asker: Asker, _message: Message, ref: str) -> Turn:
        found, school = self._found(asker, ref)
        return replace(said(*whole_section(found, day_of(self._now()))), school=school)

    def _found(self, asker: Asker, ref: str) -> tuple[IndexedClause, School]:
        """Return a clause that a button asks for and its school, which need not be the one asked of now."""
        found = find_clause(ref, self._indexes.versions, [school.id for school in asker.schools])
        return found, next(school for school in asker.schools if school.id == found.policy.school)

    def _others(self, asker: Asker, message: Message, value: str) -> Turn:
        question_id, _, refs = value.partition(":")
        if question_id:
            self._records.not_meant(self._records.asker(message), question_id, address_of(message))
        today = day_of(self._now())
        first, *more = refs.split(",")
        if len(more) >= MOST_OTHERS:
            raise BotError(GONE)
        found, school = self._found(asker, first)
        others = [find_clause(ref, self._indexes.versions, [school.id]) for ref in more]
        # A question that is not kept may be about the very person: only the answer to it knows whom to name.
        nearest = self._roster.directory(school).nearest(()) if question_id else None
        contact = nearest.in_full if nearest else "whomever my answer above names"
        turn = said(
            Heading("Perhaps it is one of these rules. None of them is certain to be:"),
            *to_choose_from((quote(one, today) for one in (found, *others)), self._link(message)),
            Paragraph(f"If it is none of them, speak to: {contact}.", strong=contact),
        )
        return replace(turn, school=school)

    def _vote(self, _asker: Asker, message: Message, value: str) -> Turn:
        vote, _, question_id = value.partition(":")
        if vote not in _VOTES:
            raise BotError(GONE)
        helped = vote == _HELPED
        if not self._records.vote(self._records.asker(message), question_id, helped=helped, address=address_of(message)):
            raise BotError(NOT_KEPT)
        return said(Heading(NOTED), buttons=() if helped else _to_share(question_id), private=True)

    def _share(self, _asker: Asker, message: Message, value: str) -> Turn:
        """Return the words of a question of the asker's, to look at first; once she agrees, the headteacher may read them."""
        what, _, question_id = value.partition(":")
        whose = self._records.asker(message)
        if what == _AGREED and self._records.share(whose, question_id):
            return said(Heading(SHARED), Paragraph("To take them back, write /forget.", aside=True), private=True)
        words = self._records.words(whose, question_id)
        if words is None:
            raise BotError(NOTHING_TO_SHARE)
        return said(
            Heading("Share these words with the headteacher, without your name?"),
            Paragraph(f"“{words}”"),
            Paragraph("Think first whether the words themselves could tell who you are.", aside=True),
            buttons=(Button("Share", f"{_SHARE}:{_AGREED}:{question_id}"),),
            private=True,
        )

    def _keep_answer(self, asker: Asker, _message: Message, value: str) -> Turn:
        stance, ref = self._kept.pressed(value)
        found, school = self._found(asker, ref)
        now = self._now()
        return replace(said(*self._kept.copy(found, stance, now, day_of(now)), private=True), school=school)

    def _join(self, message: Message, code: str, recent: int, address: Message | None) -> Turn:
        if message.channel == WEB:
            return said(Heading("To join another school, open the page /join."))
        known = self._people.access(message.channel, message.account)
        if recent > MOST_OF_A_STRANGER and not known:
            return _waits(recent)
        tenancy = self._tenancy(message)
        try:
            person = self._people.enrol(code, message.channel, message.account, tenancy.schools if tenancy else None)
        except BotError as error:
            # Whoever was let in by it a moment ago, and asks again, is not told that nothing came of it.
            already = f" You already ask of {' and '.join(one.school.name for one in known)}." if known else ""
            return replace(refusal(f"{error}{already}"), private=True)
        self._people.choose(person)
        (school,) = self._indexes.versions.schools([person.school_id])
        turn = said(Heading(f"Welcome. You now ask of {school.name}."), *help_blocks(), buttons=_EXAMPLE_BUTTONS, private=True)
        return self._keeping_address(replace(turn, school=school), person, message, address)

    def _connect(self, message: Message, link: str, recent: int) -> Turn:
        """Connect the tenant that somebody writes from to the school of a provider's link: Microsoft says which tenant it is."""
        if message.tenant is None or not message.private:
            return refusal(CONNECT_ALONE)
        if recent > MOST_OF_A_STRANGER:
            return _waits(recent)
        try:
            school_id = self._installations.install(link, TEAMS, Told(message.tenant))
        except BotError as error:
            return refusal(str(error))
        (school,) = self._indexes.versions.schools([school_id])
        return said(Heading(f"Connected: whoever writes to me from this organisation asks of {school.name} from now on."))

    def _asker(self, message: Message, address: Message | None) -> Asker | Turn:
        """Return who asks and of which school; where that is not known, what to say instead."""
        tenancy = self._tenancy(message)
        found = self._people.access(message.channel, message.account, tenancy.schools if tenancy else None)
        if not found:
            return OF_NO_SCHOOL if message.channel == TEAMS and tenancy else A_STRANGER
        wanted = _asked_of(message, found, tenancy)
        if wanted is None:
            return _choice([one.school for one in found])
        person = wanted.person
        if person is None and not wanted.ended:
            person = self._people.admit(wanted.school.id, message.channel, message.account)
        if person is None:
            return said(Heading(LEFT), private=True)
        schools = tuple(one.school for one in found if not one.ended)
        return Asker(wanted.school, schools, person, wanted.revision, address)

    def _tenancy(self, message: Message) -> Tenancy | None:
        """Return the tenancy of a message; one without schools where its workspace is not known, None where there are none."""
        return self._installations.tenancy(message.channel, message.tenant) if message.tenant else None

    def _cannot_wait(self, asker: Asker, message: Message) -> bool:
        """Tell whether a message cannot wait: it is urgent, or a button on the way of something that is."""
        return message.pressed.partition(":")[0] in _AT_ONCE or self._is_urgent(asker, message)

    def _is_urgent(self, asker: Asker, message: Message) -> bool:
        question = self._roster.directory(asker.school).with_offices(_question(message)[:LONGEST_QUESTION])
        return danger_of(question, self._indexes.knowledge.vectors) is not None

    def _on_phones(self, asker: Asker, now: datetime) -> OnPhones:
        """Return what the asker's school wants on personal phones at this moment."""
        book = self._contacts.book(asker.school.id)
        in_hours = book.telegram_in_hours is not OnPhones.ANSWER and book.year(asker.school.nation).is_open(now)
        return book.telegram_in_hours if in_hours else OnPhones.ANSWER

    def _holds_back(self, asker: Asker, message: Message) -> bool:
        return message.channel == TELEGRAM and self._on_phones(asker, self._now()) is OnPhones.HOLD_BACK

    def _held_back(self, asker: Asker) -> str:
        hours = self._contacts.book(asker.school.id).hours
        today = day_of(self._now()).weekday()
        closes = [f"{span.closes:%H:%M}" for span in hours.spans if span.weekday == today] if hours else []
        return (
            "It is school time, and your school wants no questions on personal phones in it. "
            f"Ask me where your school uses me at work, or here after {closes[-1] if closes else 'school'}."
        )

    def _link(self, message: Message) -> Link:
        return lambda quote: self._links.to(quote, message.channel)

    def _buttons(self, answer: Answer, question_id: str) -> tuple[Button, ...]:
        """Return what can be pressed under an answer."""
        buttons = []
        if answer.outcome is Outcome.ANSWERED and answer.stance and answer.quotes[0].ref:
            ref = answer.quotes[0].ref
            buttons.append(Button("Show the whole section", f"{_SECTION}:{ref}"))
            buttons.append(Button("Keep this answer", f"{_KEEP}:{self._kept.button(answer.stance, ref)}"))
            if question_id:  # of what is not kept, nobody is to be known to watch the rule either
                buttons.append(self._watches.button(ref))
        if answer.others and answer.outcome in (Outcome.ANSWERED, Outcome.CHOOSE):
            buttons.insert(1, Button("Not what I meant", f"{_OTHERS}:{question_id}:{','.join(answer.others)}"))
        return (*buttons, *(_EXAMPLE_BUTTONS if answer.outcome is Outcome.SMALLTALK else ()))

    def _reminder(self, index: Index, now: datetime, link: Link) -> list[Block]:
        """Return a reminder that it is school time, with the school's own rule on phones where one plainly governs."""
        told: list[Block] = [Paragraph("It is school time: mind your school's rule on personal phones.", aside=True)]
        governing = decide(PHONES_QUESTION, (), index).governing
        if governing:
            rule = quote(governing.clause, day_of(now))
            told.append(quoted(rule, title="Your school's rule on phones", url=link(rule)))
        return told


def _asked_of(message: Message, found: Sequence[Access], tenancy: Tenancy | None) -> Access | None:
    """Return the school that is chosen now, that the channel belongs to, that was chosen last, or the only one."""
    kind, _, value = message.pressed.partition(":")
    if kind == _SCHOOL:
        return next((one for one in found if shortened(one.school.id) == value), None)
    if len(found) == 1:
        return found[0]
    room = tenancy.rooms.get(message.room or "") if tenancy else None
    if room is not None:
        return next((one for one in found if one.school.id == room), None)
    chosen = [(one.person.chosen_at, one) for one in found if one.person and one.person.chosen_at]
    return max(chosen, key=lambda pair: pair[0])[1] if chosen else None


def _question(message: Message) -> str:
    """Return what a message asks, in words, whether it was typed, pressed or sent as a command; "" where it asks nothing."""
    kind, _, value = message.pressed.partition(":")
    command, told = read_command(message.text) or ("", "")
    if command == "worried" and told:
        return f"{WORRIED_QUESTION}. {told}"  # whatever follows, the route for a child comes first
    if kind == _WORRIED or command == "worried":
        return WORRIED_QUESTION
    if kind == _EXAMPLE:
        return _EXAMPLES.get(value, message.text.strip())
    return message.text.strip()


def _is_remembered(question: str, answer: Answer, about: Sensitivity | None) -> bool:
    """Tell whether a question is remembered for follow-ups: where it says something, and may be kept at all."""
    return question != WORRIED_QUESTION and about not in NEVER_STORED and answer.danger is not Danger.ALLEGATION


def _only_questions(earlier: Sequence[str]) -> list[str]:
    """Return what was asked before without commands and taps, which say nothing about the question asked now."""
    return [one for one in earlier if one != WORRIED_QUESTION and read_command(one) is None]


def _waits(recent: int) -> Turn:
    """Return what is said to whoever is not known and goes on trying: to wait, once."""
    return said(Heading(WAIT)) if recent == MOST_OF_A_STRANGER + 1 else SILENCE


def _choice(schools: Sequence[School]) -> Turn:
    buttons = tuple(Button(school.short_name, f"{_SCHOOL}:{shortened(school.id)}") for school in schools)
    return said(Heading(WHICH_SCHOOL), buttons=buttons, private=True)


def _to_share(question_id: str) -> tuple[Button, ...]:
    """Return the button that leads to sharing the words of a question that is kept; none of another."""
    return (Button("Share my wording", f"{_SHARE}:{_SHOW}:{question_id}"),) if question_id else ()


def _votes(question_id: str) -> tuple[Button, ...]:
    """Return what the asker may say of the answer to a question that is kept; nothing of another."""
    return tuple(Button(label, f"{_VOTE}:{vote}:{question_id}") for vote, label in _VOTES.items()) if question_id else ()
