"""What is fuzzed: each target has inputs to begin with, a way to damage them, and a check that raises where something is wrong.

A check lets through what the program says in a sentence of its own (`CorpusError`, `BotError`). Whatever else is raised is a
fault, and so is what the check itself finds: words that nobody wrote, a second reading that differs, markup nobody asked for.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from functools import cache
from html import unescape
from pathlib import Path
from random import Random
from tempfile import gettempdir
from time import process_time
from typing import Any

import msgspec
from lxml import html
from telegram import Bot, Update, User

from bot.answer import Answer
from bot.asking import ask
from bot.channels.email import EmailChannel, MailServer
from bot.channels.slack import SlackChannel
from bot.channels.slack_blocks import to_messages
from bot.channels.slack_events import Received
from bot.channels.slack_events import read as read_slack
from bot.channels.teams import Activity, TeamsChannel
from bot.channels.teams import read as read_teams
from bot.channels.teams_card import to_activities
from bot.channels.teams_connector import Registration
from bot.channels.telegram import TelegramChannel, to_message
from bot.channels.telegram_html import messages
from bot.configuration import read_configuration
from bot.contact_file import read_book
from bot.contact_file import to_yaml as book_to_yaml
from bot.directory import NO_SCHOOL
from bot.errors import BotError
from bot.layout import Block, ClauseQuote, Heading, Key, Paragraph, Steps, lay_out
from bot.messages import Audience, Channel, Message, Reply
from bot.people import PersonRole
from bot.rendering import as_html
from bot.settings import read_settings
from bot.staff_list import read_staff_list
from corpus.building import build_document, build_policy
from corpus.checking import check_coverage, check_policy, place_doubts
from corpus.documents.characters import decode_page
from corpus.documents.package import Package
from corpus.documents.reading import read_document
from corpus.errors import CorpusError
from corpus.policy_file import from_yaml, to_yaml
from corpus.source import decode
from corpus.versions import Published, School
from retrieval.index import Index
from retrieval.knowledge import Knowledge
from tests.fuzz import documents, payloads
from tests.fuzz.mutation import as_json, mutate_json, mutate_package, mutate_page, mutate_pdf, mutate_text, of_text
from tests.platforms import block_kit, telegram_text

TODAY = date(2026, 11, 23)
MOST_SECONDS = 20  # for one input or request: ten times what the slowest took that was seen
_ROOT = Path(__file__).parents[2]
_DOCUMENTS = _ROOT / "tests" / "corpus" / "documents"


class Fault(AssertionError):  # noqa: N818  the word of this package
    """What a check found."""


def require(condition: object, what: str) -> None:
    """Raise Fault, which says `what`, where a condition does not hold; `python -O` does not take this away."""
    if not condition:
        raise Fault(what)


@contextmanager
def ending() -> Iterator[None]:
    """Raise Fault where the work within takes so much of the processor, whatever the machine, that it might as well not end."""
    began = process_time()
    yield
    took = process_time() - began
    require(took < MOST_SECONDS, f"{took:.1f} seconds")


@dataclass(frozen=True)
class Target:
    """What is fuzzed under one name: the inputs to begin with, the damage, the check, and what files of it are called."""

    begin: Callable[[], Sequence[bytes]]
    mutate: Callable[[bytes, Random], bytes]
    check: Callable[[bytes], object]


def in_a_sentence(error: Exception) -> None:
    """Require that a refusal is what somebody can read: a sentence or a line each, without what only a programmer knows."""
    for line in str(error).split("\n"):
        require(line.strip(), "a refusal without words")
        require(line.endswith((".", "?", ":")), f"a refusal that is no sentence: {line[-60:]!r}")
        require(not re.search(r"Traceback|0x[0-9a-f]{6}|Exception\b", line), f"a refusal for programmers: {line!r}")
        require(len(line) < 1_000, f"a refusal of {len(line)} characters: {line[:80]!r}")
        line.encode()


# Documents


def _check_document(name: str) -> Callable[[bytes], None]:
    def check(raw: bytes) -> None:
        try:
            read = read_document(raw, name)
        except CorpusError as error:
            in_a_sentence(error)
            return
        require(read_document(raw, name) == read, "read twice, it is not the same")
        read.text.encode()  # half a character could be neither stored nor shown
        require("\0" not in read.text, "a character of which PostgreSQL refuses a text")
        require(not (made_up := _made_up(read.text, raw, name)), f"words that do not stand in the document: {made_up}")
        for doubt in read.doubts:
            require(0 <= doubt.at <= len(read.text), f"a doubt outside the text: {doubt}")
        _check_policy(raw, name, read.text)

    return check


# What the readers themselves write: over the notes, and as the numbers of lists in words, letters or Roman figures.
_WRITTEN = re.compile(
    r"footnotes|endnotes|([a-z])\1+|[ivxlcdm]+|[a-z]+(?:teen|th|ty|first|second|third|eleven|twelve)", re.IGNORECASE
)


def _words_of(package: Package, part: str) -> Iterator[str]:
    with suppress(CorpusError):  # a part that no reader asked for may be damaged
        root = package.xml(part)
        yield from () if root is None else root.itertext()


def _made_up(text: str, raw: bytes, name: str) -> list[str]:
    """Return the words that were read of Word, OpenDocument or a web page and that its characters do not hold.

    A word may go on behind what is left out, such as a deletion: so it may stand in two pieces.
    """
    if name.endswith(".html"):
        page = decode_page(raw)
        held = "".join(html.document_fromstring(page).itertext()) + unescape(page)  # what is half a tag may be read as words
    elif raw.startswith(b"PK") and not name.endswith((".txt", ".pdf")):
        package = Package(raw, name)
        held = "".join(word for part in package.names("") for word in _words_of(package, part))
    else:
        return []
    letters = "".join(re.findall(r"[^\W\d_]", held.lower()))
    words = {word for word in re.findall(r"[^\W\d_]{4,}", text.lower()) if word not in letters and not _WRITTEN.fullmatch(word)}
    return [word for word in words if not any(word[:at] in letters and word[at:] in letters for at in range(1, len(word)))]


def _check_policy(raw: bytes, name: str, text: str) -> None:
    try:
        built = build_document(raw, name, school="hillside", title=None)
    except CorpusError as error:
        in_a_sentence(error)
        return
    require(built.source == text, "the policy was made of another text")
    coverage = check_coverage(built.policy, text)
    require(not (coverage.missing or coverage.twice or coverage.differing), f"not each character is in one part: {coverage}")
    check_policy(built.policy, TODAY)
    place_doubts(built.policy, built.doubts)
    msgspec.json.decode(built.policy.to_json())
    named = msgspec.structs.replace(built.policy, slug="policy")
    require(from_yaml(to_yaml(named), "p.yaml") == named, "what is exported comes back as something else")


def _check_yaml(raw: bytes) -> None:
    try:
        built = build_document(raw, "policy.yaml", school="hillside", title=None)
    except CorpusError as error:
        in_a_sentence(error)
        return
    text = to_yaml(built.policy)
    text.encode()
    require(from_yaml(text, "policy.yaml") == built.policy, "what is exported comes back as something else")
    check_policy(built.policy, TODAY)


@cache
def _policy_yaml() -> bytes:
    made = build_policy(documents.TEXT.decode(), school="hillside", slug="phones", title=None, source_name="phones.txt")
    return to_yaml(made).encode()


# Files of the office


def _check_contacts(raw: bytes) -> None:
    try:
        book = read_book(decode(raw), "contacts.yaml")
    except BotError as error:
        in_a_sentence(error)
        return
    text = book_to_yaml(book)
    text.encode()
    require(read_book(text, "contacts.yaml") == book, "what is printed comes back as something else")


def _check_settings(raw: bytes) -> None:
    file = Path(gettempdir()) / "policybot-fuzz.yaml"
    file.write_bytes(raw)
    try:
        read_configuration(read_settings({"POLICYBOT_CONFIG": str(file), "POLICYBOT_HOME": str(file.parent)}))
    except BotError as error:
        in_a_sentence(error)


def _check_staff_list(raw: bytes) -> None:
    try:
        invitees = read_staff_list(decode(raw), PersonRole.STAFF)
    except BotError as error:
        in_a_sentence(error)
        return
    require(all(one.name.isprintable() and one.name.strip() for one in invitees), "somebody without a name that can be printed")


# Questions


@cache
def _index() -> Index:
    made = build_policy(documents.TEXT.decode(), school="hillside", slug="phones", title=None, source_name="phones.txt")
    school = School("hillside", "Hillside Primary School", "Hillside")
    return Index(Published(school, 1, ((1, made),)), Knowledge(Path(gettempdir()) / "policybot-fuzz"))


def _answer(question: str, context: Sequence[str] = ()) -> Answer:
    return ask(question, _index(), NO_SCHOOL, TODAY, context)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _check_question(raw: bytes) -> None:
    *earlier, question = raw.decode("utf-8", errors="surrogateescape").split("\n\n")
    try:
        answer = _answer(question, earlier)
    except BotError as error:
        in_a_sentence(error)
        return
    source = _letters(documents.TEXT.decode())
    for quote in (*answer.quotes, *answer.offered):
        shown = f"{quote.before}{quote.deciding}{quote.after}"
        require(_letters(shown) in source and _letters(quote.words) in source, f"quoted what is not in the policy: {shown!r}")
    check_blocks(lay_out(answer))


# What is said


def check_blocks(blocks: Sequence[Block]) -> None:
    """Require that every channel shows the words of a reply, and that none of them becomes anything else there."""
    reply = Reply(tuple(blocks), reference="A1B2C3D4")
    for message in to_messages(reply):
        json.dumps(message).encode()
        require(block_kit.problems(message["blocks"]) == [], f"Slack: {block_kit.problems(message['blocks'])}")
        found = block_kit.effects({**message, "mrkdwn": False, "parse": "none"})
        require(not [one for one in found if not one.startswith("link: {")], f"Slack makes more than words of it: {found}")
    for text in messages(blocks):
        said, entities = telegram_text.parse_html(text)
        require(telegram_text.units(said) <= telegram_text.LONGEST_TEXT, "Telegram: too long")
        require(said.strip(), "Telegram: empty")
        kinds = {one["type"] for one in telegram_text.find_entities(said, entities)}
        require("mention" not in kinds, "Telegram: a mention")
        require(
            kinds <= {"bold", "italic", "blockquote", "expandable_blockquote", "url", "email", "bot_command", "text_link"},
            str(kinds),
        )
    for activity in to_activities(reply):
        _check_card(activity)
    _check_page(blocks)
    _check_mail(reply)


def _check_card(activity: dict[str, Any]) -> None:
    json.dumps(activity, ensure_ascii=False).encode()
    for one in _nodes(activity):
        if one.get("type") == "TextRun" or one.get("type") == "TextBlock":
            require(one["text"], "Teams refuses a card for an empty text")
        if one.get("type") == "TextBlock":
            require(not re.search(r"(?<!\\)(?:\\\\)*[\[\]*_`<]", one["text"]), f"Teams reads marks in {one['text']!r}")


def _nodes(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _nodes(inner)


_TAGS = {"html", "body", "article", "h3", "h4", "ol", "li", "p", "strong", "div", "blockquote", "span", "footer", "a"}


def _check_page(blocks: Sequence[Block]) -> None:
    page = as_html(blocks)
    page.encode("utf-8", errors="surrogatepass")
    root = html.document_fromstring(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", page))
    for one in root.iter():
        require(one.tag in _TAGS, f"the page has <{one.tag}>")
        require(set(one.attrib) <= {"class", "href"}, f"the page has {dict(one.attrib)}")
        require(one.get("href", "https://").startswith(("http://", "https://", "/")), f"the page links to {one.get('href')}")


def _check_mail(reply: Reply) -> None:
    channel = EmailChannel(MailServer("127.0.0.1", 25, "none", "", ""), "policybot@school.example")
    (call,) = channel.render(reply, Message(channel="email", account="chair@school.example", place="chair@school.example"))
    raw = channel._mail(call).as_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    headers = {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    require(set(mail.keys()) <= headers and len(mail.keys()) == len(set(mail.keys())), f"a mail with the headers {mail.keys()}")
    require(mail["To"] == "chair@school.example", f"a mail to {mail['To']}")


def _check_said(raw: bytes) -> None:
    text = raw.decode("utf-8", errors="replace")
    one, two, three = [*text.split("\x1e"), "", ""][:3]
    quoted = ClauseQuote(one[:200], None, two, one, two, three, three[:300], None, (two[:300],), True)
    check_blocks(
        [
            Heading(one or "Heading"),
            Paragraph(text or "Words.", strong=two),
            Paragraph(two or "Words.", aside=True),
            Steps(tuple(part for part in (one, two, three) if part.strip())) if text.strip() else Paragraph("Words."),
            Key(one, two or "must"),
            quoted,
        ]
    )


def _check_verify(raw: bytes) -> None:
    from bot.kept import _codes_in

    _codes_in(decode(raw))


# What platforms send


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def check_kept(key: str, message: Message) -> None:
    """Require that a message can be written down, and is the same when it is read again."""
    kept = msgspec.json.encode(message)
    require(msgspec.json.decode(kept, type=Message) == message, "a message that is another when it is read again")
    require(isinstance(key, str), f"a key that is no text: {key!r}")


def _check_rendered(channel: Channel, message: Message) -> None:
    """Require that whoever sent a message can be answered."""
    channel.address(message)
    for audience in Audience:
        calls = channel.render(Reply((Heading("Yes."),), audience=audience, reference="A1"), message)
        require(calls, "nothing would be said")
        msgspec.json.encode(calls)


def _nothing() -> None:
    """Count nothing."""


@cache
def _slack() -> Channel:
    at = {"tokens": "xoxb-1", "app_token": None, "signing_secret": "1", "api_base_url": "http://127.0.0.1:9/"}
    return SlackChannel(**at, allow_guests=False, refused=_nothing, not_receiving=_nothing)


@cache
def _teams() -> Channel:
    return TeamsChannel(Registration("a", payloads.TENANT, "s"), [payloads.TENANT], _nothing, lambda _tenant: False)


@cache
def _telegram() -> Channel:
    return TelegramChannel("1:a", [], refused=_nothing, not_receiving=_nothing)


def _check_slack(raw: bytes) -> None:
    body = _json(raw)
    if not isinstance(body, dict):
        return
    try:
        sent = read_slack(body)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):  # what the channel takes for an unknown shape
        return
    if isinstance(sent, Received):
        require(isinstance(sent.user, str) and isinstance(sent.team, str), f"nobody can be looked up: {sent}")
        check_kept(sent.key, sent.message)
        _check_rendered(_slack(), sent.message)


def _check_teams(raw: bytes) -> None:
    try:
        event = read_teams(msgspec.json.decode(raw, type=Activity))
    except msgspec.DecodeError:
        return
    if event:
        check_kept(*event)
        _check_rendered(_teams(), event[1])


_ME = User.de_json(payloads.OF_TELEGRAM)


@cache
def _bot_of_telegram() -> Bot:
    return Bot("1:a")


def _check_telegram(raw: bytes) -> None:
    update = _json(raw)
    if not isinstance(update, dict):
        return
    try:
        read = Update.de_json(update, _bot_of_telegram())
        taken = to_message(read, _ME, datetime(2026, 11, 23, tzinfo=UTC))
    except Exception:  # the channel leaves with a word whatever cannot be read: the library checks nothing
        return
    if taken:
        check_kept(*taken)
        _check_rendered(_telegram(), taken[1])


def _of_json(raw: bytes, chance: Random) -> bytes:
    value = _json(raw)
    return as_json(mutate_json(value, chance))


def _yaml_mutation(text: str, chance: Random) -> str:
    """Return damage to YAML: as to any text, and with its own marks put in."""
    made = mutate_text(text, chance)
    if chance.randrange(3) == 0:
        at = chance.randrange(len(made) + 1)
        marks = (
            "&a ",
            "*a ",
            "!!python/object:x ",
            "!!binary ",
            "<<: ",
            "? ",
            "- " * 200,
            "[" * 300,
            "{" * 300,
            "|\n",
            ">\n",
            "%YAML 9\n",
            "---\n",
        )
        made = made[:at] + chance.choice(marks) + made[at:]
    return made


_HOSTILE = (
    "<!channel> <@U1> :wave:\x1e*bold* _x_ `y` @hillside_bot /help\x1ehttps://x.example [a](javascript:x) </b>&lt;",
    "Staff must not call. They may text.\x1eunless agreed\x1e" + "A sentence of some words. " * 300,
    "Subject\nBcc: a@b.example\r\n\r\nbody\x1e=1+1\x1e{{7*7}}",
)
_QUESTIONS = (
    "do I have to lock my computer?",
    "may staff text parents?\n\nwhat about pupils?",
    "A child told me that her uncle hits her\n\nwhat do I do now?",
    "is the policy from 31/02/2024 or 1 May 2023 still in force?",
    "pls can i hav my fone on in teh lesson, or in 9A on friday at 10:30?",
    "my headteacher Mrs Smith (tel 07700 900123, a@b.example) posted a photo, who do I tell?",
)
_LISTS = ("Anne Reed, headteacher\nB. C., dsl\n\nMr O\u2019Neil\tstaff\nDr Shah\n",)


def _encoded(texts: Sequence[str]) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


def _files(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [(_ROOT / name).read_bytes() for name in names]


TARGETS: dict[str, Target] = {
    "word": Target(lambda: [documents.WORD], mutate_package, _check_document("policy.docx")),
    "opendocument": Target(lambda: [documents.OPEN_DOCUMENT], mutate_package, _check_document("policy.odt")),
    "page": Target(lambda: [documents.PAGE], mutate_page, _check_document("policy.html")),
    "text": Target(lambda: [documents.TEXT], of_text(mutate_text), _check_document("policy.txt")),
    "pdf": Target(lambda: [documents.PDF], mutate_pdf, _check_document("policy.pdf")),
    "policy-yaml": Target(lambda: [_policy_yaml()], of_text(_yaml_mutation), _check_yaml),
    "contacts": Target(_files("deploy/contacts.example.yaml"), of_text(_yaml_mutation), _check_contacts),
    "settings": Target(_files("deploy/policybot.example.yaml"), of_text(_yaml_mutation), _check_settings),
    "staff-list": Target(_encoded(_LISTS), of_text(mutate_text), _check_staff_list),
    "question": Target(_encoded(_QUESTIONS), of_text(mutate_text), _check_question),
    "said": Target(_encoded(_HOSTILE), of_text(mutate_text), _check_said),
    "copy": Target(_encoded(("Your copy\nCode: pb" + "a2b3" * 20,)), of_text(mutate_text), _check_verify),
    "slack": Target(lambda: [as_json(one) for one in payloads.SLACK], _of_json, _check_slack),
    "teams": Target(lambda: [as_json(one) for one in payloads.TEAMS], _of_json, _check_teams),
    "telegram": Target(lambda: [as_json(one) for one in payloads.TELEGRAM], _of_json, _check_telegram),
}
