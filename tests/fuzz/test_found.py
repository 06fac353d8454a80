"""What fuzzing has found, each as the smallest input that shows it."""

from collections.abc import Callable
from datetime import date
from io import BytesIO
from zipfile import ZIP_LZMA, ZipFile

import pytest
from starlette.applications import Starlette

from bot.bootstrap import Indexes
from bot.channels.slack_events import Received, read
from bot.channels.telegram_html import messages
from bot.contact_file import read_book
from bot.deliveries import Deliveries
from bot.errors import BotError, SettingsError
from bot.layout import Paragraph
from bot.messages import Message, checked
from bot.people import PersonRole
from bot.settings import read_settings
from bot.staff_list import read_staff_list
from corpus.building import build_policy
from corpus.checking import check_coverage, check_policy
from corpus.clause import Policy, Stance
from corpus.documents.reading import read_document
from corpus.errors import DocumentError, PolicyFileError
from corpus.integrity import find_fault
from corpus.policy_file import from_yaml
from corpus.reader import read_blocks
from corpus.source import SourceText
from tests.fuzz.payloads import SLACK
from tests.growth import assert_grows_in_proportion
from tests.platforms.telegram_text import find_entities, parse_html


def policy_of(text: str) -> Policy:
    return build_policy(text, school="hillside", slug="phones", title="Phones", source_name="phones.txt")


def test_two_rules_that_are_numbered_alike_keep_their_own_lead_ins_and_ids() -> None:
    policy = policy_of("1. Phones\n\n1.1 Staff must not:\n\n(a) call pupils.\n\n1.1 Staff may:\n\n(a) call parents.\n")
    lead_ins = policy.lead_ins()
    said = [(clause.id, lead_ins[clause.lead_in or ""].words, clause.words, clause.stance) for clause in policy.clauses()]
    assert said == [
        ("1.1-a", "Staff must not:", "call pupils.", Stance.FORBIDDEN),
        ("1.1-a-2", "Staff may:", "call parents.", Stance.ALLOWED),
    ]
    assert find_fault(policy) is None


def test_an_id_that_a_document_would_have_anyway_is_not_given_twice() -> None:
    policy = policy_of("1. Phones\n\n1.1 Staff must sign in.\n\n1.1-2 Staff must sign out.\n\n1.1 Staff must wear badges.\n")
    assert find_fault(policy) is None
    assert len({clause.id for clause in policy.clauses()}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "1. Phones\n\n• Staff must sign in.\n(a)\n• Staff must sign out.\n",
        "1. Phones\n\n(iv)1.1 Staff must sign in.\n\n1.2 Staff must sign out.\n",
    ],
)
def test_a_marker_without_words_or_close_to_them_is_in_one_part_like_every_character(text: str) -> None:
    coverage = check_coverage(policy_of(text), text)
    assert (coverage.missing, coverage.twice, coverage.differing) == ((), (), ())


def test_a_part_that_is_packed_as_no_program_packs_it_is_damage() -> None:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_LZMA) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    raw = packed.getvalue()
    for damaged in (raw, raw[:50] + bytes(8) + raw[58:]):
        with pytest.raises(DocumentError, match=r"^p\.odt is damaged"):
            read_document(damaged, "p.odt")


def test_one_endless_word_is_read_in_time() -> None:
    assert_grows_in_proportion(lambda size: SourceText("Staff must not call. " + "x" * size), 60_000)  # it took a minute


def test_a_code_of_many_figures_is_not_tried_as_each_word_that_it_could_be() -> None:
    policy = policy_of(f"1. Phones\n\n1.1 Staff must quote {'1a' * 30} on the form, and {'rn' * 2000}.\n")
    check_policy(policy, date(2026, 11, 23))  # it would not have ended


def test_a_name_after_a_hyphen_or_a_full_stop_mentions_nobody_on_telegram() -> None:
    (text,) = messages([Paragraph("Ask -@headteacher, or +@school_office, or office@school.example.")])
    said, entities = parse_html(text)
    assert {one["type"] for one in find_entities(said, entities)} == {"email"}
    assert said.replace("\u2060", "") == "Ask -@headteacher, or +@school_office, or office@school.example."


def test_an_error_repeats_a_long_value_in_short_and_on_one_line() -> None:
    with pytest.raises(BotError) as refused:
        read_staff_list("Anne Reed, " + "x" * 3000, PersonRole.STAFF)
    assert str(refused.value).startswith(f"Line 1: “{'x' * 40}…” is no role: choose one of staff,")
    with pytest.raises(BotError) as refused:
        read_book(f"{'x' * 200}: 1\n", "contacts.yaml")
    assert str(refused.value).startswith(f"{'x' * 80}… is not known here:")
    with pytest.raises(SettingsError) as wrong:
        read_settings({"POLICYBOT_BIND": "127.0.0.1:8080\nPOLICYBOT_DEMO=1", "POLICYBOT_HOME": "/nowhere"})
    assert str(wrong.value) == "POLICYBOT_BIND=127.0.0.1:8080 POLICYBOT_DEMO=1 is no address: write it as 127.0.0.1:8080."
    with pytest.raises(SettingsError, match="is no address"):
        read_settings({"POLICYBOT_BIND": f"127.0.0.1:{'9' * 5000}", "POLICYBOT_HOME": "/nowhere"})


@pytest.mark.parametrize("numbers", ["x", "1f44b-", "110000", "ffffffffffffffff", "d83d"])
def test_an_emoji_without_characters_does_not_lose_the_message_that_it_stands_in(numbers: str) -> None:
    body = SLACK[0]
    emoji = {"type": "emoji", "name": "wave", "unicode": numbers}
    written = body["event"] | {"blocks": [{"type": "rich_text", "elements": [{"elements": [emoji]}]}]}
    received = read({**body, "event": written})
    assert isinstance(received, Received)
    assert ":wave:" in received.message.text


@pytest.mark.parametrize(("key", "value"), [("user", 5), ("user", ["U1"]), ("ts", float("nan")), ("user_team", ["T1"])])
def test_what_slack_does_not_send_is_no_message(key: str, value: object) -> None:
    body = SLACK[0]
    with pytest.raises((KeyError, IndexError, TypeError, AttributeError, ValueError)):
        read({**body, "event": {key: value, **body["event"]} | {key: value}})


def test_an_address_to_answer_at_is_a_text() -> None:
    command = next(body for body in SLACK if "command" in body)
    with pytest.raises(ValueError, match="Expected `str`"):
        read({**command, "response_url": {}})


def test_half_a_character_is_read_as_a_question_mark_wherever_it_stands() -> None:
    message = Message(channel="slack", account="T/U\ud800", place="D", text="a\ud83d", name="An\udc00", where={"user": "U\ud800"})
    made = checked(message)
    assert (made.account, made.text, made.name, made.where) == ("T/U?", "a?", "An?", {"user": "U?"})
    with pytest.raises(ValueError, match="Expected `str`"):
        checked(Message(channel="slack", account=5, place="D"))  # type: ignore[arg-type]


@pytest.mark.both_stores
def test_an_event_is_taken_in_by_whatever_key_a_platform_gave_it(chat_of: Callable[..., object], store: object) -> None:
    deliveries: Deliveries = chat_of().parts.deliveries  # type: ignore[attr-defined]
    for key in ("a\0b", "a\ud800", "é" * 290, "x" * 4000):
        message = Message(channel="slack", account="T/U", place="D", name="An\ud800")
        event = deliveries.receive(key, message, "asker")
        assert event
        assert deliveries.receive(key, message, "asker") is None


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "a: " + "[" * 900 + "]" * 900])
def test_yaml_that_is_nested_without_end_is_refused_and_fells_no_process(text: str) -> None:
    with pytest.raises(BotError, match=r"^contacts\.yaml"):
        read_book(text, "contacts.yaml")
    with pytest.raises(PolicyFileError, match=r"^policy\.yaml"):
        from_yaml(text, "policy.yaml")


def test_a_number_that_nobody_can_read_is_refused_in_a_policy() -> None:
    for value in ("9" * 5000, "2024-13-01"):
        with pytest.raises(PolicyFileError, match=r"policy\.yaml.*date"):
            from_yaml(f"school: hillside\nadopted: {value}\n", "policy.yaml")
    with pytest.raises(PolicyFileError) as refused:
        from_yaml(f"school: h\nslug: p\ntitle: P\nsections: []\nadopted: '2024-05-{'9' * 5000}'\n", "policy.yaml")
    assert len(str(refused.value)) < 200
    with pytest.raises(PolicyFileError) as refused:
        from_yaml(f"{'x' * 5000}: 1\n", "policy.yaml")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("minutes", ["000561", "00059999", "0005" + "0" * 5000])
def test_a_wait_is_no_longer_than_it_may_be_however_it_is_written(minutes: str) -> None:
    with pytest.raises(BotError, match="is no number of minutes"):
        read_book(f"confirm_within: {minutes}\n", "contacts.yaml")


@pytest.mark.filterwarnings("ignore")  # it would rather have httpx2
def test_numbers_of_notices_that_no_page_showed_are_no_fault(schools: Indexes, chat_app: Callable[..., Starlette]) -> None:
    from starlette.testclient import TestClient

    with TestClient(chat_app(schools), base_url="http://127.0.0.1:8080") as client:
        for shown in ("9" * 5000, "²,³", "1," * 2000):
            answer = client.post("/chat", data={"school": "hillside", "question": "hello", "shown": shown})
            assert answer.status_code == 200


def test_thousands_of_rows_alike_are_read_in_time() -> None:
    text = "1. Phones\n\n1.1 Staff must sign in.\n\n"
    row = "| Staff | sign here |\n"
    assert_grows_in_proportion(lambda size: read_blocks(SourceText(text + row * size)), 4000)  # it took half a minute
