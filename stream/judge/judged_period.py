"""Judged periods: what came in since the change that a `sudden` alert found.

A detector without a window judges the time since its evidence began to grow; the last half hour says little
of it.  Two windows together know what came in since then: a long one, which slides by half hours, and the
half hour that is always kept, which has what came after the long one's last slide.

For example, at 14:10 an alert says that the score fell at 09:40.  The long window has the slots from 09:30 to
14:00, the short one the panes from 14:00 to 14:10.  A change in the last half hour is counted pane by pane.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from alerts.rules import Rule, Sudden, SuddenRelative
from alerts.transitions import unix_ms
from stream.indicators.formulas import Formula, Ints, Sums
from stream.indicators.needs import WindowSpan, judged_window, told_window
from stream.judge.evaluation.groups import Group


@dataclass(frozen=True, slots=True)
class Period:
    """What an alert of a rule was judged by: its window, or what came in from pane `since` on."""

    rule: Rule
    window_ms: int | None
    since: int | None = None

    @property
    def span(self) -> WindowSpan:
        """The window of a group in which it lies, or ends."""
        return told_window(self.rule, self.window_ms)

    def first_pane(self, group: Group) -> int:
        """The first pane in it, in windows of a group that were slid to its end."""
        return group.windows[self.span].first_pane if self.since is None else self.since


def since_pane(rule: Rule, evidence: Mapping[str, object], pane_ms: int) -> int | None:
    """The first pane of the period that a rule judged; None where its window says it all."""
    since = evidence.get("since")
    if not isinstance(rule.detect, Sudden | SuddenRelative) or not isinstance(since, str):
        return None
    return unix_ms(since) // pane_ms - 1


def slide(group: Group, period: Period, pane: int) -> None:
    """Slide the windows that `counts` reads to a pane's end."""
    group.windows[period.span].advance(pane)
    longer = judged_window(period.rule)
    if longer is not None:
        group.windows[longer].advance(pane)


def counts(group: Group, period: Period, rows: Ints) -> tuple[Formula, Ints]:
    """Counts of some scopes in a period: `(rows, cells)` of its formula."""
    window, longer, since = group.windows[period.span], judged_window(period.rule), period.since
    of = window.layout.formulas[period.rule.indicator]
    own = window.layout.column_of[of.cells]
    if since is None or longer is None:
        return of, window.counts(rows, own)
    if since >= window.first_pane:
        return of, window.counts_since(rows, since)[:, own]
    long = group.windows[longer]
    before = long.counts_since(rows, since)[:, long.layout.column_of[of.cells]]
    return of, before + window.counts_since(rows, long.end_pane)[:, own]


def sums(of: Formula, found: Ints) -> Sums:
    """What a formula without buckets reads of such counts."""
    return Sums(found.astype(np.float64) @ of.weights)
