"""What is remembered of an import's events to be told: their channels, how long things took, times of day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from stream.importing.cells.columns import Number
from stream.importing.cells.durations import unit_named
from stream.importing.mapping import Event, Shape
from stream.importing.references_seen import ReferencesSeen

LASTING: Final = ("wait_s", "handle_s")
MOST_LENGTHS: Final = 10_000
MOST_CHANNELS: Final = 1_000
"""Lengths of each kind, and channels, that are remembered: the first ones."""
NAMED: Final = ("topic", "stage", "segment", "team", "product", "country", "variant")
MOST_EVENTS: Final = 50_000
"""Events whose values of other dimensions are remembered: the first ones, as this is looked at for all."""
FEW_CLOCKS: Final = 3
"""Different times of day, up to which a log is perhaps one of days alone."""
DAY: Final = len("2026-03-02T")


@dataclass(slots=True, kw_only=True)
class EventsSeen:
    """`channels` counts events; `lengths_s` are by field; `clocks` are times of day.

    `units` are by field the column that is read as seconds though its name says another unit, that unit, and
    how many seconds it has.  `values` are those of the other dimensions, by dimension, of `looked_at` events,
    and `given` counts events with one.  `ahead` are later than `now`, if anybody says when that is.
    """

    channels: Counter[str] = field(default_factory=Counter)
    lengths_s: dict[str, list[float]] = field(default_factory=dict)
    clocks: set[str] = field(default_factory=set)
    units: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    values: dict[str, set[object]] = field(default_factory=dict)
    given: Counter[str] = field(default_factory=Counter)
    looked_at: int = 0
    now: str = ""
    ahead: int = 0
    references: ReferencesSeen = field(default_factory=ReferencesSeen)

    def expect(self, shapes: Sequence[Shape]) -> None:
        """Be told of the shapes whose events will come."""
        sources = [(name, shape.fields[name]) for shape in shapes for name in LASTING if name in shape.fields]
        self.lengths_s = {name: [] for name, _ in sources}
        self.values = {name: set() for name in NAMED if any(name in shape.fields for shape in shapes)}
        for name, source in sources:
            unit = unit_named(source.column) if isinstance(source, Number) and source.factor == 1 else None
            if unit is not None:
                self.units[name] = (source.columns[0], *unit)

    def hear(self, events: Sequence[Event], ats: Sequence[str]) -> None:
        """Some events, and their times."""
        if len(self.channels) < MOST_CHANNELS:
            self.channels.update([str(event["channel"]) for event in events])
        if self.looked_at < MOST_EVENTS:
            self.looked_at += len(events)
            for name, values in self.values.items():
                given = [event[name] for event in events if name in event]
                values.update(given)
                self.given[name] += len(given)
        if self.now and max(ats) > self.now:
            self.ahead += sum(at > self.now for at in ats)
        if len(self.clocks) <= FEW_CLOCKS:
            self.clocks.update(at[DAY:] for at in ats)
        for name, found in self.lengths_s.items():
            if len(found) < MOST_LENGTHS:
                found += [float(str(event[name])) for event in events if name in event]
