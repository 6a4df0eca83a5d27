"""Periods: the indicators of whole days, weeks or hours side by side, from the tallies of a run.

Tallies are added up per scope and period as they leave the intake, late ones included, so a report costs
next to nothing beside the run and holds every event that was accepted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Final

import numpy as np

from alerts.readings import Scope
from alerts.rules import DAY_MS, HOUR_MS
from alerts.transitions import EPOCH
from stream.columnar.runs import run_starts
from stream.columnar.timestamps import Ints
from stream.indicators.cells import CELL, TIMES_FROM, time_s
from stream.indicators.formulas import QUANTILE, Floats, formula, score
from stream.indicators.plan import Grouping, Plan
from stream.indicators.single_times import Times, all_known
from stream.judge.windows.layout import Layout
from stream.messages.tallies import ScopeKey, TallyMessage

WEEK_MS: Final = 7 * DAY_MS
MONDAY_MS: Final = 4 * DAY_MS
"""1970-01-05, the first Monday: weeks and everything longer start on Mondays."""
COMPACT_ROWS: Final = 500_000
"""Rows kept before equal ones are added up."""

INDICATORS: Final = (
    "csat", "csat_mean", "ces", "nps", "fcr", "ttr", "ttr_median", "ttr_p90", "ttr_within", "abandonment",
    "wait", "sentiment",
)  # fmt: skip
REOPENED, REPEAT = "fcr_reopened", "fcr_repeat"
"""First contact resolution by one reason of failure alone: a case was reopened, or anything else (the same
customer came back, or was passed on)."""
COLUMNS: Final = (*INDICATORS[:5], REOPENED, REPEAT, *INDICATORS[5:])
"""What a report shows, where there is anything of it."""


class CalendarPeriod(Enum):
    """Periods that are not equally long; the value is their number of months."""

    MONTH = 1
    QUARTER = 3


Values = Mapping[str, tuple[float, int]]
"""Value and number of answers by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLine:
    """One scope in one period, or in all of them together where `start` is None.

    `start` is what the local clock shows, without a zone; `offset` is how far that clock is then ahead of
    UTC.  `twice`: the clock shows that time twice, an hour apart, and each time begins a period.
    """

    start: datetime | None
    scope: Scope
    contacts: int
    values: Values
    offset: timedelta = timedelta(0)
    twice: bool = False


class Periods:
    """Adds up the tallies of a run by period (a length in ms, or of the calendar) in local time."""

    def __init__(self, plan: Plan, period: int | CalendarPeriod, zone: tzinfo) -> None:
        self._plan = plan
        self._length = period
        self._anchor_ms = MONDAY_MS if isinstance(period, int) and period % WEEK_MS == 0 else 0
        self._zone = zone
        self._scopes: dict[ScopeKey, int] = {}
        self._offset_ms: dict[int, int] = {}
        self._again: dict[int, bool] = {}  # whether the clock shows a quarter of an hour for the second time
        self._rows: list[Ints] = []
        self._held = 0

    def hear(self, section: TallyMessage) -> None:
        """Take the tallies of one section."""
        rows = section.rows
        if not len(rows):
            return
        known = self._scopes
        codes = np.array([known.setdefault(key, len(known)) for key in section.scopes], np.int64)
        panes, which = np.unique(rows.pane, return_inverse=True)
        period = np.array([self._period(int(pane)) for pane in panes], np.int64)[which]
        self._rows.append(_added(np.stack([period, codes[rows.scope], rows.cell, rows.count])))
        self._held += self._rows[-1].shape[1]
        if self._held > COMPACT_ROWS:
            self._compact()

    def lines(self, grouping: Grouping) -> Iterator[PeriodLine]:
        """The report of one grouping, by period, then scope; the whole run comes last."""
        self._compact()
        if not self._rows:
            return
        layout = Layout([formula(name, self._plan.keeps) for name in self._shown()])
        names = {code: key for key, code in self._scopes.items()}
        own = [code for code, key in names.items() if key[0] == grouping.key]
        mine = self._rows[0][:, np.isin(self._rows[0][1], own)]
        parts = [(self._start(period), mine[:, mine[0] == period]) for period in np.unique(mine[0]).tolist()]
        for start, part in [*parts, (None, mine)] if parts else []:
            codes, row = np.unique(part[1], return_inverse=True)
            scopes = [tuple(zip(grouping.dims, names[int(code)][1], strict=True)) for code in codes]
            found = _lines(layout, row, part[2], part[3])
            offset = timedelta(0) if start is None else self._ahead(start)
            twice = start is not None and self._is_twice(start)
            lines = [
                PeriodLine(
                    start=start, scope=scope, contacts=contacts, values=values, offset=offset, twice=twice
                )
                for scope, (contacts, values) in zip(scopes, found, strict=True)
            ]
            yield from sorted(lines, key=lambda line: line.scope)

    def _shown(self) -> Sequence[str]:
        return [name for name in INDICATORS if name.split("_")[0] in self._plan.keeps]

    def _period(self, pane: int) -> int:
        """The period that a pane starts in."""
        start_ms = pane * self._plan.rulebook.timing.pane_ms
        local_ms = start_ms + self._offset(start_ms)
        if isinstance(self._length, CalendarPeriod):
            months = int(np.datetime64(local_ms, "ms").astype("datetime64[M]").astype(np.int64))
            return months // self._length.value
        number = (local_ms - self._anchor_ms) // self._length
        again = self._again.get(start_ms // 900_000, False) and self._is_twice(self._start(2 * number))
        return 2 * number + again

    def _offset(self, at_ms: int) -> int:
        """How far the local clock is ahead of UTC; zones change on the quarter of an hour at most."""
        quarter = at_ms // 900_000
        if quarter not in self._offset_ms:
            moment = (EPOCH + timedelta(milliseconds=at_ms)).astimezone(self._zone)
            ahead = moment.utcoffset() or timedelta(0)
            self._offset_ms[quarter] = round(ahead.total_seconds() * 1000)
            self._again[quarter] = moment.fold == 1
        return self._offset_ms[quarter]

    def _start(self, period: int) -> datetime:
        """Where a period starts on the local clock (without a zone); `fold` 1 for the second time."""
        if isinstance(self._length, CalendarPeriod):
            year, month = divmod(period * self._length.value, 12)
            return datetime(EPOCH.year + year, month + 1, 1)  # noqa: DTZ001  # as the local clock shows it
        number, again = divmod(period, 2)
        start_ms = number * self._length + self._anchor_ms
        return (EPOCH + timedelta(milliseconds=start_ms)).replace(tzinfo=None, fold=again)

    def _ahead(self, start: datetime) -> timedelta:
        """How far the local clock is ahead of UTC when it shows a time."""
        return start.replace(tzinfo=self._zone).utcoffset() or timedelta(0)

    def _is_twice(self, start: datetime) -> bool:
        """Whether an hour that the clock shows twice begins with a time, and makes two periods."""
        short = isinstance(self._length, int) and self._length <= HOUR_MS
        return short and self._ahead(start.replace(fold=0)) > self._ahead(start.replace(fold=1))

    def _compact(self) -> None:
        if len(self._rows) > 1:
            self._rows = [_added(np.concatenate(self._rows, axis=1))]
            self._held = self._rows[0].shape[1]


def _added(rows: Ints) -> Ints:
    """Equal (period, scope, cell) once each, their counts added up."""
    order = np.lexsort((rows[2], rows[1], rows[0]))
    rows = rows[:, order]
    first = run_starts(*rows[:3])
    merged: Ints = np.concatenate([rows[:3, first], np.add.reduceat(rows[3], first)[None]])
    return merged


def _lines(layout: Layout, row: Ints, cells: Ints, counts: Ints) -> list[tuple[int, Values]]:
    """Contacts and values per row."""
    matrix = np.zeros((int(row.max()) + 1, layout.width), np.int64)
    times = cells >= TIMES_FROM
    columns = np.where(times, -1, layout.column_of[np.where(times, 0, cells)])
    kept = columns >= 0
    np.add.at(matrix, (row[kept], columns[kept]), counts[kept])
    contacts, reopened, solved, failed = (
        np.bincount(row, np.where(cells == CELL[name], counts, 0)).astype(np.int64)
        for name in ("contacts", "fcr.reopened", "fcr.resolved", "fcr.failed")
    )
    readout = layout.read(matrix[:, : layout.narrow], matrix[:, layout.narrow :])
    single = _times(row[times], cells[times], counts[times], matrix[:, layout.narrow :].sum(axis=1))
    scores = {
        name: score(each, replace(readout.of(name), times=single if name in QUANTILE else None))
        for name, each in layout.formulas.items()
    }
    once = solved + failed - reopened
    scores[REOPENED] = _share(once - reopened, once)
    scores[REPEAT] = _share(solved, once)
    return [
        (
            int(contacts[number]),
            {
                name: (float(value[number]), int(n[number]))
                for name, (value, n) in scores.items()
                if n[number]
            },
        )
        for number in range(len(matrix))
    ]


def _times(row: Ints, cells: Ints, counts: Ints, cases: Ints) -> Times:
    """The single times of each row, for those with few cases and all of them known."""
    order = np.lexsort((cells, row))
    row, cells, counts = row[order], cells[order], counts[order]
    whole = all_known(cases, np.bincount(row, counts, len(cases)))
    whole &= np.bincount(row, counts < 0, len(cases)) == 0
    return Times.gathered(row, time_s(cells - TIMES_FROM), counts, whole)


def _share(good: Ints, n: Ints) -> tuple[Floats, Ints]:
    """Percent; cases reopened in another period than their contacts could make it less than nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 0, 100 * np.maximum(good, 0) / n, np.nan), n
