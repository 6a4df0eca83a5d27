"""Coasting along a rhythm: many rows' arrivals in one stretch, and stretches in which nothing comes in.

What is reckoned beforehand, in arrays, is gone through by `volume_steps`.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.memory import Table
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals
from alerts.detect.volumes.lumps import Lumps
from alerts.detect.volumes.quiet_hours import ends_ms
from alerts.detect.volumes.volume_bets import MOST, VolumeBets
from alerts.detect.volumes.volume_steps import (
    RECOVERY,
    GaugeStep,
    VolumeStanding,
    VolumeSteps,
    coast,
    follow,
    follow_quiet,
)
from alerts.detect.volumes.weekly_profile import WeeklyProfile
from alerts.rules import DAY_MS, HOUR_MS

LEAST_ODDS: Final = 50.0


@dataclass(frozen=True, slots=True)
class Side:
    """Which way volumes go wrong.  `rates` are what is bet on, in multiples of the rhythm's bound.

    `likely` is the rate that tells when a breach began, and that its end is weighed against.
    """

    too_low: bool
    rates: tuple[float, ...]
    weights: tuple[float, ...]
    likely: float


class VolumeRun:
    """Coasts over the memory of one rule."""

    def __init__(
        self, table: Table, rhythm: WeeklyProfile, stakes: VolumeBets, side: Side, pane_ms: int
    ) -> None:
        # The quiet after a file or a fetch does not end a surge; what comes in does end a silence.
        self.lumps: Final = Lumps(table, rhythm, stakes, pane_ms, breaches=not side.too_low)
        self._table: Final = table
        self._rhythm: Final = rhythm
        self._stakes: Final = stakes
        self._side: Final = side
        self._pane_ms: Final = pane_ms

    def bound(self, rows: Ints) -> Floats:
        """Events per millisecond that are still all right; 0 where nothing is judged."""
        return self._bound_of(self._rhythm.low[rows], self._rhythm.high[rows])

    def back(self, rows: Ints) -> Floats:
        """Log odds, for the bound against what breaches are likely to be, at which those of rows are over.

        While a breach lasts, chance speaks for its end once in about as many events as the odds say.  So they
        are as many as the bound allows in a day, and fifty to one at least: where much comes in that takes a
        minute more, and a breach of hours is not told as over again and again.
        """
        odds: Floats = np.log(np.maximum(self.bound(rows) * DAY_MS, LEAST_ODDS))
        return odds

    def _bound_of(self, low: Floats, high: Floats) -> Floats:
        return low if self._side.too_low else np.where(np.isfinite(high), high, 0)

    def quiet_step(self, allowed: float, expected: float, end_ms: int) -> GaugeStep:
        """What a time in which nothing comes in is to the gauges."""
        return (1 - self._side.likely) * allowed, 0, allowed, expected, end_ms

    def hold(self, rows: Ints, counts: Ints) -> None:
        """Keep events for the end of their hour; what is too much for all of it is accounted for now."""
        self._table["held"][rows] += counts
        alarm = self._too_much(rows, self._table["held"][rows])
        if alarm.any():
            self.take_whole(rows[alarm])

    def take_whole(self, rows: Ints) -> None:
        """Bet on what rows hold for all of the stretch, and account for the time up to its end."""
        table, bound, held = self._table, self.bound(rows), self._table["held"][rows]
        last, fired, end_ms = table["last_ms"][rows], table["fired"][rows], self._rhythm.stretch.end_ms
        passed = np.maximum(end_ms - last, 0)
        watched = table["gauges"][rows], table["lately"][rows]
        came = held if self._side.too_low else np.where(bound > 0, held, 0)
        seen = bound * passed, self._rhythm.mean[rows] * passed, came
        table["wealth"][rows] = np.where(
            fired[:, None], table["wealth"][rows], self._whole_wealth(rows, held)
        )
        table["last_ms"][rows] = ends_ms = np.maximum(last, end_ms)
        follow(self._side.likely, watched, fired, ends_ms, seen)
        table["gauges"][rows], table["lately"][rows] = watched
        table["held"][rows] = 0

    def _too_much(self, rows: Ints, held: Ints) -> Flags:
        """Whether what rows hold raises the alarm even if nothing more comes in in the stretch."""
        if self._side.too_low:
            return np.zeros(len(rows), np.bool_)
        enough = self._stakes.evidence(self._whole_wealth(rows, held)) >= 1
        found: Flags = enough & ~self._table["fired"][rows]
        return found

    def _whole_wealth(self, rows: Ints, held: Ints) -> Floats:
        """The wealth of rows at the end of the stretch, if nothing more comes in than they hold."""
        bound, wealth = self.bound(rows), self._table["wealth"][rows]
        passed = np.maximum(self._rhythm.stretch.end_ms - self._table["last_ms"][rows], 0)
        grown, added = self._stakes.whole_steps(bound, passed, held)
        after: Floats = np.where(bound[:, None] > 0, np.minimum(wealth * grown + added, MOST), wealth)
        return after

    def skip_quiet(self, before_ms: int) -> int:
        """Take stretches that end before a time, in which nothing comes in; how many were taken.

        Ends before one in which quiet alone would raise an alarm.
        """
        if before_ms <= self._rhythm.stretch.end_ms + HOUR_MS or self.lumps.waits():
            return 0
        quiet = self._rhythm.quiet_hours(before_ms)
        if quiet is None or len(quiet.stretches) == 1:
            return 0
        table, rows = self._table, self._table.rows
        last_ms, fired = table["last_ms"][:rows], table["fired"][:rows]
        watched = table["gauges"][:rows], table["lately"][:rows]
        ends = ends_ms(quiet.stretches)
        from_ms = np.where(last_ms > 0, np.maximum(last_ms, np.roll(ends, 1, axis=0)), 0)
        from_ms[0] = last_ms
        passed = np.where(last_ms > 0, np.maximum(ends - from_ms, 0), 0)
        if not passed.any(axis=1).all():
            return 0
        bound = self._bound_of(quiet.bounds.low, quiet.bounds.high)
        whole = self.lumps.whole_in(quiet.stretches, np.arange(rows))
        wealth = self._through_quiet(bound, passed, whole)
        turns = len(ends) - 1
        if self._side.too_low:
            turns = min(turns, self._alarm_free(ends, np.where(whole, 0, bound), wealth))
        if turns:
            allowed, expected = bound * passed, quiet.bounds.mean * passed
            seen = (1 - self._side.likely) * allowed[:turns], allowed[:turns], expected[:turns]
            follow_quiet(watched, fired | (last_ms == 0), np.maximum(ends[:turns], last_ms), seen)
            table["wealth"][:rows] = wealth[turns]
            last_ms[:] = np.where(last_ms > 0, np.maximum(last_ms, ends[turns - 1]), 0)
            self.lumps.learn(quiet.stretches[0])
            self._rhythm.skip(quiet, turns)
        return turns

    def _through_quiet(self, bound: Floats, passed: Ints, whole: Flags) -> Floats:
        """Wealth before each of some stretches of quiet, `(stretches, rows, bets)`."""
        rows, each = bound.shape[1], (bound.reshape(-1), passed.reshape(-1))
        grown, added = self._stakes.quiet_steps(*each)
        if whole.any():
            alike = zip((grown, added), self._stakes.whole_steps(*each, 0), strict=True)
            grown, added = (np.where(whole.reshape(-1, 1), other, part) for part, other in alike)
        grown, added = (part.reshape(*bound.shape, -1) for part in (grown, added))
        staked = ((bound > 0) & ~self._table["fired"][:rows])[:, :, None]
        grown, added = np.where(staked, grown, 1), np.where(staked, added, 0)
        wealth = np.zeros(grown.shape)
        wealth[0] = self._table["wealth"][:rows]
        for place in range(len(wealth) - 1):
            wealth[place + 1] = np.minimum(wealth[place] * grown[place] + added[place], MOST)
        return wealth

    def _alarm_free(self, ends: Ints, bound: Floats, wealth: Floats) -> int:
        """How many stretches of quiet pass before one in which more of it would raise the alarm."""
        rows = bound.shape[1]
        first = ends[:-1] // self._pane_ms
        panes = np.maximum(-(-ends[1:] // self._pane_ms) - first, 0)
        time_ms = np.broadcast_to((first + panes) * self._pane_ms - ends[:-1], bound[1:].shape).reshape(-1)
        after = self._stakes.quiet(wealth[1:].reshape(len(time_ms), -1), bound[1:].reshape(-1), time_ms)
        alarm = (self._stakes.evidence(after) >= 1).reshape(-1, rows) & (panes > 0)
        alarm &= ~self._table["fired"][:rows] & (self._table["last_ms"][:rows] > 0)
        some = np.flatnonzero(alarm.any(axis=1))
        return int(some[0]) if len(some) else len(alarm)

    def through_stretch(
        self, arrivals: Arrivals, runs: Sequence[ArrivalRun], reached: list[int]
    ) -> list[int]:
        """Take the arrivals of the current stretch, and step on `reached`; those that are refused."""
        last_ms = self._rhythm.stretch.end_ms + self._pane_ms - 1  # of panes that start in the stretch
        ends_ms, checks_ms = arrivals.ends, self._table["check_ms"]
        some: list[tuple[int, ArrivalRun]] = []
        for number, (row, _, end) in enumerate(runs):
            start = reached[number]
            if start < end and ends_ms[start] <= last_ms:
                stop = bisect_right(ends_ms, min(last_ms, checks_ms.item(row) - 1), start, end)
                if start < stop:
                    some.append((number, ArrivalRun(row, start, stop)))
        return self._through(arrivals, some, reached) if some else []

    def _through(
        self, arrivals: Arrivals, some: Sequence[tuple[int, ArrivalRun]], reached: list[int]
    ) -> list[int]:
        """Take some runs, each with its place in `reached`, which are all of the current stretch."""
        runs = [run for _, run in some]
        whole = self.lumps.whole(np.array([run.row for run in runs])).tolist()
        plain = [run for run, held in zip(runs, whole, strict=True) if not held]
        coasted = iter(self._coasted_up_to(arrivals, plain))
        refused: list[int] = []
        taken: list[ArrivalRun] = []
        for (number, run), held in zip(some, whole, strict=True):
            reached[number] = end = self._held_up_to(arrivals, run) if held else next(coasted)
            if end > run.start:
                taken.append(run._replace(stop=end))
            if end < run.stop:
                refused.append(end)
        self._note(arrivals, taken)
        return refused

    def _coasted_up_to(self, arrivals: Arrivals, runs: Sequence[ArrivalRun]) -> list[int]:
        """Judge arrivals one by one; of each run the place of the first that `step` must judge."""
        if not runs:
            return []
        steps, bets, table = self._steps(arrivals, runs), self._stakes.bets, self._table
        found, start = [], 0
        for run in runs:
            was = VolumeStanding(*(table[name][run.row].tolist() for name in VolumeStanding._fields))
            stop = start + run.stop - run.start
            over = self.back(np.array([run.row])).item() if table["fired"].item(run.row) else None
            now, place = coast(was, steps, (start, stop), bets, over)
            if place > start:
                for name, value in zip(VolumeStanding._fields, now, strict=True):
                    table[name][run.row] = value
                table["last_ms"][run.row] = arrivals.ends[run.start + place - start - 1]
            found.append(run.start + place - start)
            start = stop
        return found

    def _held_up_to(self, arrivals: Arrivals, run: ArrivalRun) -> int:
        """Keep a row's arrivals for the end of its hour; the place of the first that `step` must judge."""
        rows, table = arrivals.rows[run.start : run.stop], self._table
        if table["fired"][run.row] and table["gauges"][run.row, RECOVERY] >= self.back(rows[:1])[0]:
            return run.start  # the breach has been over since the end of an hour
        held = table["held"][run.row] + np.add.accumulate(arrivals.counts[run.start : run.stop])
        alarm = self._too_much(rows, held)
        stop = run.start + int(alarm.argmax()) if alarm.any() else run.stop
        if stop > run.start:
            table["held"][run.row] = held[stop - 1 - run.start]
        return stop

    def _note(self, arrivals: Arrivals, taken: Sequence[ArrivalRun]) -> None:
        """Let the rhythm know of arrivals that were taken."""
        if not taken:
            return
        places, firsts = _places(taken)
        rows, counts = arrivals.rows[places], arrivals.counts[places]
        start_ms = arrivals.end_ms[places] - self._pane_ms
        self._rhythm.add(start_ms[firsts], rows[firsts], np.add.reduceat(counts, firsts))
        self.lumps.note(rows, start_ms, counts)

    def _steps(self, arrivals: Arrivals, runs: Sequence[ArrivalRun]) -> VolumeSteps:
        """What each arrival of some runs does, if all before it are taken."""
        places, firsts = _places(runs)
        rows, counts = arrivals.rows[places], arrivals.counts[places]
        end_ms = arrivals.end_ms[places]
        start_ms, last_ms = end_ms - self._pane_ms, end_ms.copy()
        last_ms[1:] = end_ms[:-1]
        last_ms[firsts] = self._table["last_ms"][rows[firsts]]
        passed = np.where(last_ms > 0, np.maximum(start_ms - last_ms, 0), 0)
        bound, mean = self.bound(rows), self._rhythm.mean[rows]
        grown, added = self._stakes.quiet_steps(bound, passed)
        came = counts if self._side.too_low else np.where(bound > 0, counts, 0)
        gained = self._stakes.pane_gain(bound, counts)
        none = np.zeros(len(places), np.int64)
        return VolumeSteps(
            (bound > 0).tolist(),
            (passed > 0).tolist(),
            grown.tolist(),
            added.tolist(),
            gained.tolist(),
            self._part(bound * passed, mean * passed, none, start_ms),
            self._part(bound * self._pane_ms, mean * self._pane_ms, came, end_ms),
        )

    def _part(self, allowed: Floats, expected: Floats, came: Ints, end_ms: Ints) -> list[GaugeStep]:
        gain = (1 - self._side.likely) * allowed
        gain = gain + math.log(self._side.likely) * came
        parts = gain.tolist(), came.tolist(), allowed.tolist(), expected.tolist(), end_ms.tolist()
        return list(zip(*parts, strict=True))


def _places(runs: Sequence[ArrivalRun]) -> tuple[Ints, Ints]:
    """The places of all arrivals of some runs, and where among them each run's begin."""
    firsts = np.cumsum([0, *(run.stop - run.start for run in runs[:-1])])
    return np.concatenate([np.arange(run.start, run.stop) for run in runs]), firsts
