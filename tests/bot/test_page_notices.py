"""What reaches somebody on the chat page later: shown until a page has said that it showed it, to nobody else, and in private."""

import re
import warnings
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import msgspec
import pytest
from sqlalchemy import insert, select
from starlette.applications import Starlette

from bot.bootstrap import Indexes
from bot.clock import now_utc
from bot.deliveries import MOST_FETCHED, NOTICE_WAITS, Deliveries
from bot.layout import Heading, Paragraph
from bot.messages import Button, Message, Reply
from bot.page_notices import PageNotices
from bot.people import WEB, People, PersonRole
from bot.tables import outbox, people
from corpus.versions import Versions
from retrieval.knowledge import Knowledge

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

SEEN = Reply((Heading("Mrs Reed has seen this."), Paragraph("It is <her> turn now.")), (Button("What next?", "x:1"),))
SEEN_HTML = "Mrs Reed has seen this."


class School:
    """The chat page of one school, with the store behind it."""

    def __init__(self, store: Versions, app: Starlette) -> None:
        self._store = store
        self._app = app
        self.notices = PageNotices(Deliveries(store.engine, now_utc))
        self._people = People(store.engine, now_utc)

    def come_in(self, *, shared: bool = False) -> tuple[TestClient, str]:
        """Join; return the browser and the account."""
        client = TestClient(self._app, base_url="http://127.0.0.1:8080")
        _, code = self._people.invite("hillside", PersonRole.STAFF)
        client.post("/join", data={"code": code} | ({"shared": "yes"} if shared else {}))
        with self._store.engine.connect() as connection:
            return client, connection.scalars(select(people.c.account).order_by(people.c.id.desc())).first() or ""

    def tell(self, account: str, reply: Reply = SEEN, *, due_in: float = 0) -> int:
        """Let something wait for an account; return its number."""
        address = self.notices.address(Message(channel=WEB, account=account, place="p", text="what was asked"))
        assert address
        (call,) = self.notices.render(reply, address)
        now = now_utc()
        row = {"event_id": 0, "channel": WEB, "reference": "A1B2C3", "attempts": 0, "addressee": address.account}
        times = {"made_at": now, "due_at": now + timedelta(seconds=due_in), "give_up_at": now + NOTICE_WAITS}
        with self._store.engine.begin() as connection:
            made = insert(outbox).values(**row, **times, call=msgspec.json.encode(call)).returning(outbox.c.id)
            return connection.execute(made).scalar_one()

    @property
    def waits(self) -> list[int]:
        """The numbers of all that waits for anybody."""
        with self._store.engine.connect() as connection:
            return list(connection.scalars(select(outbox.c.id).order_by(outbox.c.id)))


@pytest.fixture
def school(store: Versions, schools: Indexes, knowledge: Knowledge, chat_app: Callable[..., Starlette]) -> School:
    return School(store, chat_app(schools, joined=True))


def numbers(html: str) -> list[int]:
    """Return the numbers of the notices on a page."""
    return [int(number) for number in re.findall(r'data-notice="(\d+)"', html)]


def look(client: TestClient, *shown: int) -> str:
    """Ask for what is new, as an open page does."""
    response = client.post("/chat/notices", data={"shown": ",".join(map(str, shown))}, headers={"X-Requested-With": "fetch"})
    assert response.status_code == 200
    return response.text


def test_what_waits_stands_on_top_of_the_page_marked_as_new_with_its_buttons(school: School) -> None:
    client, account = school.come_in()
    number = school.tell(account)
    page = client.get("/chat").text
    assert numbers(page) == [number]
    assert page.index('aria-live="polite"') < page.index("New for you</h2>") < page.index(SEEN_HTML) < page.index('id="ask"')
    assert "It is &lt;her&gt; turn now." in page
    assert 'form="press" name="pressed" value="x:1">What next?</button>' in page


def test_it_is_shown_again_until_a_page_says_that_it_showed_it(school: School) -> None:
    client, account = school.come_in()
    first, second = school.tell(account), school.tell(account)
    for _ in range(2):  # as when a page is closed before it showed what came
        assert numbers(look(client)) == numbers(client.get("/chat").text) == [first, second]
    assert numbers(look(client, first)) == [second]
    assert school.waits == [second]
    third = school.tell(account)
    assert numbers(look(client, first, second)) == [third]
    assert look(client, third) == ""
    assert numbers(client.get("/chat").text) == school.waits == []


def test_without_a_script_the_next_form_says_what_the_page_showed(school: School) -> None:
    client, account = school.come_in()
    number = school.tell(account)
    page = client.get("/chat").text
    forms = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
    saying = [form for form in forms if f'<input type="hidden" name="shown" value="{number}">' in form]
    assert [form for form in forms if 'action="/chat"' in form] == saying
    later = school.tell(account)
    answered = client.post("/chat", data={"question": "hello", "shown": str(number)}).text
    assert numbers(answered) == school.waits == [later]


def test_a_question_asked_with_the_script_leaves_what_waits_as_it_is(school: School) -> None:
    client, account = school.come_in()
    number = school.tell(account)
    answered = client.post("/chat", data={"question": "hello"}, headers={"X-Requested-With": "fetch"}).text
    assert numbers(answered) == []
    assert school.waits == [number]


def test_nobody_sees_nor_ends_what_waits_for_somebody_else(school: School) -> None:
    (_, account), (other, _) = school.come_in(), school.come_in()
    number = school.tell(account)
    assert look(other) == look(other, number) == ""
    assert numbers(other.post("/chat", data={"question": "hello", "shown": str(number)}).text) == []
    assert school.waits == [number]


def test_whoever_is_not_signed_in_is_told_so_and_nothing_else(school: School) -> None:
    client, account = school.come_in()
    school.tell(account)
    client.post("/sign-out")
    response = client.post("/chat/notices")
    assert response.status_code == 401
    assert "You are not signed in here" in unescape(response.text)
    assert SEEN_HTML not in response.text


def test_in_the_demonstration_nothing_waits_for_anybody(demo: Indexes, chat_app: Callable[..., Starlette]) -> None:
    with TestClient(chat_app(demo), base_url="http://127.0.0.1:8080") as client:
        assert 'id="notices"' not in client.get("/chat").text
        assert client.post("/chat/notices").status_code == 401
    nobody = Message(channel=WEB, account="", place="")
    assert PageNotices(Deliveries(demo.versions.engine, now_utc)).address(nobody) is None


@pytest.mark.parametrize("shown", ["", ",", "x", "1;2", "-1", "9" * 30, "\u0663", "7," * 100])
def test_whatever_a_page_says_that_it_showed_does_no_harm(school: School, shown: str) -> None:
    client, account = school.come_in()
    number = school.tell(account)
    response = client.post("/chat/notices", data={"shown": shown})
    assert response.status_code == 200
    assert numbers(response.text) == [number]


def test_what_is_not_due_yet_is_not_shown_yet(school: School) -> None:
    client, account = school.come_in()
    school.tell(account, due_in=3600)
    assert look(client) == ""


def test_of_very_much_that_waits_a_page_gets_the_oldest_first_and_then_the_rest(school: School) -> None:
    client, account = school.come_in()
    told = [school.tell(account) for _ in range(MOST_FETCHED + 1)]
    assert numbers(look(client)) == told[:-1]
    assert numbers(look(client, *told[:-1])) == []
    assert numbers(look(client)) == told[-1:]


def test_another_site_cannot_say_what_was_shown(school: School) -> None:
    client, account = school.come_in()
    number = school.tell(account)
    sent = client.post("/chat/notices", data={"shown": str(number)}, headers={"sec-fetch-site": "cross-site"})
    assert sent.status_code == 403
    assert school.waits == [number]


def test_an_address_on_the_page_keeps_nothing_of_what_was_asked(school: School) -> None:
    asked = Message(channel=WEB, account="a" * 32, place="p", text="what was asked", pressed="w")
    assert school.notices.address(asked) == Message(channel=WEB, account="a" * 32, place="")
