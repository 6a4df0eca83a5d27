"""The line of feedback: answers and mentions, counted by level."""

from operator import attrgetter
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashing import hashed
from stream.columnar.structured import Table
from stream.indicators.cells import CELLS, SCALES, SCALES_OF, level_cells
from stream.indicators.formulas import POSITIVE_FROM
from stream.indicators.plan import Plan
from stream.intake.batch import EventBatch
from stream.intake.history.satisfaction import UNHAPPY_ANSWER, heard_of
from stream.intake.history.touchpoints import TOUCH
from stream.intake.pairs import wanted
from stream.intake.panes import OpenPanes, merged, tallies
from stream.intake.scoping.cardinality import CardinalityGuard
from stream.intake.scoping.combinations import Combos
from stream.intake.wall import Undo, marked
from stream.messages.events import Feedback

_CONSENT: Final = attrgetter("consent")
_INTERACTION: Final = attrgetter("interaction")


class AnswerLine:
    """Tallies of one partition of cx.feedback."""

    def __init__(self, plan: Plan, combos: Combos, guard: CardinalityGuard) -> None:
        self._guard = guard
        self.folded: dict[str, int] = {}
        """How many of the events taken last lost their value of each dimension."""
        self._pane_ms = plan.rulebook.timing.pane_ms
        self._combos = combos
        self._open = OpenPanes()
        self._paired = wanted(plan)
        self._unhappy = _unhappy_cells(plan)
        self._kept = np.array([name.split("/")[0] in plan.keeps for name in CELLS], bool)

    def take(self, batch: EventBatch[Feedback]) -> Table:
        """Count answers whose givers consent, of indicators that are kept.

        Gives the answers that are not positive and say which interaction they belong to.
        """
        wanted = self._kept[batch.column]
        consents = list(map(_CONSENT, batch.events))
        if False in consents:
            wanted &= np.array([consent is not False for consent in consents], bool)
        own = batch.only(wanted)
        named = self._combos.codes(own.events)
        combo, self.folded = self._guard.guarded(self._combos, named, own.clock_ms)
        self._open.add(tallies(own.closing, own.at_ms // self._pane_ms, combo, own.column))
        return self._unhappy_among(own) if self._paired else np.empty(0, TOUCH)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return marked(self._open, self._guard)

    def close(self, through: int) -> Table:
        """What leaves with the panes up to and with `through`."""
        return merged(self._open.close(through))

    def so_far(self) -> Table:
        """What would leave if all open panes closed now."""
        return self._open.rows()

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {"open.feedback": self._open.rows()}

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._open = OpenPanes(tables["open.feedback"])

    def _unhappy_among(self, batch: EventBatch[Feedback]) -> Table:
        linked = np.array(list(map(bool, map(_INTERACTION, batch.events))), bool)
        own = batch.only(linked & self._unhappy[batch.column])
        ids = hashed([event.interaction or "" for event in own.events])
        return heard_of(UNHAPPY_ANSWER, ids, own.at_ms, own.closing)


def _unhappy_cells(plan: Plan) -> NDArray[np.bool_]:
    """Which cells are CSAT answers that are not positive."""
    unhappy = np.zeros(len(CELLS), bool)
    options = plan.keeps.get("csat", {})
    for scale in SCALES_OF["csat"]:
        least = POSITIVE_FROM[scale]
        if scale == options.get("scale") and options.get("positive_from") is not None:
            least = cast("float", options["positive_from"])
        unhappy[level_cells("csat", scale)] = np.array(SCALES[scale]) < least
    return unhappy
