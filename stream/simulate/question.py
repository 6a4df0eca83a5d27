"""Questions: what a simulation is asked, and what a fall is."""

from dataclasses import dataclass, replace
from typing import Final

from alerts.rules import Rule, Silence, Surge
from stream.simulate.rhythm import Rhythm

GAP_VALUES: Final = 4
"""Values that a gap rule compares in each scope; one of them falls."""
REST_SEED: Final = 1_000_000_007
"""What is added to the seed for the scopes that do not fall: far from what anybody gives."""


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
    `per_day` is its mean.  `healthy` is None where only volumes matter.  Where `watched` is given, that many
    scopes fall and no more: a median delay is known from fewer than rare false pages are.
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
    watched: int | None = None

    @property
    def lives(self) -> int:
        """How many scopes there are, a new one for each of the months."""
        return self.scopes * self.months

    def parts(self) -> "list[Question]":
        """The scopes that fall, and those that are done after their healthy days."""
        if self.watched is None or self.watched >= self.lives or not self.falls:
            return [self]
        first = replace(self, scopes=self.watched, months=1)
        rest = replace(first, scopes=self.lives - self.watched, falls=(), seed=self.seed + REST_SEED)
        return [first, rest]


def on_volume(rule: Rule) -> bool:
    """Whether a rule is about how much comes in."""
    return isinstance(rule.detect, Silence | Surge)


def values_of(rule: Rule) -> int:
    """How many rows of a judge are one scope, of a rule as it is simulated: see `baselines.alone`."""
    return GAP_VALUES if len(rule.scope_dims) > 1 else 1
