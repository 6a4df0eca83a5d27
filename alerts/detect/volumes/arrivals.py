"""Arrivals: what comes in of each row over a run of panes, for detectors that take many panes at once.

A detector's `step` judges all rows of one pane in arrays, which costs as much for six rows as for six
hundred.  Over a year of records most panes have few rows, and most of them change nothing that anybody hears
of.  So a detector may `coast`: it takes a row's arrivals one after the other up to the first that would begin
or end a breach, and leaves that one to `step`.  What it remembers comes out to the last bit as `step` would
have it.

For example, entries of rows 0 and 4, by row and then by time:

    rows     0    0    4
    end_ms   10 s 40 s 20 s       row 0 has 2 events in the pane that ends at 10 s and 1 in that of 40 s,
    counts   2    1    9          row 4 has 9 in that of 20 s

If row 4's would begin a breach, row 0 is taken through both of its panes, and row 4 stops before its one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from alerts.detect.findings import Flags, Ints

if TYPE_CHECKING:
    from alerts.detect.volumes.lessons import Lessons

NEVER: Final = 2**62


@dataclass(frozen=True)
class Arrivals:
    """Entry i is `counts[i]` of row `rows[i]` in the pane that ends at `end_ms[i]`; no entry is empty.

    Entries are by row, and within a row by time.  `counts` are `(entries,)`, or `(entries, levels)`.
    Nothing else comes in up to `until_ms`, the end of a pane; 0: that is not known.  `lessons` are what
    detectors have found out that they teach a rhythm; they go by them together.
    """

    rows: Ints
    end_ms: Ints
    counts: Ints
    until_ms: int = 0
    lessons: "list[Lessons]" = field(default_factory=list, compare=False)

    @cached_property
    def ends(self) -> list[int]:
        """`end_ms` as plain numbers."""
        found: list[int] = self.end_ms.tolist()
        return found


class ArrivalRun(NamedTuple):
    """A row's arrivals from place `start` up to before `stop`."""

    row: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Underway:
    """How far some runs have come: `reached[i]` is the first place of run i that was not taken."""

    arrivals: Arrivals
    runs: Sequence[ArrivalRun]
    reached: list[int]

    def first_ms(self) -> int:
        """The end of the first pane with something that was not taken; `NEVER`: there is none."""
        ends = self.arrivals.ends
        starts = (start for start, run in zip(self.reached, self.runs, strict=True) if start < run.stop)
        return min((ends[start] for start in starts), default=NEVER)

    def quiet(self, at_ms: int, idle: Flags | None, rows: int) -> Flags:
        """Of so many rows, those of runs that have nothing left up to a pane's end, and the idle ones."""
        found = np.zeros(rows, np.bool_)
        if idle is not None:
            found[: len(idle)] = idle[:rows]
        for run, reached in zip(self.runs, self.reached, strict=True):
            found[run.row] = reached >= run.stop or self.arrivals.ends[reached] > at_ms
        return found


@dataclass(frozen=True, slots=True)
class Coasted:
    """How far a detector got with some runs: the place of the first arrival that it did not take.

    `refused` are the places among them of arrivals that `step` must judge.  Others have not been looked at.
    """

    reached: Sequence[int]
    refused: Sequence[int]
