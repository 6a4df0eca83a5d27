"""Needs: which indicators, and so which cells, are read in the windows of a grouping."""

from collections.abc import Iterator, Mapping

import numpy as np

from alerts.rules import Burn, Gap, Rule, Threshold
from stream.indicators import Flags, formula
from stream.plan import SCORE_WINDOW_MS, Grouping, Plan, explaining, grouping_of
from stream.tally import CELLS, ttr_bucket_cells


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


def indicators_by_window(plan: Plan, grouping: Grouping) -> Mapping[int, tuple[str, ...]]:
    """For each window of a grouping, by its length in ms, the indicators that are read in it."""
    wanted: dict[int, set[str]] = {}
    for each in plan.scored:
        if each.grouping == grouping:
            wanted.setdefault(each.window_ms, set()).add(each.indicator)
    for rule in plan.rulebook.rules:
        if grouping in {grouping_of(rule), *explaining(rule).values()}:
            wanted.setdefault(rule_window_ms(rule), set()).add(rule.indicator)
        if grouping == grouping_of(rule) and isinstance(rule.detect, Burn):
            for length_ms in burn_windows_ms(rule.detect):
                wanted.setdefault(length_ms, set()).add(rule.indicator)
    return {window_ms: tuple(sorted(names)) for window_ms, names in sorted(wanted.items())}


def cells_read(plan: Plan, grouping: Grouping) -> Flags:
    """Of all cells those that some window of a grouping reads: no judge needs the others in its scopes."""
    read = np.full(len(CELLS), plan.reports, np.bool_)
    for names in indicators_by_window(plan, grouping).values():
        for one in (formula(name, plan.keeps) for name in names):
            read[one.cells] = True
            if one.buckets:
                read[list(ttr_bucket_cells())] = True
    return read
