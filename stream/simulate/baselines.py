"""Twins: rules as they are simulated, and the plain thresholds that they are there to replace."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from alerts.errors import SettingsError
from alerts.rulebook.values import LONGEST_WINDOW_MS
from alerts.rules import DAY_MS, MINUTE_MS, SECOND_MS, Burn, Rule, Rulebook, Sudden, Threshold, Timing
from stream.indicators.plan import Plan
from stream.simulate.answer_model import answering

LADDER_MS: Final = (
    10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS,
)  # fmt: skip
PANES_PER_ANSWER: Final = 2
"""Panes may be longer than the rulebook's as long as a scope answers in one of two at most."""
PLAIN_ANSWERS: Final = 30
"""What the plain threshold beside a rule without a window looks back over."""


def alone(rule: Rule) -> Rule:
    """The rule as it is simulated: all scopes are alike."""
    if not isinstance(rule.detect, Threshold | Sudden | Burn):
        kind = type(rule.detect).__name__.lower()
        raise SettingsError(
            f"rules.{rule.name}: want a rule on scores (threshold with limits, sudden or burn), "
            f"got detect: {kind}"
        )
    return replace(rule, by=("channel",), where={}, explain=())


def beside(rule: Rule, per_day: float, pane_ms: int) -> Rule | None:
    """The plain threshold that a rule is there to replace; None if it is one.  Windows are whole panes."""
    match rule.detect:
        case Threshold(confidence=0):
            return None
        case Threshold() as detect:
            plain = replace(detect, confidence=0.0)
        case Burn() as detect:
            plain = _plain(detect.pairs[0].long_ms, detect.target)
        case Sudden() as detect:
            unit_ms = -(-LADDER_MS[-1] // pane_ms) * pane_ms
            last_ms = max(round(PLAIN_ANSWERS / per_day * DAY_MS / unit_ms), 1) * unit_ms
            last_ms = min(last_ms, LONGEST_WINDOW_MS // unit_ms * unit_ms)
            plain = _plain(last_ms, detect.bound)
        case _:
            return None
    return replace(rule, name=f"{rule.name}, plain", detect=plain)


def _plain(window_ms: int, limit: float) -> Threshold:
    """A limit on the bare score, as a dashboard would have it."""
    return Threshold(window_ms=window_ms, warning=None, critical=limit, recover=None, confidence=0.0)


def pane_ms(rules: Sequence[Rule], timing: Timing, per_day: float) -> int:
    """Panes to simulate in: the longest that fit every window and hold one answer of a scope at most."""
    windows = [length for rule in rules for length in _windows_ms(rule)]
    found = timing.pane_ms
    for length in LADDER_MS:
        few = length * per_day * PANES_PER_ANSWER <= DAY_MS
        if few and length % timing.pane_ms == 0 and all(window % length == 0 for window in windows):
            found = max(found, length)
    return found


def plan_for(rulebook: Rulebook, rules: Sequence[Rule], per_day: float) -> Plan:
    """The plan of some rules on one indicator, and of nothing else."""
    info = rules[0].indicator
    timing = replace(rulebook.timing, pane_ms=pane_ms(rules, rulebook.timing, per_day))
    key = answering(info, rulebook.indicators).configured_by
    kept = {key: rulebook.indicators[key]}
    return Plan(Rulebook(rules=tuple(rules), indicators=kept, timing=timing))


def _windows_ms(rule: Rule) -> list[int]:
    match rule.detect:
        case Threshold() as detect:
            return [detect.window_ms]
        case Burn() as detect:
            return [*detect.windows_ms]
        case _:
            return []


def warm_up_ms(plan: Plan) -> int:
    """Time until every window that a verdict hangs on is full, and a day at least."""
    lengths = [DAY_MS]
    for rule in plan.rulebook.rules:
        match rule.detect:
            case Burn() as detect:
                lengths += [pair.long_ms for pair in detect.pairs]
            case _:
                lengths += _windows_ms(rule)
    return max(lengths)
