"""Burn: how fast the budget of unhappy answers is spent, as SRE practice does for error budgets.

A target leaves a budget: CSAT 80 leaves 20 unhappy answers in 100 to spend over the period.  For any
bounded indicator the spending is the mean badness of its answers (1 − goodness), so an NPS or a mean
score has a budget as well.  The burn rate is badness over what the target allows: 1 spends the budget
exactly over the period.

A pair of windows breaches when both burn at its rate: the long one says that it matters, the short one
that it still goes on (the SRE workbook, chapter 5).  SRE's errors come by the thousand; answers don't.  So
the long window must also be above the sustainable pace beyond doubt: the lower end of its 95 % interval is
past the target.  And a short window grows until it holds enough answers: what is asked is the shortest of the
rule's windows, from the short one to the long one, that holds `min_answers`.

An alert ends when every pair is back.  A pair is back when its long window is below nine tenths of its rate,
or when a whole day is: a day knows quiet evenings and busy mornings, so an alert does not come and go with
them.  A pair whose long window holds too few answers is not asked; if none of them does, the period is.
The latest answers have to be good as well: the shortest window that holds enough of them is below every rate,
and where none does the longest of the long windows is, by what answers it has.  Else a line that goes dead in
the middle of its worst hour would be told as recovered, and a bad week of few answers by the good months
before it.  Where that window is empty an alert is stale.

An alert begins while people answer, not because older answers leave a window at night: there must be one
within the longest of the short windows.  Nor does it begin after a day that would end it: a few bad answers
in a short window are no news of what was over two days ago, though three days still hold it.

While some pair breaches, an alert keeps the severity of a louder one until a whole day is below that one's
rate: neither a short window that comes and goes nor a night with few answers pages anybody again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from alerts.detect.evidence import Evidence
from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Flags, Floats, Ints
from alerts.detect.scale import Moments, Scale
from alerts.rules import DAY_MS, Burn, BurnPair
from alerts.states import Verdict
from alerts.transitions import DECIMALS, rounded, seconds

RELEASE: Final = 0.9
"""Share of its rate that a window must be below for its pair to be back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One pair of windows over all rows."""

    pair: BurnPair
    burning: Flags
    lasting: Flags  # burning, or has not been calm for a day
    known: Flags  # enough answers in the long window
    back: Flags  # known, and below its rate for good
    long_rate: Floats
    short_rate: Floats
    short: Ints  # place of the window that was asked for the short one


class BurnDetector:
    """One rule of the kind.  Keeps nothing: everything is in the windows that it is given.

    The windows are those of `Burn.windows_ms`, a column each.
    """

    def __init__(self, detect: Burn, scale: Scale) -> None:
        self._detect = detect
        self._scale = scale
        self._allowed = 1 - scale.goodness_of(detect.target)
        self._lengths = detect.windows_ms
        self._place = {length: place for place, length in enumerate(self._lengths)}
        self._longest = max(self._place[pair.long_ms] for pair in detect.pairs)

    def step(self, rows: Ints, windows: Moments) -> Findings:
        """Judge rows at a pane's end; `windows` are `(rows, windows)`."""
        rates = np.round(self._badness(windows) / self._allowed, DECIMALS)  # as they are published
        judged = [self._judge(windows, rates, pair) for pair in self._detect.pairs]
        severity: Codes = np.zeros(len(rows), np.int8)
        kept, shown = severity.copy(), np.zeros(len(rows), np.int64)
        heard = self._heard(windows)
        for place, one in enumerate(judged):
            louder = one.burning & heard & (SEVERITY_CODE[one.pair.severity] > severity)
            severity[louder] = SEVERITY_CODE[one.pair.severity]
            shown[louder] = place
            kept[one.lasting] = np.maximum(kept[one.lasting], SEVERITY_CODE[one.pair.severity])
        verdict: Codes = np.full(len(rows), Verdict.INSUFFICIENT, np.int8)
        latest = self._latest(windows)
        verdict[self._settled(windows, rates, judged, latest)] = Verdict.CLEAR
        verdict[severity > NONE] = Verdict.BREACH
        verdict[~np.any(windows.n[:, : self._longest + 1] > 0, axis=1)] = Verdict.STALE
        return replace(self._findings(rows, windows, (verdict, severity), (judged, shown, latest)), kept=kept)

    def remaining(self, period: Moments) -> Floats:
        """Share of the budget of the period that is left, at most 1; below 0 when it is overspent."""
        spent = self._badness(period) / self._allowed
        return np.where(period.n > 0, 1 - spent, 1.0)

    def _judge(self, windows: Moments, rates: Floats, pair: BurnPair) -> _Judged:
        place, short = self._place[pair.long_ms], self._short(windows, pair)
        known, long_rate = self._known(windows, place), rates[:, place]
        short_rate = rates[np.arange(len(rates)), short]
        day = self._place.get(min(DAY_MS, pair.long_ms), place)
        with np.errstate(invalid="ignore"):
            above = known & (long_rate >= pair.rate) & self._surely_past_target(_column(windows, place))
            calm_day = self._known(windows, day) & (rates[:, day] < _release(pair.rate))
            burning = above & ~calm_day & (short_rate >= pair.rate)
            back = known & ((long_rate < _release(pair.rate)) | calm_day)
        return _Judged(
            pair=pair,
            burning=burning,
            lasting=above | ~calm_day,
            known=known,
            back=back,
            long_rate=long_rate,
            short_rate=short_rate,
            short=short,
        )

    def _short(self, windows: Moments, pair: BurnPair) -> Ints:
        """The place of the first window, from the short one to the long one, that holds enough answers."""
        first, last = self._place[pair.short_ms], self._place[pair.long_ms]
        enough = windows.n[:, first : last + 1] >= self._detect.min_answers
        enough[:, -1] = True
        found: Ints = first + np.argmax(enough, axis=1)
        return found

    def _heard(self, windows: Moments) -> Flags:
        """Whether there was an answer within the longest of the short windows: six hours by default."""
        last = max(self._place[pair.short_ms] for pair in self._detect.pairs)
        heard: Flags = np.any(windows.n[:, : last + 1] > 0, axis=1)
        return heard

    def _latest(self, windows: Moments) -> Ints:
        """The place of the shortest window that holds enough answers; of the period where none does."""
        found: Ints = np.full(len(windows.n), self._place[self._detect.period_ms])
        for length in reversed(self._lengths):
            place = self._place[length]
            found[self._known(windows, place)] = place
        return found

    def _settled(self, windows: Moments, rates: Floats, judged: Sequence[_Judged], latest: Ints) -> Flags:
        """Rows in which every pair that can be asked is back, and the latest answers are good.

        The period is asked where no pair can be, and then the longest window for the latest answers.
        """
        asked = np.logical_or.reduce([one.known for one in judged])
        back = np.logical_and.reduce([one.back | ~one.known for one in judged])
        period = self._place[self._detect.period_ms]
        slowest = min(pair.rate for pair in self._detect.pairs)
        with np.errstate(invalid="ignore"):
            whole = self._known(windows, period) & (rates[:, period] < _release(slowest))
            whole &= rates[:, self._longest] < slowest
            good = rates[np.arange(len(rates)), latest] < slowest
        settled: Flags = np.where(asked, back & good, whole)
        return settled

    def _known(self, windows: Moments, place: int) -> Flags:
        known: Flags = windows.n[:, place] >= self._detect.min_answers
        return known

    def _badness(self, of: Moments) -> Floats:
        return 1 - self._scale.goodness(of)

    def _surely_past_target(self, of: Moments) -> Flags:
        low, high = self._scale.interval(of)
        with np.errstate(invalid="ignore"):
            past: Flags = high < self._detect.target if self._scale.low_is_bad else low > self._detect.target
        return past

    def _findings(
        self,
        rows: Ints,
        windows: Moments,
        codes: tuple[Codes, Codes],
        told: tuple[Sequence[_Judged], Ints, Ints],
    ) -> Findings:
        """`codes` are verdicts and severities; `told` are the pairs, and two places by row.

        These are of the loudest pair that burns, and of the window of the latest answers.  Reported are the
        long window of the former, and the latter where none burns, beside what the slowest pair allows.
        """
        (verdict, severity), (judged, shown, latest) = codes, told
        burns = severity > NONE
        longs = np.array([self._place[each.long_ms] for each in self._detect.pairs])
        picked = np.arange(len(rows)), np.where(burns, longs[shown], latest)
        long = Moments(windows.n[picked], windows.total[picked], windows.squares[picked])
        low, high = self._scale.interval(long)
        rates = np.array([each.rate for each in self._detect.pairs])
        return Findings(
            rows=rows,
            verdict=verdict,
            severity=severity,
            value=self._scale.score(long),
            n=long.n.astype(np.int64),
            low=low,
            high=high,
            limit=self._limit(np.where(burns, rates[shown], rates.min())),
            evidence=Evidence(rows, burns, lambda at: self._evidence(windows, at, judged[shown[at]])),
        )

    def _limit(self, rates: Floats) -> Floats:
        """The score at which the budget burns at these rates, in the indicator's unit."""
        scale = self._scale
        best = scale.high if scale.low_is_bad else scale.low
        return best - rates * (best - self._detect.target)

    def _evidence(self, windows: Moments, at: int, one: _Judged) -> dict[str, object]:
        period = _column(windows, self._place[self._detect.period_ms]).of(slice(at, at + 1))
        return {
            "rate": one.pair.rate,
            "long_s": seconds(one.pair.long_ms),
            "long_rate": rounded(float(one.long_rate[at])),
            "short_s": seconds(self._lengths[int(one.short[at])]),
            "short_rate": rounded(float(one.short_rate[at])),
            "budget_left": rounded(100 * float(self.remaining(period)[0])),
        }


def _release(rate: float) -> float:
    return round(RELEASE * rate, DECIMALS)


def _column(windows: Moments, place: int) -> Moments:
    return Moments(windows.n[:, place], windows.total[:, place], windows.squares[:, place])
