"""What the watchdog is told: what is left to do, and whether any of it gets done."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from stream.kafka.offsets import TP, OffsetTracker
from stream.worker.commit_watch import CommitWatch
from stream.worker.sending_watch import SendingWatch
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
    short: str | None = None
    held_up: bool = False
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
        sending = SendingWatch(lambda: self.short)
        commits = CommitWatch(self.slots)
        return Duty(
            assignment=parts, slots=self.slots, group=parts, fetch=parts, commits=commits, sending=sending
        )


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


def test_while_replicas_are_missing_nothing_is_left_to_do() -> None:
    """A worker that starts anew could write no more than this one."""
    assert not Parts(short="for 12 s cx.tallies/0 could not be written to", work=True).view().left()
    assert not Parts(held_up=True, work=True).view().left()


def test_messages_that_wait_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """And so is that they are taken again."""
    caplog.set_level("INFO")
    parts = Parts()
    watch = parts.view().sending
    for parts.short in (None, "for 12 s", "for 13 s", None, None):
        watch.look()
    assert caplog.messages == ["for 12 s; waiting", "what waited for replicas is taken again"]


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
