"""Threshold rules: is a windowed score past its limit, as surely as the rule asks?

All rules on one reading are judged at once: their limits are columns, the scopes are rows.

Scores and limits are compared as they are published, to four decimals: what a reader compares comes out the
same.

A critical alert has hysteresis.  It rises when the whole interval is past the critical limit.  It quietens to
a warning when the whole interval is back, the score has made good half of the way to the warning limit, and
it is surely past that one: a reading in doubt changes nothing.  A score of 62 (95 % sure between 55 and 69)
under limits of 80 and 60 leaves a warning a warning and a critical alert critical: either may be true.  Half
of the way counts where answers are so many that there is no doubt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.findings import NONE, SEVERITY_CODE, Codes, Flags, Floats, Ints
from alerts.rules import Direction, Severity, Threshold
from alerts.states import Verdict
from alerts.transitions import DECIMALS

WARNING: Final = SEVERITY_CODE[Severity.WARNING]
CRITICAL: Final = SEVERITY_CODE[Severity.CRITICAL]

HALF_WAY: Final = 0.5
"""Of the way from the critical to the warning limit: from there on a critical alert may quieten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitColumns:
    """The limits of some rules on one indicator, one entry per rule; NaN where a rule has none.

    Values are multiplied by `sign`, so that greater is worse whichever way the indicator goes.  A score
    that is not past `mildest` is past no limit of any rule.  `calm` is where
    a critical alert may quieten, `doubted` where the interval must be back besides.
    """

    sign: float
    warning: Floats
    critical: Floats
    recover: Floats
    min_answers: Ints
    mildest: float
    calm: Floats
    doubted: Flags


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts, scopes by rules.

    `severity` is that of a breach, beyond the doubt that the rule allows; `held` is the greatest that the
    reading does not rule out.  A loud alert stays as loud as that.
    """

    verdict: Codes
    severity: Codes
    held: Codes

    def of(self, places: Ints) -> "Judged":
        """Some of the readings."""
        return Judged(self.verdict[places], self.severity[places], self.held[places])


def limits(rules: Sequence[Threshold], direction: Direction) -> LimitColumns:
    """The limits of rules on an indicator that gets worse in `direction`."""
    sign = -1.0 if direction is Direction.LOW_IS_BAD else 1.0
    outer = [rule.critical if rule.warning is None else rule.warning for rule in rules]
    recover = [rule.recover for rule in rules]
    warning = sign * _column([rule.warning for rule in rules])
    critical = sign * _column([rule.critical for rule in rules])
    return LimitColumns(
        sign=sign,
        warning=warning,
        critical=critical,
        recover=sign
        * _column([own if own is not None else edge for own, edge in zip(recover, outer, strict=True)]),
        min_answers=np.array([rule.min_answers for rule in rules], np.int64),
        mildest=float(np.fmin.reduce(np.fmin(warning, critical), initial=np.inf)),
        calm=sign * _column([calm_of(rule) for rule in rules]),
        doubted=np.array([rule.calm is None for rule in rules], np.bool_),
    )


def calm_of(rule: Threshold) -> float | None:
    """The score from which a critical alert may quieten; None where there is no warning to quieten to.

    To four decimals, as the scores that it is compared with.
    """
    if rule.calm is not None or rule.critical is None or rule.warning is None:
        return rule.calm
    return round(rule.critical + HALF_WAY * (rule.warning - rule.critical), DECIMALS)


def in_question(of: LimitColumns, value: Floats) -> Flags:
    """Scopes whose score is past some limit, so that its interval is worth computing."""
    return of.sign * value > of.mildest


def past_some_limit(of: LimitColumns, n: Ints, low: Floats, high: Floats) -> Flags:
    """Scopes that some rule may find in breach, given their intervals; no rule does for the others."""
    past: Flags = np.minimum(of.sign * low, of.sign * high) > of.mildest
    past &= n >= of.min_answers.min(initial=np.iinfo(np.int64).max)
    return past


def judge(of: LimitColumns, value: Floats, n: Ints, low: Floats, high: Floats) -> Judged:
    """Judge scores with their intervals; a scope that is not `in_question` may have any interval."""
    score = np.round(of.sign * value, DECIMALS)[:, None]
    surely = np.minimum(of.sign * low, of.sign * high)[:, None]
    maybe = np.maximum(of.sign * low, of.sign * high)[:, None]
    answers = n[:, None]
    enough = answers >= of.min_answers
    severity = _severity(of, surely, score) * enough
    loud = (score > of.calm) | (of.doubted & (maybe > of.critical))
    held = np.where(loud, CRITICAL, WARNING)
    verdict = np.full(severity.shape, Verdict.INSUFFICIENT, np.int8)
    verdict[enough & (score <= of.recover)] = Verdict.CLEAR
    verdict[severity > 0] = Verdict.BREACH
    verdict[(answers <= 0).repeat(severity.shape[1], axis=1)] = Verdict.STALE
    return Judged(verdict, severity.astype(np.int8), held.astype(np.int8))


def _severity(of: LimitColumns, surely: Floats, score: Floats) -> NDArray[np.int64]:
    critical = (surely > of.critical) & (score > of.critical)
    warning = (surely > of.warning) & (score > of.warning)
    return np.where(critical, CRITICAL, np.where(warning, WARNING, NONE))


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else round(value, DECIMALS) for value in values], np.float64)
