"""Memory: everything that a judge remembers between two sections."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from stream.groups import Group
from stream.pending import Counts, Ints, Pending
from stream.plan import Plan
from stream.sections import NO_PANE, ScopeKey, sources
from stream.sources import Portion, Sources

ROW_BITS: Final = 40
"""A scope's code is its group's number above its row's."""
ROW_MASK: Final = (1 << ROW_BITS) - 1


@dataclass(slots=True)
class Memory:
    """`judged` is the last pane judged (NO_PANE: none), `first_pane` the first with data.

    `forget_ms` is when scopes that have left every window are next let go; `wake` the next pane at whose
    end something changes even if nothing comes in.
    """

    groups: list[Group]
    sources: Sources
    numbers: dict[str, int]
    pending: Pending = field(default_factory=Pending)
    judged: int = NO_PANE
    first_pane: int | None = None
    forget_ms: int = 0
    wake: int | None = None

    @classmethod
    def empty(cls, plan: Plan) -> Self:
        """Nothing was heard yet."""
        groups = [Group(plan, grouping) for grouping in plan.groupings]
        expected = Sources.expecting(sources(plan.partitions, plan.keeps), plan.rulebook.timing)
        return cls(groups, expected, {group.grouping.key: place for place, group in enumerate(groups)})

    def expect(self, portion: Portion) -> None:
        """Put rows where they are due: at their closing pane, or at the next one if that has been judged."""
        rows = portion.rows
        codes = np.array([self._code(key) for key in portion.scopes], np.int64)[rows.scope]
        closing = np.maximum(rows.closing, self.judged + 1)
        counts = Counts(codes, rows.pane, rows.cell, rows.count * portion.sign)
        known = codes >= 0
        if not known.all():
            closing, counts = closing[known], counts.only(known)
        if len(closing):
            first = int(rows.pane.min())
            self.first_pane = first if self.first_pane is None else min(first, self.first_pane)
            self.pending.add(closing, counts)

    def merge(self, pane: int, counts: Counts, end_ms: int) -> None:
        """Deal counts that are due at a pane's end out to their groups."""
        number = (counts.code >> ROW_BITS).astype(np.uint16)
        order = np.argsort(number, kind="stable")
        bounds = np.searchsorted(number[order], np.arange(len(self.groups) + 1)).tolist()
        for place, group in enumerate(self.groups):
            if bounds[place] < bounds[place + 1]:
                part = counts.only(order[bounds[place] : bounds[place + 1]])
                rows = part.code & ROW_MASK
                group.scopes.seen_ms[rows] = end_ms
                group.merge(pane, rows, part.pane, part.cell, part.count)

    def next_pane(self) -> int | None:
        """The next pane at whose end something may change."""
        panes = (self.pending.next_pane(), self.wake)
        return min((pane for pane in panes if pane is not None), default=None)

    def set_judged(self, pane: int) -> None:
        """A pane has been judged: when must some group be judged again, even if nothing comes in?"""
        self.judged = pane
        wakes = [group.next_pane(pane) for group in self.groups]
        self.wake = min((wake for wake in wakes if wake is not None), default=None)

    def forget(self, now_ms: int) -> list[Ints]:
        """Let go of scopes that have left every window; their rows, by group."""
        waiting = self.pending.codes()
        return [
            group.forget(now_ms, waiting[waiting >> ROW_BITS == number] & ROW_MASK)
            for number, group in enumerate(self.groups)
        ]

    def _code(self, key: ScopeKey) -> int:
        """The scope's code; -1 for a grouping that this plan does not know."""
        number = self.numbers.get(key[0])
        return -1 if number is None else number << ROW_BITS | self.groups[number].row_of(key[1])
