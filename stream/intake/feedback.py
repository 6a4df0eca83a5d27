"""The line of feedback: answers and mentions, counted by level."""

from itertools import compress
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashing import hashed, joined
from stream.columnar.structured import Table, stacked, where
from stream.columnar.timestamps import Ints
from stream.indicators.cells import CELLS, FURTHER_OF, SCALES, SCALES_OF, level_cells
from stream.indicators.formulas import POSITIVE_FROM
from stream.indicators.plan import Plan
from stream.intake.batch import EventBatch
from stream.intake.history.answerers import ANSWER, ANSWERED, Answerers, AnswerTerms
from stream.intake.history.satisfaction import HEARD, HeardKind, heard_of
from stream.intake.pairs import wanted
from stream.intake.panes import OpenPanes, WaitingRows, merged, tallies
from stream.intake.scoping.cardinality import CardinalityGuard
from stream.intake.scoping.combinations import Combos
from stream.intake.wall import Undo, marked
from stream.messages.events import Feedback
from stream.messages.nobody import are_nobody

_KINDS: Final = [name.split("/")[0] for name in CELLS]
_INDICATOR: Final = np.array([FURTHER_OF.index(kind) if kind in FURTHER_OF else -1 for kind in _KINDS])
"""By cell, which indicator's answer it is; -1 for those of which it does not matter who gave them."""


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
        self._terms = AnswerTerms.of(plan.keeps)
        self._waiting = WaitingRows(ANSWER)
        self._answerers = Answerers(self._terms, self._pane_ms)

    def take(self, batch: EventBatch[Feedback]) -> Table:
        """Count answers whose givers consent, of indicators that are kept.

        Those of which a customer has one only (`one_answer_per`) wait until their pane closes.  Gives the
        answers that are not positive and say which interaction they belong to.
        """
        wanted = self._kept[batch.column]
        consents = [event.consent for event in batch.events]
        if False in consents:
            wanted &= np.array([consent is not False for consent in consents], bool)
        own = batch.only(wanted)
        named = self._combos.codes(own.events)
        combo, self.folded = self._guard.guarded(self._combos, named, own.clock_ms)
        known, answers = self._by_customers(own, combo)
        at_once = ~known | (self._terms.period_ms[own.column] == 0)
        rows = tallies(own.closing, own.at_ms // self._pane_ms, combo, own.column)
        self._open.add(where(rows, at_once))
        self._waiting.add(answers)
        return self._unhappy_among(own) if self._paired else np.empty(0, HEARD)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now."""
        return marked(self._open, self._guard, self._answerers, self._waiting)

    def close(self, through: int) -> Table:
        """What leaves with the panes up to and with `through`."""
        judged = self._answerers.judge(self._waiting.close(through))
        return merged(stacked([self._open.close(through), judged]))

    def so_far(self) -> Table:
        """What would leave if all open panes closed now."""
        judged = self._answerers.judge(self._waiting.rows(), keep=False)
        return merged(stacked([self._open.rows(), judged]))

    def tables(self) -> dict[str, Table]:
        """The state, by name."""
        return {
            "open.feedback": self._open.rows(),
            "answers": self._waiting.rows(),
            "answerers": self._answerers.rows,
        }

    def load(self, tables: dict[str, Table]) -> None:
        """Take over a state."""
        self._open = OpenPanes(tables["open.feedback"])
        self._waiting = WaitingRows(ANSWER, tables.get("answers"))
        known = tables.get("answerers", np.empty(0, ANSWERED))
        self._answerers = Answerers(self._terms, self._pane_ms, known)

    def entries(self) -> dict[str, int]:
        """Sizes of what is remembered."""
        return {"answerers": len(self._answerers)}

    def _by_customers(self, batch: EventBatch[Feedback], combo: Ints) -> tuple[NDArray[np.bool_], Table]:
        """Which answers are a customer's, of the indicators where that matters; and those answers."""
        customers = [event.customer for event in batch.events]
        known = (_INDICATOR[batch.column] >= 0) & np.fromiter(map(bool, customers), bool, len(customers))
        person = hashed([customer or "" for customer in compress(customers, known.tolist())])
        nobody = are_nobody(person)
        if nobody.any():
            known[np.flatnonzero(known)[nobody]] = False
            person = person[~nobody]
        own = batch.only(known)
        rows = np.empty(len(own), ANSWER)
        rows["key"] = joined(person, _INDICATOR[own.column].astype(np.uint64))
        rows["closing"], rows["at_ms"], rows["id"] = own.closing, own.at_ms, own.ids
        rows["combo"], rows["cell"] = combo[known], own.column
        return known, rows

    def _unhappy_among(self, batch: EventBatch[Feedback]) -> Table:
        linked = np.array([bool(event.interaction) for event in batch.events], bool)
        own = batch.only(linked & self._unhappy[batch.column])
        ids = hashed([event.interaction or "" for event in own.events])
        return heard_of(HeardKind.UNHAPPY_ANSWER, ids, own.at_ms, own.closing)


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
