"""Scopes by numbers: a scope's code is its group's number above its row's."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from typing import Final, NamedTuple

import numpy as np

from stream.judge.evaluation.groups import Group
from stream.judge.pending import Ints
from stream.messages.tallies import OTHER, ScopeKey, Spelled

ROW_BITS: Final = 40
ROW_MASK: Final = (1 << ROW_BITS) - 1
_UNMET: Final = -2
"""In place of the code of a scope that has none yet."""


class CodesFound(NamedTuple):
    """Codes of a section's scopes, as they were found among others."""

    among: Mapping[Hashable, int]
    codes: Ints


class ScopeCodes:
    """The codes of scopes that were met since some were last let go.

    `numbers` has each group's place.  While there are `most` scopes, one that is new counts as `(other)`;
    `folded` is how many do, since some were last let go.
    """

    def __init__(self, groups: Sequence[Group], most: int) -> None:
        self.numbers: Final = {group.grouping.key: place for place, group in enumerate(groups)}
        self.folded = 0
        self._groups = groups
        self._most = most
        self._codes: dict[Hashable, int] = {}  # by keys as they are given, or as they are spelled

    def __len__(self) -> int:
        """How many scopes are kept."""
        return sum(len(group.scopes) for group in self._groups)

    def unmet(self, keys: Spelled) -> list[bytes]:
        """The spellings by which no scope has come since some were last let go.

        What is found stays with the keys: very many scopes do not fit the processor's cache, so that each
        look takes as long as all else that is done for one.
        """
        codes = self._found(keys.bytes)
        keys.found = CodesFound(self._codes, codes)
        return list(compress(keys.bytes, (codes == _UNMET).tolist()))

    def of(self, keys: Sequence[ScopeKey]) -> Ints:
        """The codes of scopes, new ones for new scopes; -1 for a grouping that this plan does not know."""
        names: Sequence[Hashable] = keys.bytes if isinstance(keys, Spelled) else keys
        found = keys.found if isinstance(keys, Spelled) else None
        if isinstance(found, CodesFound) and found.among is self._codes:
            codes = found.codes.copy()
            unmet = np.flatnonzero(codes == _UNMET)  # by then: sections before this one may have met them
            codes[unmet] = self._found([names[place] for place in unmet.tolist()])
        else:
            codes = self._found(names)
        new = np.flatnonzero(codes == _UNMET).tolist()
        if new:
            codes[new] = self._new(_at(new, keys))
            self._codes.update(zip(map(names.__getitem__, new), codes[new].tolist(), strict=True))
        return codes

    def forget(self) -> None:
        """Rows may have changed: every code is found anew."""
        self._codes = {}
        self.folded = 0

    def _found(self, names: Sequence[Hashable]) -> Ints:
        return np.fromiter(map(self._codes.get, names, repeat(_UNMET)), np.int64, len(names))

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


def _at(places: Sequence[int], keys: Sequence[ScopeKey]) -> list[ScopeKey]:
    """The scopes at some places."""
    if isinstance(keys, Spelled):
        return list(Spelled([keys.bytes[place] for place in places]))
    return [keys[place] for place in places]
