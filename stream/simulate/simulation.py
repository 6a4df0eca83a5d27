"""Simulate: what a rule would do before anybody is woken by it.

Many scopes live through months of healthy traffic, then through each fall, in the judge's own windows,
detectors and boards.  Counted are the pages that nobody should have had, and how long each fall goes unseen.
Beside each rule stands the plain threshold that it is there to replace.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from alerts.readings import scope_object
from alerts.rules import DAY_MS, HOUR_MS, Rule, Rulebook
from alerts.states import State
from stream.indicators.formulas import Floats
from stream.indicators.plan import Plan
from stream.judge.evaluation.explained import Explained, Observer
from stream.simulate.answer_model import Answering, answering, counting
from stream.simulate.baselines import alone, beside, plan_for, tried, warm_up_ms
from stream.simulate.headway import Headway
from stream.simulate.outcomes import FallSeen, RuleOutcome, no_oftener, together
from stream.simulate.population import Crowd, Size, Spell
from stream.simulate.question import GAP_VALUES, Question, values_of
from stream.simulate.rhythm import MONDAY_MS

PLAIN_MONTHS: Final = 100
"""Months of scopes that plain thresholds are simulated for, at most."""
TUNED_MONTHS: Final = 1000
"""The same for the size that is found for a plain rule."""
SEARCHED_MONTHS: Final = 200
"""The same for each size that is tried on the way to it."""
MORE_SIZES: Final = 3
"""Sizes that are tried after the one that was found, should that one page oftener in more months."""
TUNED_HOURS: Final = (1, 2, 3, 4, 6, 12, 24, 36, 48, 60, 72, 84, 96, 120, 168, 240, 360, 480, 600, 720)
TUNED_MS: Final = tuple(hours * HOUR_MS for hours in TUNED_HOURS)
"""Windows to try for a plain threshold that pages no oftener than a rule."""
MONTH_DAYS: Final = 30
WEEK_MS: Final = 7 * DAY_MS
BEGIN_MS: Final = 3 * DAY_MS + 10 * HOUR_MS
"""From Monday on until what happens to a rhythm begins: Thursday at ten (UTC)."""


class Simulation:
    """Rules to be simulated.  All must be about one indicator.

    Raises:
        SettingsError: a rule that needs more than scores and volumes.
    """

    def __init__(self, rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> None:
        self._rulebook: Final = rulebook
        self._rules: Final = [alone(rule) for rule in rules]
        self._question: Final = question
        self._pane_ms: Final = rulebook.timing.pane_ms
        self._plain: Final = {rule.name: beside(rule, question, self._pane_ms) for rule in self._rules}
        twins = [twin for twin in self._plain.values() if twin is not None]
        few = _fewer(question, PLAIN_MONTHS)
        self._parts: Final = [
            *((part, question) for part in _alike(self._rules)),
            *((part, few) for part in _alike(twins)),
        ]
        self._tried: Final = {
            name: tries
            for name, twin in self._plain.items()
            if question.tune_ms and twin is not None and (tries := tried(twin, question, self._pane_ms))
        }
        self._few: Final = _fewer(question, TUNED_MONTHS)
        self._calm: Final = replace(_fewer(question, SEARCHED_MONTHS), falls=())

    def hours(self) -> int:
        """How many hours of scopes there are to live through, at most."""
        parts = [*self._parts]
        for rules in self._tried.values():
            parts += [(rules, self._calm)] * len(rules).bit_length()
            parts += [(rules, self._few)] * (1 + MORE_SIZES)
        return sum(_time_ms(self._rulebook, *part) for part in parts) // HOUR_MS

    def run(self, told: Callable[[int], None], observer: Observer | None = None) -> list[RuleOutcome]:
        """What each rule, and the plain one beside it, would do; `told` hears of the hours done.

        Plain rules page so often that few months of them say enough, and take longest.  An `observer`
        hears of every reading of the rules themselves in the first scope, in the last healthy day and after.

        Raises:
            SettingsError: a score that the indicator cannot have.
        """
        headway = Headway(told)
        found: dict[str, RuleOutcome] = {}
        for rules, question in self._parts:
            own = observer if rules[0] in self._rules else None
            of = PlannedRules(plan_for(self._rulebook, rules, question), rules)
            found |= _outcomes(of, question, headway, own)
        for name, twin in self._plain.items():
            if twin is not None:
                found[twin.name].beside = name
        for name in self._tried:
            found |= self._tuned(found[name], headway)
        order = [name for rule in self._rules for name in found if rule.name in (name, found[name].beside)]
        return [found[name] for name in order]

    def _tuned(self, of: RuleOutcome, headway: Headway) -> dict[str, RuleOutcome]:
        """The plain rule, the first of those tried, that pages no oftener than the rule when all is well.

        Those tried page less and less often, so half of them are ruled out at a time, in few months: of
        sixty, six are simulated.  The one that is left is simulated in more months, and should it page
        oftener there, so is the next.
        """
        tries, calm = self._tried[of.rule.name], self._calm
        plan = plan_for(self._rulebook, tries, calm)
        low, high, left = 0, len(tries), len(tries).bit_length()
        while low < high:
            middle, left = (low + high) // 2, left - 1
            one = _only(PlannedRules(plan, tries[middle : middle + 1]), calm, headway)
            low, high = (low, middle) if no_oftener(one, of) else (middle + 1, high)
        headway.on(1, left * _time_ms(self._rulebook, tries, calm))
        low = min(low, len(tries) - 1)
        sizes = tries[low : low + 1 + MORE_SIZES]
        left_ms = (1 + MORE_SIZES) * _time_ms(self._rulebook, tries, self._few)
        found: dict[str, RuleOutcome] = {}
        plan = plan_for(self._rulebook, sizes, self._few)
        for size in sizes:
            one = _only(PlannedRules(plan, [size]), self._few, headway)
            left_ms -= _time_ms(self._rulebook, sizes, self._few)
            if no_oftener(one, of):
                found = {size.name: replace(one, beside=of.rule.name)}
                break
        headway.on(1, left_ms)
        return found


class PlannedRules(NamedTuple):
    """Some rules of a plan that are simulated together; panes and warm-up are those of all of the plan's."""

    plan: Plan
    rules: Sequence[Rule]


def _only(of: PlannedRules, question: Question, headway: Headway) -> RuleOutcome:
    """What becomes of a single rule."""
    (one,) = _outcomes(of, question, headway).values()
    return one


def _alike(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules that can be simulated together: those whose scopes have one row each, and the others."""
    parts = [[rule for rule in rules if values_of(rule) == values] for values in (1, GAP_VALUES)]
    return [part for part in parts if part]


def _fewer(question: Question, months: int) -> Question:
    """The same over so many months of scopes at most."""
    return replace(question, months=min(question.months, -(-months // question.scopes)))


def _time_ms(rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> int:
    """How long all scopes together live for one part of a simulation, if no fall is seen early."""
    healthy_ms = warm_up_ms(plan_for(rulebook, rules, question)) + question.days * DAY_MS
    total_ms = 0
    for part in question.parts():
        wait_ms = WEEK_MS if part.falls and part.rhythm is not None else 0
        total_ms += part.lives * (healthy_ms + wait_ms + len(part.falls) * part.patience_ms)
    return total_ms


def _outcomes(
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
    wait = _until_begin(crowd) if question.falls and question.rhythm is not None else 0
    _pass(crowd, wait, question, headway)
    for fall in question.falls:
        _fall(deepcopy(crowd), outcomes, (question, Spell(question.healthy, fall, hears)), headway)
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
    for score in (question.healthy, *(fall.score for fall in question.falls if fall.score is not None)):
        people.check(score)
    return people


def _of_first_scope(observer: Observer) -> Observer:
    def hear(explained: Explained) -> None:
        if scope_object(explained.scope)["channel"] == "000000":
            observer(explained)

    return hear


def _until_begin(crowd: Crowd) -> int:
    """Panes until the next Thursday at ten, when what happens to a rhythm begins."""
    at_ms = crowd.pane * crowd.pane_ms
    begin_ms = (at_ms - MONDAY_MS) // WEEK_MS * WEEK_MS + MONDAY_MS + BEGIN_MS
    begin_ms += WEEK_MS if begin_ms < at_ms else 0
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
