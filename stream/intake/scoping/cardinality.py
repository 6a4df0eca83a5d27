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
from collections.abc import Mapping, Sequence
from itertools import compress, pairwise
from typing import Final

import msgspec
import numpy as np

from alerts.rules import DAY_MS, Limits
from stream.columnar.hashing import hashed
from stream.columnar.numbering import Codes
from stream.columnar.timestamps import Ints
from stream.intake.panes import packed
from stream.intake.scoping.combinations import Combos, Dimension
from stream.intake.scoping.known_combinations import KnownCombinations
from stream.intake.wall import Undo
from stream.messages.tallies import OTHER
from stream.privacy.personal import PERSONAL, personal_among

_UNKNOWN: Final = -1

Known = dict[str, int]
"""The values that are told apart, each with the turn of its latest event."""


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
        self._combinations = KnownCombinations.of(saved.combinations)
        self._journal: list[tuple[Known, Mapping[str, int | None]]] = []
        self.forget_codes()

    def forget_codes(self) -> None:
        """Combinations are numbered anew: what was found for a number no longer holds."""
        self._counts_as = np.empty(0, np.int32)
        self._folds = np.empty(0, np.int32)  # a bit for each dimension that is folded
        self._kept = [np.empty(0, np.int32) for _ in self._dims]  # what each value counts as today

    def saved(self) -> SavedGuard:
        """What is known, for a snapshot."""
        values = dict(zip(self._dims, self._values, strict=True))
        return SavedGuard(self._day, self._turn, values, self._combinations.saved())

    def mark(self) -> Undo:
        """Gives what puts it back to how it is now; one mark at a time, the latest."""
        stood = self._day, self._turn, self._values, self._combinations
        undo_combinations = self._combinations.mark()
        journal: list[tuple[Known, Mapping[str, int | None]]] = []
        self._journal = journal

        def undo() -> None:
            for known, before in reversed(journal):
                for value, turn in before.items():
                    if turn is None:
                        del known[value]
                    else:
                        known[value] = turn
            self._day, self._turn, self._values, self._combinations = stood
            undo_combinations()
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
            more = np.full(2 * len(combos) - len(self._counts_as), _UNKNOWN, np.int32)
            self._counts_as = np.concatenate([self._counts_as, more])
            self._folds = np.concatenate([self._folds, np.zeros_like(more)])
        unknown = self._counts_as[codes] == _UNKNOWN
        if unknown.any():
            self._decide(combos, codes[unknown])
        out, folds = self._counts_as[codes].astype(np.int64), self._folds[codes]
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
        self._combinations = self._combinations.since(before)
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
        """What values of a dimension count as, all by their numbers; today that stays so."""
        kept = self._kept[place]
        if len(dimension.texts) > len(kept):
            more = np.full(2 * len(dimension.texts) - len(kept), _UNKNOWN, np.int32)
            kept = self._kept[place] = np.concatenate([kept, more])
        out = kept[column]
        unknown = column[out == _UNKNOWN]
        if len(unknown):
            self._decide_values(dimension, place, unknown)
            out = kept[column]
        return out

    def _decide_values(self, dimension: Dimension, place: int, column: Codes) -> None:
        """Decide on values that have not come today, in the order in which they come."""
        distinct, first = np.unique(column, return_index=True)
        own = distinct[np.argsort(first)]
        texts, kept = dimension.named(own), self._kept[place]
        personal = personal_among(texts)
        asked = [bool(text) and not about for text, about in zip(texts, personal, strict=True)]
        admitted = iter(
            self._admitted(self._values[place], [*compress(texts, asked)], self._limits.max_values)
        )
        for code, about, ask in zip(own.tolist(), personal, asked, strict=True):
            if about:
                kept[code] = dimension.code(PERSONAL)
            else:
                kept[code] = dimension.code(OTHER) if ask and not next(admitted) else code

    def _keep_combinations(self, combos: Combos, rows: Codes) -> None:
        """Fold the combinations, given by the numbers of their values, that there is no room for."""
        _, first, where = np.unique(packed(list(rows.T)), return_index=True, return_inverse=True)
        order = np.argsort(first)
        columns = enumerate(rows[first[order]].T)
        texts = zip(*(combos.dimension(place).named(column) for place, column in columns), strict=True)
        refused = np.zeros(len(first), np.bool_)
        refused[order] = ~self._combinations.admitted(
            hashed(map("\x1f".join, texts)), self._turn, self._limits.max_combinations
        )
        if refused.any():
            for place in range(1, len(self._dims)):
                rows[refused[where], place] = combos.dimension(place).code(OTHER)

    def _admitted(self, known: Known, values: Sequence[str], most: int) -> Sequence[bool]:
        """Of each, whether it is known, or there is room for it, in this order; then it is known today."""
        before = {value: known.get(value) for value in values}
        new = [value for value, turn in before.items() if turn is None]
        for value in new[max(most - len(known), 0) :]:
            del before[value]
        self._journal.append((known, before))
        known.update(dict.fromkeys(before, self._turn))
        return [value in before for value in values]
