"""Burn: how fast the budget of unhappy answers is spent, as SRE practice does for error budgets.

A target leaves a budget: CSAT 80 leaves 20 unhappy answers in 100 to spend over the period.  For any
bounded indicator the spending is the mean badness of its answers (1 − goodness), so an NPS or a mean
score has a budget as well.  The burn rate is badness over what the target allows: 1 spends the budget
exactly over the period.

A pair of windows breaches when both burn at its rate: the long one says that it matters, the short one
that it still goes on, so that the alert ends soon after the trouble does (the SRE workbook, chapter 5).
While some pair breaches, an alert keeps the severity of a louder one until that one's long window is back
below its rate: a short window that comes and goes pages nobody again.
Where little comes in, the fast windows are mostly empty.  They hold no alert open: it is over once the
longest window is back below its rate, and what few answers the others have do not burn.
SRE's errors come by the thousand; answers don't.  So the long window must also be above the sustainable
pace beyond doubt: the lower end of its 95 % interval is past the target.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from alerts.detect.evidence import Evidence
from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Flags, Floats, Ints
from alerts.detect.scale import Moments, Scale
from alerts.rules import Burn, BurnPair
from alerts.states import Verdict
from alerts.transitions import rounded, seconds

LONG_ANSWERS: Final = 20
"""Fewest answers in a long window, as for thresholds."""
SHORT_ANSWERS: Final = 5
"""Fewest answers in a short window: it only has to say whether the long one is still news."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """One pair of windows over all rows."""

    pair: BurnPair
    burning: Flags
    lasting: Flags  # burning, or would but for its short window
    over: Flags  # enough answers to say that it does not burn
    back: Flags  # enough in the long window to say that it does not
    idle: Flags  # too few in the long window to burn, and those not at its rate
    long_rate: Floats
    short_rate: Floats


class BurnDetector:
    """One rule of the kind.  Keeps nothing: everything is in the windows that it is given."""

    def __init__(self, detect: Burn, scale: Scale) -> None:
        self._detect = detect
        self._scale = scale
        self._allowed = 1 - scale.goodness_of(detect.target)

    @property
    def windows_ms(self) -> tuple[int, ...]:
        """Lengths of the windows that `step` wants, column by column: a long one, its short one, the next."""
        return tuple(length for pair in self._detect.pairs for length in (pair.long_ms, pair.short_ms))

    def step(self, rows: Ints, windows: Moments) -> Findings:
        """Judge rows × windows at a pane's end."""
        judged = [self._judge(windows, place) for place in range(len(self._detect.pairs))]
        severity: Codes = np.zeros(len(rows), np.int8)
        kept, shown = severity.copy(), np.zeros(len(rows), np.int64)
        for place, one in enumerate(judged):
            louder = one.burning & (SEVERITY_CODE[one.pair.severity] > severity)
            severity[louder] = SEVERITY_CODE[one.pair.severity]
            shown[louder] = place
            kept[one.lasting] = np.maximum(kept[one.lasting], SEVERITY_CODE[one.pair.severity])
        verdict: Codes = np.full(len(rows), Verdict.INSUFFICIENT, np.int8)
        longest = max(range(len(judged)), key=lambda place: self._detect.pairs[place].long_ms)
        settled = judged[longest].back & np.logical_and.reduce([one.over | one.idle for one in judged])
        clear = settled | np.logical_and.reduce([one.over for one in judged])
        verdict[clear] = Verdict.CLEAR
        verdict[severity > NONE] = Verdict.BREACH
        slowest = max(range(len(judged)), key=lambda place: self._detect.pairs[place].short_ms)
        quiet = (windows.n[:, 2 * slowest + 1] <= 0) & (severity == NONE)
        verdict[quiet & ~settled] = Verdict.STALE
        return replace(self._findings(rows, windows, verdict, severity, shown), kept=kept)

    def remaining(self, period: Moments) -> Floats:
        """Share of the budget of the period that is left, at most 1; below 0 when it is overspent."""
        spent = self._badness(period) / self._allowed
        return np.where(period.n > 0, 1 - spent, 1.0)

    def _judge(self, windows: Moments, place: int) -> _Judged:
        pair = self._detect.pairs[place]
        long, short = _column(windows, 2 * place), _column(windows, 2 * place + 1)
        long_rate = self._badness(long) / self._allowed
        short_rate = self._badness(short) / self._allowed
        known = (long.n >= LONG_ANSWERS, short.n >= SHORT_ANSWERS)
        with np.errstate(invalid="ignore"):
            above = known[0] & (long_rate >= pair.rate) & self._surely_past_target(long)
            burning = above & known[1] & (short_rate >= pair.rate)
            back = known[0] & (long_rate < pair.rate)
            over = (known[1] & (short_rate < pair.rate)) | back
            idle = ~known[0] & ~(long_rate >= pair.rate)
        return _Judged(pair, burning, above, over, back, idle, long_rate, short_rate)

    def _badness(self, of: Moments) -> Floats:
        return 1 - self._scale.goodness(of)

    def _surely_past_target(self, of: Moments) -> Flags:
        low, high = self._scale.interval(of)
        with np.errstate(invalid="ignore"):
            past: Flags = high < self._detect.target if self._scale.low_is_bad else low > self._detect.target
        return past

    def _findings(
        self, rows: Ints, windows: Moments, verdict: Codes, severity: Codes, shown: Ints
    ) -> Findings:
        """`shown` is the place of the pair whose long window is reported: the loudest that burns."""
        picked = np.arange(len(rows)), 2 * shown
        long = Moments(windows.n[picked], windows.total[picked], windows.squares[picked])
        low, high = self._scale.interval(long)
        rates = np.array([pair.rate for pair in self._detect.pairs])[shown]
        return Findings(
            rows,
            verdict,
            severity,
            self._scale.score(long),
            long.n.astype(np.int64),
            low,
            high,
            self._limit(rates),
            Evidence(rows, severity > NONE, lambda at: self._evidence(windows, at, int(shown[at]))),
        )

    def _limit(self, rates: Floats) -> Floats:
        """The score at which the budget burns at these rates, in the indicator's unit."""
        scale = self._scale
        best = scale.high if scale.low_is_bad else scale.low
        return best - rates * (best - self._detect.target)

    def _evidence(self, windows: Moments, at: int, place: int) -> dict[str, object]:
        pair = self._detect.pairs[place]
        rates = [
            float(self._badness(_column(windows, 2 * place + side))[at] / self._allowed) for side in (0, 1)
        ]
        return {
            "rate": pair.rate,
            "long_s": seconds(pair.long_ms),
            "long_rate": rounded(rates[0]),
            "short_s": seconds(pair.short_ms),
            "short_rate": rounded(rates[1]),
        }


def _column(windows: Moments, place: int) -> Moments:
    return Moments(windows.n[:, place], windows.total[:, place], windows.squares[:, place])
