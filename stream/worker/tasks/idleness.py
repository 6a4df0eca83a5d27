"""Quiet: for how long each input of a partition has had nothing new while the worker was caught up with it.

Times are seconds of a clock that never goes back.  What is counted is wall time that this process has
watched: after a stop of the process itself it starts again, since nobody looked meanwhile.  Of the time
before its assignment the log itself tells: an input that is read to its end, and whose newest record is old,
has been quiet since that record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from stream.messages.records import Stream

FROZEN_S: Final = 5.0
"""A longer time between two looks means that the process stood still."""
NOTHING_KNOWN: Final[Mapping[Stream, float]] = {}


@dataclass(slots=True)
class _Watch:
    """One input.  `told` is whether judges may believe that it is idle, ourselves or a former owner's."""

    since_s: float | None = None
    log_since_s: float | None = None
    """Since when by its newest record; None when that is not known, or records have come since."""
    told: bool = True


class Quiet:
    """The inputs of one partition, from its assignment on."""

    def __init__(self, streams: Iterable[Stream], after_s: float) -> None:
        self._after_s = after_s
        self._watches = {stream: _Watch() for stream in streams}
        self._looked_s: float | None = None

    def restart(self, log_since_s: Mapping[Stream, float] = NOTHING_KNOWN) -> None:
        """The partition has come or come back; of its silence so far the log says since when it lasts."""
        self._watches = {stream: _Watch(log_since_s=log_since_s.get(stream)) for stream in self._watches}
        self._looked_s = None

    def records(self, stream: Stream) -> bool:
        """Records have come; true when judges must be told that the input is active again."""
        watch = self._watches[stream]
        told, watch.told, watch.since_s, watch.log_since_s = watch.told, False, None, None
        return told

    def look(self, caught_up: Mapping[Stream, bool], now_s: float) -> dict[Stream, int]:
        """Inputs that have been quiet for long enough to say so, and for how many milliseconds."""
        if self._looked_s is not None and now_s - self._looked_s > FROZEN_S:
            for watch in self._watches.values():
                watch.since_s = watch.log_since_s = None
        self._looked_s = now_s
        quiet: dict[Stream, int] = {}
        for stream, watch in self._watches.items():
            if not caught_up[stream]:
                watch.since_s = None
            elif watch.since_s is None:
                watch.since_s = now_s if watch.log_since_s is None else min(now_s, watch.log_since_s)
            elif now_s - watch.since_s >= self._after_s:
                watch.told = True
                quiet[stream] = int((now_s - watch.since_s) * 1000)
        return quiet
