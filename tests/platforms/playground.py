"""Microsoft's own Agents Playground as the client of a bot: started without a window, and scripted over HTTP and WebSocket.

It is a Node package: `make playground` installs it.
"""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Self

import aiohttp
import httpx
import pytest

from tests.platforms.recorded import Changes
from tests.platforms.served import free_port

FOLDER = Path(__file__).parents[2] / ".venv" / "playground"
COMMAND = FOLDER / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
TENANT = "00000000-0000-0000-0000-0000000000001"  # as the playground has it
BOT = "00000000-0000-0000-0000-00000000000011"


def require_playground() -> None:
    """Skip a test where the playground is not installed; on a CI machine that is a failure."""
    if shutil.which("node") and COMMAND.exists():
        return
    lacking = "there is no Agents Playground here: it needs Node and make playground"
    if os.environ.get("CI"):
        pytest.fail(lacking)
    pytest.skip(lacking)


class Playground:
    """The playground in front of the bot at an address, from entering to leaving."""

    def __init__(self, bot: str) -> None:
        self.port = free_port()
        self._bot = bot
        self._changes = Changes(self._told)
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        start = ["node", str(COMMAND), "start", "-e", self._bot, "-c", "msteams", "-p", str(self.port), "--dt"]
        self._process = subprocess.Popen(start, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)
        try:
            self._wait_until_it_answers()
            self.config: dict[str, Any] = self._client.get("/_internal/v1/config").json()["config"]
            self._listening, self._end = threading.Event(), asyncio.Event()
            self._reader = threading.Thread(target=lambda: asyncio.run(self._read()), daemon=True)
            self._reader.start()
            if not self._listening.wait(30):
                raise AssertionError("the playground's stream could not be opened")
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._reader.join(30)
        self._client.close()
        self._process.terminate()
        self._process.communicate(timeout=60)

    @property
    def page(self) -> str:
        """Where a browser sees the chats."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def personal(self) -> str:
        return str(self.config["personalChat"]["id"])

    @property
    def channel(self) -> str:
        return str(self.config["teams"][0]["channels"][0]["id"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the bot wrote, in order, as a client gets it; each has its conversation."""
        with self._changes.reading():
            return [
                event["message"] | {"conversation": event.get("actionConversationId")}
                for event in self.events
                if event.get("action") == "createMessage" and event["message"].get("from", {}).get("id") == BOT
            ]

    def wait_for_messages(self, number: int, seconds: float = 30) -> list[dict[str, Any]]:
        """Wait for so many messages of the bot in all; return them."""
        self._changes.wait(lambda: len(self.messages) >= number, seconds)
        return self.messages

    def _told(self) -> str:
        return str(self.events)

    def say(self, text: str, conversation: str = "") -> None:
        """Write something to the bot; elsewhere than in the personal chat it is mentioned."""
        body: dict[str, Any] = {"from": {"id": "user-id-0"}, "text": text, "textFormat": "plain"}
        if conversation:
            mention = "<at>Test Bot</at>"
            body |= {"text": f"{mention} {text}", "textFormat": "xml", "mentions": [{"mentioned": {"id": BOT}, "text": mention}]}
        self._post(f"/_conversation/v1/conversations/{conversation or self.personal}/messages", body)

    def submit(self, data: dict[str, Any], message: dict[str, Any]) -> None:
        """Press a card's Action.Submit."""
        self._post("/_conversation/v1/submit", self._reply_to(message) | {"value": data})

    def execute(self, action: dict[str, Any], message: dict[str, Any]) -> Any:
        """Press a card's Action.Execute; return what the bot answers."""
        value = {"action": action | {"type": "Action.Execute"}, "trigger": "manual"}
        body = self._reply_to(message) | {"name": "adaptiveCard/action", "value": value}
        return self._post("/_conversation/v1/invoke", body).json()

    def install(self) -> None:
        """Add the bot to the personal chat."""
        self._post(f"/_debug/conversation/{self.personal}/installation", {})

    def _reply_to(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "conversation": {"id": message["conversation"]},
            "from": {"id": "user-id-0"},
            "replyToId": message["messageId"],
        }

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        response = self._client.post(path, json=body)
        assert response.status_code < 300, response.text
        return response

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self._client.get("/_debug/ping").text == "pong":
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the playground does not start")

    async def _read(self) -> None:
        self._loop = asyncio.get_running_loop()
        url = f"http://127.0.0.1:{self.port}/_ws_conversation/v1/conversations/stream"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as stream:
            self._listening.set()
            ended = asyncio.create_task(self._end.wait())
            reading = asyncio.create_task(self._take_in(stream))
            await asyncio.wait([ended, reading], return_when=asyncio.FIRST_COMPLETED)
            for task in (ended, reading):
                task.cancel()

    async def _take_in(self, stream: aiohttp.ClientWebSocketResponse) -> None:
        async for received in stream:
            if received.type is aiohttp.WSMsgType.TEXT:
                with self._changes.recording():
                    self.events.append(received.json())
