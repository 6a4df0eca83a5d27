"""Worse than its own past: a windowed score against the same hours of earlier weeks.

What comes in is summed by hour, for six weeks.  A window that ends now is compared with the whole hours that
it touches, a week ago (`last_week`) or in each of the last four weeks together (`usual`), so a Monday morning
is compared with Monday mornings.  Weeks are seven days of 24 hours: clocks that are put forward shift the
past by an hour.

The limit is the past score less what is allowed (`worse_by`).  A breach is a difference that is surely
greater: the lower end of the interval of the difference, made of the two scores' intervals (Zou and Donner's
MOVER, 2008), is above what is allowed.  It is over when the score is back at the limit.

Hours are kept row by row, so what is said of a scope does not depend on which others exist.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Flags, Floats, Ints
from alerts.detect.memory import MemoryColumn, Table
from alerts.detect.scale import Moments, Scale
from alerts.rules import DAY_MS, HOUR_MS, Relative, Severity
from alerts.states import Verdict
from alerts.transitions import rounded
from alerts.worsening import Against, Worsening

WEEK_HOURS: Final = 7 * 24
WEEKS: Final = {Against.USUAL: 4, Against.LAST_WEEK: 1}
KEPT_HOURS: Final = 6 * WEEK_HOURS
"""Four weeks back, a window of up to a day before that, and a week for what is taken in beforehand."""
LONGEST_MS: Final = DAY_MS
"""Of windows that can be compared."""
COLUMNS: Final = ("n", "total", "squares")


class UsualDetector:
    """One rule of the kind; a row per scope."""

    def __init__(self, detect: Relative, scale: Scale) -> None:
        self._detect = detect
        self._scale = scale
        self._weeks = WEEKS[detect.against]
        self._table = Table(
            {
                "head": MemoryColumn(np.int64, -1),  # the last hour with answers; -1: none yet
                **{name: MemoryColumn(np.int64, 0, KEPT_HOURS) for name in COLUMNS},
            }
        )

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._table.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._table.clear(rows)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        return self._table.state()

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        self._table.load(state)

    def add(self, end_ms: Ints, rows: Ints, sums: Ints) -> None:
        """Take in answers of panes that end then, in time order: number, steps, squares of steps."""
        hours = (end_ms - 1) // HOUR_MS
        cuts = np.flatnonzero(np.diff(hours, prepend=-1, append=-1))
        for start, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            hour, part = int(hours[start]), slice(start, stop)
            self._open(np.unique(rows[part]), hour)
            for name, column in zip(COLUMNS, sums[part].T, strict=True):
                np.add.at(self._table[name][:, hour % KEPT_HOURS], rows[part], column)

    def step(self, end_ms: Ints, rows: Ints, window: Moments) -> Findings:
        """Judge rows at the ends of panes."""
        past = self._past(end_ms, rows)
        value, usual = self._scale.score(window), self._scale.score(past)
        sign = 1.0 if self._scale.low_is_bad else -1.0
        worse_by = sign * (usual - value)
        surely = worse_by - self._doubt(window, past)
        enough = (window.n >= self._detect.min_answers) & (past.n >= self._detect.min_answers)
        severity: Codes = np.zeros(len(rows), np.int8)
        for level, allowed in self._levels():
            with np.errstate(invalid="ignore"):
                severity[enough & (surely > _allowed(allowed, usual))] = SEVERITY_CODE[level]
        mildest = _allowed(self._levels()[0][1], usual)
        verdict: Codes = np.full(len(rows), Verdict.INSUFFICIENT, np.int8)
        with np.errstate(invalid="ignore"):
            verdict[enough & (worse_by <= mildest)] = Verdict.CLEAR
        verdict[severity > NONE] = Verdict.BREACH
        verdict[window.n <= 0] = Verdict.STALE
        low, high = self._scale.interval(window)

        def tell(at: int) -> Told:
            return {
                "against": self._detect.against.value,
                "usual": rounded(float(usual[at])),
                "usual_n": int(past.n[at]),
                "worse_by": rounded(float(worse_by[at])),
            }

        return Findings(
            rows=rows,
            verdict=verdict,
            severity=severity,
            value=value,
            n=window.n.astype(np.int64),
            low=low,
            high=high,
            limit=usual - sign * self._limits(severity, usual),
            evidence=Evidence(rows, severity > NONE, tell),
        )

    def _levels(self) -> list[tuple[Severity, Worsening]]:
        """The severities that there are with what is allowed, the milder first."""
        given = ((Severity.WARNING, self._detect.warning), (Severity.CRITICAL, self._detect.critical))
        return [(level, allowed) for level, allowed in given if allowed is not None]

    def _limits(self, severity: Codes, usual: Floats) -> Floats:
        """By how much worse the limit that was crossed is, or else the mildest."""
        levels = self._levels()
        found = _allowed(levels[0][1], usual)
        for level, allowed in levels:
            found = np.where(severity == SEVERITY_CODE[level], _allowed(allowed, usual), found)
        return found

    def _doubt(self, window: Moments, past: Moments) -> Floats:
        """How far the difference may be smaller than it looks."""
        if not self._detect.confidence:
            return np.zeros(len(window.n))
        low, high = self._scale.interval(window, self._detect.confidence)
        past_low, past_high = self._scale.interval(past, self._detect.confidence)
        value, usual = self._scale.score(window), self._scale.score(past)
        ends = (
            (high - value, usual - past_low) if self._scale.low_is_bad else (value - low, past_high - usual)
        )
        doubt: Floats = np.hypot(*ends)
        return doubt

    def _open(self, rows: Ints, hour: int) -> None:
        """Make the hour the last of some rows: what lies between is empty."""
        head = self._table["head"][rows]
        empty = np.minimum(np.where(head < 0, 0, hour - head), KEPT_HOURS)
        for gap in np.unique(empty[empty > 0]).tolist():
            some = rows[empty == gap]
            places = np.arange(hour - gap + 1, hour + 1) % KEPT_HOURS
            for name in COLUMNS:
                self._table[name][some[:, None], places[None, :]] = 0
        self._table["head"][rows] = np.maximum(head, hour)

    def _past(self, end_ms: Ints, rows: Ints) -> Moments:
        """What each row had in the hours of its window in earlier weeks."""
        last = -(-end_ms // HOUR_MS)  # the hours up to before this one
        first = (end_ms - self._detect.window_ms) // HOUR_MS
        keys, place = np.unique(np.stack([rows, first, last]), axis=1, return_inverse=True)
        some, first, last = keys
        width = math.ceil(self._detect.window_ms / HOUR_MS) + 1
        back = np.arange(1, self._weeks + 1) * WEEK_HOURS
        hours = first[:, None, None] + np.arange(width)[None, None, :] - back[None, :, None]
        head = self._table["head"][some][:, None, None]
        within: Flags = hours < (last[:, None] - back[None, :])[:, :, None]
        within &= (hours <= head) & (hours > head - KEPT_HOURS) & (hours >= 0)
        found = [
            np.where(within, self._table[name][some[:, None, None], hours % KEPT_HOURS], 0).sum(axis=(1, 2))
            for name in COLUMNS
        ]
        return Moments(*(column.astype(np.float64)[place.reshape(-1)] for column in found))


def _allowed(allowed: Worsening, usual: Floats) -> Floats:
    return np.abs(usual) * allowed.amount / 100 if allowed.percent else np.full(len(usual), allowed.amount)
