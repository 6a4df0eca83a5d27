"""Processors: intake and judge as a task drives them, records in and messages out.

State and messages are functions of the records below the next offsets.  `feed` only moves the state, for
records whose messages are known to have left before; `work` says also what must leave now.  Both may leave
something undone, so that others have the event loop: `rest` does it, before more is fed or a copy is made.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from stream.kafka.outbox import Outgoing
from stream.kafka.reader import Records


def _nothing(_now_s: float) -> None:
    """Nobody waits for word of these messages."""


@dataclass(frozen=True, slots=True)
class Work:
    """What leaves because of a batch, and who wants to know when it has (Unix seconds).

    `messages` are gone through once, as they leave.
    """

    messages: Iterable[Outgoing]
    on_durable: Callable[[float], None] = field(default=_nothing)


class Processor(Protocol):
    """What a task drives."""

    def next_offsets(self) -> dict[str, int]:
        """The next offset to be fed, per input topic."""
        ...

    def feed(self, topic: str, records: Records) -> None:
        """Move the state on; records below the next offset change nothing."""
        ...

    def work(self, topic: str, records: Records) -> Work:
        """Move the state on, and say what must leave."""
        ...

    def rest(self) -> Iterator[Work]:
        """Do what is left of what was fed, a step at a time."""
        ...

    def snapshot(self) -> list[bytes]:
        """The state as it is now."""
        ...
