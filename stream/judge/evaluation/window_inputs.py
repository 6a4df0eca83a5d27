"""What detectors see of windows: sums over one or several of them.

They remember nothing, so what they will say of a block of panes can be found out at once, in arrays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.board import Board
from alerts.detect.burn import BurnDetector
from alerts.detect.evidence import entries
from alerts.detect.findings import Codes, Findings, Flags, Floats, Ints
from alerts.detect.row_sets import NO_ROWS, union
from alerts.detect.scale import Moments, Scale
from alerts.hours import counted
from alerts.rules import Burn
from alerts.states import Verdict
from stream.columnar.runs import run_starts
from stream.indicators.formulas import FIRST, LATTICE, SECOND, Formula, N
from stream.indicators.needs import WindowSpan
from stream.judge.evaluation.crossings import Crossings
from stream.judge.evaluation.detector_inputs import Alerts, BlockContext, View, Watched, WindowOnlyInput
from stream.judge.windows.lookahead import Aligned
from stream.judge.windows.sliding import Window

AT_ONCE: Final = 20_000
"""Readings that are judged together beforehand: enough for arrays to pay, few enough to stay in the cache."""
MOST_KEPT: Final = 200_000
"""Readings of a block up to which what was found of them is kept until the block is over."""
MOST_READINGS: Final = 2_000_000
"""Readings of a block up to which it is worth judging all of them beforehand."""


class BurnInput(WindowOnlyInput):
    """Shows sums over the windows of every pair."""

    def __init__(self, detect: Burn, formula: Formula, windows: Mapping[WindowSpan, Window]) -> None:
        self._formula: Final = formula
        self._detector: Final = BurnDetector(detect, scale(formula))
        hours = counted(detect.hours)
        self.windows: Final = [windows[WindowSpan(length_ms, hours)] for length_ms in detect.windows_ms]
        self._period: Final = windows[WindowSpan(detect.period_ms, hours)]
        self._foreseen: ForeseenFindings | None = None

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Crossings | None:  # noqa: ARG002
        """Judge every change of its windows beforehand."""
        aligned = Aligned(self.windows, self._formula.name, of.ahead)
        if len(aligned) > MOST_READINGS:
            return None
        parts = [
            self._detector.step(aligned.rows[part], moments(aligned.at(part)))
            for part in _parts(len(aligned))
        ]
        few = len(aligned) <= MOST_KEPT
        self._foreseen = ForeseenFindings(of.block.through, aligned, parts) if few else None
        return ForeseenVerdicts.of(parts, aligned.panes, alerts).crossings(of)

    def look(self, view: View, watched: Watched) -> Findings | None:  # noqa: ARG002
        """Judge the rows that changed in some window."""
        rows = union([view.due, view.changed])
        if not len(rows):
            return None
        known = None if self._foreseen is None else self._foreseen.latest(rows, view.pane)
        if known is not None:
            return known
        for window in self.windows:
            view.slide(window)
        sums = np.stack(
            [window.read(rows, buckets=False).of(self._formula.name).sums for window in self.windows], axis=1
        )
        return self._detector.step(rows, moments(sums))

    def remaining(self, rows: Ints) -> Floats | None:
        """Share of the period's budget that is left."""
        return self._detector.remaining(
            moments(self._period.read(rows, buckets=False).of(self._formula.name).sums)
        )


class ForeseenFindings:
    """What was found at each change of a block up to the end of pane `through`, and holds until the next."""

    def __init__(self, through: int, aligned: Aligned, parts: Sequence[Findings]) -> None:
        """`parts` are about `AT_ONCE` entries each."""
        self._through: Final = through
        self._rows: Final = aligned.rows
        self._first: Final = int(aligned.panes.min(initial=through))
        self._span: Final = through - self._first + 2
        self._keys: Final[Ints] = aligned.rows * self._span + aligned.panes - self._first
        self._parts: Final = parts

    def latest(self, rows: Ints, pane: int) -> Findings | None:
        """What holds of rows (ascending) at a pane's end; None where windows have to be asked."""
        if not self._first <= pane <= self._through or not len(self._keys):
            return None
        places = np.searchsorted(self._keys, rows * self._span + pane - self._first, "right") - 1
        first, last = (int(each) // AT_ONCE for each in (places[0], places[-1]))
        if first != last or places[0] < 0 or not np.array_equal(self._rows[places], rows):
            return None
        return entries(self._parts[first], places - first * AT_ONCE)


CODES: Final = ("verdict", "severity", "held")
"""What decides of a finding whether an alert moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenVerdicts:
    """What a detector will say: by row, and within a row by time.

    What it says again is kept of rows that may have an alert: one that was looked at in between, while it was
    closed or by the hours of then, may move by it.  What it says `lasts` where it depends on windows alone.
    """

    board: Board
    lasts: bool
    rows: Ints
    panes: Ints
    verdict: Codes
    severity: Codes
    held: Codes

    @classmethod
    def of(
        cls, parts: Sequence[Findings], panes: Ints, alerts: Alerts, *, lasts: bool = True
    ) -> "ForeseenVerdicts":
        """From findings whose entries are about the ends of `panes`."""
        columns = [
            np.concatenate([NO_ROWS[:0].astype(kind), *(getattr(part, name) for part in parts)])
            for name, kind in (("rows", np.int64), *((name, np.int8) for name in CODES))
        ]
        order = np.lexsort((panes, columns[0]))
        rows, verdict, severity, held = (column[order] for column in columns)
        verdict[~alerts.watched(rows)] = Verdict.CLEAR
        may = alerts.board.live() | (not lasts)
        may[rows[verdict == Verdict.BREACH]] = True
        told = may[rows]
        told[run_starts(rows, verdict, severity, held)] = True
        return cls(
            board=alerts.board,
            lasts=lasts,
            rows=rows[told],
            panes=panes[order][told],
            verdict=verdict[told],
            severity=severity[told],
            held=held[told],
        )

    def crossings(self, of: BlockContext) -> Crossings:
        """Where they move an alert in a block."""
        return Crossings(self, of.room, of.block.judged, of.muting)

    def suspects(self) -> Ints:
        """The rows, ascending, of which something is a breach, and those with an alert."""
        return union([np.unique(self.rows[self.verdict == Verdict.BREACH]), self.board.live_rows()])

    def would_move(self, places: Ints) -> Flags:
        """Which of the readings at some places would move an alert of their row from where it is now."""
        columns = (each[places][:, None] for each in (self.verdict, self.severity, self.held))
        return self.board.would_move(self.rows[places], *columns)


def scale(formula: Formula) -> Scale:
    """A bounded indicator's ends as detectors want them."""
    return Scale(formula.low, formula.high, formula.direction, formula.info.family, LATTICE)


def moments(sums: Floats) -> Moments:
    """A formula's sums, in the last axis, as detectors want them.

    Of contacts that have left a window more may fail after all than it has: all of these have failed then.
    """
    n = np.maximum(sums[..., N], 0)
    most = LATTICE * n
    return Moments(n, np.clip(sums[..., FIRST], 0, most), np.clip(sums[..., SECOND], 0, LATTICE * most))


def _parts(length: int) -> list[slice]:
    return [slice(start, min(start + AT_ONCE, length)) for start in range(0, length, AT_ONCE)]
