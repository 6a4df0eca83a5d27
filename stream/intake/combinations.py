"""Combinations of dimension values, numbered; and the scopes that each belongs to, per grouping."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stream.columnar.hashing import hashed
from stream.columnar.hashtable import Keys
from stream.columnar.numbering import Codes, Growing, Numbering, Spellings
from stream.columnar.timestamps import Ints
from stream.indicators.plan import Grouping
from stream.messages.events import Event
from stream.messages.tallies import ScopeKey

Values = tuple[str, ...]
Raw = str | None

MOST: Final = 1 << 16
"""Combinations that are numbered before the unused ones are forgotten."""
FEW: Final = 1 << 12
"""Combinations that are few enough to be looked up whole."""
ROOM: Final = 1 << 21
"""Cells that may be there for combinations at least: 8 MiB, as many as `MOST` of them may have anyway."""


class Dimension:
    """The values of one dimension, numbered: stripped, a channel in lower case, "" for what is missing."""

    def __init__(self, name: str) -> None:
        self._lower = name == "channel"
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}
        self._hashes = Growing(np.uint64)
        self._spellings: Spellings[Raw] = Spellings(self._tidied)

    def codes(self, raws: Iterable[Raw], many: int) -> Ints:
        """The number of each of so many values, as they are spelled."""
        return self._spellings.numbers(raws, many)

    def code(self, text: str) -> int:
        """The number of a tidy value, a new one if need be."""
        code = self._codes.setdefault(text, len(self.texts))
        if code == len(self.texts):
            self.texts.append(text)
        return code

    def hashes(self, codes: Ints) -> Keys:
        """The hashes of values."""
        self._hashes.append(hashed(self.texts[len(self._hashes) :]))
        return self._hashes.rows[codes]

    def named(self, codes: NDArray[np.signedinteger]) -> list[str]:
        """Values by their numbers."""
        return list(map(self.texts.__getitem__, codes.tolist()))

    def retain(self, used: Codes) -> None:
        """Forget all values but `used` (distinct), which are numbered in this order from 0."""
        self.texts = self.named(used)
        self._codes = {text: code for code, text in enumerate(self.texts)}
        self._hashes = Growing(np.uint64)
        self._spellings.forget()

    def _tidied(self, raws: list[Raw]) -> Ints:
        texts = [(raw or "").strip() for raw in raws]
        if self._lower:
            texts = [text.lower() for text in texts]
        return np.array(list(map(self.code, texts)), np.int64)


class Combos:
    """Numbers for the combinations of values of `dims`; a number stays valid until `retain`.

    `limit` is how many there may be before it is time for that.  Up to `few` whole combinations are
    looked up; with more of them, one dimension after the other is faster.
    """

    def __init__(self, dims: Sequence[str], values: Sequence[Values] = ()) -> None:
        self.dims: Final = tuple(dims)
        self.limit, self.few = MOST, FEW
        self._dimensions = [Dimension(dim) for dim in dims]
        self._numbering = Numbering(len(self.dims), room=ROOM)
        self._spellings: Spellings[Any] = Spellings(self._spelled)
        self._whole = attrgetter(*(self.dims or ("channel",)))
        self._single = [attrgetter(dim) for dim in dims]
        self.numbers(values)

    def __len__(self) -> int:
        return len(self._numbering)

    @property
    def values(self) -> list[Values]:
        """The combination of each number."""
        return self.named(self._numbering.rows, range(len(self.dims)))

    def codes(self, events: Sequence[Event]) -> Ints:
        """The number of each event's combination."""
        if not self.dims:
            return np.full(len(events), self.code(()), np.int64)
        if len(self) <= self.few:
            return self._spellings.numbers(map(self._whole, events), len(events))
        self._spellings.forget()
        return self._numbered([map(single, events) for single in self._single], len(events))

    def hashes(self, dim: str, codes: Ints) -> Keys:
        """The hash of the value of a dimension in each of some combinations."""
        place = self.dims.index(dim)
        return self._dimensions[place].hashes(self._numbering.rows[codes, place])

    def retain(self, used: Ints) -> Ints:
        """Forget all numbers but `used` (distinct), which are numbered in this order.

        Gives each old one its new number, -1 where it is forgotten.
        """
        renumbered = np.full(len(self), -1, np.int64)
        kept = self._numbering.rows[used]
        for place, dimension in enumerate(self._dimensions):
            values, kept[:, place] = np.unique(kept[:, place], return_inverse=True)
            dimension.retain(values)
        self._numbering = Numbering(len(self.dims), room=ROOM)
        self._spellings.forget()
        renumbered[used] = self._numbering.numbers(kept)
        self.limit = max(self.limit, 2 * len(self))
        return renumbered

    def code(self, values: Values) -> int:
        """The number of a combination, a new one if need be."""
        return int(self.numbers([values])[0])

    def numbers(self, combos: Sequence[Values]) -> Ints:
        """The numbers of combinations of tidy values, new ones if need be."""
        rows = np.empty((len(combos), len(self.dims)), np.int32)
        for place, (dimension, texts) in enumerate(
            zip(self._dimensions, zip(*combos, strict=True), strict=False)
        ):
            rows[:, place] = list(map(dimension.code, texts))
        return self._numbering.numbers(rows)

    def parts(self, first: int) -> Codes:
        """The values of the combinations from `first` on, as numbers for `named`."""
        return self._numbering.rows[first:]

    def named(self, parts: Codes, places: Iterable[int]) -> list[Values]:
        """The values of dimensions at some places, which `parts` has as its columns."""
        texts = [self._dimensions[place].named(column) for place, column in zip(places, parts.T, strict=True)]
        return list(zip(*texts, strict=True)) if texts else [()] * len(parts)

    def _spelled(self, raws: list[Any]) -> Ints:
        """Numbers of combinations that are spelled in a new way."""
        # attrgetter gives bare values where there is one dimension, otherwise tuples
        columns = zip(*raws, strict=True) if len(self.dims) > 1 else [raws]
        return self._numbered(columns, len(raws))

    def _numbered(self, columns: Iterable[Iterable[Raw]], many: int) -> Ints:
        """Numbers of so many combinations, given as a column per dimension."""
        rows = np.empty((many, len(self.dims)), np.int32)
        for place, (dimension, column) in enumerate(zip(self._dimensions, columns, strict=True)):
            rows[:, place] = dimension.codes(column, many)
        return self._numbering.numbers(rows)


class _Shards:
    """The shards of the scopes of one or more groupings that agree on `shard_dims`."""

    def __init__(self, dims: Sequence[str], grouping: Grouping, count: int) -> None:
        self._places = [dims.index(dim) for dim in grouping.shard_dims]
        self._grouping, self._count = grouping, count
        self._numbering = Numbering(len(self._places))
        self._shard = Growing(np.int64)

    def of(self, combos: Combos, rows: Codes) -> Ints:
        """The shard of each of some scopes, given by their values of at least `shard_dims`."""
        numbers = self._numbering.numbers(rows[:, : len(self._places)])
        new = combos.named(self._numbering.rows[len(self._shard) :], self._places)
        self._shard.append(np.fromiter(self._grouping.sharded(new, self._count), np.int64, len(new)))
        return self._shard.rows[numbers]


class _Grouped:
    """The scopes of one grouping, numbered for themselves; `overall` has their numbers among all scopes."""

    def __init__(self, dims: Sequence[str], grouping: Grouping, shards: _Shards) -> None:
        self._key, self._shards = grouping.key, shards
        self._places = [dims.index(dim) for dim in grouping.dims]
        self._numbering = Numbering(len(grouping.dims))
        self.overall = Growing(np.int64)

    def own(self, parts: Codes) -> tuple[Ints, Ints]:
        """The own number of each combination's scope, and the first combination of each new scope."""
        size = len(self._numbering)
        numbers = self._numbering.numbers(parts[:, self._places])
        new = np.flatnonzero(numbers >= size)
        firsts = np.empty(len(self._numbering) - size, np.int64)
        firsts[numbers[new[::-1]] - size] = new[::-1]  # what is written last stays
        return numbers, firsts

    def new(self, combos: Combos) -> tuple[list[ScopeKey], Ints]:
        """The keys and shards of scopes that have no overall number yet."""
        rows = self._numbering.rows[len(self.overall) :]
        keys = list(zip(repeat(self._key), combos.named(rows, self._places), strict=False))
        return keys, self._shards.of(combos, rows)


class Scopes:
    """The scopes of all groupings, numbered, and the shard of each."""

    def __init__(self, dims: Sequence[str], groupings: Sequence[Grouping], shards: int) -> None:
        self._dims, self._groupings, self._count = tuple(dims), tuple(groupings), shards
        self._start([])

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, combos: Combos) -> Ints:
        """Scope numbers, a row per combination and a column per grouping."""
        parts = combos.parts(len(self._of_combo))
        if len(parts):
            found = [grouped.own(parts) for grouped in self._grouped]
            self._add(combos, [firsts for _, firsts in found])
            table = np.empty((len(parts), len(found)), np.int64)
            for column, (grouped, (numbers, _)) in enumerate(zip(self._grouped, found, strict=True)):
                table[:, column] = grouped.overall.rows[numbers]
            self._of_combo.append(table)
        return self._of_combo.rows

    def shards(self, scopes: Ints) -> Ints:
        """The shard of each scope."""
        return self._shards.rows[scopes]

    def named(self, scopes: Ints) -> list[ScopeKey]:
        """The keys of scopes."""
        return list(map(self._keys.__getitem__, scopes.tolist()))

    def retain(self, combos: Combos, codes: Ints) -> None:
        """Forget the scopes of combinations that are forgotten.

        `codes` has the new number, in `combos`, of every old one, -1 where it is forgotten; these numbers
        rise.  Scopes are then numbered as if the others had never been.
        """
        table = self._of_combo.rows[codes[: len(self._of_combo)] >= 0]
        ordered, places = table.ravel(), np.arange(table.size)
        firsts = np.empty(len(self), np.int64)
        firsts[ordered[::-1]] = places[::-1]  # what is written last stays
        kept = ordered[firsts[ordered] == places]
        numbers = np.empty(len(self), np.int64)
        numbers[kept] = np.arange(len(kept))
        shards = self._shards.rows[kept]
        self._start(self.named(kept))
        self._shards.append(shards)
        self._of_combo.append(numbers[table])
        for grouped, overall in zip(self._grouped, self._of_combo.rows.T, strict=True):
            grouped.overall.append(overall[grouped.own(combos.parts(0)[: len(table)])[1]])

    def _start(self, keys: list[ScopeKey]) -> None:
        """Start anew, with the keys of scopes that are known already."""
        dims, groupings = self._dims, self._groupings
        alike = {grouping.shard_dims: _Shards(dims, grouping, self._count) for grouping in groupings}
        self._grouped = [_Grouped(dims, grouping, alike[grouping.shard_dims]) for grouping in groupings]
        self._keys = keys
        self._shards = Growing(np.int64)
        self._of_combo = Growing(np.int64, len(groupings))

    def _add(self, combos: Combos, firsts: Sequence[Ints]) -> None:
        """Number new scopes in the order of the combinations that brought them, and of their groupings."""
        if not firsts:
            return
        came = [rows * len(firsts) + place for place, rows in enumerate(firsts)]
        order = np.argsort(np.concatenate(came))
        numbers = np.empty(len(order), np.int64)
        numbers[order] = np.arange(len(self), len(self) + len(order))
        new = [grouped.new(combos) for grouped in self._grouped]
        keys = [key for found, _ in new for key in found]
        self._keys += [keys[place] for place in order.tolist()]
        self._shards.append(np.concatenate([shards for _, shards in new])[order])
        ends = np.cumsum([len(rows) for rows in firsts])[:-1]
        for grouped, overall in zip(self._grouped, np.split(numbers, ends), strict=True):
            grouped.overall.append(overall)
