"""By what threshold rules judge a score: their limits, and the confidence of its interval.

Rules that read the same score with the same confidence share a scale.  Arrays have a row per reading and a
column per rule: `(rows, rules)`; those of one score are `(rows,)`, and those of its sums `(rows, columns)`.
"""

from collections.abc import Sequence
from typing import Final

from alerts.detect.findings import Flags, Floats, Ints
from alerts.detect.threshold import Judged, in_question, judge, limits
from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile
from alerts.readings import Reading
from alerts.rules import Direction, Severity, Threshold
from alerts.states import Verdict
from stream.indicators.formulas import Formula, Sums, interval, score
from stream.judge.evaluation.moves import limit_of, reading, recover_of
from stream.judge.evaluation.reasons import SILENCED
from stream.judge.windows.layout import Readout


class ThresholdScale:
    """The limits of some rules on one score; `detects` has one entry per rule, all of one confidence."""

    def __init__(self, formula: Formula, detects: Sequence[Threshold]) -> None:
        self.formula: Final = formula
        self.detects: Final = tuple(detects)
        self.confidence: Final = detects[0].confidence
        self.z: Final = normal_quantile(self.confidence)
        """Half the interval's width in standard deviations; 0 where rules go by the score alone."""
        self.limits: Final = limits(detects, formula.direction)

    def scored(self, formula: Formula, sums: Sums) -> tuple[Floats, Ints, Flags]:
        """Per reading its value, how many answers it is of, and whether it is past the mildest limit."""
        value, n = score(formula, sums)
        return value, n, in_question(self.limits, value)

    def judged(self, formula: Formula, sums: Sums, value: Floats, n: Ints, question: Flags) -> Judged:
        """What every rule says of every reading; intervals are only worked out for those in `question`."""
        low, high = value.copy(), value.copy()
        if self.z and question.any():
            low[question], high[question] = interval(formula, sums.of(question), self.z)
        return judge(self.limits, value, n, low, high)

    def reading(self, readout: Readout, place: int) -> Reading:
        """A reading as it is told, with its interval."""
        return reading(self.formula, readout, place, self.confidence or PUBLISHED_CONFIDENCE)

    def reason(self, column: int, shown: Reading, verdict: Verdict, severity: Severity | None) -> str:
        """Why one rule gives a reading this verdict, for people."""
        detect = self.detects[column]
        side = "below" if self.formula.direction is Direction.LOW_IS_BAD else "above"
        match verdict:
            case Verdict.STALE:
                return "no answers in the window" if not shown.n else SILENCED
            case Verdict.BREACH:
                sure = "the whole interval is" if detect.confidence else "it is"
                return f"{sure} {side} the {severity} limit {limit_of(detect, severity):.15g}"
            case Verdict.CLEAR:
                return f"at or on the healthy side of {recover_of(detect):.15g}"
            case Verdict.INSUFFICIENT:
                if shown.n < detect.min_answers:
                    return f"{shown.n} answers, want {detect.min_answers}"
                return f"neither surely {side} a limit nor back at {recover_of(detect):.15g}"
