"""The line of feedback: answers and mentions, counted by level."""

import numpy as np

from stream.batch import Batch
from stream.combos import Combos
from stream.events import Feedback
from stream.hashtable import Table
from stream.panes import OpenPanes, tallies
from stream.plan import Plan
from stream.tally import CELLS


class AnswerLine:
    """Tallies of one partition of cx.feedback."""

    def __init__(self, plan: Plan, combos: Combos) -> None:
        self._pane_ms = plan.rulebook.timing.pane_ms
        self._combos = combos
        self._open = OpenPanes()
        self._kept = np.array([name.split("/")[0] in plan.keeps for name in CELLS], bool)

    def take(self, batch: Batch[Feedback]) -> None:
        """Count answers whose givers consent, of indicators that are kept."""
        consent = np.array([event.consent is not False for event in batch.events], bool)
        own = batch.only(consent & self._kept[batch.column])
        combo = self._combos.codes(own.events)
        self._open.add(tallies(own.closing, own.at_ms // self._pane_ms, combo, own.column))

    def close(self, through: int) -> Table:
        """What leaves with the panes up to and with `through`."""
        return self._open.close(through)

    def so_far(self) -> Table:
        """What would leave if all open panes closed now."""
        return self._open.rows()

    def entries(self) -> dict[str, int]:
        """Nothing is remembered but open panes."""
        return {}
