"""One person on any platform: writes to the bot alone or among others, replies, presses, and sees what it says."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, Self, TypeVar

import msgspec
from starlette.applications import Starlette

from bot.channels.slack import EVENTS_PATH, SlackChannel
from bot.channels.teams import PATH, TeamsChannel
from bot.channels.telegram import TelegramChannel
from bot.messages import Call, Channel, Message, Reply
from tests.platforms.background import Background
from tests.platforms.served import served
from tests.platforms.slack_server import BOT_TOKEN, SIGNING_SECRET, SlackServer, slack
from tests.platforms.teams_bot import registered
from tests.platforms.teams_server import ANNE, CHANNEL, TENANT, TeamsServer, private_chat
from tests.platforms.telegram_server import TOKEN, Group, Someone, TelegramServer

Json = dict[str, Any]


def uncounted() -> None:
    """Nothing is counted here."""


class Platform:
    """One platform with the channel on it, and one person who uses both; what the channel hands over is kept."""

    channel: Channel
    handed: list[Message]

    def __init__(self) -> None:
        self.handed = []

    async def receive(self, _key: str, message: Message) -> None:
        self.handed.append(message)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Run the channel; give the address at which it is served."""
        await self.channel.start(self.receive)
        try:
            async with served(Starlette(routes=self.channel.routes())) as address:
                yield address
        finally:
            await self.channel.stop()

    def next(self, doing: Callable[[], object]) -> Message:
        """Return what the channel hands over when somebody does something."""
        before = len(self.handed)
        doing()
        self.wait(lambda: len(self.handed) > before)
        return self.handed[before]

    @abstractmethod
    def wait(self, until: Callable[[], bool]) -> None:
        """Wait until something holds."""

    @abstractmethod
    def writes(self, text: str) -> Message:
        """Let the person write to the bot alone."""

    @abstractmethod
    def writes_elsewhere(self, text: str) -> Message:
        """Let the person write where others are."""

    @abstractmethod
    def alone(self) -> list[Json]:
        """Return what the bot said to the person alone."""

    @abstractmethod
    def elsewhere(self) -> list[Json]:
        """Return what the bot said where others are."""

    @abstractmethod
    def replies(self, message: Json, text: str) -> Message:
        """Let the person reply to a message of the bot's."""

    @abstractmethod
    def presses(self, message: Json, label: str) -> Message:
        """Let the person press a button of a message of the bot's."""

    @abstractmethod
    def blocks(self) -> None:
        """Let the person want nothing more of the bot."""


class OnTelegram(Platform):
    def __init__(self, server: TelegramServer) -> None:
        super().__init__()
        self.server = server
        self.sam, self.group = Someone(77, "Sam", "sam_teaches", last_name="Teacher"), Group(-1001)
        menu = [("help", "Help")]
        self.channel = TelegramChannel(TOKEN, menu, api_base_url=server.address, refused=uncounted, not_receiving=uncounted)

    def wait(self, until: Callable[[], bool]) -> None:
        self.server.wait(until)

    def writes(self, text: str) -> Message:
        return self.next(lambda: self.server.writes(self.sam, text))

    def writes_elsewhere(self, text: str) -> Message:
        return self.next(lambda: self.server.writes(self.sam, f"@school_policies_bot {text}", to=self.group))

    def alone(self) -> list[Json]:
        return self.server.messages(self.sam)

    def elsewhere(self) -> list[Json]:
        return self.server.messages(self.group)

    def replies(self, message: Json, text: str) -> Message:
        return self.next(lambda: self.server.writes(self.sam, text, replying_to=message["message_id"]))

    def presses(self, message: Json, label: str) -> Message:
        rows = message["reply_markup"]["inline_keyboard"]
        (data,) = [one["callback_data"] for row in rows for one in row if one["text"] == label]
        return self.next(lambda: self.server.presses(self.sam, message, data))

    def blocks(self) -> None:
        self.server.blocks(self.sam)


class OnSlack(Platform):
    def __init__(self, server: SlackServer) -> None:
        super().__init__()
        self.server = server
        server.people["U1STAFF"].name = "Sam Teacher"
        self.channel = SlackChannel(
            tokens=BOT_TOKEN,
            app_token=None,
            signing_secret=SIGNING_SECRET,
            api_base_url=server.api_url,
            allow_guests=False,
            refused=uncounted,
            not_receiving=uncounted,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        async with super().running() as address:
            self.server.deliver_to(address + EVENTS_PATH)
            yield address

    def wait(self, until: Callable[[], bool]) -> None:
        self.server.wait_for(until)

    def writes(self, text: str) -> Message:
        return self.next(lambda: self.server.say("U1STAFF", text))

    def writes_elsewhere(self, text: str) -> Message:
        return self.next(lambda: self.server.say("U1STAFF", f"@policybot {text}", "C1STAFF"))

    def alone(self) -> list[Json]:
        return self.server.seen_by("U1STAFF", self.server.direct("U1STAFF"))

    def elsewhere(self) -> list[Json]:
        return self.server.seen_by("U2STAFF")

    def replies(self, message: Json, text: str) -> Message:
        return self.next(lambda: self.server.say("U1STAFF", text, thread=message["ts"]))

    def presses(self, message: Json, label: str) -> Message:
        return self.next(lambda: self.server.press("U1STAFF", message, label))

    def blocks(self) -> None:
        self.server.people["U1STAFF"].deleted = True


class InTeams(Platform):
    def __init__(self, server: TeamsServer) -> None:
        super().__init__()
        self.server = server
        self.chat = private_chat(ANNE.account["id"])
        registration = registered(server.openid_metadata_url, server.login_url)
        self.channel = TeamsChannel(registration, [TENANT], uncounted, lambda _tenant: False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        async with super().running() as address:
            self.address = address + PATH
            yield address

    def wait(self, until: Callable[[], bool]) -> None:
        self.server.wait(until)

    def sends(self, activity: Json) -> Message:
        return self.next(lambda: self.server.send(activity, self.address))

    def writes(self, text: str) -> Message:
        return self.sends(self.server.message(text, chat=self.chat))

    def writes_elsewhere(self, text: str) -> Message:
        return self.sends(self.server.message(text, chat=CHANNEL))

    def alone(self) -> list[Json]:
        return self._said_in(self.chat.id)

    def elsewhere(self) -> list[Json]:
        return self._said_in(CHANNEL.conversation["id"])

    def _said_in(self, chat: str) -> list[Json]:
        return [call.body for call in self.server.calls if call.conversation == chat and call.body.get("type") == "message"]

    def replies(self, message: Json, text: str) -> Message:
        return self.sends(self.server.quoting(self.server.number_of(message), message["summary"], text, chat=self.chat))

    def presses(self, message: Json, label: str) -> Message:
        (actions,) = [one["actions"] for one in message["attachments"][0]["content"]["body"] if one["type"] == "ActionSet"]
        (data,) = [one["data"] for one in actions if one["title"] == label]
        return self.sends(self.server.pressed(data, self.server.number_of(message), chat=self.chat))

    def blocks(self) -> None:
        self.server.block(self.chat)


class There:
    """A platform that runs, from entering to leaving."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._running = Background(platform.running())

    def __enter__(self) -> Self:
        self._running.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._running.__exit__(*error)

    def address_of(self, message: Message) -> Message:
        """Return the address of whoever wrote a message, as the store keeps it."""
        address = self.platform.channel.address(message)
        assert address
        return kept(address)

    def says(self, reply: Reply, message: Message) -> list[str | None]:
        """Let the bot say a reply, as the outbox keeps it; return the ids."""
        calls: list[Call] = [kept(call) for call in self.platform.channel.render(reply, message)]
        return [self._running.run(self.platform.channel.deliver(call)) for call in calls]


T = TypeVar("T")


def kept(what: T) -> T:
    """Return something as it comes out of the store."""
    return msgspec.json.decode(msgspec.json.encode(what), type=type(what))


PLATFORMS: dict[str, tuple[Callable[[], AbstractContextManager[Any]], Callable[[Any], Platform]]] = {
    "telegram": (TelegramServer, OnTelegram),
    "slack": (slack, OnSlack),
    "teams": (TeamsServer, InTeams),
}


@contextmanager
def on(name: str) -> Iterator[There]:
    """Run the channel of a platform against that platform on this machine."""
    server, platform = PLATFORMS[name]
    with server() as running, There(platform(running)) as there:
        yield there
