"""Lanes: when, within a run of panes, each bank and each watch has something to judge, and which scopes.

Where there are few panes, a bank looks at every end at which its window changes.  Where there are many, it
finds out beforehand at which of them an alert moves (see `courses` and `turns`), and looks at those.  What
comes out is the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Ints
from stream.judge.evaluation.crossings import Crossings
from stream.judge.evaluation.detector_inputs import View
from stream.judge.evaluation.detector_rules import DetectorRule
from stream.judge.evaluation.explained import Observer
from stream.judge.evaluation.moves import AlertMove
from stream.judge.evaluation.pane_counts import BlockCounts, PaneCounts, union
from stream.judge.evaluation.threshold_rules import Scene, ThresholdRules
from stream.judge.windows.lookahead import Ahead
from stream.judge.windows.sliding import NO_ROWS, Window


@dataclass(frozen=True, slots=True)
class Block:
    """A run of panes, after `judged` up to `through`.  `foresee`: it is worth finding out beforehand."""

    judged: int
    through: int
    foresee: bool


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What a group shows its lanes of a block: what it counts pane by pane, and how sums will run."""

    block: Block
    heard: BlockCounts
    ahead: Ahead


class Slide:
    """Slides windows to the end of a pane; says what changed as often as it is asked."""

    def __init__(self, pane: int) -> None:
        self._pane: Final = pane
        self._touched: Final[dict[int, Ints]] = {}

    def __call__(self, window: Window) -> Ints:
        """The rows whose sums changed since the window was last slid, ascending."""
        if id(window) not in self._touched:
            self._touched[id(window)] = window.advance(self._pane)
        return self._touched[id(window)]


@dataclass(frozen=True, slots=True)
class PaneContext:
    """One pane's end, as a group shows it to its lanes.

    `muted` are the rows that nothing comes in for, `turned` those for which that has just changed.
    """

    pane: int
    end_ms: int
    fresh: PaneCounts
    slide: Slide
    muted: Flags | None
    turned: Ints
    observer: Observer | None


class ThresholdSchedule:
    """A bank's part of a block.  `when` is the next pane to judge; None: none in the block."""

    mutes: Final = False

    def __init__(self, bank: ThresholdRules, pane_ms: int) -> None:
        self.indicator: Final = bank.formula.name
        self.when: int | None = None
        self._bank: Final = bank
        self._pane_ms: Final = pane_ms
        self._through = 0
        self._turns: Crossings | None = None  # None: every change is judged

    def open(self, outlook: BlockContext) -> None:
        """Look ahead; the window was slid to the end of the last judged pane."""
        block = outlook.block
        self._through, self._turns = block.through, None
        if block.foresee:
            path = outlook.ahead.course(self._bank.window, self._bank.weights)
            self._turns = Crossings(self._bank, path, block.judged)
        self._schedule(block.judged)

    def wake(self, pane: int) -> int | None:
        """The first pane after one at whose end there is something to judge, if nothing comes in."""
        return least(self._due(pane), self._bank.window.next_pane(pane))

    def step(self, moment: PaneContext) -> Iterator[AlertMove]:
        """Judge what there is to judge at the moment's pane."""
        touched = moment.slide(self._bank.window)
        rows = moment.turned
        if moment.pane == self.when:
            rows = union([rows, self._rows(moment, touched)])
        if len(rows):
            scene = Scene(moment.end_ms, rows, moment.muted, moment.observer)
            yield from self._bank.step(
                scene, self._bank.window.read(rows, buckets=self._bank.formula.buckets)
            )
            if self._turns is not None:
                self._turns.look(rows, moment.pane)
        self._schedule(moment.pane)

    def close(self) -> None:
        """Slide the window to the end of the block."""
        self._bank.window.advance(self._through)

    def _schedule(self, pane: int) -> None:
        turns = self._turns
        wanted = self.wake(pane) if turns is None else least(turns.pane, self._due(pane))
        self.when = None if wanted is None or wanted > self._through else wanted

    def _rows(self, moment: PaneContext, touched: Ints) -> Ints:
        due = self._bank.board.due_rows(moment.end_ms)
        return union([touched if self._turns is None else self._turns.rows(moment.pane), due])

    def _due(self, pane: int) -> int | None:
        return self._bank.next_pane(pane, self._pane_ms)


class DetectorSchedule:
    """A watch's part of a block.  `when` is the next pane to judge; None: none in the block."""

    def __init__(self, watch: DetectorRule, pane_ms: int) -> None:
        self.indicator: Final = watch.rule.indicator
        self.mutes: Final = watch.mutes
        self.when: int | None = None
        self._watch: Final = watch
        self._pane_ms: Final = pane_ms
        self._through = 0
        self._panes: Ints = NO_ROWS

    def open(self, outlook: BlockContext) -> None:
        """Look ahead; the windows were slid to the end of the last judged pane."""
        block, heard = outlook.block, outlook.heard
        self._through = block.through
        panes = self._watch.ahead(heard, self._pane_ms) if block.foresee else None
        self._panes = heard.panes(self._watch.listens) if panes is None else panes
        self._schedule(block.judged)

    def wake(self, pane: int) -> int | None:
        """The first pane after one at whose end there is something to judge, if nothing comes in."""
        due_ms = self._watch.next_ms()
        due = None if due_ms is None else max(-(-due_ms // self._pane_ms) - 1, pane + 1)
        return least(due, *(window.next_pane(pane) for window in self._watch.windows()))

    def step(self, moment: PaneContext) -> Iterator[AlertMove]:
        """Judge what there is to judge at the moment's pane."""
        changed = {window.window_ms: moment.slide(window) for window in self._watch.windows()}
        board = self._watch.board
        due = union([board.due_rows(moment.end_ms), moment.turned])
        view = View(moment.end_ms, moment.fresh, changed, due, board.live_rows())
        yield from self._watch.step(view, moment.muted, moment.observer)
        for window in self._watch.windows():  # of an alert that has just begun
            moment.slide(window)
        self._schedule(moment.pane)

    def close(self) -> None:
        """Slide the windows to the end of the block."""
        for window in self._watch.windows():
            window.advance(self._through)

    def _schedule(self, pane: int) -> None:
        place = int(np.searchsorted(self._panes, pane, "right"))
        heard = int(self._panes[place]) if place < len(self._panes) else None
        wanted = least(heard, self.wake(pane))
        self.when = None if wanted is None or wanted > self._through else wanted


Schedule = ThresholdSchedule | DetectorSchedule


def least(*panes: int | None) -> int | None:
    """The first of some panes; None where there is none."""
    return min((pane for pane in panes if pane is not None), default=None)
