"""Needs: which indicators, and so which cells, are read in the windows of a grouping."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from alerts.rules import Burn, Gap, Rule, Threshold
from stream.indicators.cells import CELLS, ttr_bucket_cells
from stream.indicators.formulas import Flags, formula
from stream.indicators.plan import SCORE_WINDOW_MS, Grouping, Plan, explaining, grouping_of


def rule_window_ms(rule: Rule) -> int:
    """The window in which a rule's causes are searched and its counts are shown."""
    match rule.detect:
        case Threshold() | Gap():
            return rule.detect.window_ms
        case Burn():
            return rule.detect.pairs[0].long_ms
        case _:
            return SCORE_WINDOW_MS


def burn_windows_ms(detect: Burn) -> Iterator[int]:
    """Lengths of all windows that a burn rule reads, the period's among them."""
    yield detect.period_ms
    for pair in detect.pairs:
        yield from (pair.long_ms, pair.short_ms)


def indicators_by_window(plan: Plan) -> Mapping[Grouping, Mapping[int, tuple[str, ...]]]:
    """For each grouping, and each of its windows by length in ms, the indicators that are read in it."""
    wanted: dict[Grouping, dict[int, set[str]]] = {each: defaultdict(set) for each in plan.groupings}
    for each in plan.scored:
        wanted[each.grouping][each.window_ms].add(each.indicator)
    for rule in plan.rulebook.rules:
        own = grouping_of(rule)
        for grouping in (own, *explaining(rule).values()):
            wanted[grouping][rule_window_ms(rule)].add(rule.indicator)
        if isinstance(rule.detect, Burn):
            for length_ms in burn_windows_ms(rule.detect):
                wanted[own][length_ms].add(rule.indicator)
    return {
        grouping: {window_ms: tuple(sorted(names)) for window_ms, names in sorted(windows.items())}
        for grouping, windows in wanted.items()
    }


def cells_read(plan: Plan) -> Mapping[Grouping, Flags]:
    """Of all cells those that some window of a grouping reads: no judge needs the others in its scopes."""
    found = {}
    for grouping, windows in indicators_by_window(plan).items():
        read = found[grouping] = np.full(len(CELLS), plan.reports, np.bool_)
        for name in set().union(*windows.values()):
            of = formula(name, plan.keeps)
            read[of.cells] = True
            if of.buckets:
                read[list(ttr_bucket_cells())] = True
    return found
