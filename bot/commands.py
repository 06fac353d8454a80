"""What can be asked of the bot itself: help, who one is, what is kept, a copy of it, forgetting, leaving, another school."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.answer import dates, rulings_in_words
from bot.clock import spoken
from bot.desk.access import AT_DESK
from bot.desk.words import OFFICE
from bot.directory import Directory, Route
from bot.errors import BotError
from bot.layout import Block, Heading, Paragraph, Steps
from bot.people import MAY_INVITE, RECEIVING, ROLE_WORDS, SLACK, TEAMS, TELEGRAM, WEB, Invitation, Person, PersonRole
from bot.records import AskedQuestion
from bot.ways_in import WaysIn
from corpus.clause import Policy

EXAMPLES = (
    "Can I accept a parent's friend request?",
    "A pupil has messaged me. Who do I tell?",
    "Can I post a photo of my class?",
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as platforms list it: its name, and what it does in a few words."""

    name: str
    summary: str


COMMANDS = (
    Command("help", "What I can do"),
    Command("worried", "Worried about a child?"),
    Command("contacts", "Whom to turn to, and how"),
    Command("policies", "Your school's policies"),
    Command("school", "Which school you ask of"),
    Command("whoami", "What I know of you"),
    Command("privacy", "What is kept, and for how long"),
    Command("sent", "What became of what you handed over"),
    Command("watching", "The rules that I watch for you"),
    Command("mydata", "A copy of what is kept of yours"),
    Command("forget", "Delete what is kept of yours"),
    Command("leave", "End your access"),
    Command("join", "Join a school with a code"),
)
IN_DANGER = "If anybody is in immediate danger, ring 999."
# What a link says that opens a chat for a worry, where another would say an invitation's code.
START_WORRIED = "worried"
# All that are understood. The last five are in no list: they are for a few, whom /help tells of them.
NAMES = frozenset({*(command.name for command in COMMANDS), "invite", "duty", "inbox", "desk", "connect"})
# How people write a command where there is no slash for it.
_IN_WORDS = {
    "start": "help",
    "help": "help",
    "privacy": "privacy",
    "who am i": "whoami",
    "whoami": "whoami",
    "watching": "watching",
    "my data": "mydata",
    "mydata": "mydata",
    "forget me": "forget",
    "our contacts": "contacts",
    "our policies": "policies",
    "my school": "school",
    "change school": "school",
    "leave my school": "leave",
}
_COMMAND = re.compile(r"/(?P<name>[A-Za-z]+)(?:@\w+)?(?:\s+(?P<rest>\S.*))?", re.DOTALL)


def read_command(text: str) -> tuple[str, str] | None:
    """Return the command that a message is, and what stands after it; None where it is a question."""
    written = _COMMAND.fullmatch(text.strip())
    if written:
        name, rest = written["name"].lower(), (written["rest"] or "").strip()
        if name == "start":
            return (START_WORRIED, "") if rest.lower() == START_WORRIED else ("join", rest) if rest else ("help", "")
        return (name, rest) if name in NAMES else None
    in_words = _IN_WORDS.get(re.sub(r"[^a-z ]", "", text.lower()).strip())
    return (in_words, "") if in_words else None


def help_blocks(role: PersonRole | None = None) -> tuple[Block, ...]:
    """Return what the bot can do for somebody of a role, on one phone screen."""
    may_invite = [Paragraph("/invite makes an invitation for one person.", aside=True)] if role in MAY_INVITE else []
    told = "/duty says when and how colleagues reach you through me, /inbox what waits for you."
    receives = [Paragraph(told, aside=True)] if role in RECEIVING else []
    keeps = [Paragraph("/desk opens the pages on which your school keeps its policies.", aside=True)] if role in AT_DESK else []
    sent = "Send me a policy in a private chat, as a Word document or a PDF: I make a draft of it."
    brings_in = [Paragraph(sent, aside=True)] if role in OFFICE else []
    return (
        Heading("I find the rule in your school's policies that answers a question, and show it word for word."),
        Paragraph("Ask in your own words. Please do not type a child's name."),
        Paragraph("I quote; I do not advise. If the policies do not say, I tell you whom to ask."),
        Paragraph("You can also write: /contacts, /sent, /school, /privacy, /mydata, /forget, /leave.", aside=True),
        *may_invite,
        *receives,
        *keeps,
        *brings_in,
    )


def read_invited_role(text: str, inviter: PersonRole) -> PersonRole:
    """Return the role that somebody is to be invited to: staff, unless another is named.

    Raises BotError where the inviter may not give it.
    """
    may_give = MAY_INVITE.get(inviter, frozenset())
    if not may_give:
        raise BotError("Only the headteacher and the school office invite people: ask them.")
    wanted = text.strip().lower() or (PersonRole.STAFF if PersonRole.STAFF in may_give else next(iter(may_give)))
    if wanted not in may_give:
        raise BotError(f"You can invite: {', '.join(sorted(may_give))}. Write /invite and one of these.")
    return PersonRole(wanted)


def invitation_blocks(invitation: Invitation, code: str, ways: WaysIn) -> tuple[Block, ...]:
    """Return an invitation to pass on."""
    links = [link for link in (ways.page_link(code) if ways.is_reached_by_others else None, ways.telegram_link(code)) if link]
    return (
        Heading(f"An invitation for one person, as {ROLE_WORDS[invitation.role]}. Pass this on:"),
        *(Paragraph(link) for link in links),
        Paragraph(f"Code: {code}", strong=code),
        Paragraph(f"It works once, until {spoken(invitation.expires_at)}. I do not show it again.", aside=True),
    )


def contacts_blocks(school_name: str, directory: Directory) -> tuple[Block, ...]:
    """Return whom to turn to at a school, and how and when they are reached."""
    everybody = directory.everybody()
    if not everybody:
        routes = {"About a child": Route.CHILD, "About an adult at school": Route.ALLEGATION}
        return (
            Heading(f"{school_name} has not told me its people's names and numbers: ask the school office."),
            *(
                Paragraph(f"{what}: {'; '.join(step.in_full for step in directory.line(route))}.", strong=what)
                for what, route in routes.items()
            ),
            Paragraph(IN_DANGER, aside=True),
        )
    return (
        Heading(f"Whom to turn to at {school_name}"),
        *(Paragraph(f"{step.in_full}.", strong=step.words) for step in everybody),
        Paragraph(IN_DANGER, aside=True),
    )


def policies_blocks(school_name: str, policies: Sequence[Policy], rulings: int, today: date) -> tuple[Block, ...]:
    """Return which policies are searched, with their dates: the latest first, those without a date last; and how many rulings."""
    latest_first = sorted(policies, key=lambda policy: policy.adopted or "", reverse=True)
    return (
        Heading(f"You ask of {school_name}. I look in:"),
        *(Paragraph(f"{policy.title} ({dates(policy, today)})", strong=policy.title) for policy in latest_first),
        *([Paragraph(f"And in {rulings_in_words(rulings)}.")] if rulings else []),
    )


def whoami_blocks(person: Person, school_name: str) -> tuple[Block, ...]:
    """Return what is known of somebody."""
    until = f" Your access ends {spoken(person.until)}." if person.until else ""
    numbered = f" and the number of your invitation, {person.invitation}" if person.invitation else ""
    return (
        Heading(f"You ask of {school_name}."),
        Paragraph(f"You joined {spoken(person.since)}, as {ROLE_WORDS[person.role]}.{until}"),
        Paragraph(f"I know you by your {_ACCOUNT_WORDS[person.channel]}{numbered}, and nothing else."),
    )


def privacy_blocks(channel: str, retention: timedelta, escalations_kept: timedelta) -> tuple[Block, ...]:
    """Return what is kept of what people write, how long, why, and what a platform may keep besides."""
    kept = (
        f"Your questions are kept for {retention.days} days without your name, so that the headteacher can see what staff could "
        "not find. Names, numbers and addresses are taken out first. After that only counts a month remain.",
        "Where the policies say nothing, or an answer did not help you, I also keep where to write to you, sealed, until I have "
        "told you what came of it. Nobody at your school can see it, nor your wording unless you press “Share my wording”.",
        "Never kept, nor counted: questions on union matters, grievances, health, pregnancy, pay, a colleague, "
        "or something that you have done yourself; and questions that show that a child may be at risk.",
        "For 15 minutes I remember your last questions, so that you can go on asking. A reply on its way is kept until it "
        "has arrived.",
        f"What you hand over to somebody is kept for them alone, until {escalations_kept.days} days after it is settled. "
        "/forget does not delete it.",
        "Where I can write to you alone is kept until you leave, so that I can tell you of new rules. The rules that I watch for "
        "you are kept until you end it. If your school asks you to read something, it keeps whether you have.",
        "Nobody at your school is shown who asked, unless you send your name.",
    )
    return (
        Heading("What I keep, and for how long"),
        Steps(kept),
        Paragraph(_KEPT_BY_PLATFORM[channel]),
        Paragraph("/mydata shows what I keep of yours. /forget deletes it. If you want to know more, ask your school office."),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """How much else is kept of somebody.

    Handed over to others; questions with which it is kept where to tell her that they are settled; rules watched; announcements
    that she is asked to read.
    """

    handed_over: int
    to_tell: int
    watched: int
    to_read: int


def my_data_blocks(
    asked: Sequence[AskedQuestion], remembered: Sequence[str], person: Person, school_names: dict[str, str], counts: Counts
) -> tuple[Block, ...]:
    """Return a copy of what is kept of somebody; `remembered` are the questions kept for a few minutes."""
    for_minutes = [Paragraph(f"Remembered for 15 minutes, so that you can go on asking: {'; '.join(remembered)}", aside=True)]
    of_others = [Paragraph(f"You have handed over: {_counted(counts.handed_over, 'thing')}. /sent lists them.", aside=True)]
    settling = f"Where to write to you once it is settled, for {_counted(counts.to_tell, 'question')}."
    of_settling = [Paragraph(settling, aside=True)]
    of_rules = [Paragraph(f"I watch for you: {_counted(counts.watched, 'rule')}. /watching lists them.", aside=True)]
    told = f"Your school keeps whether you have read what it announced: {_counted(counts.to_read, 'announcement')}."
    of_person = [
        *whoami_blocks(person, school_names[person.school_id])[1:],
        *(for_minutes if remembered else []),
        *(of_others if counts.handed_over else []),
        *(of_rules if counts.watched else []),
        *([Paragraph(told, aside=True)] if counts.to_read else []),
        *(of_settling if counts.to_tell else []),
    ]
    if not asked:
        return (Heading("I keep no question of yours."), *of_person)
    lines = [
        f"{spoken(one.asked_at)}, {school_names.get(one.school_id, one.school_id)}: {one.question}"
        f"{' (You share these words with the headteacher.)' if one.shared else ''}"
        for one in asked
    ]
    return (Heading(f"I keep {_counted(len(lines), 'question')} of yours."), *of_person, *(Paragraph(line) for line in lines))


def forgotten_blocks(count: int, handed_over: int, watched: int) -> tuple[Block, ...]:
    """Return that so many questions were deleted, and so many rules are watched no more; what was handed over stays theirs."""
    stays = f"What you handed over to somebody stays with them: {_counted(handed_over, 'thing')}. /sent lists them."
    deleted = {0: "There was no question of yours to delete.", 1: "I have deleted your question."}
    nothing = "There was nothing of yours to delete."
    return (
        Heading(deleted.get(count, f"I have deleted your {count} questions.") if count or watched else nothing),
        *([Paragraph("I watch no rule for you any more.")] if watched else []),
        *([Paragraph(stays)] if handed_over else []),
        Paragraph(
            "You can still ask. What the platform itself keeps of this chat I cannot delete: /privacy says more.", aside=True
        ),
    )


def _counted(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count} {what}s"


_ACCOUNT_WORDS = {
    WEB: "sign-in on this device",
    SLACK: "Slack account's number",
    TEAMS: "Microsoft Teams account's number",
    TELEGRAM: "Telegram account's number",
}
# What the platforms and whoever administers them may keep besides; docs/telegram.md has the sources for Telegram.
_KEPT_BY_PLATFORM = {
    WEB: "This page keeps nothing on the device but that you are signed in.",
    SLACK: "Slack keeps this chat by your employer's settings, and whoever runs Slack there may be able to read or export "
    "it. I cannot delete that.",
    TEAMS: "Microsoft Teams keeps this chat by your employer's settings, and whoever runs it there may be able to read or "
    "export it. I cannot delete that.",
    TELEGRAM: "Telegram keeps this chat on its own servers until you delete it, and it is not end-to-end encrypted. "
    "I cannot delete that: delete the chat in Telegram.",
}
