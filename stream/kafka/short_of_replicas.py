"""Partitions that take nothing because too few of their replicas are there: the broker says so, we wait.

Such an answer comes before anything is written, and as long as it comes nothing is wrong with the client, nor
would another one fare better.  So what waits for such a partition does not grow too old: its time is counted
from the last of these answers.  Order is as ever, as a partition's batches leave one after the other.

It relies on private names of aiokafka, so tests hold it to a real cluster.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.errors import (
    NoError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    for_code,
)
from aiokafka.structs import TopicPartition

ERRORS: Final = (NotEnoughReplicasError, NotEnoughReplicasAfterAppendError)
NO_LEADER: Final = -1
LONG_S: Final = 10.0
"""After so long it is told: a broker that restarts is given up, or back, in less."""
RECENT_S: Final = 30.0
"""For how long an answer holds, if no other has come since: one may take 20 seconds."""


@dataclass(slots=True)
class _Wait:
    """One partition: when it was first and last refused, with nothing taken in between."""

    since_s: float
    last_s: float


@dataclass(slots=True)
class ShortOfReplicas:
    """What the broker has said of each partition that is written to."""

    clock: Callable[[], float] = time.monotonic
    _waits: dict[TopicPartition, _Wait] = field(default_factory=dict)

    def heed(self, client: Any) -> None:
        """Learn from what an aiokafka client is answered."""
        send = client.send

        async def told(node: int, request: Any, **options: Any) -> Any:
            answer = await send(node, request, **options)
            if not hasattr(request, "required_acks"):
                return answer
            for topic, partitions in answer.topics:
                for partition, code, *_ in partitions:
                    self.answered(TopicPartition(topic, partition), for_code(code))
            return answer

        client.send = told

    def answered(self, tp: TopicPartition, error: type[Exception]) -> None:
        """Learn what became of a batch.  Other refusals end no wait: a leader may move meanwhile."""
        if issubclass(error, ERRORS):
            self.refused(tp)
        elif error is NoError:
            self._waits.pop(tp, None)

    def refused(self, tp: TopicPartition) -> None:
        """Learn that nothing can be written now."""
        now_s = self.clock()
        self._waits.setdefault(tp, _Wait(now_s, now_s)).last_s = now_s

    def last_s(self, tp: TopicPartition) -> float:
        """When the broker last said so of a partition; 0 if it did not, or has taken something since."""
        wait = self._waits.get(tp)
        return 0.0 if wait is None else wait.last_s

    def why_waiting(self) -> str | None:
        """What takes nothing, and for how long; None when nothing was refused for long."""
        now_s = self.clock()
        waits = sorted(
            (wait.since_s, tp)
            for tp, wait in self._waits.items()
            if now_s - wait.since_s >= LONG_S and now_s - wait.last_s < RECENT_S
        )
        if not waits:
            return None
        (since_s, (topic, partition)), more = waits[0], len(waits) - 1
        others = f" and {more} more partitions" if more else ""
        return (
            f"for {now_s - since_s:.0f} s {topic}/{partition}{others} could not be written to: "
            "fewer replicas are in sync than min.insync.replicas says, or it has no leader"
        )
