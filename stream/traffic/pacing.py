"""Paces generated traffic: which messages are due, when event time runs faster than life."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from alerts.rules import DAY_MS, HOUR_MS, SECOND_MS
from stream.traffic.generator import Message

PAST_DAYS: Final = 28
"""How long ago faster traffic starts (whole weeks, so that it is the same weekday)."""
DAWN_MS: Final = 6 * HOUR_MS
"""Faster traffic starts at 06:00 UTC, before the day's business."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Event time starts at `start_ms` when the wall shows `wall_ms` and runs `speed` times as fast.

    It never overtakes the wall: events that are ahead of their records would be refused.
    """

    start_ms: int
    wall_ms: int
    speed: float

    def event_ms(self, wall_ms: int) -> int:
        """Event time when the wall shows `wall_ms`."""
        return min(self.start_ms + int((wall_ms - self.wall_ms) * self.speed), wall_ms)


def start_for(now_ms: int, speed: float, seconds: float | None) -> int:
    """Where event time starts: now at the pace of life, else so far back that `seconds` fit in between."""
    if speed <= 1:
        return now_ms
    back_ms = max(PAST_DAYS * DAY_MS, int((seconds or 0) * speed * SECOND_MS))
    return (now_ms - back_ms) // DAY_MS * DAY_MS - DAY_MS + DAWN_MS


class Due:
    """Hands out messages in order, no earlier than they are due."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages: Iterator[Message] = iter(messages)
        self._next: Message | None = next(self._messages, None)

    @property
    def ended(self) -> bool:
        """Whether there are no more messages."""
        return self._next is None

    def until(self, event_ms: int, most: int) -> list[Message]:
        """The messages due by `event_ms` that were not handed out yet, `most` of them at once."""
        due: list[Message] = []
        while self._next is not None and self._next.due_ms <= event_ms and len(due) < most:
            due.append(self._next)
            self._next = next(self._messages, None)
        return due
