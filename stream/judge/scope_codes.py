"""Scopes by numbers: a scope's code is its group's number above its row's."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from stream.judge.evaluation.groups import Group
from stream.judge.pending import Ints
from stream.messages.tallies import OTHER, ScopeKey, Spelled

ROW_BITS: Final = 40
ROW_MASK: Final = (1 << ROW_BITS) - 1


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
        self._codes: dict[ScopeKey | bytes, int] = {}

    def __len__(self) -> int:
        """How many scopes are kept."""
        return sum(len(group.scopes) for group in self._groups)

    def of(self, keys: Sequence[ScopeKey]) -> Ints:
        """The codes of scopes, new ones for new scopes; -1 for a grouping that this plan does not know."""
        names: Sequence[ScopeKey | bytes] = keys.bytes if isinstance(keys, Spelled) else keys
        codes = list(map(self._codes.get, names))
        if None in codes:
            new = [place for place, code in enumerate(codes) if code is None]
            some = (
                Spelled([keys.bytes[place] for place in new])
                if isinstance(keys, Spelled)
                else [keys[place] for place in new]
            )
            for place, code in zip(new, self._new(some), strict=True):
                codes[place] = self._codes[names[place]] = code
        return np.array(codes, np.int64)

    def forget(self) -> None:
        """Rows may have changed: every code is found anew."""
        self._codes.clear()
        self.folded = 0

    def _new(self, keys: Iterable[ScopeKey]) -> Iterator[int]:
        """The codes of scopes that have none."""
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
