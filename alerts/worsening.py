"""Worse than before: with which past a score is compared, and by how much it must be worse."""

from dataclasses import dataclass
from enum import StrEnum


class Against(StrEnum):
    """Which past of its own a score is compared with."""

    USUAL = "usual"  # the same hours of the last four weeks
    LAST_WEEK = "last_week"  # the same hours a week ago


@dataclass(frozen=True, slots=True)
class Worsening:
    """By how much a score is worse: in the indicator's own unit, or in percent of what it was."""

    amount: float
    percent: bool = False

    def of(self, value: float) -> float:
        """In the indicator's unit."""
        return abs(value) * self.amount / 100 if self.percent else self.amount
