"""From a platform's event to its answer said: written down, answered, said, tried again; on every channel at once.

The store is asked on threads, the platforms on the event loop, each channel by itself, so that a slow one holds up no other.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import msgspec

from bot.conversation import AT_FAULT, MUST_WAIT, Conversation
from bot.deliveries import LEASE, MOST_ATTEMPTS, UNDELIVERED, Deliveries, Delivery, Event
from bot.escalations import Overtaken
from bot.messages import Call, Channel, Message, NotNow, Refused, Reply, Writes
from bot.metrics import Failure, Metrics
from bot.outage import UNREACHABLE, Meanwhile, Reach, StoreAway
from bot.outgoing import Outgoing
from bot.page_notices import PageNotices
from bot.people import WEB
from bot.records import Records
from bot.sent_files import NOT_GIVEN, NOT_NOW, not_fetched
from bot.turn import Asker, Turn
from corpus.errors import DocumentError

# What waits is looked for so often, in seconds: in the outbox, and among events whose holder died.
OUTBOX_EVERY, LEFT_BEHIND_EVERY, CLEAR_EVERY = 1.0, 5.0, 60.0
# An answer that takes longer, in seconds, is announced by the platform's own sign of typing.
TYPING_AFTER = 0.5
# Telegram shows that sign for five seconds.
TYPING_AGAIN = 4.0
# A platform that has not taken a call by then, in seconds, is asked again later; shorter than a lease.
CALL_LASTS = 20.0
MOST_AT_ONCE = 50
# So many documents are fetched and read at once: each takes a thread and a process for seconds.
MOST_DOCUMENTS = 2
# A document that has not come by then, in seconds, can be sent again.
FETCH_LASTS = 30.0
SHUTDOWN_LASTS = 15.0
# What came of a call is noted again so often, in seconds, and so many times, while the store is away.
NOTED_EVERY, NOTED_AGAIN = 0.5, 240

_log = logging.getLogger("policybot")


class Dispatcher:
    """Sees to it that every message is answered once, and that every answer arrives or is counted."""

    def __init__(
        self,
        conversation: Conversation,
        deliveries: Deliveries,
        records: Records,
        outgoing: Outgoing,
        channels: Sequence[Channel] = (),
        *,
        metrics: Metrics | None = None,
    ) -> None:
        """Keep the parts; nothing runs yet. What comes of each message is counted in `metrics`."""
        self._conversation = conversation
        self._deliveries = deliveries
        self._records = records
        self._outgoing = outgoing
        self._channels = {channel.name: channel for channel in channels}
        self._writes: dict[str, Writes] = {WEB: PageNotices(deliveries), **self._channels}
        self._calls = {name: asyncio.Semaphore(MOST_AT_ONCE) for name in self._channels}
        self._documents = asyncio.Semaphore(MOST_DOCUMENTS)
        self._work: set[asyncio.Task[None]] = set()
        self._reach, self._meanwhile = Reach(), Meanwhile()
        self._metrics = metrics or Metrics()
        self._is_ending = False
        self.is_running = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take messages in on every channel, and say what waits, until the context ends; what is begun then is finished."""
        loops = [
            *(partial(self._every, OUTBOX_EVERY, partial(self._say_what_is_due, one)) for one in self._channels.values()),
            partial(self._every, OUTBOX_EVERY, self._announce),
            partial(self._every, LEFT_BEHIND_EVERY, self._take_up),
            partial(self._every, CLEAR_EVERY, self._clear),
            partial(self._every, OUTBOX_EVERY, self._hand_over),
        ]
        running: list[asyncio.Task[None]] = []
        try:
            await self._start()
            running = [asyncio.create_task(loop()) for loop in loops]
            self.is_running = True
            yield
        finally:
            self._is_ending, self.is_running = True, False
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if self._work:
                await asyncio.wait(self._work, timeout=SHUTDOWN_LASTS)
            # Now or never, even if the store was away a moment ago.
            await self._once(partial(asyncio.to_thread, self._meanwhile.hand_over, self._deliveries.note_answered))
            # Only now: a channel lets go of the connections over which the last answers are said.
            for channel in self._channels.values():
                await channel.stop()

    async def _start(self) -> None:
        try:
            await asyncio.gather(*(channel.start(self.receive) for channel in self._channels.values()))
        except Exception:  # the server ends by it, and has it only as text, which is not logged
            _log.exception("The channels could not be started")
            raise

    async def answer(self, message: Message, key: str, asker: Asker, earlier: Sequence[str]) -> tuple[Reply, ...]:
        """Return the replies to a message of somebody known, on a channel that says them itself."""
        taken_in = perf_counter()
        try:
            turn = await asyncio.to_thread(self._reach.ask, self._answered, message, key, asker, earlier)
        except StoreAway:
            recent = self._meanwhile.begin(key, message, self._records.asker(message)) or 1
            turn = await asyncio.to_thread(self._turn_meanwhile, message, recent, asker)
        except Exception:
            self._metrics.answered(message.channel, AT_FAULT)
            raise
        if turn is None:
            return ()
        self._metrics.answered(message.channel, turn)
        self._metrics.answer_took(message.channel, perf_counter() - taken_in)
        return turn.replies(message)

    def _answered(self, message: Message, key: str, asker: Asker, earlier: Sequence[str]) -> Turn | None:
        # Nobody takes it up when this process dies, for whoever asked is waiting for the answer here: so no words go in.
        wordless = msgspec.structs.replace(message, text="", pressed="")
        event = self._deliveries.receive(key, wordless, self._records.asker(message))
        if event is None:
            return None
        asker = replace(asker, address=self._writes[message.channel].address(message))
        try:
            turn = self._conversation.turn_of(asker, message, event.recent, earlier)
            self._deliveries.finish(event, (), turn.keep, turn.school_id)
        except Overtaken:
            turn = self._conversation.turn_of(asker, message, event.recent, earlier)
            self._deliveries.finish(event, (), turn.keep, turn.school_id)
        return turn

    async def receive(self, key: str, message: Message) -> None:
        """Write a message down and see to its answer; what a channel hands its messages to. Raises NotNow while it is ending."""
        if self._is_ending:
            raise NotNow("the bot is being stopped")
        asker, taken_in = self._records.asker(message), perf_counter()
        try:
            event = await asyncio.to_thread(self._reach.ask, self._deliveries.receive, key, message, asker)
        except StoreAway:
            await self._answer_meanwhile(key, message, asker)
            return
        if event:
            self._begin(self._see_to(event, taken_in))

    async def _answer_meanwhile(self, key: str, message: Message, asker: str) -> None:
        """Answer a message that could not be written down; where the answer cannot be said, the platform is to bring it again.

        Raises NotNow then.
        """
        recent = self._meanwhile.begin(key, message, asker)
        if recent is None:
            return
        channel = self._channels[message.channel]
        try:
            turn = await asyncio.to_thread(self._turn_meanwhile, message, recent)
            async with asyncio.timeout(CALL_LASTS):
                for call in [call for reply in turn.replies(message) for call in channel.render(reply, message)]:
                    await channel.deliver(call)
            self._metrics.answered(channel.name, turn)
        except Refused:
            _log.warning("An answer was not taken while the store was away", extra={"channel": channel.name})
        except (NotNow, TimeoutError) as error:
            self._meanwhile.undo(key, message)
            raise NotNow("the store is away, and the answer could not be said") from error

    def _turn_meanwhile(self, message: Message, recent: int, asker: Asker | None = None) -> Turn:
        try:
            return self._conversation.turn_meanwhile(message, recent, asker)
        except UNREACHABLE:
            return MUST_WAIT

    async def _hand_over(self) -> None:
        """Let the store know what was answered without it, once it can be reached again."""
        with suppress(StoreAway):
            await asyncio.to_thread(self._reach.ask, self._meanwhile.hand_over, self._deliveries.note_answered)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # What it held, an event or a call, is taken up again when its lease runs out.
            _log.error("What was begun could not be brought to its end", exc_info=error)

    async def _see_to(self, event: Event, taken_in: float | None = None) -> None:
        """Answer an event and say the answer; it was `taken_in` by this process, or None where another had begun with it."""
        channel = self._channels[event.message.channel]
        answering = asyncio.create_task(self._answered_with(event, channel))
        patience = TYPING_AFTER
        while not (await asyncio.wait({answering}, timeout=patience))[0]:
            self._begin(_show_typing(channel, event.message))
            patience = TYPING_AGAIN
        try:
            deliveries = await answering
        except Exception:
            # The event stays as it is: when its lease runs out it is taken up again.
            _log.exception("An event could not be answered, and will be tried again", extra={"channel": channel.name})
            return
        if taken_in is not None:
            self._metrics.answer_took(channel.name, perf_counter() - taken_in)
        await self._say(channel, deliveries)

    async def _answered_with(self, event: Event, channel: Channel) -> list[Delivery]:
        """Return the calls that answer an event, written down; where a file of it is wanted, that is fetched and read first."""
        if not event.message.files:
            return await asyncio.to_thread(self._finished, event, channel)
        turn = await asyncio.to_thread(self._turn, event, channel)
        if turn.once_fetched:
            async with self._holding(event), self._documents:
                turn = await _turn_of_file(event.message, channel, turn.once_fetched)
        return await asyncio.to_thread(self._finished, event, channel, turn)

    @asynccontextmanager
    async def _holding(self, event: Event) -> AsyncIterator[None]:
        """Keep an event leased to this process for as long as the context lasts."""
        hold = partial(asyncio.to_thread, self._deliveries.hold, event)
        holding = asyncio.create_task(self._every(LEASE.total_seconds() / 3, hold))
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    def _finished(self, event: Event, channel: Channel, turn: Turn | None = None) -> list[Delivery]:
        """Return the calls that answer an event, written down; `turn` is what to say, None where that is not known yet."""
        try:
            return self._written_down(event, channel, turn or self._turn(event, channel))
        except Overtaken:
            return self._written_down(event, channel, self._turn(event, channel))

    def _written_down(self, event: Event, channel: Channel, turn: Turn) -> list[Delivery]:
        try:
            replies = turn.replies(event.message)
            calls = [(reply.reference, call) for reply in replies for call in channel.render(reply, event.message)]
        except Exception:
            if event.attempts <= MOST_ATTEMPTS:
                raise
            _log.exception("Not even the fault could be told", extra={"channel": channel.name})
            self._deliveries.count(channel.name, UNDELIVERED)
            calls = []
        deliveries = self._deliveries.finish(event, calls, turn.keep, turn.school_id)
        self._metrics.answered(channel.name, turn)
        return deliveries

    def _turn(self, event: Event, channel: Channel) -> Turn:
        """Return what to say to an event; where a fault of ours keeps us from knowing, that."""
        if event.attempts > MOST_ATTEMPTS:
            return AT_FAULT
        try:
            return self._conversation.turn(event.message, event.recent, channel.address(event.message))
        except UNREACHABLE:
            raise  # it is taken up again when its lease runs out
        except Exception:
            _log.exception("A message could not be answered", extra={"channel": channel.name})
            return AT_FAULT

    async def _say(self, channel: Channel, deliveries: Sequence[Delivery]) -> None:
        """Make calls one after the other; when one must wait, those after it wait too."""
        for number, delivery in enumerate(deliveries):
            if not await self._said(channel, delivery):
                await asyncio.to_thread(self._deliveries.release, deliveries[number + 1 :])
                return

    async def _said(self, channel: Channel, delivery: Delivery) -> bool:
        """Make a call, and note what came of it; tell whether that is settled."""
        async with self._calls[channel.name]:
            # It may have waited so long, for its turn or for the call before it, that another has taken it up.
            if not self._deliveries.is_held(delivery, CALL_LASTS) and not await asyncio.to_thread(
                self._deliveries.renew, delivery
            ):
                return False
            return await self._made(channel, delivery)

    async def _made(self, channel: Channel, delivery: Delivery) -> bool:
        """Make a call that nobody else makes now, and note what came of it; tell whether that is settled."""
        note: Callable[[], None]
        failure: Failure | None = None
        began = perf_counter()
        try:
            async with asyncio.timeout(CALL_LASTS):
                said = await channel.deliver(delivery.call)
        except NotNow as later:
            failure = Failure.NOT_NOW
            note, settled = partial(self._deliveries.postpone, delivery, str(later), later.seconds), False
        except TimeoutError:
            failure = Failure.TIMEOUT
            note, settled = partial(self._deliveries.postpone, delivery, "no answer in time", None), False
        except Refused as refused:
            failure = Failure.REFUSED
            note, settled = partial(self._deliveries.drop, delivery, str(refused)), True
        except Exception:
            _log.exception("A call failed in a way that was not foreseen", extra={"channel": channel.name})
            failure = Failure.FAULT
            note, settled = partial(self._deliveries.postpone, delivery, "a fault of ours", None), False
        else:
            note, settled = partial(self._deliveries.sent, delivery, said), True
            self._metrics.delivery_took(channel.name, perf_counter() - began)
        if failure:
            self._metrics.failed(channel.name, failure)
        await self._noted(note)
        return settled

    async def _noted(self, note: Callable[[], None]) -> None:
        """Note what came of a call, again and again while the store is away: else it would be made a second time."""
        for _ in range(NOTED_AGAIN):
            try:
                await asyncio.to_thread(self._reach.ask, note)
            except StoreAway:
                await asyncio.sleep(NOTED_EVERY)
            else:
                return
        _log.error("What came of a call could not be noted: it may be made a second time")

    async def _say_what_is_due(self, channel: Channel) -> None:
        due = await asyncio.to_thread(self._deliveries.due, channel.name, MOST_AT_ONCE)
        for delivery in due:
            self._begin(self._say(channel, [delivery]))

    async def _announce(self) -> None:
        """Say what the bot is to say of its own accord, as it falls due."""
        for deliveries in await asyncio.to_thread(self._outgoing.put_out, self._calls_at):
            if deliveries:
                self._begin(self._say(self._channels[deliveries[0].channel], deliveries))

    def _calls_at(self, reply: Reply, kept: Message) -> Sequence[Call] | None:
        """Return the calls that say a reply to whoever once wrote a message, None where they cannot be reached from here."""
        writes = self._writes.get(kept.channel)
        address = writes.address(kept) if writes else None
        return writes.render(reply, address) if writes and address else None

    async def _take_up(self) -> None:
        for event in await asyncio.to_thread(self._deliveries.left_behind, list(self._channels)):
            self._begin(self._see_to(event))

    async def _clear(self) -> None:
        await asyncio.to_thread(self._deliveries.clear)
        await asyncio.to_thread(self._outgoing.tidy)

    async def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await self._once(work)
            await asyncio.sleep(seconds)

    async def _once(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except UNREACHABLE:
            pass  # told once, by whoever asked first, and tried again
        except Exception:
            _log.exception("What is done again and again failed this time")


async def _turn_of_file(message: Message, channel: Channel, once_fetched: Callable[[bytes], Turn]) -> Turn:
    """Return what to say to a message whose file is wanted, after it was fetched and read, or could not be."""
    (file,) = message.files
    try:
        async with asyncio.timeout(FETCH_LASTS):
            raw = await channel.fetch(file)
        return await asyncio.to_thread(once_fetched, raw)
    except (NotNow, TimeoutError):
        _log.warning("A file could not be fetched", exc_info=True, extra={"channel": channel.name})
        return not_fetched(message, NOT_NOW.format(name=file.name))
    except Refused:
        _log.warning("A file was not given", exc_info=True, extra={"channel": channel.name})
        return not_fetched(message, NOT_GIVEN.format(name=file.name))
    except DocumentError as error:
        return not_fetched(message, str(error))
    except Exception:
        _log.exception("A file could not be taken", extra={"channel": channel.name})
        return AT_FAULT


async def _show_typing(channel: Channel, message: Message) -> None:
    try:
        await channel.show_typing(message)
    except Exception:
        _log.debug("That an answer is coming could not be shown", exc_info=True, extra={"channel": channel.name})
