"""The delivery log: how each notice ended, so that nothing is told twice, and records of groups."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import msgspec

from alerts.delivery.backlog import Delivery
from alerts.delivery.grouping.group_log import GroupRecord
from alerts.delivery.retry_policy import Settled
from alerts.errors import UNREADABLE
from alerts.receivers.answers import Memory
from alerts.transitions import unix_s, utc_text

Short = Annotated[str, msgspec.Meta(max_length=1_000)]
"""Ours have some dozens of characters.  Others may write here too, and thousands are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the delivery log: how a notice to a receiver ended, and when (RFC 3339, UTC).

    `reached` is False where the receiver certainly has not got it; `memory` is what its channel wants back.
    """

    id: Short
    alert: Short
    seq: int
    state: Short
    receiver: Short
    outcome: Short
    reason: Short
    attempts: int
    status: int | None
    at: str
    memory: Memory = ""
    reached: bool = True

    @property
    def told(self) -> bool:
        """Whether the receiver may have heard of it."""
        return self.attempts > 0 and self.reached

    @property
    def at_s(self) -> float:
        """When it ended (Unix time); 0 for what is no time."""
        return unix_s(self.at)


_DECODER: Final = msgspec.json.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """The value of a cx.deliveries record."""
    return msgspec.json.encode(entry)


def decode_entry(value: bytes | None) -> Entry | None:
    """The reverse; None for anything else."""
    try:
        return _DECODER.decode(value or b"")
    except UNREADABLE:
        return None


class DeliveryLog(Protocol):
    """Where settled deliveries are written, by partition of cx.alerts; returns when they are durable."""

    async def history(self, partition: int) -> Iterable[Entry]:
        """Everything that is known of a partition, oldest first."""
        ...

    async def write(self, partition: int, entry: Entry) -> None:
        """Add one entry."""
        ...

    async def put(self, records: Sequence[GroupRecord]) -> None:
        """Add records to the partitions of their groups, in order; `GroupDesk.fold` gets them back."""
        ...

    async def caught_up(self) -> None:
        """Returns when all records of groups that were written before this call have been folded."""
        ...


class Countdown:
    """Calls `at_zero` when `one_less` has been called `count` times."""

    def __init__(self, count: int, at_zero: Callable[[], None]) -> None:
        self._count = count
        self._at_zero = at_zero

    def one_less(self) -> None:
        """One more has finished."""
        self._count -= 1
        if self._count == 0:
            self._at_zero()


def entry_of(receiver: str, delivery: Delivery, settled: Settled, at_s: float) -> Entry:
    """What is written down of a delivery that has ended at `at_s` (Unix time)."""
    news = delivery.notice
    return Entry(
        id=news.id,
        alert=news.alert,
        seq=news.seq,
        state=news.state,
        receiver=receiver,
        outcome=settled.outcome.value,
        reason=settled.reason,
        attempts=delivery.attempts,
        status=delivery.status,
        at=utc_text(int(at_s * 1000)),
        memory=delivery.memory,
        reached=delivery.reached or not delivery.attempts,
    )
