"""Root causes: which finer scope contributes most of what an alert's score is short of its limit.

A scope's shortfall is by how much its score is past the limit, times its answers.  For example, CSAT of phone
is below 80: its 100 answers about `billing` stand at 40 and its 300 about `delivery` at 79.  They are short
by 40 · 100 and 1 · 300, so `billing` has 93 % of the shortfall with 25 % of the answers, and is named.

Of few answers some value always has most of the shortfall, though all are alike.  So, where an indicator has
two ends, the value is named only if it is worse than the others together by more than chance makes likely.

Where a rule compares with a past, each value's score is first freed from what is usual of it (`finer_pasts`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from alerts.rules import Direction, Family
from alerts.transitions import rounded
from stream.indicators.formulas import Floats, Formula, Ints, score
from stream.indicators.plan import Grouping, explaining
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.scopes import Values
from stream.judge.finer_pasts import FinerPasts, Usual
from stream.judge.judged_period import Period, counts, slide, sums

if TYPE_CHECKING:
    from stream.judge.windows.sliding import Window

STANDS_OUT: Final = 2.0
"""Standard errors.  Of three values that are alike the worst one passes in 7 of 100 cases (simulated, 20 to
100 answers); one that stands at 30 % among others at 88 passes in 77 of 100 at 20 answers, in 99 at 50."""


@dataclass(frozen=True, slots=True)
class Finer:
    """Rows by the first values of their scopes, as of when the group's scopes had changed so often."""

    changes: int
    rows: dict[Values, list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one value of a dimension contributes.

    `excess` is by how much its share of the shortfall exceeds its share of the answers.
    """

    dimension: str
    value: str
    value_score: float
    n: int
    share: float
    excess: float
    usual: float | None


class Causes:
    """Searches the finer groupings that rules name in `explain`."""

    def __init__(self, groups: Mapping[Grouping, Group]) -> None:
        self._groups: Final = groups
        self._finer: dict[tuple[Grouping, int], Finer] = {}
        self._pasts: Final = FinerPasts()

    def slide(self, period: Period, limit: float | None, pane: int) -> None:
        """Slide the windows in which `of` would search to a pane's end; causes are as of then."""
        if limit is not None:
            for grouping in explaining(period.rule).values():
                slide(self._groups[grouping], period, pane)
                self._pasts.slide(self._groups[grouping], period, pane)

    def prepare(self, asked: Iterable[tuple[Period, tuple[Group, int]]]) -> None:
        """Sum up at once what `of` will read of some scopes: each by itself goes through all that is kept."""
        finer = [
            (period, self._groups[grouping], self._rows(self._groups[grouping], group.scopes.values(row)))
            for period, (group, row) in asked
            for grouping in explaining(period.rule).values()
        ]
        wanted: defaultdict[Window, set[int]] = defaultdict(set)
        for period, group, rows in finer:
            wanted[group.windows[period.span]].update(rows)
        for window, some in wanted.items():
            window.counts(np.array(sorted(some), np.int64))
        self._pasts.prepare(finer)

    def of(
        self, period: Period, scope: tuple[Group, int], limit: float | None
    ) -> Mapping[str, object] | None:
        """The value that explains most of a period, as alerts carry it; None where nothing stands out.

        The windows stand where `slide` has put them.  Each dimension offers the value with the greatest share
        of the shortfall; among dimensions, the one wins whose share most exceeds its share of the answers.
        """
        if limit is None:
            return None
        group, row = scope
        values = group.scopes.values(row)
        best: Share | None = None
        for dimension, grouping in explaining(period.rule).items():
            share = self._greatest(period, (dimension, self._groups[grouping], values), limit)
            if share is not None and (best is None or share.excess > best.excess):
                best = share
        if best is None:
            return None
        return {
            "dimension": best.dimension,
            "value": best.value,
            "value_score": rounded(best.value_score),
            "n": best.n,
            "share_of_shortfall": rounded(best.share),
            **({} if best.usual is None else {"usual": rounded(best.usual)}),
        }

    def _greatest(self, period: Period, among: tuple[str, Group, Values], limit: float) -> Share | None:
        """The value of a dimension with most of the shortfall; None where it does not stand out."""
        dimension, group, within = among
        # in an order that is not that of their first coming
        rows = sorted(self._rows(group, within), key=group.scopes.values)
        if not rows:
            return None
        of, value, n = _scores(period, group, np.array(rows, np.int64))
        usual = self._pasts.of(period, group, np.array(rows, np.int64))
        short = np.where(n > 0, _short(of, value - usual.offset, n, limit), 0)
        if np.count_nonzero(n) < 2 or short.sum() <= 0:
            return None
        names = [group.scopes.values(each)[-1] for each in rows]
        top = max(range(len(rows)), key=lambda place: (short[place], n[place], names[place]))
        if not _stands_out(of, value, n, usual, top):
            return None
        share = float(short[top] / short.sum())
        return Share(
            dimension=dimension, value=names[top], value_score=float(value[top]), n=int(n[top]), share=share,
            excess=share - float(n[top] / n.sum()), usual=usual.known(top),
        )  # fmt: skip

    def _rows(self, group: Group, within: Values) -> Sequence[int]:
        """Rows of the finer scopes within a scope."""
        scopes, key = group.scopes, (group.grouping, len(within))
        known = self._finer.get(key)
        if known is None or known.changes != scopes.changes:
            known = self._finer[key] = Finer(scopes.changes, defaultdict(list))
            for values, row in scopes:
                known.rows[values[: len(within)]].append(row)
        return known.rows.get(within, ())


def _scores(period: Period, group: Group, rows: Ints) -> tuple[Formula, Floats, Ints]:
    """The scores of some scopes, and of how many answers they are."""
    if period.since is None:
        window = group.windows[period.span]
        of = window.layout.formulas[period.rule.indicator]
        return of, *score(of, window.read(rows, buckets=of.buckets).of(of.name))
    of, found = counts(group, period, rows)
    return of, *score(of, sums(of, found))


def _short(of: Formula, value: Floats, n: Ints, limit: float) -> Floats:
    """By how much each scope is past the limit, weighted by its answers; a volume counts by itself."""
    if of.info.family is Family.COUNT:
        return n.astype(np.float64)
    sign = 1 if of.direction is Direction.HIGH_IS_BAD else -1
    short: Floats = np.maximum(sign * (value - limit), 0) * n
    return short


def _stands_out(of: Formula, value: Floats, n: Ints, usual: Usual, top: int) -> bool:
    """Whether one value is worse than the others together beyond chance, as far as that can be told of it.

    Worse than what is usual of it and of them, that is.  A level between the ends of a scale strays no more
    than one of two ends with the same mean.
    """
    if not of.info.bounded:
        return True
    sign = 1 if of.direction is Direction.HIGH_IS_BAD else -1
    span = of.high - of.low
    level = np.where(n > 0, (value - of.low) / span, 0)
    offset = usual.offset / span
    own, rest = float(n[top]), float(n.sum() - n[top])
    others = np.arange(len(n)) != top
    mean = float((level * n).sum()) / (own + rest)
    gap = sign * float(level[top] - offset[top] - ((level - offset) * n)[others].sum() / rest)
    error = (mean * (1 - mean) * (1 / own + 1 / rest + usual.doubt(top))) ** 0.5
    return gap >= STANDS_OUT * error and gap > 0
