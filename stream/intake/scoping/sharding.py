"""Scopes and shards of combinations: each grouping gets a number and the partition that judges it."""

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise, repeat
from typing import Final

import numpy as np

from stream.columnar.numbering import Codes, Growing, Numbering
from stream.columnar.timestamps import Ints
from stream.indicators.plan import Grouping
from stream.intake.scoping.combinations import Combos
from stream.messages.tallies import Spelled

_NONE: Final = -1
"""In place of the scopes of a combination that nobody has asked for."""


class _Shards:
    """The shards of the scopes of one or more groupings that agree on `shard_dims`."""

    def __init__(self, dims: Sequence[str], grouping: Grouping, count: int) -> None:
        self._places = [dims.index(dim) for dim in grouping.shard_dims]
        self._grouping, self._count = grouping, count
        self._numbering = Numbering(len(self._places))
        self._shard = Growing(np.int32)

    def of(self, combos: Combos, rows: Codes) -> Codes:
        """The shard of each of some scopes, given by their values of at least `shard_dims`."""
        numbers = self._numbering.numbers(rows[:, : len(self._places)])
        new = combos.named(self._numbering.rows[len(self._shard) :], self._places)
        self._shard.append(np.fromiter(self._grouping.sharded(new, self._count), np.int64, len(new)))
        return self._shard.rows[numbers]


class _Grouped:
    """The scopes of one grouping, numbered for themselves; `overall` has their numbers among all scopes."""

    def __init__(self, dims: Sequence[str], grouping: Grouping, shards: _Shards) -> None:
        self._shards, self._before = shards, Spelled.before(grouping.key, len(grouping.dims))
        self._places = [dims.index(dim) for dim in grouping.dims]
        self._numbering = Numbering(len(grouping.dims))
        self.overall = Growing(np.int32)

    def own(self, parts: Codes) -> tuple[Ints, Ints]:
        """The own number of each combination's scope, and the first combination of each new scope."""
        size = len(self._numbering)
        numbers = self._numbering.numbers(parts[:, self._places])
        new = np.flatnonzero(numbers >= size)
        firsts = np.empty(len(self._numbering) - size, np.int64)
        firsts[numbers[new[::-1]] - size] = new[::-1]  # what is written last stays
        return numbers, firsts

    def new_shards(self, combos: Combos) -> Codes:
        """The shards of scopes that have no overall number yet."""
        return self._shards.of(combos, self._numbering.rows[len(self.overall) :])

    def spelled(self, combos: Combos, numbers: Codes) -> Iterable[bytes]:
        """Scopes as messages spell them, by their own numbers."""
        rows = self._numbering.rows[numbers]
        values = (
            combos.dimension(place).packed(column) for place, column in zip(self._places, rows.T, strict=True)
        )
        return map(b"".join, zip(repeat(self._before, len(rows)), *values, strict=True))


class ScopeNumbers:
    """The scopes of all groupings, numbered, and the shard of each."""

    def __init__(self, dims: Sequence[str], groupings: Sequence[Grouping], shards: int) -> None:
        self._dims, self._groupings, self._count = tuple(dims), tuple(groupings), shards
        self._start()

    def __len__(self) -> int:
        return len(self._shards)

    def of(self, combos: Combos, used: Ints | None = None) -> Codes:
        """Scope numbers, a row per combination and a column per grouping.

        Without `used` those of all combinations, otherwise of these ones: others may have none.  Where
        nearly every event names a combination that is folded, their scopes are never asked for.
        """
        if (more := len(combos) - len(self._of_combo)) > 0:
            self._of_combo.append(np.full((more, len(self._groupings)), _NONE))
        table = self._of_combo.rows
        if not self._grouped:
            return table
        bare = table[:, 0] == _NONE if used is None else table[used, 0] == _NONE
        if bare.any():
            codes = np.flatnonzero(bare) if used is None else np.unique(used[bare])
            parts = combos.parts(0)[codes]
            found = [grouped.own(parts) for grouped in self._grouped]
            self._add(combos, [firsts for _, firsts in found])
            for column, (grouped, (numbers, _)) in enumerate(zip(self._grouped, found, strict=True)):
                table[codes, column] = grouped.overall.rows[numbers]
        return table

    def shards(self, scopes: Ints | Codes) -> Codes:
        """The shard of each scope."""
        return self._shards.rows[scopes]

    def named(self, combos: Combos, scopes: Ints | Codes) -> Spelled:
        """The keys of scopes."""
        grouping, own = self._grouping.rows[scopes], self._own.rows[scopes]
        order = np.argsort(grouping, kind="stable")
        ends = np.searchsorted(grouping[order], np.arange(len(self._grouped) + 1))
        parts = [
            grouped.spelled(combos, own[order[first:last]])
            for grouped, (first, last) in zip(self._grouped, pairwise(ends.tolist()), strict=True)
        ]
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return Spelled(list(map(list(chain(*parts)).__getitem__, place.tolist())))

    def retain(self, combos: Combos, codes: Ints) -> None:
        """Forget the scopes of combinations that are forgotten.

        `codes` has the new number, in `combos`, of every old one, -1 where it is forgotten; these numbers
        rise.  Scopes are then numbered as if the others had never been.
        """
        known = self._of_combo.rows
        stay = codes[: len(known)] >= 0
        if known.shape[1]:
            numbered = known[:, 0] != _NONE
            renumbered, table = codes[: len(known)][stay & numbered], known[stay & numbered]
        else:
            renumbered, table = np.empty(0, np.int64), known[:0]
        ordered, places = table.ravel(), np.arange(table.size)
        firsts = np.empty(len(self), np.int64)
        firsts[ordered[::-1]] = places[::-1]  # what is written last stays
        kept = ordered[firsts[ordered] == places]
        numbers = np.empty(len(self), np.int64)
        numbers[kept] = np.arange(len(kept))
        shards = self._shards.rows[kept]
        self._start()
        self._shards.append(shards)
        self._of_combo.append(np.full((int(stay.sum()), known.shape[1]), _NONE))
        self._of_combo.rows[renumbered] = numbers[table]
        parts = combos.parts(0)[renumbered]
        came = [grouped.own(parts)[1] for grouped in self._grouped]
        self._put([column[rows] for column, rows in zip(numbers[table].T, came, strict=False)])

    def _start(self) -> None:
        """Start anew."""
        dims, groupings = self._dims, self._groupings
        alike = {grouping.shard_dims: _Shards(dims, grouping, self._count) for grouping in groupings}
        self._grouped = [_Grouped(dims, grouping, alike[grouping.shard_dims]) for grouping in groupings]
        self._grouping, self._own = Growing(np.int16), Growing(np.int32)
        self._shards = Growing(np.int32)
        self._of_combo = Growing(np.int32, len(groupings))

    def _add(self, combos: Combos, firsts: Sequence[Ints]) -> None:
        """Number new scopes in the order of the combinations that brought them, and of their groupings."""
        if not firsts:
            return
        came = [rows * len(firsts) + place for place, rows in enumerate(firsts)]
        order = np.argsort(np.concatenate(came))
        numbers = np.empty(len(order), np.int64)
        numbers[order] = np.arange(len(self), len(self) + len(order))
        shards = [grouped.new_shards(combos) for grouped in self._grouped]
        self._shards.append(np.concatenate(shards)[order])
        self._put(np.split(numbers, np.cumsum([len(rows) for rows in firsts])[:-1]))

    def _put(self, numbers: Sequence[Ints]) -> None:
        """Note the overall numbers of new scopes, by grouping; together they are all that are new."""
        first, many = len(self._own), sum(map(len, numbers))
        grouping, own = np.empty(many, np.int16), np.empty(many, np.int64)
        for place, (grouped, overall) in enumerate(zip(self._grouped, numbers, strict=True)):
            grouping[overall - first] = place
            own[overall - first] = np.arange(len(grouped.overall), len(grouped.overall) + len(overall))
            grouped.overall.append(overall)
        self._grouping.append(grouping)
        self._own.append(own)
