"""People with a browser at the desk of a school, over the whole server."""

import re
import secrets
import warnings
from html import unescape
from typing import Any

from starlette.applications import Starlette

from bot.assembly import Parts
from bot.desk.gate import Gate
from bot.people import WEB, Person, PersonRole

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx2, which is not what this project has
    from starlette.testclient import TestClient

from httpx import Response

ADDRESS = "http://127.0.0.1:8080"


class Seat:
    """Somebody with a browser at the desk of a school."""

    def __init__(self, app: Starlette, school: str) -> None:
        self.client = TestClient(app, base_url=ADDRESS)
        self.school = school

    def get(self, path: str = "") -> Response:
        """Open a page of the school's desk; what it redirects to is opened too."""
        return self.client.get(f"/desk/{self.school}{path}")

    def words(self, path: str = "") -> str:
        """Return the words of a page, each run of white space as one space."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return words_of(answer)

    def post(self, path: str, do: str, files: Any = None, **fields: Any) -> Response:
        """Press the button `do` on a page, with its fields filled in; what comes after is opened too."""
        (key,) = set(re.findall(r'name="form_key" value="(\w+)"', self.get(path).text))
        return self.send(path, {"form_key": key, "do": do, **fields}, files)

    def send(self, path: str, fields: dict[str, Any], files: Any = None) -> Response:
        """Send a form with nothing but these fields."""
        return self.client.post(f"/desk/{self.school}{path}", data=fields, files=files)


def words_of(answer: Response) -> str:
    """Return the words of a page as they are read: no tags, each run of white space as one space."""
    body = answer.text.partition("<body")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<{body}")).split())


class Desk:
    """The whole server with its desk, over two schools: hillside and meadow."""

    def __init__(self, parts: Parts, app: Starlette, gate: Gate) -> None:
        self.parts = parts
        self.app = app
        self.gate = gate

    def enrol(self, role: PersonRole, school: str = "hillside", account: str = "") -> Person:
        """Return somebody new at a school."""
        code = self.parts.people.invite(school, role)[1]
        return self.parts.people.enrol(code, WEB, account or secrets.token_hex(8))

    def sign_in(self, person: Person) -> Seat:
        """Return the seat of somebody who has opened the desk by a link."""
        seat = Seat(self.app, person.school_id)
        seat.client.post(f"/desk/enter/{self.parts.desk.make_link(person)}")
        return seat

    def seat(self, role: PersonRole = PersonRole.HEADTEACHER, school: str = "hillside") -> Seat:
        """Return the seat of somebody new at the desk of a school."""
        return self.sign_in(self.enrol(role, school))
