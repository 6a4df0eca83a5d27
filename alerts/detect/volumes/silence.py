"""Silence: too little comes in, by a plain quota, by the learned rhythm, or by either.

By the rhythm: bets on no events at all and on a quarter of the rhythm's lower bound (see `volume_bets`).  A
quiet night has a low bound and is no news; a quiet morning is, within minutes.  The breach stands until
events come in convincingly again (see `volume`).

Where a rule has both, what breaches either breaches; it is over when both are content.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import Codes, Findings, Flags, Ints
from alerts.detect.row_sets import union
from alerts.detect.volumes.arrivals import NEVER, ArrivalRun, Arrivals, Coasted, Underway
from alerts.detect.volumes.minimum_volume import MinimumVolume
from alerts.detect.volumes.volume import VolumeWatch, Watched
from alerts.detect.volumes.volume_run import Side
from alerts.rules import HOUR_MS, Silence
from alerts.states import Verdict

TOO_LOW: Final = Side(too_low=True, rates=(0.0, 0.25), weights=(0.6, 0.4), likely=0.25)

Part = MinimumVolume | VolumeWatch


@dataclass(frozen=True, slots=True)
class Both:
    """The two parts of one rule, coasting as far as nothing happens by either.

    Each could go as far as it likes by itself, but `step` judges a pane by both, so none may be ahead of it.
    The quota goes first, and says where it stops.  The rhythm follows up to there, and may stop before.  The
    quota is then put back, and goes once more, as far as the rhythm has come.  So they take one stretch of
    time after the other, each twice as long as the last: where a quota is often missed, it would go through
    the same arrivals again and again.

    For example, of 30 arrivals the quota would take 20, and the rhythm refuses the 12th: both have taken 11.
    """

    quota: MinimumVolume
    hush: VolumeWatch

    def coast(
        self, arrivals: Arrivals, runs: Sequence[ArrivalRun], through_ms: int, idle: Flags | None
    ) -> Coasted:
        """Take some runs, and the quiet up to `through_ms`, as far as nothing happens by either."""
        reached, length_ms = [run.start for run in runs], HOUR_MS
        while True:
            way = Underway(arrivals, runs, reached)
            self.hush.begin_with(way)
            end_ms = way.first_ms() + length_ms
            some = [_up_to(end_ms, arrivals, run, at) for run, at in zip(runs, reached, strict=True)]
            found = self._coast(arrivals, some, min(end_ms, through_ms), idle)
            reached[:] = found.reached
            stuck = any(at < run.stop for at, run in zip(reached, some, strict=True))
            checks_ms = self.quota.check_ms() or NEVER, self.hush.check_ms() or NEVER
            if stuck or end_ms >= through_ms or min(checks_ms) <= end_ms:
                return found
            length_ms *= 2

    def _coast(
        self, arrivals: Arrivals, runs: Sequence[ArrivalRun], through_ms: int, idle: Flags | None
    ) -> Coasted:
        """The same in one go."""
        put_back = self.quota.mark([run.row for run in runs])
        tried = self.quota.coast(arrivals, runs, through_ms)
        stops_ms = [arrivals.ends[place] for place in tried.refused]
        through_ms = min(through_ms, self._before(self.quota.check_ms()), *map(self._before, stops_ms))
        cut = [run._replace(stop=at) for run, at in zip(runs, tried.reached, strict=True)]
        found = self.hush.coast(arrivals, cut, through_ms, idle)
        put_back()
        through_ms = min(through_ms, self._before(self.hush.check_ms()))
        for run, at in zip(runs, found.reached, strict=True):
            next_ms = arrivals.ends[at] if at < run.stop else None
            self.quota.coast(arrivals, [run._replace(stop=at)], min(through_ms, self._before(next_ms)))
        both = {run.stop for run, at in zip(cut, found.reached, strict=True) if at == run.stop}
        return Coasted(found.reached, [*found.refused, *(place for place in tried.refused if place in both)])

    def _before(self, end_ms: int | None) -> int:
        """The end of the pane before the one that ends then."""
        return NEVER if end_ms is None else end_ms - self.hush.pane_ms


class SilenceDetector:
    """One rule of the kind; a row per scope."""

    def __init__(self, detect: Silence, pane_ms: int) -> None:
        self._parts: dict[str, Part] = {}
        if detect.at_least is not None:
            self._parts["quota"] = MinimumVolume(detect.at_least, detect.hours, detect.severity, pane_ms)
        if detect.learn_ms is not None and detect.false_pages is not None:
            rule = Watched(detect.learn_ms, detect.false_pages, detect.hours, detect.severity)
            self._parts["hush"] = VolumeWatch(TOO_LOW, rule, pane_ms)

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        for part in self._parts.values():
            part.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        for part in self._parts.values():
            part.clear(rows)

    def expect(self, rows: Ints, since_ms: int) -> None:
        """Watch rows by the quota from a time on, though nothing ever came in for them."""
        for part in self._parts.values():
            if isinstance(part, MinimumVolume):
                part.expect(rows, since_ms)

    def take_up(self, row: int, at_ms: int) -> None:
        """A row was in breach at a time, of which nothing else is known any more."""
        for part in self._parts.values():
            part.take_up(row, at_ms)

    def wake_ms(self) -> int | None:
        """End of the next pane that must be stepped even if it has no events."""
        wakes = (part.wake_ms() for part in self._parts.values())
        return min((wake for wake in wakes if wake is not None), default=None)

    def check_ms(self) -> int | None:
        """End of the first pane at which quiet alone would be a breach, by one of the two."""
        checks = (part.check_ms() for part in self._parts.values())
        return min((check for check in checks if check is not None), default=None)

    def checks_ms(self) -> Ints | None:
        """By row, the end of the first pane at which quiet alone may be a breach; None: not known by row."""
        return next(iter(self._parts.values())).checks_ms() if len(self._parts) == 1 else None

    def catch_up(self, end_ms: int) -> None:
        """Bring the rhythm to the hour in which the pane that ends at `end_ms` starts."""
        for part in self._parts.values():
            part.catch_up(end_ms)

    def due(self, end_ms: int) -> Ints:
        """Rows, ascending, for which it is time to look by the end of a pane, whatever comes in."""
        return union([part.due(end_ms) for part in self._parts.values()])

    def fired(self, rows: Ints) -> Flags:
        """Which rows are in breach."""
        found: Flags = np.logical_or.reduce([part.fired(rows) for part in self._parts.values()])
        return found

    def coast(
        self, arrivals: Arrivals, runs: Sequence[ArrivalRun], through_ms: int, idle: Flags | None = None
    ) -> Coasted:
        """Take arrivals, and the quiet up to `through_ms`, as far as nothing happens."""
        quota, hush = self._parts.get("quota"), self._parts.get("hush")
        if isinstance(quota, MinimumVolume) and isinstance(hush, VolumeWatch):
            return Both(quota, hush).coast(arrivals, runs, through_ms, idle)
        return next(iter(self._parts.values())).coast(arrivals, runs, through_ms, idle)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        return {
            f"{name}.{key}": array
            for name, part in self._parts.items()
            for key, array in part.state().items()
        }

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        for name, part in self._parts.items():
            mine = {key: array for key, array in state.items() if key.startswith(name + ".")}
            part.load({key.removeprefix(name + "."): array for key, array in mine.items()})

    def step(self, end_ms: int, rows: Ints, counts: Ints) -> Findings:
        """Judge the pane that ends at `end_ms`: the rows given, and those for which it is time to look."""
        if len(self._parts) == 1:
            return next(iter(self._parts.values())).step(end_ms, rows, counts)
        self.catch_up(end_ms)
        due = [part.due(end_ms) for part in self._parts.values()]
        everyone = np.unique(np.concatenate([rows, *due]))
        came = np.zeros(len(everyone), np.int64)
        came[np.searchsorted(everyone, rows)] = counts
        return _either(*(part.step(end_ms, everyone, came) for part in self._parts.values()))


def _either(quota: Findings, hush: Findings) -> Findings:
    """Two findings of the same rows as one; a breach by the rhythm alone is shown as the rhythm sees it."""
    breaches = quota.verdict == Verdict.BREACH, hush.verdict == Verdict.BREACH
    content = (quota.verdict == Verdict.CLEAR) | (hush.verdict == Verdict.CLEAR)
    verdict: Codes = np.where(content, Verdict.CLEAR, Verdict.INSUFFICIENT).astype(np.int8)
    verdict[breaches[0] | breaches[1]] = Verdict.BREACH
    shown = breaches[1] & ~breaches[0]

    def tell(place: int) -> Told:
        of = hush if shown[place] else quota
        return of.evidence[int(of.rows[place])]

    return Findings(
        rows=quota.rows,
        verdict=verdict,
        severity=np.maximum(quota.severity, hush.severity),
        value=np.where(shown, hush.value, quota.value),
        n=np.where(shown, hush.n, quota.n),
        low=np.where(shown, hush.low, quota.low),
        high=np.where(shown, hush.high, quota.high),
        limit=np.where(shown, hush.limit, quota.limit),
        evidence=Evidence(quota.rows, breaches[0] | breaches[1], tell),
    )


def _up_to(end_ms: int, arrivals: Arrivals, run: ArrivalRun, at: int) -> ArrivalRun:
    """What is left of a run from a place on, of panes that end by then."""
    return ArrivalRun(run.row, at, bisect_right(arrivals.ends, end_ms, at, run.stop) if at < run.stop else at)
