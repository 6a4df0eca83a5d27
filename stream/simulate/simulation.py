"""Simulate: what a rule would do before anybody is woken by it.

Many scopes live through months of healthy traffic, then through each fall, in the judge's own windows,
detectors and boards.  Counted are the pages that nobody should have had, and how long each fall goes unseen.
Beside each rule stands the plain threshold that it is there to replace.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from alerts.rules import DAY_MS, HOUR_MS, Rule, Rulebook
from stream.judge.evaluation.explained import Observer
from stream.simulate.baselines import alone, beside, plan_for, tried, warm_up_ms
from stream.simulate.headway import Headway, Told
from stream.simulate.lives import WEEK_MS, PlannedRules, lived, waits
from stream.simulate.outcomes import RuleOutcome, no_oftener
from stream.simulate.question import GAP_VALUES, Question, values_of

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
Outcomes = Mapping[str, RuleOutcome]
"""By their rules' names."""
Job = Callable[[Told], Outcomes]
"""A part of a simulation that needs no other part; it tells of the hours that it has done."""


class Simulation:
    """Rules to be simulated.  All must be about one indicator.

    Raises:
        SettingsError: a rule that needs more than scores and volumes.
    """

    def __init__(
        self, rulebook: Rulebook, rules: Sequence[Rule], question: Question, *, apart: bool = False
    ) -> None:
        """Rules that are simulated `apart` have a crowd each, of the same people; it comes to the same."""
        self._rulebook: Final = rulebook
        self._rules: Final = [alone(rule) for rule in rules]
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
        self._bundles: Final = [[rule] for rule in self._rules] if apart else [self._rules]

    def hours(self) -> int:
        """How many hours of scopes there are to live through, at most."""
        parts = [part for bundle in self._bundles for part in self._parts if self._own(part[0], bundle)]
        for rules in self._tried.values():
            parts += [(rules, self._calm)] * len(rules).bit_length()
            parts += [(rules, self._few)] * (1 + MORE_SIZES)
        return sum(_time_ms(self._rulebook, *part) for part in parts) // HOUR_MS

    def jobs(self, observer: Observer | None = None) -> list[Job]:
        """What is to be done, in any order; see `run`.

        Raises (when they are done):
            SettingsError: a score that the indicator cannot have.
        """
        return [partial(self._lived, bundle, observer) for bundle in self._bundles]

    def outcomes(self, found: Sequence[Outcomes]) -> list[RuleOutcome]:
        """What came of all jobs, rule by rule, each before the plain ones beside it."""
        all_ = {name: outcome for each in found for name, outcome in each.items()}
        order = [name for rule in self._rules for name in all_ if rule.name in (name, all_[name].beside)]
        return [all_[name] for name in order]

    def run(self, told: Told, observer: Observer | None = None) -> list[RuleOutcome]:
        """What each rule, and the plain one beside it, would do; `told` hears of the hours done.

        Plain rules page so often that few months of them say enough, and take longest.  An `observer`
        hears of every reading of the rules themselves in the first scope, in the last healthy day and after.

        Raises:
            SettingsError: a score that the indicator cannot have.
        """
        return self.outcomes([job(told) for job in self.jobs(observer)])

    def _lived(self, bundle: Sequence[Rule], observer: Observer | None, told: Told) -> Outcomes:
        """What some of the rules, and the plain ones beside them, would do.

        Panes and warm-up are those of all rules, so each rule does what it would do beside any others.
        """
        headway = Headway(told)
        found: dict[str, RuleOutcome] = {}
        for rules, question in self._parts:
            own = self._own(rules, bundle)
            if own:
                of = PlannedRules(plan_for(self._rulebook, rules, question), own)
                found |= lived(of, question, headway, observer if own[0] in self._rules else None)
        for name in (rule.name for rule in bundle):
            if (twin := self._plain[name]) is not None:
                found[twin.name].beside = name
            if name in self._tried:
                found |= self._tuned(found[name], headway)
        return found

    def _own(self, rules: Sequence[Rule], bundle: Sequence[Rule]) -> list[Rule]:
        """Those of some rules that are a bundle's, or stand beside one of them."""
        return [rule for rule in rules if any(rule in (one, self._plain[one.name]) for one in bundle)]

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


def _only(of: PlannedRules, question: Question, headway: Headway) -> RuleOutcome:
    """What becomes of a single rule."""
    (one,) = lived(of, question, headway).values()
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
    plan = plan_for(rulebook, rules, question)
    healthy_ms = warm_up_ms(plan) + question.days * DAY_MS
    total_ms = 0
    for part in question.parts():
        wait_ms = WEEK_MS if waits(plan, part) else 0
        total_ms += part.lives * (healthy_ms + wait_ms + len(part.falls) * part.patience_ms)
    return total_ms
