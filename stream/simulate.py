"""Simulate: what a rule would do before anybody is woken by it.

Many scopes live through months of healthy traffic, then through each fall, in the judge's own windows,
detectors and boards.  Counted are the pages that nobody should have had, and how long each fall goes unseen.
Beside each rule stands the plain threshold that it is there to replace.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from alerts.errors import SettingsError
from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile, poisson
from alerts.notation import duration_text
from alerts.rules import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    Burn,
    Rule,
    Rulebook,
    Sudden,
    Threshold,
    Timing,
)
from alerts.states import State
from stream.answering import answering
from stream.crowd import Crowd, Size
from stream.groups import burn_windows_ms
from stream.indicators import Floats
from stream.plan import Plan

LADDER_MS: Final = (
    10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS,
)  # fmt: skip
PANES_PER_ANSWER: Final = 2
"""Panes may be longer than the rulebook's as long as a scope answers in one of two at most."""
PLAIN_ANSWERS: Final = 30
"""What the plain threshold beside a rule without a window looks back over."""
PLAIN_MONTHS: Final = 100
"""Months of scopes that plain thresholds are simulated for, at most."""
TUNED_MONTHS: Final = 500
"""The same for windows that are tried."""
TUNED_MS: Final = tuple(hours * HOUR_MS for hours in (6, 12, 24, 36, 48, 72, 96, 120, 168, 240))
"""Windows to try for a plain threshold that pages no oftener than a rule."""
MONTH_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.  Scores are in the indicator's unit, `per_day` is answers per scope and day.

    `months` times `scopes` scopes are simulated for `days` healthy days each; each of `falls` is a score
    that all of them fall to after that, watched for at most `patience_ms`.  `tune_ms` are windows to try, in
    rising order, for a plain threshold that pages as seldom as the rule.
    """

    healthy: float
    falls: tuple[float, ...]
    per_day: float
    scopes: int
    months: int
    seed: int
    patience_ms: int
    days: int = 30
    tune_ms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """How a fall was seen: the share of scopes that were paged in time, and after how long."""

    to: float
    share: float
    answers: tuple[float, float]
    seconds: tuple[float, float]


@dataclass(slots=True)
class Outcome:
    """What one rule did.  `pages` are false ones over `scope_months`; `firing` the share of time in alarm."""

    rule: Rule
    beside: str | None
    scope_months: float
    pages: int = 0
    firing: float = 0.0
    falls: list[Seen] = field(default_factory=list)


def simulate(rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> list[Outcome]:
    """What each rule, and the plain threshold beside it, would do.  All must be about one indicator.

    Plain thresholds page so often that few months of them say enough, and take longest.

    Raises:
        SettingsError: a rule that needs more than scores, or a score that the indicator cannot have.
    """
    asked = [alone(rule) for rule in rules]
    plain = {rule.name: beside(rule, question) for rule in asked}
    twins = [twin for twin in plain.values() if twin is not None]
    found = _outcomes(rulebook, asked, question)
    found |= _outcomes(rulebook, twins, _fewer(question, PLAIN_MONTHS)) if twins else {}
    for name, twin in plain.items():
        if twin is not None:
            found[twin.name].beside = name
    if question.tune_ms:
        for rule in asked:
            found |= tuned(rulebook, found[rule.name], question)
    order = [name for rule in asked for name in found if name == rule.name or found[name].beside == rule.name]
    return [found[name] for name in order]


def tuned(rulebook: Rulebook, of: Outcome, question: Question) -> dict[str, Outcome]:
    """The shortest plain window that pages no oftener than the rule when all is well; none may be found."""
    twin = beside(of.rule, question)
    if twin is None or not isinstance(twin.detect, Threshold):
        return {}
    detect = twin.detect
    candidates = [
        replace(twin, name=f"{of.rule.name}, plain over {duration_text(length)}", detect=wider)
        for length in question.tune_ms
        for wider in [replace(detect, window_ms=length)]
    ]
    few = _fewer(question, TUNED_MONTHS)
    healthy = _outcomes(rulebook, candidates, replace(few, falls=()))
    wanted = of.pages / of.scope_months
    calm = [each.rule for each in healthy.values() if each.pages / each.scope_months <= wanted]
    if not calm:
        return {}
    found = _outcomes(rulebook, calm[:1], few)
    for outcome in found.values():
        outcome.beside = of.rule.name
    return found


def _fewer(question: Question, months: int) -> Question:
    """The same over so many months of scopes at most."""
    return replace(question, months=min(question.months, -(-months // question.scopes)))


def _outcomes(rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> dict[str, Outcome]:
    people = answering(rules[0].indicator, rulebook.indicators)
    for score in (question.healthy, *question.falls):
        people.check(score)
    plan = _plan(rulebook, rules, question)
    crowd = Crowd(plan, people, Size(question.scopes * question.months, question.per_day, question.seed))
    outcomes = {rule.name: Outcome(rule, None, crowd.rows * question.days / MONTH_DAYS) for rule in rules}
    for _ in crowd.live(_warm_up(plan) // crowd.pane_ms, question.healthy):
        pass
    _healthy(crowd, outcomes, question)
    for fall in question.falls:
        _fall(deepcopy(crowd), outcomes, question, fall)
    return outcomes


def alone(rule: Rule) -> Rule:
    """The rule as it is simulated: all scopes are alike."""
    if not isinstance(rule.detect, Threshold | Sudden | Burn):
        kind = type(rule.detect).__name__.lower()
        raise SettingsError(
            f"rules.{rule.name}: want a rule on scores (threshold, sudden or burn), got detect: {kind}"
        )
    return replace(rule, by=("channel",), where={}, explain=())


def beside(rule: Rule, question: Question) -> Rule | None:
    """The plain threshold that a rule is there to replace; None if it is one."""
    match rule.detect:
        case Threshold(confidence=0):
            return None
        case Threshold() as detect:
            plain = replace(detect, confidence=0.0)
        case Burn() as detect:
            plain = Threshold(detect.pairs[0].long_ms, None, detect.target, None, 0.0)
        case Sudden() as detect:
            last_ms = round(PLAIN_ANSWERS / question.per_day * DAY_MS / LADDER_MS[-1]) * LADDER_MS[-1]
            plain = Threshold(max(last_ms, LADDER_MS[-1]), None, detect.bound, None, 0.0)
        case _:
            return None
    return replace(rule, name=f"{rule.name}, plain", detect=plain)


def pane_ms(rules: Sequence[Rule], timing: Timing, per_day: float) -> int:
    """Panes to simulate in: the longest that fit every window and hold one answer of a scope at most."""
    windows = [length for rule in rules for length in _windows_ms(rule)]
    found = timing.pane_ms
    for length in LADDER_MS:
        few = length * per_day * PANES_PER_ANSWER <= DAY_MS
        if few and length % timing.pane_ms == 0 and all(window % length == 0 for window in windows):
            found = max(found, length)
    return found


def _plan(rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> Plan:
    info = rules[0].indicator
    timing = replace(rulebook.timing, pane_ms=pane_ms(rules, rulebook.timing, question.per_day))
    key = answering(info, rulebook.indicators).configured_by
    kept = {key: rulebook.indicators[key]}
    return Plan(Rulebook(tuple(rules), kept, timing))


def _windows_ms(rule: Rule) -> list[int]:
    match rule.detect:
        case Threshold() as detect:
            return [detect.window_ms]
        case Burn() as detect:
            return list(burn_windows_ms(detect))
        case _:
            return []


def _warm_up(plan: Plan) -> int:
    """Time until every window that a verdict hangs on is full, and a day at least."""
    lengths = [DAY_MS]
    for rule in plan.rulebook.rules:
        match rule.detect:
            case Burn() as detect:
                lengths += [pair.long_ms for pair in detect.pairs]
            case _:
                lengths += _windows_ms(rule)
    return max(lengths)


def _healthy(crowd: Crowd, outcomes: dict[str, Outcome], question: Question) -> None:
    """Days in which every page is false."""
    panes = question.days * DAY_MS // crowd.pane_ms
    since = dict.fromkeys(crowd.firing(), crowd.pane)
    end = crowd.pane + panes
    for rule, row, state, seq in crowd.live(panes, question.healthy):
        if state is State.FIRING and seq == 1:
            outcomes[rule].pages += 1
            since[rule, row] = crowd.pane
        elif state is State.RESOLVED:
            outcomes[rule].firing += crowd.pane - since.pop((rule, row), crowd.pane)
    for (rule, _), pane in since.items():
        outcomes[rule].firing += end - pane
    for outcome in outcomes.values():
        outcome.firing /= panes * crowd.rows


def _fall(crowd: Crowd, outcomes: dict[str, Outcome], question: Question, fall: float) -> None:
    """All scopes fall at once; the first page of each that is not in alarm already."""
    start, before, busy = crowd.pane, crowd.answers.copy(), crowd.firing()
    seen: dict[str, dict[int, tuple[int, int]]] = {rule: {} for rule in outcomes}
    quiet = {rule: crowd.rows - sum(name == rule for name, _ in busy) for rule in outcomes}
    missing = sum(quiet.values())
    for rule, row, state, _ in crowd.live(question.patience_ms // crowd.pane_ms, fall):
        if state is State.FIRING and (rule, row) not in busy and row not in seen[rule]:
            seen[rule][row] = (int(crowd.answers[row] - before[row]), crowd.pane + 1 - start)
            missing -= 1
            if not missing:
                break
    for rule, outcome in outcomes.items():
        delays = np.array(list(seen[rule].values()), np.float64).reshape(-1, 2)
        share = len(delays) / max(quiet[rule], 1)
        answers, panes = (_median_and_p90(delays[:, column], quiet[rule]) for column in (0, 1))
        pane_s = crowd.pane_ms / 1000
        outcome.falls.append(Seen(fall, share, answers, (panes[0] * pane_s, panes[1] * pane_s)))


def _median_and_p90(delays: Floats, all_: int) -> tuple[float, float]:
    """Over all scopes; those that never saw it waited for longer than anybody."""
    waited = np.concatenate([delays, np.full(max(all_ - len(delays), 0), np.inf)])
    if not len(waited):
        return np.nan, np.nan
    low, high = np.quantile(waited, [0.5, 0.9], method="higher")
    return float(low), float(high)


def false_pages(of: Outcome) -> tuple[float, float, float]:
    """Per scope and month, with the 95 % interval that the number of pages allows."""
    count = np.array([float(of.pages)])
    low, high = poisson(count, normal_quantile(PUBLISHED_CONFIDENCE))
    return of.pages / of.scope_months, float(low[0]) / of.scope_months, float(high[0]) / of.scope_months
