"""The canary's flight, by a clock of its own: sent, judged, landed; and counted nowhere."""

import asyncio
from dataclasses import dataclass, field

import orjson

from alerts.delivery.backlog import Delivery
from alerts.delivery.canary import CanaryLanding
from alerts.paging import Heartbeat
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.kafka.outbox import Outbox, Outgoing
from stream.messages.records import FileRecord, Stream
from stream.worker.canary import CanaryPorts, canary_event, canary_ports, keep_flying
from tests.builders import plan_of
from tests.event_builders import answer, ended, told

BORN_S = 1_800_000_000.0


@dataclass
class Sky:
    """A worker as a canary sees it."""

    ours: bool = True
    judged_ms: int | None = None
    sent: list[Outgoing] = field(default_factory=list)
    told: list[tuple[str, Delivery]] = field(default_factory=list)
    flights_s: list[float] = field(default_factory=list)
    now_s: float = BORN_S

    async def put(self, message: Outgoing) -> None:
        """Kafka has it; the judges pass it 12 s later."""
        self.sent.append(message)
        self.judged_ms = round(self.now_s * 1000) + 1
        self.now_s += 12

    async def send(self, receiver: str, delivery: Delivery) -> None:
        """The receiver takes it after half a second."""
        self.told.append((receiver, delivery))
        self.now_s += 0.5
        assert isinstance(delivery.message, CanaryLanding)
        delivery.message.landed()

    async def fly(self, seconds: float) -> None:
        """Let canaries fly for so long."""
        ports = CanaryPorts(
            put=self.put,
            judged_through_ms=lambda: self.judged_ms,
            ours=lambda: self.ours,
            send=self.send,
            landed=self.flights_s.append,
        )
        flying = asyncio.create_task(keep_flying(Heartbeat("dog", 60_000), ports, lambda: self.now_s))
        await asyncio.wait({flying}, timeout=seconds)
        flying.cancel()


def test_a_canary_lands_and_its_time_is_told() -> None:
    """From the input to the receiver's answer; the message says how much of it was judging."""
    sky = Sky()
    asyncio.run(sky.fly(0.1))
    ((receiver, delivery),) = sky.told
    assert (receiver, sky.flights_s) == ("dog", [12.5])
    assert delivery.notice.id == "tocsin-canary.1800000000"
    assert isinstance(delivery.message, CanaryLanding)
    assert delivery.message.judged_s - delivery.message.born_s == 12


def test_the_worker_with_the_first_judge_sends_it() -> None:
    """Not the one with the first partition of cx.alerts, which may have no judge to see it pass."""
    plan, sky, judges = plan_of("rules: [{name: low, indicator: csat, critical: 50}]"), Sky(), list[Judge]()
    ports = canary_ports(Outbox({}), lambda: judges, sky.send, sky.flights_s.append)
    assert not ports.ours()
    judges.append(Judge(plan, 1))
    assert not ports.ours()
    judges.append(Judge(plan, 0))
    assert ports.ours()


def test_no_other_worker_sends_it() -> None:
    """Each would be one more event."""
    sky = Sky(ours=False)
    asyncio.run(sky.fly(0.1))
    assert (sky.sent, sky.told) == ([], [])


def test_a_canary_is_read_and_counted_nowhere() -> None:
    """The intake takes it as any other event, and no tally has it."""
    plan = plan_of(
        "rules: [{name: low, indicator: csat, by: [channel], critical: 50}, "
        "{name: all, indicator: answers, by: [channel], detect: silence, learn: 1d}]"
    )
    event = canary_event(BORN_S)
    assert (event.topic, event.key) == (
        Stream.FEEDBACK.topic,
        orjson.loads(event.value or b"")["id"].encode(),
    )
    output = Intake(plan, 0).feed(Stream.FEEDBACK, [FileRecord(0, event.value)])
    assert list(output.rejects) == []
    intake = Intake(plan, 0)
    counts = told(intake, Stream.FEEDBACK, [answer(1, 0), orjson.loads(event.value or b"")]) + ended(intake)
    assert {values for *_, key, values, _ in counts if key == "channel|channel"} == {("phone",)}
