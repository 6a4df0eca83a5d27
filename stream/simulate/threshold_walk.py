"""Walk: threshold rules of a crowd, judged scope by scope instead of pane by pane.

Scopes of a crowd know nothing of each other, so one may be followed through many panes before the next.  All
readings of a block of panes are judged at once, in arrays; what says the same as the one before it is left
out, and alerts are stepped through what remains.  What comes of it is what the pane by pane judging comes to.

For example, one scope reads bad, bad, good and good at the ends of panes 3, 5, 9 and 12, and another is good
all the time.  The first one's alert is stepped at 3, where it fires, and at 9, where it resolves; the other's
never.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

import numpy as np

from alerts.detect.findings import Codes, Ints
from alerts.detect.row_sets import among
from alerts.detect.threshold import Judged
from alerts.episodes import Cell
from alerts.rules import Rule, Threshold
from alerts.states import State, Verdict
from stream.columnar.runs import run_starts
from stream.indicators.formulas import Floats
from stream.judge.evaluation.detector_inputs import Block
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.threshold_rules import ThresholdRules
from stream.judge.evaluation.window_inputs import AT_ONCE, CODES
from stream.judge.windows.lookahead import Ahead

CellCodes = tuple[int, int, int]
"""What a reading says of one rule: verdict, severity, and the severity that may be kept."""
NOTHING: Final[CellCodes] = (int(Verdict.STALE), 0, 0)
"""What is read of a scope that nothing has come in of yet."""


class WalkedChange(NamedTuple):
    """A change of an alert at the end of a pane: see `population.AlertChange`."""

    pane: int
    rule: str
    row: int
    state: State
    seq: int


def can_walk(rule: Rule) -> bool:
    """Whether a rule can be judged so: a threshold that holds around the clock."""
    return isinstance(rule.detect, Threshold) and not rule.detect.hours.limited


class ThresholdWalk:
    """The threshold rules of a group; all of the group's rules are such, and `can_walk`."""

    def __init__(self, group: Group, pane_ms: int) -> None:
        self.group: Final = group
        self._sets: Final = [_RuleSet(rules, pane_ms) for rules in group.thresholds]

    def walk(self, block: Block) -> list[WalkedChange]:
        """Judge every pane of a block, of which all that comes in has been merged; by time, then by scope."""
        ahead = Ahead(block.through)
        found = [change for each in self._sets for change in each.walk(ahead, block.through)]
        for window in self.group.all_windows():
            window.advance(block.through)
        return sorted(found, key=itemgetter(0, 2))


class _RuleSet:
    """Rules that read the same score."""

    def __init__(self, rules: ThresholdRules, pane_ms: int) -> None:
        self._rules: Final = rules
        self._names: Final = [each.rule.name for each in rules.ranked]
        self._pane_ms: Final = pane_ms
        self._codes: Final[dict[Cell, CellCodes]] = {}  # what was last read, of cells with an alert

    def walk(self, ahead: Ahead, through: int) -> Iterator[WalkedChange]:
        """Every change up to the end of pane `through`, scope by scope."""
        foresight, window = self._rules.foresight, self._rules.window
        path = ahead.trajectory(window, foresight.read)
        panes, judged = path.panes(window), self._judged(path.sums)
        for column in range(len(self._names)):
            codes = (judged.verdict[:, column], judged.severity[:, column], judged.held[:, column])
            waiting = {cell for cell in self._codes if cell[1] == column}
            for row, run in groupby(self._steps(path.rows, panes, codes, waiting), key=itemgetter(0)):
                yield from self._follow((row, column), run, through)
                waiting.discard((row, column))
            for cell in sorted(waiting):
                yield from self._follow(cell, (), through)

    def _judged(self, sums: Floats) -> Judged:
        """What the rules say of all readings."""
        cuts = range(0, max(len(sums), 1), AT_ONCE)
        parts = [self._rules.foresight.judged(sums[start : start + AT_ONCE])[1] for start in cuts]
        known = [part for part in parts if part is not None]
        verdict, severity, held = (np.concatenate([getattr(part, name) for part in known]) for name in CODES)
        return Judged(verdict, severity, held)

    def _steps(
        self, rows: Ints, panes: Ints, codes: tuple[Codes, Codes, Codes], waiting: set[Cell]
    ) -> Iterator[tuple[int, ...]]:
        """Row, pane and codes of each reading that says something new, where an alert is or may come."""
        new = run_starts(rows, *codes)
        breached = rows[new[codes[0][new] == Verdict.BREACH]]
        suspects = np.unique(np.append(breached, [row for row, _ in waiting])).astype(np.int64)
        new = new[among(rows[new], suspects)]
        return zip(*(each[new].tolist() for each in (rows, panes, *codes)), strict=True)

    def _follow(self, cell: Cell, run: Iterable[tuple[int, ...]], through: int) -> Iterator[WalkedChange]:
        """Step one alert through its readings, and whenever it is due between them."""
        codes = self._codes.pop(cell, NOTHING)
        for _, pane, verdict, severity, held in run:
            yield from self._due(cell, codes, pane - 1)
            codes = verdict, severity, held
            yield from self._step(cell, codes, pane)
        yield from self._due(cell, codes, through)
        if cell in self._rules.board.episodes():
            self._codes[cell] = codes

    def _due(self, cell: Cell, codes: CellCodes, through: int) -> Iterator[WalkedChange]:
        """Step an alert that is due by the end of a pane, since what it waits for has lasted."""
        episode = self._rules.board.episodes().get(cell)
        if episode is not None and episode.due_ms is not None:
            pane = self._rules.window.open_pane(-(-episode.due_ms // self._pane_ms) - 1)
            if pane is not None and pane <= through:
                yield from self._step(cell, codes, pane)

    def _step(self, cell: Cell, codes: CellCodes, pane: int) -> Iterator[WalkedChange]:
        row, column = cell
        for move in self._rules.board.step_cell((pane + 1) * self._pane_ms, cell, codes):
            yield WalkedChange(pane, self._names[column], row, move.state, move.seq)
