"""Gap: one channel (or whatever `across` names) is worse than the others within the same scope.

Each value is compared with all the others together, over one window.  The statistic is the signed root of
the likelihood ratio for two shares, corrected for continuity: unlike the usual two-sample z it stays
honest for 20 answers against thousands.  For answers between the ends it is stretched by how much less they
vary than yes and no do.

Two corrections make the pages few:

- *time*: the comparison is made at every pane's end, all through the budget's period.  A sliding window's
  statistic upcrosses z about z·φ(z) times per window length (the Slepian process), so z solves
  (period / window) · z · φ(z) = pages.
- *many values*: Benjamini and Hochberg's procedure (1995) at the level that belongs to z, over the values of
  one scope.  So the false discovery rate is controlled within each scope and its budget of pages holds for
  the scope as a whole; it is not shared between scopes, because what one scope says must not depend on which
  others exist.

A difference below `at_least`, or 3 % of the scale, is no news, however sure.  An alert ends when the gap
itself is below three quarters of what is news: where thousands answer 3 % are sure, and alerts would come and
go with every pane without that distance.  That a gap is in doubt again ends nothing, as of a threshold: where
few answer it is in doubt on every other day that it lasts.

Where some are always worse than others (`against`), each is compared with the others as they would stand
if it were as far behind them as it usually is: their mean is moved by the usual gap, two standard errors of
that, and `worse_by`.  An example: chat has usually 70 and the others 80, give or take 2.  With `worse_by:
5 points`, chat at 55 is compared with others at 80 − 10 − 4 − 5 = 61; the rest of the arithmetic is as above.
"""

import math
from functools import cache
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.evidence import Evidence, Told
from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Findings, Flags, Floats, Ints
from alerts.detect.scale import Moments, Scale
from alerts.rules import Gap
from alerts.states import Verdict
from alerts.transitions import rounded

NEGLIGIBLE: Final = 0.03
"""Share of the scale: 3 points of CSAT."""
RELEASE: Final = 0.75
"""Share of the least gap that is news below which an alert ends."""
LEAST_Z: Final = NormalDist().inv_cdf(0.95)
"""However generous the budget, a gap is significant at 5 % at least."""
CONTINUITY: Final = 0.5
"""Half an answer: counts are whole."""
TINY: Final = 1e-12
FINE: Final = 6
"""Decimals of a share to which gaps and limits are compared: 80 and 85 differ by five points of 100."""
DOUBTED: Final = 2.0
"""Standard errors of a usual gap by which it may be wider than it looks."""


class _Usual(NamedTuple):
    """Of each row how far it usually is behind the others, and the doubt of that, as shares of the scale."""

    gap: Floats
    doubt: Floats
    n: Floats  # answers of its own that say so
    known: Flags


class GapDetector:
    """One rule of the kind.  Keeps nothing: everything is in the sums that it is given."""

    def __init__(self, detect: Gap, scale: Scale) -> None:
        self._detect = detect
        self._scale = scale
        windows_per_page = detect.false_pages.per_ms / detect.window_ms / detect.false_pages.count
        self._level = _tail(wanted_z(windows_per_page))
        wanted = detect.at_least if detect.against is None else detect.worse_by
        self._least = round(NEGLIGIBLE if wanted is None else wanted / (scale.high - scale.low), FINE)

    def step(self, rows: Ints, scopes: Ints, window: Moments, past: Moments | None = None) -> Findings:
        """Judge rows at a pane's end; `scopes` says which scope each row's value belongs to.

        All rows of a scope must come together.  The findings are in the same order.  `past` is what the rows
        had before, for a rule that compares with it.
        """
        rest = _rest(scopes, window)
        usual = self._usual(scopes, past, window.n)
        z = self._compare(window, self._moved(rest, usual))
        worse_by = np.nan_to_num(np.round(self._behind(window, rest) - usual.gap, FINE))
        enough = (window.n >= self._detect.min_answers) & (rest.n >= self._detect.min_answers) & usual.known
        p = np.where(enough, np.array([_tail(one) for one in z.tolist()]), np.nan)
        found, compared = discoveries(scopes, p, self._level)
        breach = found & (worse_by >= self._least)
        verdict: Codes = np.full(len(rows), Verdict.INSUFFICIENT, np.int8)
        verdict[enough & (worse_by < round(RELEASE * self._least, FINE))] = Verdict.CLEAR
        verdict[breach] = Verdict.BREACH
        verdict[window.n <= 0] = Verdict.STALE
        return self._findings(rows, verdict, (window, rest), (p, compared), (usual, worse_by))

    def _behind(self, own: Moments, rest: Moments) -> Floats:
        """By how much of the scale values are worse than the rest."""
        return self._scale.goodness(rest) - self._scale.goodness(own)

    def _usual(self, scopes: Ints, past: Moments | None, like: Floats) -> _Usual:
        """The usual gaps; none where the rule compares with no past."""
        nothing = np.zeros_like(like)
        if past is None:
            return _Usual(nothing, nothing, nothing, like >= 0)
        rest = _rest(scopes, past)
        few = self._detect.min_answers
        return _Usual(
            gap=self._behind(past, rest),
            doubt=DOUBTED * np.sqrt(self._error(past) + self._error(rest)),
            n=past.n,
            known=(past.n >= few) & (rest.n >= few),
        )

    def _error(self, of: Moments) -> Floats:
        """The squared standard error of a mean; one half at either end is taken as seen besides."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return (self._scale.variance(of) * of.n + 1) / (of.n + 4) / of.n

    def _moved(self, rest: Moments, usual: _Usual) -> Moments:
        """The others, worse by the usual gap, its doubt and what is allowed; as scattered as they are."""
        if self._detect.against is None:
            return rest
        with np.errstate(divide="ignore", invalid="ignore"):
            was = self._scale.goodness(rest)
            now = np.clip(was - usual.gap - usual.doubt - self._least, 0, 1)
            scatter = np.nan_to_num(self._scale.variance(rest) / (was * (1 - was)), nan=1.0)
        steps = self._scale.steps
        at = now if self._scale.low_is_bad else 1 - now
        squares = rest.n * steps**2 * (np.minimum(scatter, 1) * now * (1 - now) + at * at)
        return Moments(rest.n, rest.n * steps * at, squares)

    def _compare(self, own: Moments, rest: Moments) -> Floats:
        """The z of "worse than the rest", at least 0."""
        both = Moments(own.n + rest.n, own.total + rest.total, own.squares + rest.squares)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.clip(1 - self._scale.goodness(both), TINY, 1 - TINY)
            a = 1 - self._scale.goodness(own) - CONTINUITY / own.n
            b = 1 - self._scale.goodness(rest) + CONTINUITY / rest.n
            deviance = 2 * (own.n * _divergence(a, mean) + rest.n * _divergence(b, mean))
            stretch = mean * (1 - mean) / np.maximum(self._scale.variance(both), TINY)
            z = np.sqrt(np.maximum(deviance * stretch, 0))
            return np.where(a > b, np.nan_to_num(z), 0.0)

    def _findings(
        self,
        rows: Ints,
        verdict: Codes,
        sides: tuple[Moments, Moments],
        tests: tuple[Floats, Ints],
        behind: tuple[_Usual, Floats],
    ) -> Findings:
        own, rest = sides
        usual, worse_by = behind
        low, high = self._scale.interval(own)
        others, span = self._scale.score(rest), self._scale.high - self._scale.low
        sign = 1 if self._scale.low_is_bad else -1
        allowed = 0.0 if self._detect.against is None else self._least
        breach = verdict == Verdict.BREACH
        p, compared = tests

        def tell(at: int) -> Told:
            past = self._told_of_past(usual, worse_by, at)
            return past | {
                "others": rounded(float(others[at])),
                "others_n": int(rest.n[at]),
                "compared": int(compared[at]),
                "p": float(f"{p[at]:.2g}"),
            }

        return Findings(
            rows=rows,
            verdict=verdict,
            severity=np.where(breach, SEVERITY_CODE[self._detect.severity], NONE).astype(np.int8),
            value=self._scale.score(own),
            n=own.n.astype(np.int64),
            low=low,
            high=high,
            limit=others - sign * span * (usual.gap + allowed),
            evidence=Evidence(rows, breach, tell),
        )

    def _told_of_past(self, usual: _Usual, worse_by: Floats, at: int) -> dict[str, object]:
        """How far behind a row usually is, and how much farther it is now."""
        if self._detect.against is None:
            return {}
        span = self._scale.high - self._scale.low
        return {
            "against": self._detect.against.value,
            "usual_gap": rounded(span * float(usual.gap[at])),
            "usual_n": int(usual.n[at]),
            "worse_by": rounded(span * float(worse_by[at])),
        }


@cache
def wanted_z(windows_per_page: float) -> float:
    """The z such that a sliding comparison upcrosses it once in so many window lengths."""
    low, high = LEAST_Z, 40.0
    if windows_per_page * low * NormalDist().pdf(low) <= 1:
        return low
    for _ in range(60):  # halves 40 to below the last bit
        middle = (low + high) / 2
        low, high = (
            (middle, high) if windows_per_page * middle * NormalDist().pdf(middle) > 1 else (low, middle)
        )
    return high


def discoveries(scopes: Ints, p: Floats, level: float) -> tuple[Flags, Ints]:
    """Benjamini and Hochberg within each scope, and how many were compared there; NaN takes no part."""
    order = np.lexsort((p, scopes))  # NaN sorts last
    sorted_scopes, sorted_p = scopes[order], p[order]
    first = np.searchsorted(sorted_scopes, sorted_scopes, "left")
    rank = np.arange(len(p)) - first + 1
    _, inverse = np.unique(sorted_scopes, return_inverse=True)
    compared = np.bincount(inverse, ~np.isnan(sorted_p))[inverse]
    with np.errstate(invalid="ignore"):
        passes = sorted_p * compared <= rank * level
    best = np.zeros(int(inverse.max(initial=-1)) + 1, np.int64)
    np.maximum.at(best, inverse, np.where(passes, rank, 0))
    found, of = np.empty(len(p), np.bool_), np.empty(len(p), np.int64)
    found[order] = (rank <= best[inverse]) & ~np.isnan(sorted_p)
    of[order] = compared
    return found, of


def _rest(scopes: Ints, own: Moments) -> Moments:
    """Everything of a row's scope but the row."""
    _, inverse = np.unique(scopes, return_inverse=True)
    return Moments(
        *(np.bincount(inverse, column)[inverse] - column for column in (own.n, own.total, own.squares))
    )


def _divergence(a: Floats, b: Floats) -> Floats:
    """Kullback and Leibler's, between yes-no answers; a is clipped into 0..1."""
    share = np.clip(a, TINY, 1 - TINY)
    return share * np.log(share / b) + (1 - share) * np.log((1 - share) / (1 - b))


def _tail(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return 0.5 * math.erfc(z / math.sqrt(2))
