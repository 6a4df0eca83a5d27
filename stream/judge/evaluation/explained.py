"""Explained: one reading judged by one rule, with the reason in words, for `tocsin backtest --explain`."""

from collections.abc import Callable
from dataclasses import dataclass

from alerts.readings import Reading, Scope
from alerts.rules import Rule, Severity
from alerts.states import State, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`state` is the alert's after the reading; `limit` is the one that was crossed, or else the mildest."""

    rule: Rule
    scope: Scope
    at_ms: int
    reading: Reading
    limit: float | None
    verdict: Verdict
    severity: Severity | None
    state: State
    reason: str


Observer = Callable[[Explained], None]
