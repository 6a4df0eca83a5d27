"""Whether a section of cx.tallies can be one of ours, looked at before a judge learns anything from it.

Everything that a judge takes for granted is checked here: columns of one length, scopes and cells that
exist, panes that have been, values as many as their grouping has dimensions.  So a record that somebody else
has written is passed over, and leaves no half of itself in the windows.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.errors import UNREADABLE
from alerts.notation import duration_text
from alerts.rules import DAY_MS
from stream.indicators.cells import CELLS, TIME_CODES, TIMES_FROM
from stream.indicators.plan import Plan
from stream.messages.tallies import NO_PANE, Kind, Rows, Spelled, Spelling, TallyMessage

MOST_POSITION: Final = 2**53
MOST_COUNT: Final = 2**55
"""Of one cell in one pane: sums of times are in milliseconds."""
LAST_MS: Final = 7_258_118_400_000
"""The year 2200, in Unix ms."""
NO_CLOCK_MS: Final = 946_684_800_000
AHEAD_MS: Final = 2 * 86_400_000
"""How far event time may be ahead of the clock of who writes the log, which may be wrong."""
BEHIND_MS: Final = DAY_MS
"""How far what a source has closed may be behind its clock: the longest lateness."""
SAME_PANE: Final = "workers of a group want the same timing.pane, stop all and start them with the same rules"


Unmet = Callable[[Spelled], Sequence[Spelling]]
"""Gives the spellings that a judge has not met yet."""


class NotATally(ValueError):  # noqa: N818  # reads as what it says
    """A record of cx.tallies that is none of ours; the text has nothing of the record."""


class TallyCheck:
    """Looks at sections for one judge."""

    def __init__(self, plan: Plan) -> None:
        self._pane_ms: Final = plan.rulebook.timing.pane_ms
        self._dims: Final[Mapping[str, int]] = {each.key: len(each.dims) for each in plan.groupings}

    def check(self, section: TallyMessage, log_ms: int, unmet: Unmet = attrgetter("bytes")) -> None:
        """Let a sound section pass; `log_ms` is its record's Kafka timestamp (before 2000: no clock's).

        Only scopes that are `unmet` in their spelling are looked at: the same come again and again.

        Raises:
            NotATally: it is none of ours.
        """
        latest_ms = min(LAST_MS, log_ms + AHEAD_MS) if log_ms > NO_CLOCK_MS else LAST_MS
        clock_ms = section.clock_ms
        _want(clock_ms is None or 0 <= clock_ms <= latest_ms, "its event time has not come yet")
        began_ms = section.began_ms
        _want(began_ms is None or 0 <= began_ms <= latest_ms, "it began at a time that has not come yet")
        _want(0 <= section.position < MOST_POSITION, "its position is none")
        _want(0 <= section.quiet_ms < LAST_MS, "its silence is too long")
        last = NO_PANE if clock_ms is None else clock_ms // self._pane_ms + 1
        self._look_at_panes(section.through, clock_ms)
        _want(section.through == NO_PANE or 0 <= section.through <= last, "it closes panes to come")
        # Open panes may be ahead of the clock, which moves by agreement; they count when event time is there.
        open_last = max(last, latest_ms // self._pane_ms)
        _rows(section.rows, len(section.scopes), open_last if section.kind is Kind.IDLE else last)
        if isinstance(section.scopes, Spelled):
            self._look(Spelled(unmet(section.scopes)))

    def _look_at_panes(self, through: int, clock_ms: int | None) -> None:
        """Whether the writer counts in our panes: in those alone it is not far behind its own clock."""
        if clock_ms is None or through <= 0 or _counts_in(self._pane_ms, through, clock_ms):
            return
        panes = round(DAY_MS * (through + 1.5) / clock_ms) or 1  # in a day, which they divide
        theirs_ms = DAY_MS // panes
        if theirs_ms != self._pane_ms and _counts_in(theirs_ms, through, clock_ms):
            theirs, ours = duration_text(theirs_ms), duration_text(self._pane_ms)
            raise NotATally(f"its panes are of {theirs}, ours of {ours}: {SAME_PANE}")

    def _look(self, scopes: Spelled) -> None:
        try:
            lengths = {(key, len(values)) for key, values in scopes}
        except UNREADABLE as error:
            raise NotATally("a scope cannot be read") from error
        sound = all(self._dims.get(key, length) == length for key, length in lengths)
        _want(sound, "a scope has too many or too few values")


def _counts_in(pane_ms: int, through: int, clock_ms: int) -> bool:
    return -pane_ms <= clock_ms - through * pane_ms <= BEHIND_MS + 2 * pane_ms


def _rows(rows: Rows, scopes: int, last: int) -> None:
    columns = (rows.closing, rows.pane, rows.scope, rows.cell, rows.count)
    _want(len({len(column) for column in columns}) == 1, "its columns differ in length")
    _want(scopes <= len(rows), "it names scopes that nothing is counted in")
    if not len(rows):
        return
    _want(_within(rows.closing, 0, last), "a row belongs to a pane to come")
    _want(_within(rows.pane, 0, last), "a row belongs to a pane to come")
    _want(_within(rows.scope, 0, scopes - 1), "a row is of a scope that is not there")
    named = rows.cell[rows.cell < TIMES_FROM]
    _want(not len(named) or _within(named, 0, len(CELLS) - 1), "a row counts what is not counted")
    _want(int(rows.cell.max()) < TIMES_FROM + TIME_CODES, "a row counts what is not counted")
    _want(_within(rows.count, -MOST_COUNT, MOST_COUNT), "a count is beyond measure")
    _want(bool((rows.closing[1:] >= rows.closing[:-1]).all()), "its rows are out of order")


def _within(column: NDArray[np.int64], least: int, most: int) -> bool:
    return least <= int(column.min()) and int(column.max()) <= most


def _want(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # an assertion that stays
    if not holds:
        raise NotATally(otherwise)
