"""Simulate: what a rule would do before anybody is woken by it.

Many scopes live through months of healthy traffic, then through each fall, in the judge's own windows,
detectors and boards.  Counted are the pages that nobody should have had, and how long each fall goes unseen.
Beside each rule stands the plain threshold that it is there to replace.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile, poisson
from alerts.notation import duration_text
from alerts.rules import DAY_MS, HOUR_MS, Rule, Rulebook, Threshold
from alerts.states import State
from stream.indicators.formulas import Floats
from stream.simulate.answer_model import answering
from stream.simulate.baselines import alone, beside, plan_for, warm_up_ms
from stream.simulate.headway import Headway
from stream.simulate.population import Crowd, Size

PLAIN_MONTHS: Final = 100
"""Months of scopes that plain thresholds are simulated for, at most."""
TUNED_MONTHS: Final = 500
"""The same for windows that are tried."""
TUNED_MS: Final = tuple(hours * HOUR_MS for hours in (6, 12, 24, 36, 48, 60, 72, 84, 96, 120, 168, 240))
"""Windows to try for a plain threshold that pages no oftener than a rule."""
MONTH_DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
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
class FallSeen:
    """How a fall was seen: the share of scopes that were paged in time, and after how long."""

    to: float
    share: float
    answers: tuple[float, float]
    seconds: tuple[float, float]


@dataclass(slots=True, kw_only=True)
class RuleOutcome:
    """What one rule did.  `pages` are false ones over `scope_months`; `firing` the share of time in alarm.

    A page is an episode that fired; `notices` are all that people got of them, to the last one.
    """

    rule: Rule
    beside: str | None
    scope_months: float
    pages: int = 0
    firing: float = 0.0
    falls: list[FallSeen] = field(default_factory=list)
    notices: int = 0


class Simulation:
    """Rules to be simulated.  All must be about one indicator.

    Raises:
        SettingsError: a rule that needs more than scores.
    """

    def __init__(self, rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> None:
        self._rulebook: Final = rulebook
        self._rules: Final = [alone(rule) for rule in rules]
        self._question: Final = question
        pane_ms = rulebook.timing.pane_ms
        self._plain: Final = {rule.name: beside(rule, question.per_day, pane_ms) for rule in self._rules}
        twins = [twin for twin in self._plain.values() if twin is not None]
        few = _fewer(question, PLAIN_MONTHS)
        self._parts: Final = [(self._rules, question), *([(twins, few)] if twins else [])]
        self._tried: Final = {
            rule.name: self._windows(rule) for rule in self._rules if question.tune_ms and self._windows(rule)
        }
        self._few: Final = _fewer(question, TUNED_MONTHS)

    def hours(self) -> int:
        """How many hours of scopes there are to live through, at most."""
        calm = replace(self._few, falls=())
        tried = [(rules, calm) for rules in self._tried.values()]
        tried += [(rules[-1:], self._few) for rules in self._tried.values()]
        return sum(_time_ms(self._rulebook, *part) for part in (*self._parts, *tried)) // HOUR_MS

    def run(self, told: Callable[[int], None]) -> list[RuleOutcome]:
        """What each rule, and the plain threshold beside it, would do; `told` hears of the hours done.

        Plain thresholds page so often that few months of them say enough, and take longest.

        Raises:
            SettingsError: a score that the indicator cannot have.
        """
        headway = Headway(told)
        found: dict[str, RuleOutcome] = {}
        for rules, question in self._parts:
            found |= _outcomes(self._rulebook, rules, question, headway)
        for name, twin in self._plain.items():
            if twin is not None:
                found[twin.name].beside = name
        for name in self._tried:
            found |= self._tuned(found[name], headway)
        order = [name for rule in self._rules for name in found if rule.name in (name, found[name].beside)]
        return [found[name] for name in order]

    def _windows(self, rule: Rule) -> list[Rule]:
        """The plain threshold beside a rule, over each of the windows to try."""
        twin = self._plain[rule.name]
        if twin is None or not isinstance(twin.detect, Threshold):
            return []
        detect = twin.detect
        return [
            replace(twin, name=f"{rule.name}, plain over {duration_text(length)}", detect=wider)
            for length in self._question.tune_ms
            if length % self._rulebook.timing.pane_ms == 0
            for wider in [replace(detect, window_ms=length)]
        ]

    def _tuned(self, of: RuleOutcome, headway: Headway) -> dict[str, RuleOutcome]:
        """The shortest plain window that pages no oftener than the rule when all is well, if there is one."""
        calm = replace(self._few, falls=())
        healthy = _outcomes(self._rulebook, self._tried[of.rule.name], calm, headway)
        wanted = of.pages / of.scope_months
        chosen = [each.rule for each in healthy.values() if each.pages / each.scope_months <= wanted]
        if not chosen:
            return {}
        found = _outcomes(self._rulebook, chosen[:1], self._few, headway)
        for outcome in found.values():
            outcome.beside = of.rule.name
        return found


def _fewer(question: Question, months: int) -> Question:
    """The same over so many months of scopes at most."""
    return replace(question, months=min(question.months, -(-months // question.scopes)))


def _time_ms(rulebook: Rulebook, rules: Sequence[Rule], question: Question) -> int:
    """How long all scopes together live for one part of a simulation, if no fall is seen early."""
    days_ms = warm_up_ms(plan_for(rulebook, rules, question.per_day)) + question.days * DAY_MS
    return question.scopes * question.months * (days_ms + len(question.falls) * question.patience_ms)


def _outcomes(
    rulebook: Rulebook, rules: Sequence[Rule], question: Question, headway: Headway
) -> dict[str, RuleOutcome]:
    people = answering(rules[0].indicator, rulebook.indicators)
    for score in (question.healthy, *question.falls):
        people.check(score)
    plan = plan_for(rulebook, rules, question.per_day)
    crowd = Crowd(plan, people, Size(question.scopes * question.months, question.per_day, question.seed))
    outcomes = {
        rule.name: RuleOutcome(rule=rule, beside=None, scope_months=crowd.rows * question.days / MONTH_DAYS)
        for rule in rules
    }
    for _ in crowd.live(warm_up_ms(plan) // crowd.pane_ms, question.healthy, headway):
        pass
    _healthy(crowd, outcomes, question, headway)
    for fall in question.falls:
        _fall(deepcopy(crowd), outcomes, (question, fall), headway)
    return outcomes


def _healthy(crowd: Crowd, outcomes: dict[str, RuleOutcome], question: Question, headway: Headway) -> None:
    """Days in which every page is false."""
    panes = question.days * DAY_MS // crowd.pane_ms
    since = dict.fromkeys(crowd.firing(), crowd.pane)
    end = crowd.pane + panes
    for rule, row, state, _ in crowd.live(panes, question.healthy, headway):
        outcomes[rule].notices += state is not State.PENDING
        if state is State.FIRING and (rule, row) not in since:
            outcomes[rule].pages += 1
            since[rule, row] = crowd.pane
        elif state is State.RESOLVED:
            outcomes[rule].firing += crowd.pane - since.pop((rule, row), crowd.pane)
    for (rule, _), pane in since.items():
        outcomes[rule].firing += end - pane
    for outcome in outcomes.values():
        outcome.firing /= panes * crowd.rows


def _fall(
    crowd: Crowd, outcomes: dict[str, RuleOutcome], asked: tuple[Question, float], headway: Headway
) -> None:
    """All scopes fall at once; the first page of each that is not in alarm already."""
    question, fall = asked
    start, before, busy = crowd.pane, crowd.answers.copy(), crowd.firing()
    seen: dict[str, dict[int, tuple[int, int]]] = {rule: {} for rule in outcomes}
    quiet = {rule: crowd.rows - sum(name == rule for name, _ in busy) for rule in outcomes}
    missing = sum(quiet.values())
    end = start + question.patience_ms // crowd.pane_ms
    for rule, row, state, _ in crowd.live(end - start, fall, headway):
        if state is State.FIRING and (rule, row) not in busy and row not in seen[rule]:
            seen[rule][row] = (int(crowd.answers[row] - before[row]), crowd.pane + 1 - start)
            missing -= 1
            if not missing:
                headway.on(crowd.rows, (end - crowd.pane) * crowd.pane_ms)
                break
    for rule, outcome in outcomes.items():
        delays = np.array(list(seen[rule].values()), np.float64).reshape(-1, 2)
        share = len(delays) / max(quiet[rule], 1)
        answers, panes = (_median_and_p90(delays[:, column], quiet[rule]) for column in (0, 1))
        pane_s = crowd.pane_ms / 1000
        outcome.falls.append(FallSeen(fall, share, answers, (panes[0] * pane_s, panes[1] * pane_s)))


def _median_and_p90(delays: Floats, all_: int) -> tuple[float, float]:
    """Over all scopes; those that never saw it waited for longer than anybody."""
    waited = np.concatenate([delays, np.full(max(all_ - len(delays), 0), np.inf)])
    if not len(waited):
        return np.nan, np.nan
    low, high = np.quantile(waited, [0.5, 0.9], method="higher")
    return float(low), float(high)


def false_pages(of: RuleOutcome) -> tuple[float, float, float]:
    """Per scope and month, with the 95 % interval that the number of pages allows."""
    count = np.array([float(of.pages)])
    low, high = poisson(count, normal_quantile(PUBLISHED_CONFIDENCE))
    return of.pages / of.scope_months, float(low[0]) / of.scope_months, float(high[0]) / of.scope_months
