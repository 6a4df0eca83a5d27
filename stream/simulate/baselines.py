"""Twins: rules as they are simulated, and the plain thresholds that they are there to replace."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, sqrt
from typing import Final

from alerts.detect.gap import NEGLIGIBLE
from alerts.detect.hourly_past import WEEKS
from alerts.hours import OpenHours
from alerts.notation import duration_text
from alerts.rulebook.values import LONGEST_WINDOW_MS
from alerts.rules import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Budget,
    Burn,
    Direction,
    Family,
    Gap,
    Relative,
    Rule,
    Rulebook,
    Silence,
    Sudden,
    SuddenRelative,
    Surge,
    Threshold,
    Timing,
)
from alerts.worsening import Worsening
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.plan import Plan
from stream.simulate.question import Question, on_volume
from stream.simulate.rhythm import Rhythm

LADDER_MS: Final = (
    10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS,
)  # fmt: skip
PANES_PER_ANSWER: Final = 2
"""Panes may be longer than the rulebook's as long as a scope answers in one of two at most."""
PLAIN_ANSWERS: Final = 30
"""What the plain threshold beside a rule without a window looks back over."""


PLAIN_SURE: Final = 3.0
"""Standard deviations above the busiest hour of the plain limit beside surge."""
PLAIN_GAPS: Final = 10.0
"""Mean gaps without an event of the plain rule beside silence."""
FINER: Final = 1.08
"""How many times as long the next wait that is tried is, or more."""
TRIED_GAPS: Final = tuple(2 * FINER**step for step in range(54))
"""Those that are tried, up to 118."""
STEPS: Final = 4
"""Limits that are tried in a standard deviation, where events are that many."""
MOST_SURE: Final = 24
"""Standard deviations above the busiest hour of the highest limit that is tried."""
ENOUGH: Final = 1.5
"""How many times `min_answers` a window that is tried holds at least, on average."""
LONG_MS, MANY = 10 * DAY_MS, 1_000
"""A window is tried that is no longer than that, or holds no more answers than that."""


def alone(rule: Rule) -> Rule:
    """The rule as it is simulated: all scopes are alike.  A gap rule compares teams of one channel."""
    if isinstance(rule.detect, Gap):
        return replace(
            rule, by=("channel",), where={}, explain=(), detect=replace(rule.detect, across="team")
        )
    return replace(rule, by=("channel",), where={}, explain=())


def beside(rule: Rule, question: Question, pane_ms: int) -> Rule | None:
    """The plain rule that a rule is there to replace; None if it is one.  Windows are whole panes."""
    plain: Threshold | Silence
    match rule.detect:
        case Threshold(confidence=0):
            return None
        case Threshold() as detect:
            plain = replace(detect, confidence=0.0)
        case Relative() as detect:
            most = _worse(rule, question, detect.warning or detect.critical)
            plain = replace(_plain(detect.window_ms, most, detect.hours), min_answers=detect.min_answers)
        case Burn() as detect:
            plain = _plain(detect.pairs[0].long_ms, detect.target, detect.hours)
        case Sudden() as detect:
            plain = _plain(_last_ms(question, pane_ms), detect.bound, detect.hours)
        case SuddenRelative() as detect:
            most = _worse(rule, question, detect.worse_by)
            plain = _plain(_last_ms(question, pane_ms), most, detect.hours)
        case Gap() as detect:
            worse = _plain(detect.window_ms, _worse(rule, question, None), detect.hours)
            plain = replace(worse, min_answers=detect.min_answers)
            return replace(rule, name=f"{rule.name}, plain", by=rule.scope_dims, detect=plain)
        case Surge() as detect:
            most = _most_an_hour(question, PLAIN_SURE)
            plain = replace(_plain(HOUR_MS, most, detect.hours), min_answers=1)
        case Silence(learn_ms=int()) as detect:
            wait_ms = _wait_ms(question, PLAIN_GAPS)
            plain = Silence(Budget(1, wait_ms), None, None, detect.hours, detect.severity)
        case _:
            return None
    return replace(rule, name=f"{rule.name}, plain", detect=plain)


def _plain(window_ms: int, limit: float, hours: OpenHours) -> Threshold:
    """A limit on the bare score, as a dashboard would have it."""
    return Threshold(
        window_ms=window_ms, warning=None, critical=limit, recover=None, confidence=0.0, hours=hours
    )


def tried(twin: Rule, question: Question, pane_ms: int) -> list[Rule]:
    """The plain rule in other sizes, those first that page soonest: wider windows, higher limits."""
    match twin.detect:
        case Threshold() as detect if CATALOGUE[twin.indicator].family is Family.COUNT:
            finest = range(STEPS, MOST_SURE * STEPS + 1)
            limits = sorted({_most_an_hour(question, sure / STEPS) for sure in finest})
            return [_sized(twin, f"{limit:g} an hour", replace(detect, critical=limit)) for limit in limits]
        case Threshold() as detect:
            return [
                _sized(twin, f"over {duration_text(length)}", replace(detect, window_ms=length))
                for length in question.tune_ms
                if length % pane_ms == 0 and _worth_trying(length, detect.min_answers, question.per_day)
            ]
        case Silence() as detect:
            waits = sorted({_wait_ms(question, gaps) for gaps in TRIED_GAPS})
            return [
                _sized(twin, f"1 per {duration_text(wait)}", replace(detect, at_least=Budget(1, wait)))
                for wait in waits
            ]
        case _:
            return []


def _worth_trying(length_ms: int, min_answers: int, per_day: float) -> bool:
    """Whether a window is one that somebody would choose.

    One that seldom holds `min_answers` pages seldom, since it is hardly ever judged; and windows of more than
    ten days are for those who get few answers.
    """
    holds = length_ms / DAY_MS * per_day
    return holds >= ENOUGH * min_answers and (length_ms <= LONG_MS or holds <= MANY)


def _sized(twin: Rule, size: str, detect: Threshold | Silence) -> Rule:
    return replace(twin, name=f"{twin.name} {size}", detect=detect)


def _worse(rule: Rule, question: Question, by: Worsening | None) -> float:
    """A score that is worse than a healthy one, in the indicator's unit; None: negligibly."""
    info, healthy = CATALOGUE[rule.indicator], question.healthy or 0.0
    span = (100.0 if info.high is None else info.high) - (info.low or 0.0)
    sign = 1 if info.direction is Direction.HIGH_IS_BAD else -1
    return healthy + sign * (NEGLIGIBLE * span if by is None else by.of(healthy))


def _last_ms(question: Question, pane_ms: int) -> int:
    """A window of so many answers as the plain threshold beside a rule without one looks back over."""
    unit_ms = -(-LADDER_MS[-1] // pane_ms) * pane_ms
    last_ms = max(round(PLAIN_ANSWERS / question.per_day * DAY_MS / unit_ms), 1) * unit_ms
    return min(last_ms, LONGEST_WINDOW_MS // unit_ms * unit_ms)


def _most_an_hour(question: Question, sure: float) -> float:
    """So many standard deviations above the busiest hour, as a count."""
    rhythm = question.rhythm or Rhythm.even(question.per_day / 24)
    return float(ceil(rhythm.busiest + sure * sqrt(rhythm.busiest)) + 1)


def _wait_ms(question: Question, gaps: float) -> int:
    """The time of so many mean gaps, in ten minutes; at most what a rule may ask for."""
    unit_ms = LADDER_MS[-1]
    return min(max(round(gaps * DAY_MS / question.per_day / unit_ms), 1) * unit_ms, LONGEST_WINDOW_MS)


def pane_ms(rules: Sequence[Rule], timing: Timing, per_day: float) -> int:
    """Panes to simulate in: the longest that fit every window and hold few answers of a scope.

    One in two panes at most has an answer; of volumes, of which only how many there are matters, one a pane.
    """
    windows = [length for rule in rules for length in _windows_ms(rule)]
    panes_per_event = 1 if all(map(on_volume, rules)) else PANES_PER_ANSWER
    found = timing.pane_ms
    for length in LADDER_MS:
        few = length * per_day * panes_per_event <= DAY_MS
        if few and length % timing.pane_ms == 0 and all(window % length == 0 for window in windows):
            found = max(found, length)
    return found


def plan_for(rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> Plan:
    """The plan of some rules on one indicator, and of nothing else."""
    busiest = question.per_day if question.rhythm is None else 24 * question.rhythm.busiest
    timing = replace(rulebook.timing, pane_ms=pane_ms(rules, rulebook.timing, busiest))
    key = CATALOGUE[rules[0].indicator].configured_by
    kept = {key: rulebook.indicators[key]}
    return Plan(Rulebook(rules=tuple(rules), indicators=kept, timing=timing))


def _windows_ms(rule: Rule) -> list[int]:
    match rule.detect:
        case Threshold() | Relative() as detect:
            return [detect.window_ms]
        case Burn() as detect:
            return [*detect.windows_ms]
        case Gap() as detect:
            return [detect.window_ms]
        case Silence(at_least=Budget() as least):
            return [least.per_ms]
        case _:
            return []


def warm_up_ms(plan: Plan) -> int:
    """Time until every window that a verdict hangs on is full, and a day at least.

    Rules that compare with earlier weeks want all of these, the day before the last, and a window of a day.
    """
    lengths = [DAY_MS]
    for rule in plan.rulebook.rules:
        match rule.detect:
            case Burn() as detect:
                lengths += [pair.long_ms for pair in detect.pairs]
            case (Relative() | SuddenRelative() | Gap()) as detect if detect.against is not None:
                lengths.append((7 * WEEKS[detect.against] + 2) * DAY_MS)
            case Surge(learn_ms=learn_ms) | Silence(learn_ms=int(learn_ms)):
                lengths.append(learn_ms + DAY_MS)
            case _:
                lengths += _windows_ms(rule)
    return max(lengths)
