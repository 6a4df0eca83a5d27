"""What is remembered of an import's events to be told: their channels, how long things took, times of day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from stream.importing.mapping import Event, Shape

LASTING: Final = ("wait_s", "handle_s")
MOST_LENGTHS: Final = 10_000
MOST_CHANNELS: Final = 1_000
"""Lengths of each kind, and channels, that are remembered: the first ones."""
FEW_CLOCKS: Final = 3
"""Different times of day, up to which a log is perhaps one of days alone."""
DAY: Final = len("2026-03-02T")


@dataclass(slots=True)
class EventsSeen:
    """`channels` counts events; `lengths_s` are by field; `clocks` are times of day."""

    channels: Counter[str] = field(default_factory=Counter)
    lengths_s: dict[str, list[float]] = field(default_factory=dict)
    clocks: set[str] = field(default_factory=set)

    def expect(self, shapes: Sequence[Shape]) -> None:
        """Be told of the shapes whose events will come."""
        self.lengths_s = {name: [] for name in LASTING if any(name in shape.fields for shape in shapes)}

    def hear(self, events: Sequence[Event], ats: Sequence[str]) -> None:
        """Some events, and their times."""
        if len(self.channels) < MOST_CHANNELS:
            self.channels.update([str(event["channel"]) for event in events])
        if len(self.clocks) <= FEW_CLOCKS:
            self.clocks.update(at[DAY:] for at in ats)
        for name, found in self.lengths_s.items():
            if len(found) < MOST_LENGTHS:
                found += [float(str(event[name])) for event in events if name in event]
