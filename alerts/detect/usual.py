"""Worse than its own past: a windowed score against the same hours of earlier weeks.

What comes in is summed by hour, for six weeks.  A window that ends now is compared with the whole hours that
it touches, a week ago (`last_week`) or in each of the last four weeks together (`usual`), so a Monday morning
is compared with Monday mornings.  Weeks are seven days of 24 hours: clocks that are put forward shift the
past by an hour.

The limit is the past score less what is allowed (`worse_by`).  A breach is a difference that is surely
greater: the lower end of the interval of the difference, made of the two scores' intervals (Zou and Donner's
MOVER, 2008), is above what is allowed.  It is over when the score is back at the limit.  A critical alert
quietens as that of a threshold does: when the interval is back and half of the way to the warning limit is
made good.

Hours are kept row by row, so what is said of a scope does not depend on which others exist.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Floats, Ints
from alerts.detect.hourly_past import WEEKS, HourlyPast, allowed
from alerts.detect.scale import Moments, Scale
from alerts.detect.threshold import HALF_WAY
from alerts.rules import DAY_MS, Relative, Severity
from alerts.states import Verdict
from alerts.transitions import DECIMALS, rounded
from alerts.worsening import Worsening

LONGEST_MS: Final = DAY_MS
"""Of windows that can be compared."""


class UsualDetector:
    """One rule of the kind; a row per scope."""

    def __init__(self, detect: Relative, scale: Scale) -> None:
        self._detect = detect
        self._scale = scale
        self._weeks = WEEKS[detect.against]
        self._hours = HourlyPast()

    def grow(self, rows: int) -> None:
        """Make place for rows below `rows`."""
        self._hours.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget the rows."""
        self._hours.clear(rows)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything remembered, for a snapshot."""
        return self._hours.state()

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over a snapshot."""
        self._hours.load(state)

    def add(self, end_ms: Ints, rows: Ints, sums: Ints) -> None:
        """Take in answers of panes that end then, in time order: number, steps, squares of steps."""
        self._hours.add(end_ms, rows, sums)

    def step(self, end_ms: Ints, rows: Ints, window: Moments) -> Findings:
        """Judge rows at the ends of panes."""
        past = self._hours.same_hours(end_ms, rows, self._detect.window_ms, self._weeks)
        value, usual = self._scale.score(window), self._scale.score(past)
        sign = 1.0 if self._scale.low_is_bad else -1.0
        worse_by = np.round(sign * (usual - value), DECIMALS)  # as it is published
        surely = worse_by - self._doubt(window, past, sign)
        enough = (window.n >= self._detect.min_answers) & (past.n >= self._detect.min_answers)
        severity: Codes = np.zeros(len(rows), np.int8)
        for level, most in self._levels():
            with np.errstate(invalid="ignore"):
                severity[enough & (surely > allowed(most, usual))] = SEVERITY_CODE[level]
        verdict: Codes = np.full(len(rows), Verdict.INSUFFICIENT, np.int8)
        with np.errstate(invalid="ignore"):
            verdict[enough & (worse_by <= self._mildest(usual))] = Verdict.CLEAR
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
            kept=self._kept(severity, usual, worse_by, worse_by + self._doubt(window, past, -sign)),
        )

    def _levels(self) -> list[tuple[Severity, Worsening]]:
        """The severities that there are with what is allowed, the quieter first."""
        given = ((Severity.WARNING, self._detect.warning), (Severity.CRITICAL, self._detect.critical))
        return [(level, most) for level, most in given if most is not None]

    def _mildest(self, usual: Floats) -> Floats:
        """By how much worse the nearest limit is.

        Of points and percent either may be the nearer: at 20, half as much is 10 points, and at 8 it is 4.
        """
        found: Floats = np.minimum.reduce([allowed(most, usual) for _, most in self._levels()])
        return found

    def _limits(self, severity: Codes, usual: Floats) -> Floats:
        """By how much worse the limit that was crossed is, or else the mildest."""
        found = self._mildest(usual)
        for level, most in self._levels():
            found = np.where(severity == SEVERITY_CODE[level], allowed(most, usual), found)
        return found

    def _kept(self, severity: Codes, usual: Floats, worse_by: Floats, maybe: Floats) -> Codes:
        """The severity that an alert may keep: critical until the interval and half of the way are back."""
        if self._detect.warning is None or self._detect.critical is None:
            return severity
        warning, critical = allowed(self._detect.warning, usual), allowed(self._detect.critical, usual)
        half = critical + HALF_WAY * (warning - critical)
        with np.errstate(invalid="ignore"):
            loud = (worse_by > half) | (maybe > critical)
        return np.where(loud, SEVERITY_CODE[Severity.CRITICAL], severity).astype(np.int8)

    def _doubt(self, window: Moments, past: Moments, sign: float) -> Floats:
        """How far the difference may be smaller than it looks; with the other sign, how far greater."""
        if not self._detect.confidence:
            return np.zeros(len(window.n))
        low, high = self._scale.interval(window, self._detect.confidence)
        past_low, past_high = self._scale.interval(past, self._detect.confidence)
        value, usual = self._scale.score(window), self._scale.score(past)
        ends = (high - value, usual - past_low) if sign > 0 else (value - low, past_high - usual)
        doubt: Floats = np.hypot(*ends)
        return doubt
