"""A post office for tests: a dispatcher, receivers on real sockets, a log and a meter in memory."""

import asyncio
import base64
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from alerts.delivery.alert_records import AlertRecord
from alerts.delivery.delivery_log import Entry
from alerts.delivery.dispatcher import Dispatcher
from alerts.delivery.grouping.group_log import GroupRecord, GroupTold
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.notice import TransitionNews
from alerts.delivery.retry_policy import Policy
from alerts.paging import Heartbeat, Inhibition, Receiver, Route
from alerts.rules import Rulebook
from tests.builders import plan_of

RULES: Final = plan_of("rules: [{name: csat-low, indicator: csat}]").rulebook.rules
"""Whose news it is."""
SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()
HASTY: Final = Policy(
    timeout_s=0.2, base_s=0.001, cap_s=0.002, retry_after_cap_s=0.01, deadline_s=60, in_flight=4
)
NEWS: Final = TransitionNews(
    id="a",
    seq=1,
    rule="csat-low",
    severity="critical",
    state="firing",
    indicator="csat",
    scope={},
    at="2026-11-22T10:00:00Z",
)
ENTRY: Final = Entry(
    id="a.1",
    alert="a",
    seq=1,
    state="firing",
    receiver="desk",
    outcome="delivered",
    reason="HTTP 200",
    attempts=1,
    status=200,
    at="2026-11-22T10:00:00Z",
)
NOW_MS: Final = 4_102_444_800_000
"""In the future, so that nothing here is ever too late."""


@dataclass
class Hook:
    """A receiver that verifies every signature and answers by script, then 200."""

    script: list[int | float] = field(default_factory=list)
    """Status codes; a float is a wait in seconds before 200."""
    got: list[str] = field(default_factory=list)
    """Ids of what was accepted."""
    tries: Counter[str] = field(default_factory=Counter)
    bodies: list[dict[str, object]] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    """Headers of every answer."""
    signed: bool = True
    """Whether it has a secret."""
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        """Verify, and answer as the script says."""
        body = await request.read()
        parsed = Webhook(SECRET).verify(body, dict(request.headers)) if self.signed else orjson.loads(body)
        notice_id = request.headers["webhook-id"]
        self.tries[notice_id] += 1
        self.moved.set()
        answer = self.script.pop(0) if self.script else 200
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = 200
        if 200 <= answer < 300:
            self.got.append(notice_id)
            self.bodies.append(parsed)
            self.moved.set()
        return web.Response(status=answer, headers=self.asked)


class MemoryLog:
    """A delivery log in memory; `broken` makes every write fail."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)
        self.broken = False
        self.groups: list[GroupRecord] = []
        self.waits = 0
        """How often somebody waited until groups' records were kept."""
        self.fold: Callable[[int, GroupRecord], None] = lambda _partition, _record: None

    async def history(self, partition: int) -> list[Entry]:
        """Everything, for partition 0."""
        return list(self.entries) if partition == 0 else []

    async def write(self, partition: int, entry: Entry) -> None:
        """Keep it."""
        if self.broken:
            raise OSError("disk full")
        assert partition == 0
        self.entries.append(entry)

    async def put(self, records: Sequence[GroupRecord]) -> None:
        """Keep groups' records, and hand them back."""
        self.waits += 1
        for record in records:
            self.groups.append(record)
            self.fold(0, record)

    async def caught_up(self) -> None:
        """It always is."""

    def outcomes(self) -> list[tuple[str, str, str]]:
        """Notice, receiver and outcome of every entry."""
        return [(entry.id, entry.receiver, entry.outcome) for entry in self.entries]


class CountingMeter:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()
        self.deliveries: Counter[tuple[str, str]] = Counter()
        self.left: dict[str, int] = {}

    def attempt(self, receiver: str) -> None:
        """A request."""
        self.attempts[receiver] += 1

    def delivery(self, receiver: str, outcome: str) -> None:
        """An end."""
        self.deliveries[receiver, outcome] += 1

    def command(self, outcome: str) -> None:
        """Nobody asks."""

    def waiting(self, receiver: str, notices: int) -> None:
        """How many are left."""
        self.left[receiver] = notices


class Post:
    """A dispatcher with its receivers' servers, and what was done."""

    def __init__(
        self, hooks: dict[str, Hook], log: MemoryLog | None = None, routes: tuple[Route, ...] = ()
    ) -> None:
        self.hooks = hooks
        self.log = log or MemoryLog()
        self.meter = CountingMeter()
        self.muting = Muting()
        self.failures: list[BaseException] = []
        self.done: list[int] = []
        self._routes = routes
        self._offset = 0
        self.moved = asyncio.Event()
        self.urls: dict[str, str] = {}
        self.heartbeat: Heartbeat | None = None
        self.events: list[dict[str, object]] = []
        self.ahead_s = 0.0
        self.rules = RULES
        self.inhibit: tuple[Inhibition, ...] = ()
        self.others: tuple[Receiver, ...] = ()
        """Receivers that are no hooks of ours."""

    @asynccontextmanager
    async def server(self) -> AsyncIterator[str]:
        """A server that takes PagerDuty's events; its address."""

        async def handle(request: web.Request) -> web.Response:
            self.events.append(orjson.loads(await request.read()))
            self.moved.set()
            return web.Response(status=202)

        app = web.Application()
        app.router.add_post("/pd", handle)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")

    @asynccontextmanager
    async def running(self, policy: Policy = HASTY) -> AsyncIterator["Post"]:
        """Servers up, dispatcher started."""
        app = web.Application()
        for name, hook in self.hooks.items():
            hook.moved = self.moved
            app.router.add_post(f"/{name}", hook.handle)
        async with TestServer(app) as server:
            receivers = self.others + tuple(
                webhook(name, self.urls.get(name) or str(server.make_url(f"/{name}")), signed=hook.signed)
                for name, hook in self.hooks.items()
            )
            rulebook = Rulebook(
                rules=self.rules,
                indicators={},
                receivers=receivers,
                routes=self._routes,
                heartbeat=self.heartbeat,
                inhibit=self.inhibit,
            )
            self.dispatcher = Dispatcher(
                rulebook, self.log, self.meter, self._failed, self.muting, policy, clock=self.clock_s
            )
            self.log.fold = self.dispatcher.desk.fold
            for record in self.log.groups:
                self.log.fold(0, record)
            await self.dispatcher.start()
            self.dispatcher.desk.own([0])
            try:
                yield self
            finally:
                await self.dispatcher.close()

    async def offer(self, *values: bytes, written_ms: int = NOW_MS) -> None:
        """A batch of partition 0."""
        records = [
            AlertRecord(offset, value, written_ms, partial(self._done, offset))
            for offset, value in enumerate(values, self._offset)
        ]
        self._offset += len(values)
        await self.dispatcher.offer(0, records)

    def clock_s(self) -> float:
        """Unix time, as far ahead as the test has put it, so that no pause of the machine decides.

        Signatures are good for five minutes.
        """
        return time.time() + self.ahead_s

    def later(self, seconds: float) -> None:
        """Let time go by."""
        self.ahead_s += seconds
        self.dispatcher.desk.look()

    async def settled(self, count: int) -> None:
        """Wait until so many records are done."""
        await self.until(lambda: len(self.done) >= count)

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until something has happened to a receiver, a record or the dispatcher."""
        async with asyncio.timeout(20):
            while not happened():
                self.moved.clear()
                with suppress(TimeoutError):  # what is only written down wakes nobody
                    await asyncio.wait_for(self.moved.wait(), 0.05)

    async def told(self, name: str, messages: int) -> None:
        """Wait until a receiver has so many messages of groups, and that it has them is written down."""
        await self.until(lambda: len(self.hooks[name].bodies) >= messages)
        await self.until(lambda: self._delivered(name) >= messages)

    def _delivered(self, name: str) -> int:
        ends = [each for each in self.log.groups if isinstance(each, GroupTold) and each.receiver == name]
        return sum(each.outcome == "delivered" for each in ends)

    def _done(self, offset: int) -> None:
        self.done.append(offset)
        self.moved.set()

    def _failed(self, error: BaseException) -> None:
        self.failures.append(error)
        self.moved.set()


def now_ms() -> int:
    """Wall-clock time: groups wait by it."""
    return round(time.time() * 1000)


def webhook(name: str, url: str, *, signed: bool = True) -> Receiver:
    """A receiver on this machine."""
    settings = {"url": (url,), "secret": (SECRET,)} if signed else {"url": (url,)}
    return Receiver(name=name, kind="webhook", settings=settings, allow_private=True)


def transition(
    alert: str, seq: int, state: str = "firing", severity: str = "critical", channel: str = "phone"
) -> bytes:
    """A cx.alerts value."""
    return orjson.dumps(
        {
            "id": alert,
            "seq": seq,
            "rule": "csat-low",
            "severity": severity,
            "state": state,
            "indicator": "csat",
            "scope": {"channel": channel},
            "at": "2026-11-22T10:00:00Z",
        }
    )
