"""What the watchdog is told: what is left to do, and whether any of it gets done."""

from dataclasses import dataclass, field
from typing import Any

from stream.kafka.offsets import TP, OffsetTracker
from stream.worker.commit_watch import CommitWatch
from stream.worker.supervising import Duty

TALLIES = TP("cx.tallies", 0)


@dataclass
class Parts:
    """As much of assignment, group and fetch watch as is asked."""

    answered: bool = True
    work: bool = False
    stuck: frozenset[TP] = frozenset()
    waits_for: str | None = None
    records: int = 0
    slots: OffsetTracker = field(default_factory=lambda: OffsetTracker(lambda _: 4))

    def has_work(self, topics: Any) -> bool:
        """As the assignment says."""
        return self.work and "cx.tallies" in topics

    def fed(self) -> int:
        """So many records."""
        return self.records

    def view(self) -> Duty:
        """All of it."""
        parts: Any = self
        return Duty(parts, self.slots, parts, parts, CommitWatch(self.slots))


def test_what_is_left_to_do() -> None:
    """Records to fetch, batches in work, partitions of which others hear: nothing else."""
    parts = Parts()
    assert not parts.view().left()
    assert Parts(work=True).view().left()
    assert Parts(stuck=frozenset([TALLIES])).view().left()
    parts.slots.assign([TALLIES])
    parts.slots.open(TALLIES)
    parts.slots.put(TALLIES, 4, 0.0)
    assert parts.view().left()


def test_while_no_broker_answers_nothing_is_left_to_do() -> None:
    """Everything waits for it then, and another worker would do the same."""
    assert not Parts(answered=False, work=True, stuck=frozenset([TALLIES])).view().left()


def test_what_is_done_of_others_does_not_count_for_what_is_stuck() -> None:
    """One connection hangs, those to other brokers do not."""
    parts = Parts()
    before = parts.view().done()
    parts.records = 7
    assert parts.view().done() != before
    parts.stuck = frozenset([TALLIES])
    before = parts.view().done()
    parts.records = 9
    assert parts.view().done() == before
