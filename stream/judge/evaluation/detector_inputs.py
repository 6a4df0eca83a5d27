"""What each kind of detector is shown at a pane's end, and what it makes of it.

A detector sees arrays and knows no scopes, windows or cells; its input knows where the arrays come from.  Two
kinds look at windows and remember nothing (`window_inputs`); two hear what comes in and remember what they
must (`heard_inputs`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from alerts.board import Board
from alerts.detect.findings import Findings, Flags, Floats, Ints
from alerts.detect.row_sets import NO_ROWS
from stream.judge.evaluation.crossings import Forecast, Hush
from stream.judge.evaluation.pane_counts import BlockCounts, PaneCounts
from stream.judge.windows.lookahead import Ahead
from stream.judge.windows.sliding import Window

State = Mapping[str, NDArray[Any]]
Watched = Callable[[Ints], Flags]
"""Which rows a rule watches, by its `where`."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of panes, after `judged` up to `through`.  `foresee`: it is worth finding out beforehand."""

    judged: int
    through: int
    foresee: bool


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What a group shows its rules of a block: what it counts pane by pane, and how sums will run.

    Row numbers are below `room`.
    """

    block: Block
    heard: BlockCounts
    ahead: Ahead
    room: int
    muting: Hush


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts of one rule: a board of one column, its severity's code, and which rows it watches."""

    board: Board
    severity: int
    watched: Watched


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One pane's end, as a group shows it to one of its detectors.

    `arrived` are the rows of which what came in is to be judged (None: all); `changed` those whose sums
    changed in some window; `due` those to be judged whatever came in; `live` those with an
    alert that goes on.  Whoever reads a window has to `slide` it first.
    """

    pane: int
    end_ms: int
    fresh: PaneCounts
    arrived: Ints | None
    changed: Ints
    due: Ints
    live: Ints
    slide: Callable[[Window], Ints]


class RowMemory(Protocol):
    """A detector that remembers something of each row."""

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes."""

    def state(self) -> State:
        """Everything remembered, for a snapshot."""

    def load(self, state: State) -> None:
        """Take over a snapshot."""


class RememberingInput:
    """The part of an input whose detector remembers: the detector is told of rows and snapshots."""

    def __init__(self, memory: RowMemory) -> None:
        self._memory = memory

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        self._memory.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes."""
        self._memory.clear(rows)

    def state(self) -> State:
        """What the detector remembers."""
        return self._memory.state()

    def load(self, state: State) -> None:
        """Give it back."""
        self._memory.load(state)

    def take_up(self, row: int, at_ms: int) -> None:
        """Most say nothing of a row of which they know nothing."""

    def accept(self, row: int) -> Findings | None:  # noqa: ARG002  # few detectors can
        """It has no level of its own to accept."""
        return None


class WindowOnlyInput:
    """The part of an input that sees windows alone: there is nothing to remember, nor to wait for."""

    def grow(self, rows: int) -> None:
        """It keeps nothing by row."""

    def clear(self, rows: Ints) -> None:
        """It keeps nothing by row."""

    def expect(self, rows: Ints, since_ms: int) -> None:
        """It compares what comes in."""

    def wake_ms(self) -> int | None:
        """Never: only its windows' changes concern it."""

    def state(self) -> State:
        """Nothing: everything is in the windows."""
        return {}

    def load(self, state: State) -> None:
        """There is nothing to give back."""

    def take_up(self, row: int, at_ms: int) -> None:
        """Its windows tell by themselves."""

    def accept(self, row: int) -> Findings | None:  # noqa: ARG002  # has one limit for all rows
        """It has no level of its own to accept."""
        return None

    def panes(self, heard: BlockCounts) -> Ints:  # noqa: ARG002  # hears nothing
        """None: it sees windows."""
        return NO_ROWS


class DetectorInput(Protocol):
    """What one rule's detector is shown.  What a kind does not need does nothing."""

    @property
    def windows(self) -> Sequence[Window]:
        """The windows whose changes concern it."""

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes."""

    def expect(self, rows: Ints, since_ms: int) -> None:
        """Wait from a time on for rows that nothing may ever come in for, unless they are known."""

    def wake_ms(self) -> int | None:
        """When it must be asked even if nothing new comes in; None: never."""

    def state(self) -> State:
        """What the detector remembers."""

    def load(self, state: State) -> None:
        """Give it back."""

    def take_up(self, row: int, at_ms: int) -> None:
        """Be told that a row was in breach at a time, of which nothing else is known any more."""

    def accept(self, row: int) -> Findings | None:
        """Take the level of a row in breach for what is known; None where it is in none, or that cannot be.

        The findings are of the breach, with the new limit.
        """

    def panes(self, heard: BlockCounts) -> Ints:
        """The panes of a block, ascending, in which something comes in that it hears."""

    def foresee(self, of: BlockContext, alerts: Alerts, pane_ms: int) -> Forecast | None:
        """Where in a block its alerts have to be judged; None: nothing is gained by finding out."""

    def look(self, view: View, watched: Watched) -> Findings | None:
        """Ask the detector what there is to ask at a pane's end; None: nothing."""

    def remaining(self, rows: Ints) -> Floats | None:
        """The share of each row's budget that is left, if there is one."""
