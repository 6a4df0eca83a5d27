"""The line of interactions: volumes at once, history when panes close."""

from dataclasses import dataclass

import numpy as np

from stream.columnar.structured import Table, stacked
from stream.indicators.plan import Plan
from stream.intake.batch import EventBatch
from stream.intake.customer_history import CustomerHistory
from stream.intake.history.touchpoints import TOUCH
from stream.intake.panes import OpenPanes, WaitingRows, merged
from stream.intake.scoping.cardinality import CardinalityGuard
from stream.intake.scoping.combinations import Combos
from stream.intake.touches import KIND_OF, TouchMaker
from stream.intake.volumes import Volumes
from stream.intake.wall import Undo, marked
from stream.messages.events import Interaction


@dataclass(frozen=True, slots=True)
class Closed:
    """What leaves when panes close: tallies, and what the line of pairs should hear."""

    rows: Table
    heard: Table


class ContactLine:
    """Tallies and history of one partition of cx.interactions."""

    def __init__(self, plan: Plan, combos: Combos, guard: CardinalityGuard) -> None:
        self._guard = guard
        self.folded: dict[str, int] = {}
        """How many of the events taken last lost their value of each dimension."""
        self._combos = combos
        self._volumes = Volumes(plan.keeps, plan.rulebook.timing.pane_ms)
        self._touches = TouchMaker(plan, combos)
        self._history = CustomerHistory(plan)
        self._open = OpenPanes()
        self._waiting = WaitingRows(TOUCH)

    def take(self, batch: EventBatch[Interaction]) -> None:
        """Count the volumes, and keep what history must judge until its pane closes."""
        kinds = np.array([KIND_OF[event.event, event.outcome] for event in batch.events], np.int64)
        named = self._combos.codes(batch.events)
        combo, self.folded = self._guard.guarded(self._combos, named, batch.clock_ms)
        self._open.add(self._volumes.tallied(batch, kinds, combo))
        self._waiting.add(self._touches.made(batch, kinds, named, combo))

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return marked(self._open, self._history, self._guard, self._waiting)

    def take_untimed(self) -> int:
        """How many resolutions could not be timed since the last call."""
        return self._history.take_untimed()

    def close(self, through: int) -> Closed:
        """What leaves with the panes up to and with `through`."""
        return self._judged(self._waiting.close(through), self._open.close(through), keep=True)

    def so_far(self) -> Closed:
        """What would leave if all open panes closed now."""
        return self._judged(self._waiting.rows(), self._open.rows(), keep=False)

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {
            "open.interactions": self._open.rows(),
            "waiting": self._waiting.rows(),
            **self._history.tables(),
        }

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._open = OpenPanes(tables["open.interactions"])
        self._waiting = WaitingRows(TOUCH, tables["waiting"])
        self._history.load(tables)

    def entries(self) -> dict[str, int]:
        """Sizes of what is remembered."""
        return {**self._history.entries(), "waiting": len(self._waiting)}

    def _judged(self, touches: Table, counted: Table, *, keep: bool) -> Closed:
        """Tallies with those of history, and what the line of pairs should hear."""
        rows, heard = self._history.judge(touches, keep=keep)
        return Closed(merged(stacked([counted, *rows])), heard)
