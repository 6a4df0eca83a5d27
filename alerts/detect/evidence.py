"""Evidence: what a rule saw beside a reading, told only of the rows that somebody asks for.

Many rows may be in breach for a long time, and few of them have news.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from alerts.detect.findings import Flags, Ints

Told = Mapping[str, object]


class Evidence(Mapping[int, Told]):
    """By row, of the `rows` that are `chosen`; `tell` is given the place of a row among all of them.

    What `tell` reads must not change afterwards.
    """

    def __init__(self, rows: Ints, chosen: Flags, tell: Callable[[int], Told]) -> None:
        self._rows = rows
        self._chosen = chosen
        self._tell = tell

    def __getitem__(self, row: int) -> Told:
        for place in np.flatnonzero((self._rows == row) & self._chosen).tolist():
            return self._tell(place)
        raise KeyError(row)

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows[self._chosen].tolist())

    def __len__(self) -> int:
        return int(self._chosen.sum())
