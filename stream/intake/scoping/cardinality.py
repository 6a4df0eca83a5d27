"""The cardinality guard: how many values of a dimension one input partition tells apart.

A new value is told apart while fewer than `max_values` are known, and a new combination of values while
fewer than `max_combinations` are; what comes beyond counts as `(other)`, a combination in all dimensions
but the first.  A value is known from its first event on, until no event has had it for a day of event time
and the day before.  So what an event counts as is a function of the events before it in its partition: a
replay and another worker decide alike, however records are cut into batches.

For example with two values at most: phone, chat, phone, fax, chat count as phone, chat, phone, (other),
chat.  If phone and fax come the next day, they count as phone, (other).  On the third day chat is no longer
known, so that fax and chat then count as fax, (other).

A value that looks as if it was about a person counts as `(personal)`, known or not.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
from xxhash import xxh3_64_intdigest

from alerts.rules import DAY_MS, Limits
from stream.columnar.numbering import Codes
from stream.columnar.timestamps import Ints
from stream.intake.panes import packed
from stream.intake.scoping.combinations import Combos, Dimension
from stream.intake.wall import Undo
from stream.messages.tallies import OTHER
from stream.privacy.personal import PERSONAL, personal_among

_UNKNOWN: Final = -1


class SavedGuard(msgspec.Struct):
    """What is known, each with the turn of its latest event: values by dimension, and hashes of combinations.

    Days of the clock are counted by turns, those without events left out.
    """

    day: int
    turn: int
    values: dict[str, dict[str, int]]
    combinations: dict[int, int]


class CardinalityGuard:
    """What one input of one partition tells apart."""

    def __init__(self, dims: Sequence[str], limits: Limits, saved: SavedGuard | None = None) -> None:
        self._dims, self._limits = tuple(dims), limits
        saved = saved or SavedGuard(0, 0, {}, {})
        self._day, self._turn = saved.day, saved.turn
        self._values = [dict(saved.values.get(dim, {})) for dim in dims]
        self._combinations = dict(saved.combinations)
        self._journal: list[tuple[dict[str, int] | dict[int, int], str | int, int | None]] = []
        self.forget_codes()

    def forget_codes(self) -> None:
        """Combinations are numbered anew: what was found for a number no longer holds."""
        self._counts_as = np.empty(0, np.int64)
        self._folds = np.empty(0, np.int64)  # a bit for each dimension that is folded

    def saved(self) -> SavedGuard:
        """What is known, for a snapshot."""
        values = dict(zip(self._dims, self._values, strict=True))
        return SavedGuard(self._day, self._turn, values, self._combinations)

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now; one mark at a time, the latest."""
        stood = self._day, self._turn, self._values, self._combinations
        journal: list[tuple[dict[str, int] | dict[int, int], str | int, int | None]] = []
        self._journal = journal

        def undo() -> None:
            for known, value, turn in reversed(journal):
                if turn is None:
                    del known[value]  # type: ignore[arg-type]  # it is a key of this one
                else:
                    known[value] = turn  # type: ignore[index]  # it is a key of this one
            self._day, self._turn, self._values, self._combinations = stood
            self.forget_codes()

        return undo

    def guarded(self, combos: Combos, codes: Ints, clock_ms: Ints) -> tuple[Ints, dict[str, int]]:
        """The combinations that events count as, and how many events lost their value of each dimension.

        `codes` are the combinations that they name, `clock_ms` the source's clock with each, which never
        falls.
        """
        if not len(codes) or not self._dims:
            return codes, {}
        days = clock_ms // DAY_MS
        if days[0] == days[-1]:
            return self._of_day(combos, codes, int(days[0]))
        out, lost = np.empty_like(codes), Counter[str]()
        bounds = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(codes)]
        for first, last in pairwise(bounds):
            out[first:last], found = self._of_day(combos, codes[first:last], int(days[first]))
            lost.update(found)
        return out, lost

    def _of_day(self, combos: Combos, codes: Ints, day: int) -> tuple[Ints, dict[str, int]]:
        if day != self._day:
            self._turn_over(day)
        if len(combos) > len(self._counts_as):
            more = np.full(2 * len(combos) - len(self._counts_as), _UNKNOWN, np.int64)
            self._counts_as = np.concatenate([self._counts_as, more])
            self._folds = np.concatenate([self._folds, np.zeros(len(more), np.int64)])
        out = self._counts_as[codes]
        if out.min() == _UNKNOWN:
            self._decide(combos, codes[out == _UNKNOWN])
            out = self._counts_as[codes]
        folds = self._folds[codes]
        if not folds.any():
            return out, {}
        lost = {dim: int((folds >> place & 1).sum()) for place, dim in enumerate(self._dims)}
        return out, {dim: count for dim, count in lost.items() if count}

    def _turn_over(self, day: int) -> None:
        """A new day: what was last seen on the day before the last is no longer known."""
        self._day, before = day, self._turn
        self._turn += 1
        self._values = [
            {value: turn for value, turn in known.items() if turn >= before} for known in self._values
        ]
        self._combinations = {each: turn for each, turn in self._combinations.items() if turn >= before}
        self.forget_codes()

    def _decide(self, combos: Combos, codes: Ints) -> None:
        """Decide on combinations that have not come today, in the order in which they come."""
        distinct, first = np.unique(codes, return_index=True)
        own = distinct[np.argsort(first)]
        named = combos.parts(0)[own]
        counted = np.empty_like(named)
        for place in range(len(self._dims)):
            counted[:, place] = self._values_kept(combos.dimension(place), place, named[:, place])
        if len(self._dims) > 1:
            self._keep_combinations(combos, counted)
        changed = counted != named
        self._folds[own] = (changed << np.arange(len(self._dims))).sum(axis=1)
        self._counts_as[own] = own
        folded = changed.any(axis=1)
        if folded.any():
            self._counts_as[own[folded]] = combos.numbered(counted[folded])

    def _values_kept(self, dimension: Dimension, place: int, column: Codes) -> Codes:
        """What values of a dimension count as, all by their numbers."""
        distinct, first, where = np.unique(column, return_index=True, return_inverse=True)
        order = np.argsort(first)
        texts, most = dimension.named(distinct[order]), self._limits.max_values
        known, kept = self._values[place], distinct.copy()
        for at, text, personal in zip(order.tolist(), texts, personal_among(texts), strict=True):
            if personal:
                kept[at] = dimension.code(PERSONAL)
            elif text and not self._admits(known, text, most):
                kept[at] = dimension.code(OTHER)
        return kept[where]

    def _keep_combinations(self, combos: Combos, rows: Codes) -> None:
        """Fold the combinations, given by the numbers of their values, that there is no room for."""
        _, first, where = np.unique(packed(list(rows.T)), return_index=True, return_inverse=True)
        order, most = np.argsort(first), self._limits.max_combinations
        refused = np.zeros(len(first), np.bool_)
        for at, values in zip(
            order.tolist(), combos.named(rows[first[order]], range(len(self._dims))), strict=True
        ):
            hashed = xxh3_64_intdigest("\x1f".join(values).encode())
            refused[at] = not self._admits(self._combinations, hashed, most)
        if refused.any():
            for place in range(1, len(self._dims)):
                rows[refused[where], place] = combos.dimension(place).code(OTHER)

    def _admits(self, known: dict[str, int] | dict[int, int], value: str | int, most: int) -> bool:
        """Whether it is known, or there is room for it; then it is known today."""
        turn = known.get(value)  # type: ignore[arg-type]  # it is a key of this one
        if turn is None and len(known) >= most:
            return False
        if turn != self._turn:
            self._journal.append((known, value, turn))
            known[value] = self._turn  # type: ignore[index]  # it is a key of this one
        return True
