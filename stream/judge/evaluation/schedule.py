"""When, within a run of panes, each set of rules has something to judge, and which scopes.

Where there are few panes, rules look at every end at which something comes in, or their window changes.
Where there are many, it is found out beforehand at which of them an alert moves (see `crossings` and
`coasting`), and those are judged.  What comes out is the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from alerts.board import Board
from alerts.detect.findings import Flags, Ints
from alerts.detect.row_sets import NO_ROWS, union
from stream.judge.evaluation.coasting import Coasting
from stream.judge.evaluation.crossings import NEVER, Crossings, Forecast, Hush
from stream.judge.evaluation.detector_inputs import BlockContext, View
from stream.judge.evaluation.detector_rules import DetectorRule
from stream.judge.evaluation.explained import Observer
from stream.judge.evaluation.moves import AlertMove
from stream.judge.evaluation.pane_counts import BlockCounts, PaneCounts
from stream.judge.evaluation.threshold_rules import Scene, ThresholdPath, ThresholdRules
from stream.judge.windows.sliding import Window


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


@dataclass(frozen=True, kw_only=True)
class PaneContext:
    """One pane's end, as a group shows it to its rules.

    `turned` are the rows for which it has just changed whether anything comes in.
    """

    pane: int
    end_ms: int
    heard: BlockCounts
    slide: Slide
    muting: Hush
    turned: Ints
    observer: Observer | None

    @cached_property
    def fresh(self) -> PaneCounts:
        """What came in in the pane."""
        return self.heard.at(self.pane)


class ThresholdSchedule:
    """When some threshold rules judge.  `when` is the next pane to judge; None: none in the block."""

    def __init__(self, rules: ThresholdRules, pane_ms: int) -> None:
        self.indicator: Final = rules.scale.formula.name
        self.when: int | None = None
        self._rules: Final = rules
        self._pane_ms: Final = pane_ms
        self._through = 0
        self._forecast: Crossings | None = None  # None: every change is judged

    def open(self, of: BlockContext) -> None:
        """Look ahead; the window was slid to the end of the last judged pane."""
        block = of.block
        self._through, self._forecast = block.through, None
        if block.foresee:
            path = ThresholdPath(self._rules, of.ahead, every=of.muting.muted is not None)
            self._forecast = Crossings(path, of.room, block.judged, of.muting)
        self._schedule(block.judged)

    def wake(self, pane: int) -> int | None:
        """The first pane after one at whose end there is something to judge, if nothing comes in."""
        return least(self._due(pane), self._rules.window.next_pane(pane))

    def step(self, moment: PaneContext) -> Iterator[AlertMove]:
        """Judge what there is to judge at the moment's pane."""
        rows = _turned(moment, self._rules.board, self._forecast)
        if moment.pane != self.when and not len(rows):
            self._schedule(moment.pane)
            return
        touched = moment.slide(self._rules.window)
        if moment.pane == self.when:
            mine = touched if self._forecast is None else self._forecast.rows(moment.pane)
            rows = union([rows, mine, self._rules.board.due_rows(moment.end_ms)])
        if len(rows):
            scene = Scene(moment.pane, moment.end_ms, rows, moment.muting.muted, moment.observer)
            yield from self._rules.step(
                scene, self._rules.window.read(rows, buckets=self._rules.scale.formula.buckets)
            )
            if self._forecast is not None:
                self._forecast.look(rows, moment.pane, moment.muting)
        self._schedule(moment.pane)

    def minds(self, turned: Ints, muted: Flags | None, pane: int) -> bool:
        """Whether it matters that it has just changed for some rows whether anything comes in."""
        return _minds(turned, muted, pane, self._rules.board, self._forecast)

    @property
    def held(self) -> int:
        """From which pane on it wants to `resume`: never."""
        return NEVER

    def close(self) -> None:
        """Slide the window to the end of the block."""
        self._rules.window.advance(self._through)

    def _schedule(self, pane: int) -> None:
        forecast = self._forecast
        wanted = self.wake(pane) if forecast is None else least(forecast.pane, self._due(pane))
        self.when = None if wanted is None or wanted > self._through else wanted

    def _due(self, pane: int) -> int | None:
        return self._rules.next_pane(pane, self._pane_ms)


class DetectorSchedule:
    """When a rule with a detector judges.  `when` is the next pane to judge; None: none in the block."""

    def __init__(self, watch: DetectorRule, pane_ms: int) -> None:
        self.indicator: Final = watch.rule.indicator
        self.when: int | None = None
        self._watch: Final = watch
        self._pane_ms: Final = pane_ms
        self._through = 0
        self._panes: Ints = NO_ROWS
        self._only_held = False  # at `when` nothing is to be judged, but the forecast is to `resume`
        self._forecast: Forecast | None = None  # None: everything that comes in, and every change, is judged

    def open(self, of: BlockContext) -> None:
        """Look ahead; the windows were slid to the end of the last judged pane."""
        block = of.block
        self._through = block.through
        self._forecast = self._watch.foresee(of, self._pane_ms) if block.foresee else None
        self._panes = self._watch.input.panes(of.heard) if self._forecast is None else NO_ROWS
        self._schedule(block.judged)

    def wake(self, pane: int) -> int | None:
        """The first pane after one at whose end there is something to judge, if nothing comes in."""
        due = self._pane_of(self._watch.input.wake_ms(), pane)
        return least(due, self._due(pane), *(window.next_pane(pane) for window in self._watch.input.windows))

    def step(self, moment: PaneContext) -> Iterator[AlertMove]:
        """Judge what there is to judge at the moment's pane."""
        board, arrived = self._watch.board, None
        turned = _turned(moment, board, self._forecast)
        if (moment.pane != self.when or self._only_held) and not len(turned):
            self._resume(moment)
            return
        due = union([board.due_rows(moment.end_ms), turned])
        if self._forecast is None:
            changed = [moment.slide(window) for window in self._watch.input.windows]
        else:
            arrived = self._forecast.rows(moment.pane)
            changed = [arrived]
        view = View(
            pane=moment.pane, end_ms=moment.end_ms, fresh=moment.fresh, arrived=arrived,
            changed=union(changed), due=due, live=board.live_rows(), slide=moment.slide,
        )  # fmt: skip
        yield from self._watch.step(view, moment.muting.muted, moment.observer)
        if self._forecast is not None:
            self._forecast.look(union([due, *changed]), moment.pane, moment.muting)
        self._schedule(moment.pane)

    def minds(self, turned: Ints, muted: Flags | None, pane: int) -> bool:
        """Whether it matters that it has just changed for some rows whether anything comes in."""
        return _minds(turned, muted, pane, self._watch.board, self._forecast)

    @property
    def held(self) -> int:
        """From which pane on it wants to `resume`."""
        return NEVER if self._forecast is None else self._forecast.held

    def turns(self, room: int) -> Ints:
        """By row, the first pane of the block at whose end it may be judged."""
        found = None
        if isinstance(self._forecast, Coasting) and self._watch.board.due_ms() is None:
            found = self._forecast.turns(room)
        return np.full(room, NEVER if self.when is None else self.when, np.int64) if found is None else found

    def close(self) -> None:
        """Slide the windows to the end of the block."""
        for window in self._watch.input.windows:
            window.advance(self._through)

    def _resume(self, moment: PaneContext) -> None:
        """A rule that listens for silence was judged, or might have been, and nothing turned that matters."""
        if self._forecast is not None:
            self._forecast.resume(moment.pane, moment.muting)
        self._schedule(moment.pane)

    def _schedule(self, pane: int) -> None:
        self._only_held = False
        if self._forecast is not None:
            wanted, held = least(self._forecast.pane, self._due(pane)), self._forecast.held
            if pane < held < (NEVER if wanted is None else wanted):
                wanted, self._only_held = held, True
        else:
            place = int(np.searchsorted(self._panes, pane, "right"))
            heard = int(self._panes[place]) if place < len(self._panes) else None
            wanted = least(heard, self.wake(pane))
        self.when = None if wanted is None or wanted > self._through else wanted

    def _due(self, pane: int) -> int | None:
        due = self._pane_of(self._watch.board.due_ms(), pane)
        return None if due is None else self._watch.open_pane(due)

    def _pane_of(self, due_ms: int | None, judged: int) -> int | None:
        """The pane, after the last one judged, at whose end something is due."""
        return None if due_ms is None else max(-(-due_ms // self._pane_ms) - 1, judged + 1)


Schedule = ThresholdSchedule | DetectorSchedule


def _minds(rows: Ints, muted: Flags | None, pane: int, board: Board, forecast: Forecast | None) -> bool:
    """Whether there is anything to judge, or to look at again, because some rows turned; see `_turned`."""
    if forecast is None or muted is None or not len(rows):
        return bool(len(rows))
    return bool(board.live()[rows].any()) or forecast.minds(rows[~muted[rows]], pane)


def _turned(moment: PaneContext, board: Board, forecast: Forecast | None) -> Ints:
    """The rows to be judged because it has just changed whether anything comes in for them.

    One that falls silent matters if it has an alert, and so does one that is heard again; others of these may
    matter, too, which the forecast knows.
    """
    rows, muted = moment.turned, moment.muting.muted
    if forecast is None or muted is None or not len(rows):
        return rows
    live = board.live()[rows]
    again = forecast.heard_again(rows[~live & ~muted[rows]], moment.pane, moment.muting)
    return union([rows[live], again])


def least(*panes: int | None) -> int | None:
    """The first of some panes; None where there is none."""
    return min((pane for pane in panes if pane is not None), default=None)
