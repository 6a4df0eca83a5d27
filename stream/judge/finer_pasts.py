"""What the values of a dimension are usually like, for causes under rules that compare with a past.

A value that is always bad is no reason why a scope has become worse.  For example, `billing` stands at 40
for weeks, and `delivery` falls from 95 to 75: the scope is worse than its own past because of `delivery`.  So
each value is held against what it usually is beside all values together.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from stream.indicators.formulas import Floats, Ints, score
from stream.indicators.needs import past_window
from stream.judge.evaluation.groups import Group
from stream.judge.judged_period import Period, sums
from stream.judge.windows.sliding import Window

BELIEVED: Final = 25
"""Answers in the past by which half of what a value strays from all values is believed: that is how many it
takes for chance to be no greater than ten points, by which values of one dimension may well differ."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The past of some scopes: the score of each (NaN without answers), and of how many answers it is."""

    value: Floats
    n: Ints

    @property
    def offset(self) -> Floats:
        """By how much the score of each is usually above that of all, in the indicator's unit."""
        known = np.where(self.n > 0, self.value, 0)
        every = float((known * self.n).sum() / max(self.n.sum(), 1))
        belief = self.n / (self.n + BELIEVED)
        return np.where(self.n > 0, (known - every) * belief, 0)

    def doubt(self, place: int) -> float:
        """What its offset adds to a level's variance, in parts of that of a single answer."""
        n = float(self.n[place])
        return n / (n + BELIEVED) ** 2

    def known(self, place: int) -> float | None:
        """Its score; None of fewer answers than are believed."""
        return float(self.value[place]) if self.n[place] >= BELIEVED else None

    @classmethod
    def unknown(cls, rows: int) -> "Usual":
        """Of so many scopes nothing is known."""
        return cls(np.full(rows, np.nan), np.zeros(rows, np.int64))


class _Counted(NamedTuple):
    """Counts, a line for each of some rows, which ascend."""

    rows: Ints
    counts: Ints


class FinerPasts:
    """Sums up what finer scopes had before a judged period, for those at once that are asked for together."""

    def __init__(self) -> None:
        self._known: dict[tuple[Window, int], _Counted] = {}

    def slide(self, group: Group, period: Period, pane: int) -> None:
        """Slide the window of the past to a pane's end."""
        span = past_window(period.rule)
        if span is not None:
            group.windows[span].advance(pane)

    def prepare(self, wanted: Iterable[tuple[Period, Group, Iterable[int]]]) -> None:
        """Sum up what `of` will read of some rows; what was summed up before is forgotten."""
        rows: defaultdict[tuple[Window, int], set[int]] = defaultdict(set)
        for period, group, some in wanted:
            span = past_window(period.rule)
            if span is not None:
                rows[group.windows[span], period.first_pane(group)].update(some)
        self._known = {key: _before(key, np.array(sorted(some), np.int64)) for key, some in rows.items()}

    def of(self, period: Period, group: Group, rows: Ints) -> Usual:
        """The past of some rows of a group; unknown where the rule compares with none."""
        span = past_window(period.rule)
        if span is None:
            return Usual.unknown(len(rows))
        window = group.windows[span]
        key = window, period.first_pane(group)
        known = self._known.get(key)
        if known is None or not np.isin(rows, known.rows).all():
            known = _before(key, np.unique(rows))
        of = window.layout.formulas[period.rule.indicator]
        counts = known.counts[np.searchsorted(known.rows, rows)][:, window.layout.column_of[of.cells]]
        return Usual(*score(of, sums(of, counts)))


def _before(key: tuple[Window, int], rows: Ints) -> _Counted:
    window, pane = key
    return _Counted(rows, window.counts_before(rows, pane))
