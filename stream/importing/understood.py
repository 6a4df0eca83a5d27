"""What an import took its log for: from when to when, in which zone, on which scales; and what is odd of it.

A date such as 03/04 is one whichever of the two is the month, and a 5 is a level of most scales.  Neither can
be told from a row by itself, but all rows together may look wrong.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from stream.importing.batches.batch import Batch
from stream.importing.batches.event_maker import Placed
from stream.importing.batches.latest_times import times_of
from stream.importing.cells.times import Time
from stream.importing.events_seen import EventsSeen
from stream.importing.mapping import Event, Shape
from stream.indicators.cells import SCALES_OF

MOST_DAYS: Final = 12
"""A number up to this may be a day as well as a month."""
MOST_HOURS: Final = 20_000
MOST_SCORES: Final = 1_000
"""Different texts of scores, and hours, that are remembered to be told."""
HOUR: Final = len("2026-03-02T09")
TIGHTER: Final = 3
"""How many times as long dates reach where days were taken for months, for it to be told."""

Score = tuple[str, str | None, object]
"""Indicator, scale where the row names one, and what was answered."""


@dataclass(slots=True, kw_only=True)
class Understood:
    """Heard of the events of an import.

    `first` and `last` are times of events, without their Z; `rows` counts those that made one.  `scores`
    counts answers, `off_scale` those that were refused as they are no level of their scale.  `scales` are
    those of answers that name none, and `is_ease` tells that the most of CES is the least effort; `options`
    are those of the rules.
    """

    rows: int = 0
    first: str = ""
    last: str = ""
    scores: Counter[Score] = field(default_factory=Counter)
    off_scale: Counter[Score] = field(default_factory=Counter)
    times: Sequence[Time] = ()
    scales: dict[str, str] = field(default_factory=lambda: {name: SCALES_OF[name][0] for name in SCALES_OF})
    is_ease: bool = False
    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    events: EventsSeen = field(default_factory=EventsSeen)
    steps: Mapping[Score, int] = field(default_factory=dict)
    _hours: set[str] = field(default_factory=set)

    def expect(self, shapes: Iterable[Shape]) -> None:
        """Be told of the shapes whose events will come."""
        shapes = tuple(shapes)
        self.events.expect(shapes)
        found = (time for shape in shapes if "at" in shape.fields for time in times_of(shape.fields["at"]))
        self.times = tuple({id(time): time for time in found}.values())

    def declare(self, indicators: Mapping[str, Mapping[str, object]]) -> None:
        """Be told of the options of a rules file."""
        said = {name: options.get("scale") for name, options in indicators.items() if name in self.scales}
        self.scales.update({name: str(scale) for name, scale in said.items() if scale is not None})
        self.options = indicators
        self.is_ease = indicators.get("ces", {}).get("direction") == "ease"

    def hear(self, batch: Batch, placed: Sequence[Placed]) -> None:
        """Events of some rows of a batch, in the order of the rows."""
        if not placed:
            return
        self.events.references.hear(batch, placed)
        self.rows += len({place for place, *_ in placed})
        events = [event for _, _, event, _ in placed]
        ats = [str(event["at"]) for event in events]
        bare = [at.removesuffix("Z") for at in ats]  # as "00.250Z" is less than "00Z", and not earlier
        least, most = min(bare), max(bare)
        self.first, self.last = min(self.first or least, least), max(self.last, most)
        self.events.hear(events, ats)
        if len(self._hours) < MOST_HOURS and any(map(_is_doubtful, self.times)):
            self._hours.update(at[:HOUR] for at in ats)
        if len(self.scores) < MOST_SCORES:
            self.scores.update(_score(event) for event in events if "indicator" in event)

    def hear_off_scale(self, event: Event) -> None:
        """An answer that is no level of its scale."""
        if len(self.off_scale) < MOST_SCORES:
            self.off_scale[_score(event)] += 1

    def never(self) -> Iterator[tuple[datetime, object]]:
        """Times that no clock has shown, and in which zone."""
        for time in self.times:
            yield from time.order.never.items()

    def is_swapped(self) -> bool:
        """Whether days and months were perhaps taken for each other.

        All days are up to the 12th, and the other way round the dates are much nearer to each other.
        """
        days = {hour.date() for hour in self._local_hours()}
        if not any(is_open(time.pattern) for time in self.times):
            return False
        if len(days) < TOLD_FROM or any(day.day > MOST_DAYS for day in days):
            return False
        return _reach(days) > TIGHTER * _reach({date(day.year, day.day, day.month) for day in days})

    def is_of_twelve_hours(self) -> bool:
        """Whether no time of day is before one or after twelve, though nearly all between are there."""
        shown = {hour.hour for hour in self._local_hours()}
        is_whole = all("%H" in time.pattern for time in self.times)
        return is_whole and len(shown) >= HALF_DAY - 1 and shown <= {*range(1, HALF_DAY + 1)}

    def is_of_swapped_years(self) -> bool:
        """Whether years of two digits were perhaps taken for days: the other way round dates are nearer."""
        days = {hour.date() for hour in self._local_hours()}
        if len(days) < TOLD_FROM or not all(
            "%y" in time.pattern and "%d" in time.pattern for time in self.times
        ):
            return False
        try:
            others = {date(MILLENNIUM + day.day, day.month, day.year - MILLENNIUM) for day in days}
        except ValueError:
            return False
        return _reach(days) > TIGHTER * _reach(others)

    def _local_hours(self) -> "list[datetime]":
        """Hours in which something happened, as the log shows them; none where that is not sure."""
        zones = {time.zone for time in self.times}
        if len(zones) != 1 or len(self._hours) >= MOST_HOURS:
            return []
        zone = zones.pop()
        return [
            datetime.fromisoformat(f"{hour}:00").replace(tzinfo=UTC).astimezone(zone) for hour in self._hours
        ]


MILLENNIUM: Final = 2000
HALF_DAY: Final = 12
TOLD_FROM: Final = 2
"""Different dates, of which one alone says nothing."""


def _is_doubtful(time: Time) -> bool:
    """Whether a format may be read in another way: which is the day, or which half of it, is not sure."""
    return is_open(time.pattern) or "%y" in time.pattern or "%H" in time.pattern


def is_open(pattern: str) -> bool:
    """Whether a format has day and month as numbers, so that they may be swapped."""
    return "%d" in pattern and "%m" in pattern and not pattern.startswith(("%Y", "%y"))


def _reach(days: set[date]) -> int:
    return (max(days) - min(days)).days


def _score(event: Event) -> Score:
    scale = event.get("scale")
    return str(event["indicator"]), None if scale is None else str(scale), event.get("score")


def levels(scores: Mapping[Score, int]) -> Mapping[float, int] | None:
    """How often each number was answered; None where some answers are no numbers."""
    found: Counter[float] = Counter()
    for (_, _, score), count in scores.items():
        try:
            found[float(str(score))] += count
        except ValueError:
            return None
    return found
