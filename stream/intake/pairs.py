"""The line of pairs, interaction and feedback: for `fcr.satisfied: require`.

Pairs are a source of their own, `joined/N`: its panes close when both inputs have closed them.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np

from stream.columnar.structured import Table, stacked
from stream.indicators.plan import Plan
from stream.intake.history.satisfaction import HEARD, PAIR, Satisfaction
from stream.intake.panes import TALLY, WaitingRows, merged
from stream.intake.source_clock import SourceClock
from stream.intake.wall import Undo, marked
from stream.messages.tallies import NO_PANE


def wanted(plan: Plan) -> bool:
    """Whether the rules ask for the customer's own word on first contact resolution."""
    return plan.keeps.get("fcr", {}).get("satisfied") == "require"


class PairLine:
    """What was heard of interactions on both inputs, until their panes have closed on both."""

    def __init__(self, plan: Plan) -> None:
        self._window_ms = cast("int", plan.keeps["fcr"]["repeat_window"])
        self._pane_ms = plan.rulebook.timing.pane_ms
        self._waiting = WaitingRows(HEARD)
        self._pairs = Satisfaction(self._window_ms, self._pane_ms)

    def take(self, heard: Table) -> None:
        """Keep until its pane closes."""
        self._waiting.add(heard)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return marked(self._waiting, self._pairs)

    def close(self, through: int) -> Table:
        """What leaves with the panes up to and with `through`."""
        return self._judged(self._waiting.close(through), keep=True)

    def so_far(self, heard: Table) -> Table:
        """What would leave if all open panes closed now and `heard` were heard."""
        return self._judged(stacked([self._waiting.rows(), heard]), keep=False)

    def entries(self) -> dict[str, int]:
        """Sizes of what is remembered."""
        return {"pairs": len(self._pairs)}

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {"pairs": self._pairs.rows, "heard": self._waiting.rows()}

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._pairs = Satisfaction(self._window_ms, self._pane_ms, tables.get("pairs", np.empty(0, PAIR)))
        self._waiting = WaitingRows(HEARD, tables.get("heard"))

    def _judged(self, heard: Table, *, keep: bool) -> Table:
        if not len(heard):
            return np.empty(0, TALLY)
        return merged(self._pairs.judge(heard, keep=keep))


class JoinedSource:
    """The line of pairs as a source: it is as far as the slower of the inputs."""

    def __init__(self, plan: Plan, partition: int, inputs: Sequence[SourceClock]) -> None:
        self.line = PairLine(plan)
        self.name = f"joined/{partition}"
        self._timing = plan.rulebook.timing
        self._inputs = inputs
        self._closed_through = NO_PANE

    def clock(self) -> SourceClock:
        """Where it stands now."""
        return SourceClock(
            name=self.name,
            pane_ms=self._timing.pane_ms,
            lateness_ms=self._timing.lateness_ms,
            next_offset=sum(source.next_offset for source in self._inputs),
            clock_ms=min(source.clock_ms for source in self._inputs),
            through=min(source.through for source in self._inputs),
        )

    def close(self) -> tuple[SourceClock, Table] | None:
        """Where it stands and what leaves with the panes that have closed; None when none has."""
        clock = self.clock()
        if clock.through <= self._closed_through:
            return None
        clock.after, self._closed_through = self._closed_through, clock.through
        return clock, self.line.close(clock.through)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        line, through = self.line.mark(), self._closed_through

        def undo() -> None:
            line()
            self._closed_through = through

        return undo

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state: that of the inputs, as they stand."""
        self.line.load(tables)
        self._closed_through = self.clock().through
