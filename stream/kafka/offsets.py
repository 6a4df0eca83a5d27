"""Slots: one per fetched batch, in fetch order, so that a group commits only what is finished.

A partition's slots form a queue.  Its commit is the end of the leading run of finished slots: a batch
that finishes early waits for those before it, and nothing is inferred from offsets that were never seen
(compaction and transaction markers leave holes).  The queue also bounds how much a partition may have in
work, and keeps a partition shut until whoever owns its state says that the state is there.
"""

from collections import deque
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class TP(NamedTuple):
    """A topic's partition; equal to Faust's and aiokafka's own tuples of the two."""

    topic: str
    partition: int


UNKNOWN_RULES: Final = ""
"""What a commit was made for that nobody has read."""

SHORT_LOOKS: Final = 3
LONG_LOOKS: Final = 60
"""Answers in a row by which a topic is shorter than what was read of it, before that is believed."""


class Committed(NamedTuple):
    """What a group has committed of a partition."""

    offset: int
    """0 when nothing is."""
    made_for: str
    """What was in force when it was committed: the fingerprint of rules and program."""


class Replicas(NamedTuple):
    """How many replicas of a partition have all that was written, and how many there are.

    A leader tells of no more than enough of them have: a new one that waits for others to come back, with
    fewer than `min.insync.replicas`, knows of an end before what was read from the old one, and nothing is
    lost all the same.
    """

    in_sync: int = 1
    all: int = 1

    def end_is_sure(self, looks: int) -> bool:
        """Whether a log is as short as its leader has said in so many looks.

        With all replicas it is, after a moment; with some, where that stays so; with the leader alone never.
        """
        if self.in_sync >= self.all:
            return looks >= SHORT_LOOKS
        return self.in_sync > 1 and looks >= LONG_LOOKS


@dataclass(slots=True, eq=False)
class Slot:
    """A batch in work.  Finishing one that its partition has forgotten has no effect."""

    last: int
    """Offset of the batch's last record."""
    since_s: float
    """When it was handed out, on the caller's clock."""
    finished: bool = False
    _on_finish: Callable[[], None] = field(default=lambda: None, repr=False)

    def finish(self) -> None:
        """Everything that the batch caused is durable: it may be committed."""
        self.finished = True
        self._on_finish()


@dataclass(slots=True)
class _Queue:
    """One partition: what is in work, how far all is finished, and how far that is committed."""

    slots: deque[Slot] = field(default_factory=deque)
    reached: int | None = None
    committed: int | None = None
    shut: bool = True

    def settle(self) -> None:
        """Move `reached` over the leading finished slots."""
        while self.slots and self.slots[0].finished:
            self.reached = self.slots.popleft().last + 1


class OffsetTracker:
    """The slots of every assigned partition.

    `most` says how many batches a partition of a topic may have in work.  `on_room` is called when a
    partition may have room that it had not before.
    """

    def __init__(self, most: Callable[[str], int]) -> None:
        self._most = most
        self.on_room: Callable[[], None] = lambda: None
        self._queues: dict[TP, _Queue] = {}

    def assign(self, tps: Iterable[TP]) -> None:
        """These partitions are ours, and no others; all shut, nothing in work."""
        self._queues = {TP(*tp): _Queue() for tp in tps}

    def assigned(self) -> list[TP]:
        """The partitions that are ours."""
        return list(self._queues)

    def open(self, tp: TP) -> None:
        """The partition's state is ready for records."""
        if tp in self._queues:
            self._queues[tp].shut = False
            self.on_room()

    def shut(self, tps: Iterable[TP]) -> None:
        """No more records of these partitions until they are opened."""
        for tp in tps:
            if tp in self._queues:
                self._queues[tp].shut = True

    def is_open(self, tp: TP) -> bool:
        """Whether the partition is ours and ready."""
        queue = self._queues.get(tp)
        return queue is not None and not queue.shut

    def has_room(self, tp: TP) -> bool:
        """Whether another batch of the partition may be fetched."""
        queue = self._queues.get(tp)
        return queue is not None and not queue.shut and len(queue.slots) < self._most(tp.topic)

    def put(self, tp: TP, last: int, now_s: float) -> Slot | None:
        """A slot for a batch that ends with offset `last`; None when the partition takes none."""
        queue = self._queues.get(tp)
        if queue is None or queue.shut:
            return None
        slot = Slot(last, now_s, _on_finish=self._finished(queue))
        queue.slots.append(slot)
        return slot

    def _finished(self, queue: _Queue) -> Callable[[], None]:
        def settle() -> None:
            queue.settle()
            self.on_room()

        return settle

    def forget(self, tps: Iterable[TP]) -> None:
        """The partitions will be read again from what is committed: what is in work there is void."""
        for tp in tps:
            if tp in self._queues:
                self._queues[tp] = _Queue(shut=self._queues[tp].shut)

    def committable(self) -> dict[TP, int]:
        """The offsets that may be committed, and have not been."""
        return {
            tp: queue.reached
            for tp, queue in self._queues.items()
            if queue.reached is not None and (queue.committed is None or queue.reached > queue.committed)
        }

    def committed(self, offsets: Iterable[tuple[TP, int]]) -> None:
        """These were taken by the broker."""
        for tp, offset in offsets:
            if tp in self._queues:
                self._queues[tp].committed = offset

    def reached(self, tp: TP) -> int | None:
        """The offset that everything before is finished; None before the first batch is."""
        queue = self._queues.get(tp)
        return queue.reached if queue is not None else None

    def total(self) -> int:
        """Changes whenever a commit does."""
        return sum(queue.committed or 0 for queue in self._queues.values())

    def in_work(self, tp: TP) -> int:
        """Batches of the partition that are not finished, or wait for one before them."""
        queue = self._queues.get(tp)
        return len(queue.slots) if queue is not None else 0

    def oldest_s(self, topics: Container[str]) -> float | None:
        """When the oldest batch of some topics that is in work was handed out; None when there is none."""
        oldest = (q.slots[0].since_s for tp, q in self._queues.items() if tp.topic in topics and q.slots)
        return min(oldest, default=None)
