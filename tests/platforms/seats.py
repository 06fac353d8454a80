"""Somebody at a channel, whichever it is: writes, presses, replies to a message, and reads what the bot says there."""

import html
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from bot.channels.teams import PATH
from tests.platforms import block_kit
from tests.platforms.recorded import Changes
from tests.platforms.slack_server import SlackServer
from tests.platforms.teams_server import TeamsServer, Who, private_chat
from tests.platforms.telegram_server import Someone, TelegramServer

Json = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A message of the bot's as somebody sees it: its words, what its buttons are called, and the platform's own form of it."""

    text: str
    labels: Sequence[str]
    raw: Any


class Seat(ABC):
    """Somebody at a channel, alone with the bot."""

    def __init__(self) -> None:
        self._heard: set[int] = set()

    @abstractmethod
    def writes(self, text: str) -> None:
        """Write a message."""

    @abstractmethod
    def sends_photo(self, caption: str) -> None:
        """Send a photograph with words to it."""

    @abstractmethod
    def sends_document(self, name: str, content: bytes, caption: str = "") -> None:
        """Send a document, with words to it or without."""

    @property
    @abstractmethod
    def downloads(self) -> int:
        """How many files were fetched from the platform, whoever had sent them."""

    @abstractmethod
    def presses(self, said: Said, label: str) -> None:
        """Press the button of this label."""

    @abstractmethod
    def replies(self, said: Said, text: str) -> None:
        """Write as the platform's own reply to a message."""

    @abstractmethod
    def said(self) -> Sequence[Said]:
        """Return all that the bot has said, the oldest first."""

    @abstractmethod
    def _wait(self, found: Callable[[], Said | None]) -> Said:
        """Wait until something has come, and return it."""

    def hears(self, words: str) -> Said:
        """Wait for a message with these words that was not heard before, and return it."""

        def found() -> Said | None:
            for number, one in enumerate(self.said()):
                if number not in self._heard and words in one.text:
                    self._heard.add(number)
                    return one
            return None

        return self._wait(found)

    def asks(self, text: str, words: str) -> Said:
        """Write, and return the reply with these words."""
        self.writes(text)
        return self.hears(words)

    def taps(self, said: Said, label: str, words: str) -> Said:
        """Press the button whose label begins so, and return the reply with these words."""
        self.presses(said, next(one for one in said.labels if one.startswith(label)))
        return self.hears(words)


class OnSlack(Seat):
    """Somebody in direct messages on Slack."""

    def __init__(self, server: SlackServer, user: str) -> None:
        super().__init__()
        self._server = server
        self._user = user

    def writes(self, text: str) -> None:
        self._server.say(self._user, text).wait()

    def sends_photo(self, caption: str) -> None:
        self._server.send_file(self._user, "image/jpeg", caption).wait()

    def sends_document(self, name: str, content: bytes, caption: str = "") -> None:
        self._server.send_document(self._user, name, content, caption).wait()

    @property
    def downloads(self) -> int:
        return len(self._server.downloads)

    def presses(self, said: Said, label: str) -> None:
        self._server.press(self._user, said.raw, label).wait()

    def replies(self, said: Said, text: str) -> None:
        self._server.say(self._user, text, thread=said.raw["ts"]).wait()

    def said(self) -> Sequence[Said]:
        return [_of_slack(one) for one in self._server.seen_by(self._user, self._server.direct(self._user))]

    def _wait(self, found: Callable[[], Said | None]) -> Said:
        return self._server.wait_for(found)  # type: ignore[return-value]  it waits until something was found


def _of_slack(message: Json) -> Said:
    labels = [button["text"]["text"] for button in block_kit.buttons(message["blocks"])]
    return Said(block_kit.visible(message["blocks"]), labels, message)


class OnTeams(Seat):
    """Somebody in the chat with the bot in Teams, which is served at `address`."""

    def __init__(self, server: TeamsServer, who: Who, address: str) -> None:
        super().__init__()
        self._server = server
        self._who = who
        self._chat = replace(private_chat(who.account["id"]), tenant=who.tenant)
        self._address = address + PATH

    def writes(self, text: str) -> None:
        self._send(self._server.message(text, self._who, self._chat))

    def sends_photo(self, caption: str) -> None:
        self._send(self._server.with_image(caption, who=self._who, chat=self._chat))

    def sends_document(self, name: str, content: bytes, caption: str = "") -> None:
        self._send(self._server.with_file(caption, name, content, who=self._who, chat=self._chat))

    @property
    def downloads(self) -> int:
        return len(self._server.downloads)

    def presses(self, said: Said, label: str) -> None:
        self._send(self._server.pressed(_actions(said.raw)[label], who=self._who, chat=self._chat))

    def replies(self, said: Said, text: str) -> None:
        number = self._server.number_of(said.raw)
        self._send(self._server.quoting(number, said.text[:50], text, who=self._who, chat=self._chat))

    def _send(self, activity: Json) -> None:
        assert self._server.send(activity, self._address).status_code == 200

    def said(self) -> Sequence[Said]:
        mine = [call for call in [*self._server.calls] if call.conversation == self._chat.id and call.status == 201]
        return [Said("\n".join(_read(_body(call.body))), list(_actions(call.body)), call.body) for call in mine]

    def _wait(self, found: Callable[[], Said | None]) -> Said:
        return _waited(self._server.wait, found)


def _body(activity: Json) -> list[Json]:
    return list(activity["attachments"][0]["content"]["body"])


def _read(elements: Sequence[Json]) -> Iterator[str]:
    for element in elements:
        if element["type"] == "RichTextBlock":
            yield "".join(run["text"] for run in element["inlines"])
        elif element["type"] == "TextBlock":
            yield element["text"]
        else:
            yield from _read(element.get("items", ()))


def _actions(activity: Json) -> dict[str, Json]:
    return {action["title"]: action["data"] for element in _body(activity) for action in element.get("actions", ())}


class OnTelegram(Seat):
    """Somebody in the chat with the bot on Telegram."""

    def __init__(self, server: TelegramServer, who: Someone) -> None:
        super().__init__()
        self._server = server
        self._who = who

    def writes(self, text: str) -> None:
        self._server.writes(self._who, text)

    def sends_photo(self, caption: str) -> None:
        self._server.sends(self._who, "photo", caption=caption)

    def sends_document(self, name: str, content: bytes, caption: str = "") -> None:
        self._server.sends_document(self._who, name, content, caption=caption)

    @property
    def downloads(self) -> int:
        return len(self._server.downloads)

    def presses(self, said: Said, label: str) -> None:
        self._server.presses(self._who, said.raw, _callbacks(said.raw)[label])

    def replies(self, said: Said, text: str) -> None:
        self._server.writes(self._who, text, replying_to=said.raw["message_id"])

    def said(self) -> Sequence[Said]:
        return [Said(one["text"], list(_callbacks(one)), one) for one in self._server.messages(self._who)]

    def _wait(self, found: Callable[[], Said | None]) -> Said:
        return self._server.wait(found)  # type: ignore[return-value]  the same


def _callbacks(message: Json) -> dict[str, str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    return {one["text"]: one["callback_data"] for row in rows for one in row}


class OnPage(Seat):
    """Somebody at the chat page, whose script asks now and then for what is new."""

    def __init__(self, address: str, code: str) -> None:
        super().__init__()
        self._client = httpx.Client(base_url=address, headers={"x-requested-with": "fetch"}, timeout=30)
        assert self._client.post("/join", data={"code": code}).status_code == 303
        self._asked: list[str] = []
        self._shown: list[str] = []
        self._said: list[Said] = []

    def leaves(self) -> None:
        """Close the page."""
        self._client.close()

    def writes(self, text: str) -> None:
        self._answered(question=text)
        self._asked.append(text)

    def sends_photo(self, caption: str) -> None:
        raise NotImplementedError("the page takes no photographs")

    def sends_document(self, name: str, content: bytes, caption: str = "") -> None:
        raise NotImplementedError("the page takes no documents")

    @property
    def downloads(self) -> int:
        raise NotImplementedError("the page takes no documents")

    def presses(self, said: Said, label: str) -> None:
        self._answered(pressed=said.raw[label])

    def replies(self, said: Said, text: str) -> None:
        raise NotImplementedError("the page has no replies")

    def hears(self, words: str) -> Said:
        """Wait for a notice or an answer; as the page's script does, say then at once that it is shown."""
        found = super().hears(words)
        self.said()
        return found

    def _answered(self, **fields: str) -> None:
        response = self._client.post("/chat", data={**fields, "earlier": self._asked})
        self._said.append(_of_page(response.text))

    def said(self) -> Sequence[Said]:
        response = self._client.post("/chat/notices", data={"shown": ",".join(self._shown)})
        for one in response.text.split('<div class="notice"')[1:]:
            self._shown.append(re.findall(r'data-notice="(\d+)"', one)[0])
            self._said.append(_of_page(one))
        return self._said

    def _wait(self, found: Callable[[], Said | None]) -> Said:
        return _waited(Changes(lambda: str([one.text for one in self._said])).wait, found)


def _of_page(text: str) -> Said:
    buttons = {html.unescape(label): value for value, label in re.findall(r'name="pressed" value="([^"]*)">([^<]*)<', text)}
    words = html.unescape(re.sub(r"\s*\n\s*", "\n", re.sub(r"<[^>]*>", "\n", text)))
    return Said(words, list(buttons), buttons)


def _waited(wait: Callable[[Callable[[], bool]], object], found: Callable[[], Said | None]) -> Said:
    """Return what was found once it was, by a wait that says only that it was."""
    came: list[Said] = []

    def has_come() -> bool:
        one = found()
        if one:
            came.append(one)
        return bool(came)

    wait(has_come)
    return came[0]
