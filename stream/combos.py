"""Combinations of dimension values, numbered; and the scopes that each belongs to, per grouping."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

import numpy as np

from stream.events import Event
from stream.hashing import hashed
from stream.hashtable import Keys
from stream.plan import Grouping
from stream.sections import ScopeKey
from stream.times import Ints

Values = tuple[str, ...]

MOST: Final = 1 << 16
"""Combinations that are numbered before the unused ones are forgotten."""
SPELLINGS: Final = 1 << 16
"""Raw combinations remembered before the memory of spellings starts anew."""


_NONE: Final = np.empty(0, np.uint64)


class Combos:
    """Numbers for the combinations of values of `dims`; a number stays valid until `retain`.

    `limit` is how many there may be before it is time for that.
    """

    def __init__(self, dims: Sequence[str], values: Sequence[Values] = ()) -> None:
        self.dims: Final = tuple(dims)
        self._hashes: dict[str, Keys] = {}
        self._channel = self.dims.index("channel") if "channel" in self.dims else -1
        self.values: list[Values] = []
        self.limit = MOST
        self._codes: dict[Values, int] = {}
        self._spellings: dict[Any, int] = {}
        # attrgetter gives a bare value for one name: asked for it twice, a tuple as for many
        self._raw = attrgetter(*(self.dims if len(self.dims) > 1 else self.dims * 2 or ("channel",)))
        for combo in values:
            self.code(combo)

    def __len__(self) -> int:
        return len(self.values)

    def codes(self, events: Sequence[Event]) -> Ints:
        """The number of each event's combination."""
        if not self.dims:
            return np.full(len(events), self.code(()), np.int64)
        codes = list(map(self._spellings.get, map(self._raw, events)))
        if None in codes:
            for place in [place for place, code in enumerate(codes) if code is None]:
                codes[place] = self._spelled(self._raw(events[place]))
        return np.array(codes, np.int64)

    def hashes(self, dim: str) -> Keys:
        """The hash of the value of a dimension, by combination."""
        known = self._hashes.get(dim, _NONE)
        if len(known) < len(self.values):
            place = self.dims.index(dim)
            more = hashed([values[place] for values in self.values[len(known) :]])
            known = self._hashes[dim] = np.concatenate([known, more])
        return known

    def retain(self, used: Ints) -> Ints:
        """Forget all numbers but `used` (distinct); gives each old one its new number, -1 where forgotten."""
        renumbered = np.full(len(self.values), -1, np.int64)
        renumbered[used] = np.arange(len(used))
        kept = [self.values[code] for code in used]
        self.values, self._codes, self._spellings, self._hashes = [], {}, {}, {}
        self.limit = max(self.limit, 2 * len(kept))
        for combo in kept:
            self.code(combo)
        return renumbered

    def _spelled(self, raw: tuple[str | None, ...]) -> int:
        if (known := self._spellings.get(raw)) is not None:
            return known
        if len(self._spellings) >= SPELLINGS:
            self._spellings.clear()
        code = self.code(self._tidied(raw))
        self._spellings[raw] = code
        return code

    def _tidied(self, raw: tuple[str | None, ...]) -> Values:
        """Stripped, the channel in lower case, "" for what is missing."""
        values = [(value or "").strip() for value in raw[: len(self.dims)]]
        if self._channel >= 0:
            values[self._channel] = values[self._channel].lower()
        return tuple(values)

    def code(self, values: Values) -> int:
        """The number of a combination, a new one if need be."""
        code = self._codes.setdefault(values, len(self.values))
        if code == len(self.values):
            self.values.append(values)
        return code


class Scopes:
    """The scopes of all groupings, numbered, and the shard of each."""

    def __init__(self, dims: Sequence[str], groupings: Sequence[Grouping], shards: int) -> None:
        self._groupings = tuple(groupings)
        self._places = [tuple(dims.index(dim) for dim in grouping.dims) for grouping in groupings]
        self._count = shards
        self._numbers: dict[ScopeKey, int] = {}
        self._keys: list[ScopeKey] = []
        self._shard: list[int] = []
        self._shards = np.empty(0, np.int64)
        self._of_combo = np.empty((0, len(self._groupings)), np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, combos: Combos) -> Ints:
        """Scope numbers, a row per combination and a column per grouping."""
        new = combos.values[len(self._of_combo) :]
        if new:
            groupings = range(len(self._groupings))
            rows = [[self._number(place, values) for place in groupings] for values in new]
            table = np.array(rows, np.int64).reshape(len(new), len(groupings))
            self._of_combo = np.concatenate([self._of_combo, table])
            self._shards = np.array(self._shard, np.int64)
        return self._of_combo

    def shards(self, scopes: Ints) -> Ints:
        """The shard of each scope."""
        return self._shards[scopes]

    def named(self, scopes: Ints) -> list[ScopeKey]:
        """The keys of scopes."""
        return [self._keys[number] for number in scopes.tolist()]

    def _number(self, grouping: int, values: Values) -> int:
        own = tuple(values[place] for place in self._places[grouping])
        key = (self._groupings[grouping].key, own)
        number = self._numbers.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
            self._shard.append(self._groupings[grouping].shard(own, self._count))
        return number
