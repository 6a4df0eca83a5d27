"""The demo without a broker: intake, judge, notices and pages in our own process, joined by calls.

What is judged and told is the same as with a broker, by the same code.  What is missing is what a broker is
for: topics that others read, several workers, and a memory that outlives the process.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from alerts.delivery.alert_records import AlertRecord
from alerts.delivery.commands import Command
from alerts.delivery.delivery_log import Entry
from alerts.delivery.dispatcher import Dispatcher
from alerts.delivery.grouping.group_log import GroupRecord
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.ack_links import AckLinks
from alerts.rules import Rulebook
from alerts.transitions import Transition, encode
from stream.backtest.engine import Engine
from stream.board.memory import BoardMemory
from stream.board.pages import BoardPages
from stream.demo.brokers.loopback import LOOPBACK, claimed_port
from stream.demo.first_to_end import first_to_end
from stream.demo.scene import DemoScene, pulse, shown
from stream.demo.settings import METRICS_PORT, DemoSettings
from stream.demo.webhook_log import WebhookLog
from stream.files.rule_files import load
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.messages.records import FileRecord, Stream
from stream.messages.topic_names import ALERTS, SCORES
from stream.monitoring.metrics import Metrics
from stream.monitoring.server import serve
from stream.traffic.pacing import Due
from stream.traffic.sender import TICK_S, limits, wall_ms
from stream.worker.web.alert_api import AlertApi, AlertDesk
from stream.worker.web.worker_pages import Pages

DRAIN_S: Final = 2.0
"""How long the last notices may take to arrive."""

AT_ONCE: Final = 500
BREATH_S: Final = 0.005
"""Events that are judged before pages and notices get their turn, and for how long: all share one thread."""

Fold = Callable[[int, GroupRecord], None]


class _DeliveryMemory:
    """The delivery log of a run: there is no other run that would read it."""

    def __init__(self) -> None:
        self.fold: Fold = _nobody
        self._entries: list[Entry] = []

    async def history(self, partition: int) -> list[Entry]:  # noqa: ARG002  # there is one
        """What has been settled so far."""
        return self._entries

    async def write(self, partition: int, entry: Entry) -> None:  # noqa: ARG002  # there is one
        """Keep an entry."""
        self._entries.append(entry)

    async def put(self, records: Sequence[GroupRecord]) -> None:
        """Give groups' records back at once."""
        for record in records:
            self.fold(0, record)

    async def caught_up(self) -> None:
        """It always is."""


def _nobody(_partition: int, _record: GroupRecord) -> None:
    """Until there is a desk."""


@dataclass(slots=True, kw_only=True)
class OneProcess:
    """The engine and everything around it; also what web server and metrics see as their worker."""

    rulebook: Rulebook
    token: str
    failures: asyncio.Queue[BaseException] = field(default_factory=asyncio.Queue)
    engine: Engine = field(init=False)
    metrics: Metrics = field(init=False)
    board: BoardMemory = field(init=False)
    muting: Muting = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    outcomes: Counter[str] = field(default_factory=Counter)
    _offsets: Counter[Stream] = field(default_factory=Counter)
    _told: int = 0

    def __post_init__(self) -> None:
        self.engine = Engine(Plan(self.rulebook, 1))
        self.metrics = Metrics(self.rulebook)
        self.metrics.watch(self)
        self.board = BoardMemory(rulebook=self.rulebook)
        self.muting = Muting()
        log = _DeliveryMemory()
        self.dispatcher = Dispatcher(
            self.rulebook, log, self.metrics.deliveries, self.failures.put_nowait, self.muting
        )
        log.fold = self.dispatcher.desk.fold
        self.muting.told = self.dispatcher.heard

    async def take(self, stream: Stream, records: list[FileRecord], scene: DemoScene) -> None:
        """Feed records of one input, and tell what they make known."""
        output, transitions = self.engine.feed(0, stream, records)
        self.metrics.inputs.batch(stream, output)
        self.outcomes.update({outcome.value: count for outcome, count in output.outcomes.items()})
        for each in transitions:
            await self._tell(each, scene)

    def numbered(self, stream: Stream, value: bytes, key: str) -> FileRecord:
        """An event as the next record of its input."""
        offset = self._offsets[stream]
        self._offsets[stream] += 1
        return FileRecord(offset, value, wall_ms(), key.encode())

    def publish(self, scene: DemoScene) -> None:
        """Let the board and the screen know of scores that have changed."""
        for judge in self.engine.judges:
            for score in judge.take_scores():
                scene.view.take_score(score)
                self.board.take(SCORES, 0, encode(score))

    async def _tell(self, transition: Transition, scene: DemoScene) -> None:
        value = encode(transition)
        self.metrics.alerts.transitions([transition], 0.0)
        self.board.take(ALERTS, 0, value)
        self.dispatcher.alerts.apply(value)
        if scene.view.take_alert(transition):
            scene.screen.alert(value, transition)
        await self.dispatcher.offer(0, [AlertRecord(self._told, value, wall_ms(), _nothing)])
        self._told += 1

    async def say(self, command: Command) -> None:
        """Heed a command: there is nobody else to tell."""
        self.muting.apply(command)

    def pages(self) -> Pages:
        """The board and the API for alerts."""

        async def wanted() -> None:
            """The board knows all from the beginning."""

        desk = AlertDesk(
            alerts=self.dispatcher.alerts,
            muting=self.muting,
            say=self.say,
            heard=True,
            token=self.token,
            links=AckLinks("", self.token.encode()),
        )
        return Pages(BoardPages(self.board, wanted), AlertApi(desk))

    async def failing(self) -> None:
        """Ends with what has gone wrong in delivery, if anything does."""
        raise await self.failures.get()

    async def counted(self) -> Counter[str]:
        """Events taken in so far, by outcome."""
        return self.outcomes

    def intakes(self) -> list[Intake]:
        """For the metrics."""
        return list(self.engine.intakes)

    def judges(self) -> list[Judge]:
        """For the metrics."""
        return list(self.engine.judges)

    def lag_records(self) -> dict[tuple[str, int], int]:
        """Nothing waits."""
        return {}

    def held_records(self) -> dict[tuple[str, int], int]:
        """There are no transactions."""
        return {}

    def unowned_partitions(self) -> int:
        """All are ours."""
        return 0

    def ready(self) -> str | None:
        """It always is."""
        return None


def _nothing() -> None:
    """Nothing waits for a notice to be settled."""


async def perform(settings: DemoSettings, rules: Path, log: WebhookLog, log_url: str, token: str) -> None:
    """Play until the traffic ends."""
    one = OneProcess(rulebook=load(rules), token=token)
    async with AsyncExitStack() as stack:
        port = stack.enter_context(claimed_port(METRICS_PORT))
        await one.dispatcher.start()
        stack.push_async_callback(one.dispatcher.close)
        one.dispatcher.desk.own([0])
        web = await serve(LOOPBACK, port, one.metrics, one, one.pages().answer)
        stack.push_async_callback(web.close)
        url = f"http://{LOOPBACK}:{web.port}"
        scene = await stack.enter_async_context(shown(settings, log, log_url, url, token))
        await first_to_end(_traffic(one, scene), one.failing(), pulse(scene, one.counted))


async def _traffic(one: OneProcess, scene: DemoScene) -> None:
    played, pace = scene.traffic()
    due = Due(limits(pace, scene.settings.seconds, None).of(played.messages()))
    while not due.ended:
        batch = due.until(pace.event_ms(wall_ms()), AT_ONCE)
        for stream in Stream:
            records = [one.numbered(stream, each.value, each.key) for each in batch if each.stream is stream]
            if records:
                await one.take(stream, records, scene)
        one.publish(scene)
        await asyncio.sleep(BREATH_S if len(batch) == AT_ONCE else TICK_S)
    await asyncio.sleep(DRAIN_S)
