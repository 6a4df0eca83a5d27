"""Lessons: what a run of stretches teaches a rhythm, known beforehand because it is known what comes in.

What a rhythm learns depends on what comes in and on nothing else: no alert changes it.  So for a block of
panes it is learned once, and every rule with the same rhythm (a surge and a silence rule on the same volume)
goes through the block with what was found, whatever its alerts do meanwhile.

An example: a surge and a silence rule watch calls, and 24 hours are looked at.  For the surge rule the 24
hours are learned on a copy of its rhythm, and the week and the bounds after each are written down.  The
silence rule's rhythm stands where that copy began, to the last bit, so it follows the same lessons.  A rule
that was added yesterday stands elsewhere, and has lessons of its own.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.opening_hours import Calendar, Stretch
from alerts.detect.volumes.arrivals import NEVER, Arrivals
from alerts.detect.volumes.quiet_hours import LEAST_QUIET, Bounds, QuietHours

MOST_LESSONS: Final = 100_000
"""Stretches times rows up to which there is room for what they teach."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes in, `(stretches, rows)`, and the start of the first pane with it.

    Stretches follow each other; of the first it is what is still to come.  `heard` is what counts of it: in
    closed stretches nobody does.
    """

    stretches: Sequence[Stretch]
    ends_ms: Sequence[int]
    counts: Ints
    heard: Floats
    first_ms: Ints

    @classmethod
    def of(cls, arrivals: Arrivals, pane_ms: int, rhythm: tuple[Calendar, Stretch, int]) -> "Coming | None":
        """Of the stretches from the current one on that are over when the arrivals' time is.

        `rhythm` has its calendar, the current stretch and rows below a number.  None where stretches are too
        few or too many to be worth it.
        """
        calendar, stretch, rows = rhythm
        until_ms, stretches = arrivals.until_ms, []
        while -(-stretch.end_ms // pane_ms) * pane_ms <= until_ms:
            stretches.append(stretch)
            stretch = calendar.stretch(stretch.end_ms)
        if len(stretches) < LEAST_QUIET or not 0 < len(stretches) * rows <= MOST_LESSONS:
            return None
        start_ms = arrivals.end_ms - pane_ms
        ends_ms = [each.end_ms for each in stretches]
        place = np.searchsorted(np.array(ends_ms), start_ms, "right")
        over = place < len(stretches)
        at = place[over], arrivals.rows[over]
        counts = np.zeros((len(stretches), rows), np.int64)
        first_ms = np.full(counts.shape, NEVER)
        np.add.at(counts, at, arrivals.counts[over])
        np.minimum.at(first_ms, at, start_ms[over])
        heard = np.where([[each.open] for each in stretches], counts, 0).astype(np.float64)
        return cls(stretches, ends_ms, counts, heard, first_ms)

    def events(self, stretches: Sequence[Stretch]) -> Floats:
        """How many come in in some of the stretches, one after the other; in closed ones nobody counts."""
        found = np.zeros((len(stretches), self.counts.shape[1]))
        first = bisect_right(self.ends_ms, stretches[0].start_ms) if stretches else 0
        known = self.stretches[first : first + len(stretches)]
        if known == stretches[: len(known)]:
            found[: len(known)] = self.heard[first : first + len(known)]
            return found
        for place, (of, mine) in enumerate(zip(stretches, known, strict=False)):
            if of == mine:
                found[place] = self.heard[first + place]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """Stretches one after the other, and what holds of the rows in each: `(stretches, rows)`.

    What is `before` a stretch and what its `bounds` are has one entry more than stretches are over.  `came`
    is what came in in a stretch, and `since_ms` from when on rows are learned as it ends; `left` what is kept
    of its hour of the week (see `teaching.HourOfWeek`); `strays` the rows that are learned anew from its end
    on.  `began` is the memory with which the first one began.
    """

    stretches: Sequence[Stretch]
    began: Mapping[str, NDArray[Any]]
    before: Mapping[str, NDArray[Any]]
    bounds: Bounds
    came: Ints
    since_ms: Ints
    left: Mapping[str, NDArray[Any]]
    strays: Sequence[Ints]

    def begin_with(self, stretch: Stretch, memory: Mapping[str, NDArray[Any]], bounds: Bounds) -> bool:
        """Whether a rhythm stands, to the last bit, where these lessons begin."""
        return (
            stretch == self.stretches[0]
            and all(np.array_equal(memory[name], self.began[name]) for name in self.began)
            and all(np.array_equal(mine, of[0]) for mine, of in zip(bounds, self.bounds, strict=True))
        )

    def quiet_hours(self, first: int, before_ms: int) -> QuietHours | None:
        """The stretches from a place on, of which all but the last are over before a time.

        Nothing comes in from now to that time.  None where there are too few to be worth it.
        """
        stop = first
        while stop < len(self.came) and self.stretches[stop].end_ms < before_ms:
            stop += 1
        busy = np.flatnonzero(self.came[first + 1 : stop].any(axis=1))
        stop = first + 1 + int(busy[0]) if len(busy) else stop
        if stop + 1 - first < LEAST_QUIET:
            return None
        part = slice(first, stop + 1)
        return QuietHours(
            self.stretches[part],
            Bounds(*(each[part] for each in self.bounds)),
            self.before["level"][part],
            self.left["counts"][part],
            self.left["hours"][part],
            self.came[part],
        )


class Course:
    """Lessons, and how far a rhythm has come with them: `at` is the place of its current stretch."""

    def __init__(self, lessons: Lessons) -> None:
        self.lessons: Final = lessons
        self.at = 0

    def holds(self, stretch: Stretch, table: Table) -> bool:
        """Whether the current stretch is the one known beforehand, and brought what was known."""
        of, at, rows = self.lessons, self.at, table.rows
        return (
            at < len(of.came)
            and of.stretches[at] == stretch
            and np.array_equal(table["now"][:rows], of.came[at])
            and np.array_equal(table["since_ms"][:rows], of.since_ms[at])
        )

    def go(self, turns: int, table: Table) -> tuple[Stretch, Bounds]:
        """Write into a rhythm's memory what so many stretches leave there; the next one, and its bounds."""
        of, rows = self.lessons, table.rows
        for place in range(self.at, self.at + turns):
            hour, strays = of.stretches[place].hour, of.strays[place]
            for name, left in of.left.items():
                if len(strays):
                    table[name][strays] = 0
                table[name][:rows, hour] = left[place]
        self.at += turns
        for name, before in of.before.items():
            table[name][:rows] = before[self.at]
        stretch = of.stretches[self.at]
        table["now"][:] = 0
        table["stretch_ms"][:rows] = stretch.start_ms
        return stretch, Bounds(*(part[self.at] for part in of.bounds))
