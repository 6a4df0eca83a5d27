"""Needs: which indicators, and so which cells, are read in the windows of a grouping."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.hourly_past import WEEKS
from alerts.hours import ALWAYS, OpenHours, counted
from alerts.rules import DAY_MS, Burn, Gap, Relative, Rule, Sudden, SuddenRelative, Threshold
from stream.indicators.cells import CELLS, further_cells, ttr_bucket_cells
from stream.indicators.formulas import QUANTILE, Flags, formula
from stream.indicators.plan import SCORE_WINDOW_MS, Grouping, Plan, explaining, grouping_of

JUDGED_WINDOW_MS: Final = 2 * DAY_MS
"""How far back a sudden alert's evidence and cause may reach: two days slide by half hours."""


class WindowSpan(NamedTuple):
    """Which counts a window holds: those of the last `window_ms`, as far as they came in the hours."""

    window_ms: int
    hours: OpenHours = ALWAYS

    @property
    def order(self) -> tuple[int, str]:
        """Windows are told apart, and sorted, by this."""
        return self.window_ms, self.hours.text


def rule_window(rule: Rule) -> WindowSpan:
    """The window in which a rule's causes are searched and its counts are shown."""
    match rule.detect:
        case Threshold() | Relative() | Gap():
            return WindowSpan(rule.detect.window_ms, counted(rule.detect.hours))
        case Burn():
            return WindowSpan(rule.detect.pairs[0].long_ms, counted(rule.detect.hours))
        case Sudden() | SuddenRelative():
            return WindowSpan(SCORE_WINDOW_MS, counted(rule.detect.hours))
        case _:
            return WindowSpan(SCORE_WINDOW_MS)


def told_window(rule: Rule, window_ms: int | None) -> WindowSpan:
    """The same for one alert: of the pairs of a burn rule, it is of the one that burns."""
    if not isinstance(rule.detect, Burn) or window_ms is None:
        return rule_window(rule)
    return WindowSpan(window_ms, counted(rule.detect.hours))


def told_windows(rule: Rule) -> tuple[WindowSpan, ...]:
    """All that `told_window` may give."""
    if not isinstance(rule.detect, Burn):
        return (rule_window(rule),)
    return tuple(told_window(rule, pair.long_ms) for pair in rule.detect.pairs)


def judged_window(rule: Rule) -> WindowSpan | None:
    """The longer window of a rule that chooses none: what came in since the change that it found."""
    if isinstance(rule.detect, Sudden | SuddenRelative):
        return WindowSpan(JUDGED_WINDOW_MS, counted(rule.detect.hours))
    return None


def past_window(rule: Rule) -> WindowSpan | None:
    """The weeks in which a rule against a past finds what is usual of causes, and the time that it judges."""
    detect = rule.detect
    if not isinstance(detect, Relative | SuddenRelative | Gap) or detect.against is None:
        return None
    return WindowSpan(WEEKS[detect.against] * 7 * DAY_MS + JUDGED_WINDOW_MS, counted(detect.hours))


def indicators_by_window(plan: Plan) -> Mapping[Grouping, Mapping[WindowSpan, tuple[str, ...]]]:
    """For each grouping, and each of its windows, the indicators that are read in it."""
    wanted: dict[Grouping, dict[WindowSpan, set[str]]] = {each: defaultdict(set) for each in plan.groupings}
    for each in plan.scored:
        wanted[each.grouping][WindowSpan(each.window_ms)].add(each.indicator)
    for rule in plan.rulebook.rules:
        for grouping, span in _windows_of(rule):
            wanted[grouping][span].add(rule.indicator)
    return {
        grouping: {
            span: tuple(sorted(windows[span])) for span in sorted(windows, key=lambda span: span.order)
        }
        for grouping, windows in wanted.items()
    }


def _windows_of(rule: Rule) -> Iterator[tuple[Grouping, WindowSpan]]:
    """Every grouping and window in which a rule's indicator is read for it."""
    own, finer = grouping_of(rule), explaining(rule).values()
    longer, past = judged_window(rule), past_window(rule)
    for grouping in (own, *finer):
        yield from ((grouping, span) for span in (*told_windows(rule), longer) if span is not None)
    yield from ((grouping, past) for grouping in finer if past is not None)
    if isinstance(rule.detect, Burn):
        hours = counted(rule.detect.hours)
        yield from ((own, WindowSpan(length_ms, hours)) for length_ms in rule.detect.windows_ms)


def times_read(plan: Plan) -> Mapping[Grouping, bool]:
    """For each grouping whether somebody reads quantiles in it, so that single times are told."""
    return {
        grouping: plan.reports or any(name in QUANTILE for names in windows.values() for name in names)
        for grouping, windows in indicators_by_window(plan).items()
    }


def cells_read(plan: Plan) -> Mapping[Grouping, Flags]:
    """Of all cells those that some window of a grouping reads: no judge needs the others in its scopes."""
    found = {}
    for grouping, windows in indicators_by_window(plan).items():
        read = found[grouping] = np.full(len(CELLS), plan.reports, np.bool_)
        for name in set().union(*windows.values()):
            of = formula(name, plan.keeps)
            read[of.cells] = True
            read[further_cells(of.info.configured_by)] = True
            if of.buckets:
                read[list(ttr_bucket_cells())] = True
    return found
