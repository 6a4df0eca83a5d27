"""What a sentence about an alert is made of: its reading, by what that was judged, and what stands out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from alerts.readings import Reading, Scope
from alerts.rules import Detect, Direction, Severity
from alerts.states import State

LEAST_FURTHER: Final = 5
LEAST_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what a reading was judged.

    `direction` says on which side of a limit it is bad.  `window_ms` is None where no window was chosen,
    `limit` where there is none; `recover` is what a resolved alert had to get back to.  `confidence` is that
    of the reading's interval, 0 for none.
    """

    direction: Direction
    window_ms: int | None
    limit: float | None
    recover: float | None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a sentence is made of.

    `evidence` is what the detector of the rule saw.  `times` says how
    many episodes of the rule and scope have fired within 24 hours, this one included.  `at` is the alert's
    own time: what happened more than a day from it is told with its date.
    """

    indicator: str
    unit: str
    detect: Detect
    state: State
    severity: Severity
    scope: Scope
    reading: Reading
    terms: Terms
    evidence: Mapping[str, object] = field(default_factory=dict)
    times: int = 1
    at: datetime | None = None
    further: "Further | None" = None

    @property
    def low_is_bad(self) -> bool:
        """Whether less is worse."""
        return self.terms.direction is Direction.LOW_IS_BAD

    def past(self, limit: float | None) -> bool:
        """Whether the value is strictly on the bad side of a limit."""
        value = self.reading.value
        if value is None or limit is None:
            return False
        return value < limit if self.low_is_bad else value > limit


@dataclass(frozen=True, slots=True)
class Further:
    """Answers of people who had answered less than a day before, where these are a large part.

    `answers` of `of` that came in within `window_ms`, by `customers` at least.
    """

    answers: int
    of: int
    customers: int
    window_ms: int

    @classmethod
    def noted(cls, answers: int, of: int, customers: int, window_ms: int) -> "Further | None":
        """What is worth telling: a fifth of the answers or more, and more than a handful."""
        worth = answers >= LEAST_FURTHER and answers >= of * LEAST_SHARE
        return cls(answers, of, customers, window_ms) if worth else None

    def in_numbers(self) -> Mapping[str, int]:
        """As evidence carries it."""
        return {"answers": self.answers, "of": self.of, "customers": self.customers}
