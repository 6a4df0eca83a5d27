"""Questions: what a simulation is asked, and what a fall is."""

from dataclasses import dataclass
from typing import Final

from alerts.rules import Rule, Silence, Surge
from stream.simulate.rhythm import Rhythm

GAP_VALUES: Final = 4
"""Values that a gap rule compares in each scope; one of them falls."""


@dataclass(frozen=True, slots=True)
class Fall:
    """What happens after the healthy time: another score, so many times the volume, or both.

    Without a score it stays what it was; 0 `times` is a halt.
    """

    score: float | None = None
    times: float = 1.0

    @property
    def text(self) -> str:
        """As the command line has it: `60` or `2x`."""
        return f"{self.times:g}x" if self.score is None else f"{self.score:g}"

    @property
    def told(self) -> float | str:
        """As JSON has it: a score as a number."""
        return self.text if self.score is None else self.score


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.  Scores are in the indicator's unit, `per_day` is answers per scope and day.

    `months` times `scopes` scopes are simulated for `days` healthy days each; each of `falls` is what
    happens to all of them after that, watched for at most `patience_ms`.  `tune_ms` are windows to try, in
    rising order, for a plain rule that pages as seldom as the rule.  With a `rhythm` volumes follow it, and
    `per_day` is its mean.  `healthy` is None where only volumes matter.
    """

    healthy: float | None
    falls: tuple[Fall, ...]
    per_day: float
    scopes: int
    months: int
    seed: int
    patience_ms: int
    days: int = 30
    tune_ms: tuple[int, ...] = ()
    rhythm: Rhythm | None = None


def on_volume(rule: Rule) -> bool:
    """Whether a rule is about how much comes in."""
    return isinstance(rule.detect, Silence | Surge)


def values_of(rule: Rule) -> int:
    """How many rows of a judge are one scope, of a rule as it is simulated: see `baselines.alone`."""
    return GAP_VALUES if len(rule.scope_dims) > 1 else 1
