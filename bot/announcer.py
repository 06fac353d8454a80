"""A notice -> what to say, to whom and where: what the bot says of its own accord."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from bot.clock import spoken, spoken_briefly
from bot.escalations import Escalation, Escalations, Receipt
from bot.gap_notices import TO_ASKER, GapNotices
from bot.handover import nobody_yet
from bot.inbox import OPEN, Inbox
from bot.installations import Installations
from bot.layout import Block, Heading, Paragraph
from bot.messages import Button, Message
from bot.notices import Announcement, Notice, NoticeKind
from bot.people import People
from bot.roster import Roster
from bot.short_names import shortened
from bot.turn import Turn, said

# Puts a notice to one of a school's people into words, for the private chat in which it is said; None where it need not be said.
Wording = Callable[[Connection, Notice, Message], Turn | None]
TEST_ALERT = "This is a test alert. No child is at risk."


class Announcer:
    """Puts notices into words."""

    def __init__(
        self,
        *,
        escalations: Escalations,
        inbox: Inbox,
        people: People,
        roster: Roster,
        wordings: Mapping[NoticeKind, Wording],
        gap_notices: GapNotices,
        installations: Installations,
        now: Callable[[], datetime],
    ) -> None:
        """Keep the parts; `wordings` are of what anybody at a school may be told, `now` is the time in UTC."""
        self._now = now
        self._escalations = escalations
        self._inbox = inbox
        self._people = people
        self._roster = roster
        self._wordings = wordings
        self._gap_notices = gap_notices
        self._installations = installations

    def announced(self, connection: Connection, notice: Notice) -> Announcement | None:
        """Return where and how to say a notice; None, noted with its escalation, where nobody can be told."""
        if notice.kind in TO_ASKER:
            to_asker = self._gap_notices.announced(connection, notice)
            return _announcement(*to_asker) if to_asker and self._there(connection, notice, to_asker[0]) else None
        found = self._escalations.find(notice.escalation_id, connection) if notice.escalation_id else None
        if notice.escalation_id and found is None:
            return None
        if notice.person_id is None:
            return self._to_asker(connection, notice, found) if found else None
        wording = self._wordings.get(notice.kind)
        if wording:
            chat = self._there(connection, notice, self._people.address_of(connection, notice.person_id))
            turn = wording(connection, notice, chat) if chat else None
            return _said_at(chat, turn) if chat and turn else None
        address = self._there(connection, notice, self._roster.address_of(notice.person_id, connection))
        if address is None:
            if found and notice.kind in (NoticeKind.ALERT, NoticeKind.QUESTION, NoticeKind.REMINDER):
                self._escalations.did_not_come(connection, found, notice.kind, notice.person_id)
            return None
        told = self._to_contact(notice, found, address)
        return _announcement(address, *told) if told else None

    def _there(self, connection: Connection, notice: Notice, address: Message | None) -> Message | None:
        """Return an address; None where there is none, or its workspace holds the school's staff no more."""
        if address is None or not self._installations.is_of(connection, notice.school_id, address):
            return None
        return address

    def _to_contact(
        self, notice: Notice, found: Escalation | None, address: Message
    ) -> tuple[tuple[Block, ...], tuple[Button, ...]] | None:
        match notice.kind:
            case NoticeKind.ALERT if found:
                if found.answered_at:
                    return None
                blocks = (
                    Heading("A colleague asks for you now. It is urgent."),
                    Paragraph(f"Sent {spoken(found.made_at)}. Open it to see who it is."),
                )
                return blocks, (Button("Open it", f"i:{OPEN}:{found.id}"),)
            case NoticeKind.TEST_ALERT:
                told = (Heading(TEST_ALERT), Paragraph("Press the button, so that I know that alerts reach you here."))
                return told, (Button("It has reached me", "t:seen"),)
            case NoticeKind.QUESTION if found:
                return self._inbox.shown(found, address), self._inbox.buttons(found)
            case NoticeKind.REMINDER if found:
                if found.answered_at:
                    return None
                waits = (Heading(f"This question waits for you since {spoken(found.made_at)}."),)
                return (*waits, *self._inbox.shown(found, address)), self._inbox.buttons(found)
            case NoticeKind.UNDELIVERED if found:
                sentence = "Your answer could not be brought to whoever asked: they have left, or cannot be written to."
                return (Heading(sentence), *self._inbox.shown(found, address)[:2]), ()
            case NoticeKind.CONTACT_CHANGED:
                return _of_change(notice.detail)
            case _:
                return None

    def _to_asker(self, connection: Connection, notice: Notice, found: Escalation) -> Announcement | None:
        address = self._there(connection, notice, self._escalations.address_of_asker(connection, found.id))
        if notice.kind is NoticeKind.ANSWER:
            # It holds the school's words: whoever has left is not told them.
            if address is None or not self._people.ids(address.channel, address.account, found.school_id):
                self._escalations.answer_did_not_come(connection, found)
                return None
            return _announcement(address, self._answer(connection, notice, found))
        # They may have answered since the reminder came.
        is_settled = Receipt(notice.detail["what"]) is Receipt.OVERDUE and found.answered_at is not None
        if address is None or is_settled:
            return None
        return _announcement(address, self._receipt(connection, notice, found))

    def _answer(self, connection: Connection, notice: Notice, found: Escalation) -> tuple[Block, ...]:
        content = found.content
        if content is None or content.answer is None:
            return (Heading("Your question was answered, but the answer is no longer kept here: ask again."),)
        who = self._roster.name_of(notice.school_id, notice.detail.get("by"), connection)
        return (
            Heading(f"{who} has answered your question."),
            Paragraph(f"You asked: “{content.question}”", aside=True),
            Paragraph(content.answer, strong=content.answer),
            Paragraph(f"These are the words of {who}, not of a policy.", aside=True),
        )

    def _receipt(self, connection: Connection, notice: Notice, found: Escalation) -> tuple[Block, ...]:
        who = self._roster.name_of(notice.school_id, notice.detail.get("who"), connection)
        when = spoken_briefly(notice.made_at, self._now())
        match Receipt(notice.detail["what"]):
            case Receipt.DELIVERED:
                return (Heading(f"It has arrived with {who} ({when})."), self._not_seen(connection, notice, found))
            case Receipt.SEEN:
                return (
                    Heading(f"{who} has opened it ({when})."),
                    Paragraph("I tell you when somebody is dealing with it. Until then, go on trying to reach them."),
                )
            case Receipt.TAKEN_ON:
                return (Heading(f"{who} is dealing with it ({when})."),)
            case Receipt.PASSED_ON:
                return (
                    Heading(f"Nobody has taken it on yet. I am telling {who} now, too."),
                    self._not_seen(connection, notice, found),
                )
            case Receipt.NOBODY:
                return (
                    Heading("Nobody whom I can tell has taken it on. Do not wait for me."),
                    self._not_seen(connection, notice, found),
                    Paragraph("Anybody may ring children's social care at the council. If anybody is in danger, ring 999."),
                )
            case Receipt.UNDELIVERED:
                return (Heading(f"Your question has not arrived with {who}. Speak to them yourself, or ask somebody else."),)
            case Receipt.OVERDUE:
                return (Heading(f"{who} has not answered your question yet. I have reminded them."),)

    def _not_seen(self, connection: Connection, notice: Notice, found: Escalation) -> Paragraph:
        """Return how to reach the person whom an alert went to, until they have opened it."""
        who = self._roster.name_of(notice.school_id, notice.detail.get("who"), connection)
        book = self._roster.book(found.school_id)
        phone = next((one.phones[0] for one in book.contacts if one.name == who and one.phones), None)
        if not found.seen_at:
            return nobody_yet(phone)
        sentence = f"Ring {phone}." if phone else "Go and find them."
        return Paragraph(sentence, strong=sentence)


def _of_change(detail: dict[str, str]) -> tuple[tuple[Block, ...], tuple[Button, ...]]:
    return (
        (
            Heading(f"Your school has changed how staff reach {detail['role']}."),
            Paragraph(f"Before: {detail['before']}"),
            Paragraph(f"Now: {detail['after']}"),
            Paragraph(f"Changed by {detail['by']}. If this is wrong, speak to your school office, or to the chair of governors."),
        ),
        # Only what stands here is confirmed by it, nothing that is written later.
        (Button("That is right", f"t:right:{shortened(detail['after'])}"),) if detail.get("confirms") else (),
    )


def _announcement(address: Message, blocks: tuple[Block, ...], buttons: tuple[Button, ...] = ()) -> Announcement:
    return _said_at(address, said(*blocks, buttons=buttons))


def _said_at(address: Message, turn: Turn) -> Announcement:
    (reply,) = turn.replies(address)
    return address, reply
