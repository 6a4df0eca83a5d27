"""The notifier on a real Kafka: delivery log, commands that are heeded, a restart that repeats nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiohttp import web
from aiohttp.test_utils import TestServer

from alerts.delivery import commands
from alerts.delivery.commands import SilenceCommand, Unsilence
from alerts.delivery.delivery_log import decode_entry
from alerts.paging import Route, Timers
from alerts.rules import CommandTrust, Rulebook
from stream.kafka.clients import producing, read_places
from stream.kafka.offsets import TP, Slot
from stream.kafka.outbox import Outbox
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from stream.transport.link import RecordBatch
from stream.worker.feeds.notifier import DeliveryTopic, Notifier
from tests.kafka.broker import Broker
from tests.post import RULES, CountingMeter, Hook, transition, webhook


class Sent:
    """A record of cx.alerts."""

    def __init__(self, offset: int, value: bytes) -> None:
        self.offset = offset
        self.value = value
        self.timestamp = round(datetime.now(UTC).timestamp() * 1000)


class Desk:
    """A receiver, and notifiers that deliver to it one after the other."""

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        self.hook = Hook()
        self.meter = CountingMeter()
        self.url = ""
        self.routes: tuple[Route, ...] = ()

    @asynccontextmanager
    async def notifier(self) -> AsyncIterator[Notifier]:
        """A notifier as a worker has it."""
        options = self.settings.client_options()
        outbox = Outbox(options)
        await outbox.start()
        rulebook = Rulebook(
            rules=RULES, indicators={}, receivers=(webhook("desk", self.url),), routes=self.routes
        )
        rulebook = replace(rulebook, commands=CommandTrust.TRUSTED)
        log_topic = DeliveryTopic(outbox, options, lambda _topic: None)
        notifier = Notifier(rulebook, log_topic, self.meter, self._fail)
        await notifier.start()
        try:
            yield notifier
        finally:
            await notifier.close()
            await outbox.stop()

    async def got(self, count: int) -> None:
        """Wait until so many notices have come."""
        async with asyncio.timeout(20):
            while len(self.hook.got) < count:
                self.hook.moved.clear()
                await self.hook.moved.wait()

    async def say(self, command: commands.Command) -> None:
        """Write a command."""
        async with producing(self.settings) as producer:
            await producer.send_and_wait("cx.commands", commands.encode(command))

    @staticmethod
    def _fail(error: BaseException) -> None:
        raise error


@asynccontextmanager
async def _desk(broker: Broker) -> AsyncIterator[Desk]:
    desk = Desk(ClientSettings(brokers=(broker.bootstrap,)))
    await ensure(desk.settings, 2)
    app = web.Application()
    app.router.add_post("/hook", desk.hook.handle)
    async with TestServer(app) as server:
        desk.url = str(server.make_url("/hook"))
        yield desk


async def _taken(notifier: Notifier, *values: bytes, partition: int = 1) -> None:
    """Hand over a batch of a partition and wait until it is finished."""
    finished = asyncio.Event()
    slot = Slot(len(values) - 1, 0.0, _on_finish=finished.set)
    records = [Sent(offset, value) for offset, value in enumerate(values)]
    await notifier.take(RecordBatch(TP("cx.alerts", partition), records, slot))
    await asyncio.wait_for(finished.wait(), 30)
    assert slot.finished


def test_a_restart_repeats_nothing_and_forgets_nothing(broker: Broker) -> None:
    """A second notifier finds in cx.deliveries what the first has done, in the partition of the alert."""

    async def body() -> None:
        async with _desk(broker) as desk:
            async with desk.notifier() as first:
                first.own([1])
                await _taken(first, transition("a", 1))
            async with desk.notifier() as second:
                second.own([1])
                await _taken(second, transition("a", 1), transition("a", 2, "resolved"))
            assert desk.hook.got == ["a.1", "a.2"]
            written = [each async for each in read_places(desk.settings, "cx.deliveries")]
            entries = [decode_entry(record.value) for _, record in written]
            assert [(each.id, each.outcome) for each in entries if each] == [
                ("a.1", "delivered"),
                ("a.2", "delivered"),
            ]
            assert {(tp.partition, record.key) for tp, record in written} == {(1, b"a.1"), (1, b"a.2")}

    asyncio.run(body())


def test_commands_of_before_and_of_now_are_heeded(broker: Broker) -> None:
    """A silence that stands when the notifier starts holds; one that ends lets the news out."""

    async def body() -> None:
        async with _desk(broker) as desk:
            now = datetime.now(UTC)
            quiet = SilenceCommand(
                id="s", match={"channel": "phone"}, until=now + timedelta(hours=1), at=now, by="ann"
            )
            await desk.say(quiet)
            async with desk.notifier() as notifier:
                notifier.own([1])
                taken = asyncio.create_task(
                    _taken(notifier, transition("q", 1), transition("q", 2, "resolved"), transition("r", 1))
                )
                await asyncio.wait({taken}, timeout=2)
                assert not taken.done()
                assert desk.hook.got == []
                await desk.say(Unsilence(id="s", at=now, by="ann"))
                await asyncio.wait({taken}, timeout=2)
                # Later news makes the notifier look again at once; otherwise it would within half a minute.
                await notifier.take(
                    RecordBatch(TP("cx.alerts", 1), [Sent(9, transition("r", 2))], Slot(9, 0.0))
                )
                await taken
                assert desk.hook.got[0] == "r.1"

    asyncio.run(body())


def test_a_group_is_one_notice_over_all_workers(fresh_broker: Broker) -> None:
    """Alerts of both workers' partitions are told once; the worker that is left goes on without doubling."""

    async def body() -> None:
        async with _desk(fresh_broker) as desk:
            desk.routes = (Route(receiver="desk", timers=Timers(group_by=("rule",), group_wait_ms=5_000)),)
            async with desk.notifier() as left:
                async with desk.notifier() as gone:
                    left.own([0])
                    gone.own([1])
                    await asyncio.gather(
                        _taken(left, *(transition(f"a{n}", 1) for n in range(500)), partition=0),
                        _taken(gone, *(transition(f"b{n}", 1) for n in range(500)), partition=1),
                    )
                    await desk.got(1)
                    await asyncio.sleep(1)
                    assert len(desk.hook.got) == 1
                    assert desk.hook.bodies[0]["data"]["count"] == 1_000  # type: ignore[index]
                    gone.forget([1])
                left.own([0, 1])
                await _taken(left, *(transition(f"b{n}", 1) for n in range(500)), partition=1)
                await asyncio.sleep(6)
                assert len(desk.hook.got) == 1
                await _taken(left, transition("b1", 2, "resolved"), partition=1)
                await desk.got(2)

    asyncio.run(body())
