"""Lives: what becomes of rules in a crowd of scopes, in healthy months and in falls."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.open_time import open_time
from alerts.hours import OpenHours
from alerts.readings import scope_object
from alerts.rules import DAY_MS, HOUR_MS, Rule, Rulebook
from alerts.states import State
from stream.indicators.formulas import Floats
from stream.indicators.plan import Plan
from stream.judge.evaluation.explained import Explained, Observer
from stream.simulate.answer_model import Answering, answering, counting
from stream.simulate.baselines import warm_up_ms
from stream.simulate.headway import Headway
from stream.simulate.outcomes import FallSeen, RuleOutcome, together
from stream.simulate.population import Crowd, Size, Spell
from stream.simulate.question import Question, values_of
from stream.simulate.rhythm import MONDAY_MS

MONTH_DAYS: Final = 30
WEEK_MS: Final = 7 * DAY_MS
BEGIN_MS: Final = 3 * DAY_MS + 10 * HOUR_MS
"""From Monday on until what happens to a rhythm, or to rules with hours, begins: Thursday at ten (UTC)."""


class PlannedRules(NamedTuple):
    """Some rules of a plan that are simulated together; panes and warm-up are those of all of the plan's."""

    plan: Plan
    rules: Sequence[Rule]


def lived(
    of: PlannedRules, question: Question, headway: Headway, observer: Observer | None = None
) -> dict[str, RuleOutcome]:
    """What each rule does in all scopes, those that fall and the others."""
    first, *others = question.parts()
    found = _outcomes_of_part(of, first, headway, observer)
    for part in others:
        rest = _outcomes_of_part(of, part, headway, None)
        found = {name: together(found[name], rest[name]) for name in found}
    return found


def _outcomes_of_part(
    of: PlannedRules, question: Question, headway: Headway, observer: Observer | None
) -> dict[str, RuleOutcome]:
    plan, rules = of
    people = _people(plan.rulebook, rules[0].indicator, question)
    some = Plan(replace(plan.rulebook, rules=tuple(rules)))
    crowd = Crowd(some, people, _size(question, values_of(rules[0])), heard=observer is not None)
    months = crowd.scopes * question.days / MONTH_DAYS
    outcomes = {rule.name: RuleOutcome(rule=rule, beside=None, scope_months=months) for rule in rules}
    _pass(crowd, warm_up_ms(plan) // crowd.pane_ms, question, headway)
    hears = None if observer is None else _of_first_scope(observer)
    _healthy(crowd, outcomes, question, headway, hears)
    if waits(plan, question):
        _pass(crowd, _until_begin(crowd, plan), question, headway)
    last = len(question.falls) - 1
    for number, fall in enumerate(question.falls):
        falls = crowd if number == last else deepcopy(crowd)
        _fall(falls, outcomes, (question, Spell(question.healthy, fall, hears)), headway)
    return outcomes


def _pass(crowd: Crowd, panes: int, question: Question, headway: Headway) -> None:
    """Healthy time of which nothing is told."""
    for _ in crowd.live(panes, Spell(question.healthy), headway):
        pass


def _size(question: Question, values: int) -> Size:
    return Size(question.lives, question.per_day, question.seed, values, question.rhythm)


def _people(rulebook: Rulebook, indicator: str, question: Question) -> Answering:
    """Who answers: people with scores, or whatever comes in."""
    if question.healthy is None:
        return counting(indicator, rulebook.indicators)
    people = answering(indicator, rulebook.indicators)
    people.check(question.healthy)
    for fall in question.falls:
        if fall.score is not None:
            people.check_fall(fall.score, question.healthy)
    return people


def _of_first_scope(observer: Observer) -> Observer:
    def hear(explained: Explained) -> None:
        if scope_object(explained.scope)["channel"] == "000000":
            observer(explained)

    return hear


def waits(plan: Plan, question: Question) -> bool:
    """Whether what happens begins at a time of the week, and not with the day after the healthy ones."""
    return bool(question.falls) and (question.rhythm is not None or bool(_hours(plan)))


def _hours(plan: Plan) -> list[OpenHours]:
    return [rule.detect.hours for rule in plan.rulebook.rules if rule.detect.hours.limited]


def _until_begin(crowd: Crowd, plan: Plan) -> int:
    """Panes until the next Thursday at ten, and from there until rules with hours are open.

    What begins while a rule is closed would be told as late by as long as it is closed.
    """
    at_ms = crowd.pane * crowd.pane_ms
    begin_ms = (at_ms - MONDAY_MS) // WEEK_MS * WEEK_MS + MONDAY_MS + BEGIN_MS
    begin_ms += WEEK_MS if begin_ms < at_ms else 0
    for hours in _hours(plan):
        begin_ms = open_time(hours).next_open(begin_ms)
    return (begin_ms - at_ms) // crowd.pane_ms


def _healthy(
    crowd: Crowd,
    outcomes: dict[str, RuleOutcome],
    question: Question,
    headway: Headway,
    observer: Observer | None,
) -> None:
    """Days in which every page is false; an observer hears of the last."""
    panes, day = question.days * DAY_MS // crowd.pane_ms, DAY_MS // crowd.pane_ms
    since = dict.fromkeys(crowd.firing(), crowd.pane)
    end = crowd.pane + panes
    before = crowd.live(panes - day, Spell(question.healthy), headway)
    last = crowd.live(day, Spell(question.healthy, observer=observer), headway)
    for rule, row, state, _ in chain(before, last):
        outcomes[rule].notices += state is not State.PENDING
        if state is State.FIRING and (rule, row) not in since:
            outcomes[rule].pages += 1
            since[rule, row] = crowd.pane
        elif state is State.RESOLVED:
            outcomes[rule].firing += crowd.pane - since.pop((rule, row), crowd.pane)
    for (rule, _), pane in since.items():
        outcomes[rule].firing += end - pane
    for outcome in outcomes.values():
        outcome.firing /= panes * crowd.scopes


def _fall(
    crowd: Crowd, outcomes: dict[str, RuleOutcome], asked: tuple[Question, Spell], headway: Headway
) -> None:
    """All scopes fall at once; the first page of each that is not in alarm already."""
    question, spell = asked
    start, before, busy, falling = crowd.pane, crowd.answers.copy(), crowd.firing(), crowd.falling()
    seen: dict[str, dict[int, tuple[int, int]]] = {rule: {} for rule in outcomes}
    quiet = {
        rule: crowd.scopes - sum(name == rule and row in falling for name, row in busy) for rule in outcomes
    }
    missing = sum(quiet.values())
    end = start + question.patience_ms // crowd.pane_ms
    for rule, row, state, _ in crowd.live(end - start, spell, headway):
        if row not in falling:
            continue
        if state is State.FIRING and (rule, row) not in busy and row not in seen[rule]:
            seen[rule][row] = (int(crowd.answers[row] - before[row]), crowd.pane + 1 - start)
            missing -= 1
            if not missing:
                headway.on(crowd.scopes, (end - crowd.pane) * crowd.pane_ms)
                break
    for rule, outcome in outcomes.items():
        delays = np.array(list(seen[rule].values()), np.float64).reshape(-1, 2)
        share = len(delays) / max(quiet[rule], 1)
        answers, panes = (_median_and_p90(delays[:, column], quiet[rule]) for column in (0, 1))
        pane_s = crowd.pane_ms / 1000
        outcome.falls.append(FallSeen(spell.fall, share, answers, (panes[0] * pane_s, panes[1] * pane_s)))


def _median_and_p90(delays: Floats, all_: int) -> tuple[float, float]:
    """Over all scopes; those that never saw it waited for longer than anybody."""
    waited = np.concatenate([delays, np.full(max(all_ - len(delays), 0), np.inf)])
    if not len(waited):
        return np.nan, np.nan
    low, high = np.quantile(waited, [0.5, 0.9], method="higher")
    return float(low), float(high)
