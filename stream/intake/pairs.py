"""The line of pairs, interaction and feedback: for `fcr.satisfied: require`."""

from typing import cast

import numpy as np

from stream.columnar.structured import Table, stacked, where
from stream.indicators.plan import Plan
from stream.intake.history.satisfaction import PAIR, Satisfaction
from stream.intake.history.touchpoints import TOUCH
from stream.intake.panes import TALLY, merged
from stream.intake.wall import Undo


def wanted(plan: Plan) -> bool:
    """Whether the rules ask for the customer's own word on first contact resolution."""
    return plan.keeps.get("fcr", {}).get("satisfied") == "require"


class PairLine:
    """What was heard of interactions on both inputs, until their panes have closed on both."""

    def __init__(self, plan: Plan) -> None:
        self._window_ms = cast("int", plan.keeps["fcr"]["repeat_window"])
        self._pane_ms = plan.rulebook.timing.pane_ms
        self._waiting: list[Table] = []
        self._pairs = Satisfaction(self._window_ms, self._pane_ms)

    def take(self, heard: Table) -> None:
        """Keep until its pane closes."""
        if len(heard):
            self._waiting.append(heard)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        waiting, pairs = list(self._waiting), self._pairs.mark()

        def undo() -> None:
            self._waiting = waiting
            pairs()

        return undo

    def close(self, through: int) -> Table:
        """What leaves with the panes up to and with `through`."""
        waiting = self._all_waiting()
        due = waiting["closing"] <= through
        self._waiting = [where(waiting, ~due)]
        return self._judged(where(waiting, due), keep=True)

    def so_far(self, heard: Table) -> Table:
        """What would leave if all open panes closed now and `heard` were heard."""
        return self._judged(stacked([self._all_waiting(), heard]), keep=False)

    def entries(self) -> dict[str, int]:
        """Sizes of what is remembered."""
        return {"pairs": len(self._pairs)}

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {"pairs": self._pairs.rows, "heard": self._all_waiting()}

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._pairs = Satisfaction(self._window_ms, self._pane_ms, tables.get("pairs", np.empty(0, PAIR)))
        self._waiting = [tables.get("heard", np.empty(0, TOUCH))]

    def _all_waiting(self) -> Table:
        return stacked(self._waiting) if self._waiting else np.empty(0, TOUCH)

    def _judged(self, heard: Table, *, keep: bool) -> Table:
        if not len(heard):
            return np.empty(0, TALLY)
        return merged(self._pairs.judge(heard, keep=keep))
