"""Scopes by numbers: a scope's code is its group's number above its row's."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Final, NamedTuple

import numpy as np
from xxhash import xxh3_128_digest

from stream.columnar.hashtable import HashTable, Keys
from stream.judge.evaluation.groups import Group
from stream.judge.pending import Ints
from stream.messages.tallies import OTHER, ScopeKey, Spelled, Spelling

ROW_BITS: Final = 40
ROW_MASK: Final = (1 << ROW_BITS) - 1
_UNMET: Final = -2
"""In place of the code of a scope that has none yet."""


_MET: Final = np.dtype([("key", "<u8"), ("rest", "<u8"), ("code", "<i8")])
"""The code of a scope by the hash of how it is spelled, 128 bits of it."""


class CodesFound(NamedTuple):
    """Codes of a section's scopes, as they were found in a table by their hashes, a row of two for each."""

    table: HashTable
    codes: Ints
    hashes: Keys


class ScopeCodes:
    """The codes of scopes that were met since some were last let go.

    `numbers` has each group's place.  While there are `most` scopes, one that is new counts as `(other)`;
    `folded` is how many do, since some were last let go.

    Scopes are known by hashes, which are looked up a section at a time: very many scopes do not fit the
    processor's cache, and a dictionary's look at one takes four times as long.
    """

    def __init__(self, groups: Sequence[Group], most: int) -> None:
        self.numbers: Final = {group.grouping.key: place for place, group in enumerate(groups)}
        self._groups = groups
        self._most = most
        self.forget()

    def __len__(self) -> int:
        """How many scopes are kept."""
        return sum(len(group.scopes) for group in self._groups)

    def unmet(self, keys: Spelled) -> list[Spelling]:
        """The spellings by which no scope has come since some were last let go.

        What is found stays with the keys.
        """
        found = self._found(keys)
        return list(compress(keys.bytes, (found.codes == _UNMET).tolist()))

    def of(self, keys: Sequence[ScopeKey]) -> Ints:
        """The codes of scopes, new ones for new scopes; -1 for a grouping that this plan does not know."""
        scopes = keys if isinstance(keys, Spelled) else Spelled.of(keys)
        found = self._found(scopes)
        scopes.found = None
        codes, unmet = found.codes, np.flatnonzero(found.codes == _UNMET)
        if len(unmet):
            codes[unmet] = self._codes(found.hashes[unmet])  # sections since then may have met them
            new = np.flatnonzero(codes == _UNMET)
            codes[new] = self._new(list(Spelled([scopes.bytes[place] for place in new.tolist()])))
            self._enter(found.hashes[new], codes[new])
        return codes

    def forget(self) -> None:
        """Rows may have changed: every code is found anew."""
        self._table = HashTable(_MET)
        self.folded = 0

    def _found(self, scopes: Spelled) -> CodesFound:
        """What is found of scopes, now or the time before."""
        found = scopes.found
        if not isinstance(found, CodesFound) or found.table is not self._table:
            hashes = np.frombuffer(b"".join(map(xxh3_128_digest, scopes.bytes)), np.uint64).reshape(-1, 2)
            scopes.found = found = CodesFound(self._table, self._codes(hashes), hashes)
        return found

    def _codes(self, hashes: Keys) -> Ints:
        """The codes by hashes."""
        if not len(self._table):
            return np.full(len(hashes), _UNMET, np.int64)
        places = self._table.find(hashes[:, 0].copy()).places
        rows = self._table.rows.take(places)
        return np.where((places >= 0) & (rows["rest"] == hashes[:, 1]), rows["code"], _UNMET)

    def _enter(self, hashes: Keys, codes: Ints) -> None:
        """Remember codes.  Of hashes that begin alike one is remembered, the others are new every time."""
        self._table.reserve(len(hashes))
        keys, first = np.unique(hashes[:, 0], return_index=True)
        found = self._table.find(keys)
        fresh = found.places < 0
        rows = np.empty(int(fresh.sum()), _MET)
        rows["key"] = keys[fresh]
        rows["rest"], rows["code"] = hashes[first[fresh], 1], codes[first[fresh]]
        self._table.add(rows, found, fresh)

    def _new(self, keys: Sequence[ScopeKey]) -> Ints:
        """The codes of scopes that have none."""
        if self._most - len(self) < len(keys):
            return np.fromiter(self._one_by_one(keys), np.int64, len(keys))
        numbers = np.array([self.numbers.get(key, -1) for key, _ in keys], np.int64)
        codes = np.full(len(keys), -1, np.int64)
        for number, group in enumerate(self._groups):
            own = numbers == number
            scopes = [values for _, values in compress(keys, own.tolist())]
            codes[own] = np.array(group.rows_of(scopes), np.int64) | number << ROW_BITS
        return codes

    def _one_by_one(self, keys: Iterable[ScopeKey]) -> Iterator[int]:
        """The same where there may not be room for all."""
        room = self._most - len(self)
        for key, values in keys:
            number = self.numbers.get(key)
            if number is None:
                yield -1
                continue
            group = self._groups[number]
            row = group.scopes.known(values)
            if row is None and room <= 0:
                self.folded += 1
                values = (OTHER,) * len(values)  # noqa: PLW2901  # what it counts as
                row = group.scopes.known(values)
            if row is None:
                row, room = group.row_of(values), room - 1
            yield number << ROW_BITS | row
