"""Lumps: hours of the day whose events come all at once; such hours are judged as a whole.

Bets on a rate take it that an hour's events come evenly.  Many do not: a file that is loaded at night,
mentions that are fetched every quarter of an hour, dates without a time, callers who wait for a desk to open.
Then an hour that brings what it always brings is far too much in its first minute, and too little until its
last.

So of each hour that is over it is found out whether its course alone would have raised an alarm, had the
bound been what the hour itself brought.  Where that was so on several days, the hour of the day comes in
lumps: events are held, and bet on once for all of the hour when it is over.  A surge need not wait for that,
it is told as soon as there is more than the whole hour may bring.

For example, sixty e-mails come at 02:00 every night, and 65 are allowed in that hour.  From the third night
on they are held against the 65, not against the one that is allowed in a minute; 200 are told at once.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.opening_hours import Stretch
from alerts.detect.volumes.volume_bets import VolumeBets
from alerts.detect.volumes.weekly_profile import WeeklyProfile
from alerts.rules import HOUR_MS, MINUTE_MS

PARTS: Final = 60
"""Parts of an hour in which events are counted, at most."""
COLUMNS: Final = {
    "held": MemoryColumn(np.int64),  # events that wait for the end of the hour
    "parts": MemoryColumn(np.int32, 0, PARTS),  # events in the parts of the current stretch
    "lumps": MemoryColumn(np.float64, 0, 24),  # how many of the last days came in lumps at each hour; fades
}
KEPT: Final = 0.85
"""What is left of a day when the next one is told: some twelve days count."""
LUMPY: Final = 1.5
"""Days from which an hour comes in lumps: not from a single one, as of an outage or a real surge."""
NEAR: Final = 2.5
"""By how much less than an alarm's evidence lumps are told, as a logarithm: bounds may lie closer in."""


class Lumps:
    """What is known of the hours of one rule; a row per scope.

    The table has `COLUMNS`, `last_ms` and `fired`.  `breaches` says that those of rows in a breach are judged
    as a whole, too.
    """

    def __init__(
        self, table: Table, rhythm: WeeklyProfile, stakes: VolumeBets, pane_ms: int, *, breaches: bool
    ) -> None:
        self._table: Final = table
        self._breaches: Final = breaches
        self._rhythm: Final = rhythm
        self._stakes: Final = stakes
        self._part_ms: Final = max(pane_ms, MINUTE_MS)
        self._noted = True  # until it is known that nothing is

    def whole(self, rows: Ints) -> Flags:
        """Which rows' current hours are judged as a whole."""
        return self._whole(rows, self._table["lumps"][rows, self._rhythm.stretch.hour % 24])

    def whole_in(self, stretches: Sequence[Stretch], rows: Ints) -> Flags:
        """The same of some stretches, `(stretches, rows)`, if nothing is learned meanwhile."""
        return self._whole(rows, self._table["lumps"][rows][:, [each.hour % 24 for each in stretches]].T)

    def _whole(self, rows: Ints, lumps: Floats) -> Flags:
        found: Flags = (lumps >= LUMPY) & (self._table["last_ms"][rows] > 0)
        return found if self._breaches else found & ~self._table["fired"][rows]

    def waits(self) -> bool:
        """Whether there is something to learn, or to bet on, when this stretch is over."""
        if not self._noted:
            return False
        size = self._table.rows
        events = self._table["parts"][:size].sum(axis=1)
        return bool(self._tell(events).any() or self._table["held"][:size].any())

    def note(self, rows: Ints, start_ms: int | Ints, counts: Ints) -> None:
        """Events of panes that start at `start_ms`, one for all or by entry, in this stretch."""
        part = np.minimum((start_ms - self._rhythm.stretch.start_ms) // self._part_ms, PARTS - 1)
        np.add.at(self._table["parts"], (rows, part), counts)
        self._noted = True

    def learn(self, stretch: Stretch) -> None:
        """A stretch is over: find out where its course alone would have raised an alarm."""
        if not self._noted:
            return
        self._noted = False
        parts, lumps = self._table["parts"][: self._table.rows], self._table["lumps"]
        rows = np.flatnonzero(self._tell(parts.sum(axis=1)))
        if len(rows) and stretch.open:
            many = -(-(stretch.end_ms - stretch.start_ms) // self._part_ms)
            lumpy = self._lumpy(parts[rows, :many].astype(np.float64))
            lumps[rows, stretch.hour % 24] = lumps[rows, stretch.hour % 24] * KEPT + lumpy
        parts[:] = 0

    def _alarm(self, events: Floats | Ints) -> Floats:
        """The evidence at which an hour with so many events comes in lumps, as a logarithm."""
        found: Floats = np.log(np.maximum(events * (self._stakes.budget_ms / HOUR_MS), 1)) - NEAR
        return found

    def _tell(self, events: Ints) -> Flags:
        """Of how many events it can be told at all."""
        found: Flags = (events > 0) & (events * self._stakes.greatest_gain >= self._alarm(events))
        return found

    def _lumpy(self, counts: Floats) -> Flags:
        """Whether the course of each of some hours would have raised an alarm; `counts` are `(rows, parts)`.

        By the mean of the parts, what speaks most for each bet over a run of them is how far a running sum
        rises above the least one before.
        """
        events, (log_rates, against) = counts.sum(axis=1), self._stakes.gains
        steps = counts[:, None] * log_rates[:, None]
        steps += (events[:, None] / counts.shape[1] * against)[:, :, None]
        sums = np.zeros((*steps.shape[:2], steps.shape[2] + 1))
        np.add.accumulate(steps, axis=2, out=sums[:, :, 1:])
        most = (sums - np.minimum.accumulate(sums, axis=2)).max(axis=(1, 2))
        found: Flags = most >= self._alarm(events)
        return found
