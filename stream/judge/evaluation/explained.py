"""Explained: one reading judged by one rule, with the reason in words, for `tocsin backtest --explain`."""

from collections.abc import Callable
from dataclasses import dataclass

from alerts.readings import Reading, Scope
from alerts.rules import Rule, Severity
from alerts.states import State, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`limit` is the one that was crossed, or else the mildest; `severity` that of the reading.

    `state` and `alert_severity` are the alert's after the reading: one that was critical may stay so while
    the reading is a warning's.
    """

    rule: Rule
    scope: Scope
    at_ms: int
    reading: Reading
    limit: float | None
    verdict: Verdict
    severity: Severity | None
    state: State
    reason: str
    alert_severity: Severity | None = None


Observer = Callable[[Explained], None]
