"""The canary's flight: an event of ours goes in where all others do; its receiver hears when it is judged.

The event is an answer whose giver does not consent to being counted, so it is read, deduplicated, moves
clocks, and is in no score.  Its key is its id, which is new each time, so it visits every partition in turn.
It is judged when the judges of this worker have passed its time.  So the worker that has the first judge
sends it: where there are more workers than partitions, some have partitions of cx.alerts and no judge.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson

from alerts.delivery.backlog import Delivery
from alerts.delivery.canary import NAME, CanaryLanding, canary_delivery
from alerts.paging import Heartbeat
from stream.judge.judge import Judge
from stream.kafka.outbox import Outbox, Outgoing
from stream.messages.records import Stream

log = logging.getLogger(__name__)

LOOK_S: Final = 0.2
LOST_AFTER_S: Final = 600.0
"""A canary that has not been judged by then is given up: something stands still, as metrics say too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryPorts:
    """What a flight needs.

    `put` writes to Kafka and returns when it is there; `judged_through_ms` is up to when this worker's judges
    have judged, None while that is not known; `ours` is whether this worker sends it; `send` hands a delivery
    to a receiver's queue; `landed` hears how long the flight took (seconds).
    """

    put: Callable[[Outgoing], Awaitable[None]]
    judged_through_ms: Callable[[], int | None]
    ours: Callable[[], bool]
    send: Callable[[str, Delivery], Awaitable[None]]
    landed: Callable[[float], None]


async def keep_flying(
    heartbeat: Heartbeat, ports: CanaryPorts, clock: Callable[[], float] = time.time
) -> None:
    """One canary after the other, each begun when the heart beats again."""
    while True:
        begun_s = clock()
        if ports.ours():
            await ports.put(canary_event(begun_s))
            if await _judged(begun_s, ports, clock):
                landing = CanaryLanding(begun_s, clock(), partial(_landed, begun_s, ports, clock))
                await ports.send(heartbeat.receiver, canary_delivery(landing))
            else:
                log.warning("the canary did not come through: waited_s=%d", LOST_AFTER_S)
        await asyncio.sleep(max(LOOK_S, begun_s + heartbeat.every_ms / 1000 - clock()))


def canary_ports(
    outbox: Outbox,
    judges: Callable[[], list[Judge]],
    send: Callable[[str, Delivery], Awaitable[None]],
    landed: Callable[[float], None],
) -> CanaryPorts:
    """Those of a worker that has these judges now."""

    async def put(message: Outgoing) -> None:
        await outbox.deliver([message])

    return CanaryPorts(
        put=put,
        judged_through_ms=lambda: _judged_through_ms(judges()),
        ours=lambda: any(judge.shard == 0 for judge in judges()),
        send=send,
        landed=landed,
    )


def _judged_through_ms(judges: Sequence[Judge]) -> int | None:
    through = [judge.judged_through_ms for judge in judges]
    known = [each for each in through if each is not None]
    return min(known, default=None) if len(known) == len(through) else None


def canary_event(at_s: float) -> Outgoing:
    """An answer that is never counted."""
    identity = f"{NAME}-{round(at_s * 1000)}"
    event = {
        "id": identity, "at": at_s, "channel": NAME, "indicator": "csat", "score": 5, "scale": "1-5",
        "consent": False,
    }  # fmt: skip
    return Outgoing(Stream.FEEDBACK.topic, orjson.dumps(event), identity.encode())


def _landed(born_s: float, ports: CanaryPorts, clock: Callable[[], float]) -> None:
    ports.landed(clock() - born_s)


async def _judged(born_s: float, ports: CanaryPorts, clock: Callable[[], float]) -> bool:
    """Wait until the judges have passed it."""
    while clock() - born_s < LOST_AFTER_S:
        through_ms = ports.judged_through_ms()
        if through_ms is not None and through_ms > born_s * 1000:
            return True
        await asyncio.sleep(LOOK_S)
    return False
