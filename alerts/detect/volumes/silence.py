"""Silence: too little comes in, by a plain quota, by the learned rhythm, or by either.

By the rhythm: bets on no events at all and on a quarter of the rhythm's lower bound (see `volume_bets`).  A
quiet night has a low bound and is no news; a quiet morning is, within minutes.  The breach stands until
events come in convincingly again (see `volume`).

Where a rule has both, what breaches either breaches; it is over when both are content.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import Codes, Findings, Flags, Ints
from alerts.detect.row_sets import union
from alerts.detect.volumes.arrivals import ArrivalRun, Arrivals, Coasted
from alerts.detect.volumes.minimum_volume import MinimumVolume
from alerts.detect.volumes.volume import VolumeWatch, Watched
from alerts.detect.volumes.volume_run import Side
from alerts.rules import Silence
from alerts.states import Verdict

TOO_LOW: Final = Side(too_low=True, rates=(0.0, 0.25), weights=(0.6, 0.4), likely=0.25)

Part = MinimumVolume | VolumeWatch


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

    @property
    def coasts(self) -> bool:
        """Whether it can `coast`: with a quota and a rhythm, what either says depends on the other."""
        return len(self._parts) == 1

    def check_ms(self) -> int | None:
        """End of the first pane at which quiet alone would be a breach, by one of the two."""
        checks = (part.check_ms() for part in self._parts.values())
        return min((check for check in checks if check is not None), default=None)

    def checks_ms(self) -> Ints | None:
        """By row, the end of the first pane at which quiet alone may be a breach; None: not known by row."""
        return next(iter(self._parts.values())).checks_ms() if self.coasts else None

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
        """Take arrivals, and the quiet up to `through_ms`, as far as nothing happens; see `coasts`."""
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
