"""Evidence: what a rule saw beside a reading, told only of the rows that somebody asks for.

Many rows may be in breach for a long time, and few of them have news.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from alerts.detect.findings import Findings, Flags, Ints

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

    def only(self, places: Ints) -> "Evidence":
        """That of some entries, whose rows are distinct."""
        told = places.tolist()
        return Evidence(self._rows[places], self._chosen[places], lambda at: self._tell(told[at]))

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows[self._chosen].tolist())

    def __len__(self) -> int:
        return int(self._chosen.sum())


def entries(found: Findings, places: Ints) -> Findings:
    """Some entries of what was found, whose rows are distinct."""
    evidence = found.evidence
    return replace(
        found,
        rows=found.rows[places],
        verdict=found.verdict[places],
        severity=found.severity[places],
        value=found.value[places],
        n=found.n[places],
        low=found.low[places],
        high=found.high[places],
        limit=found.limit[places],
        evidence=evidence.only(places) if isinstance(evidence, Evidence) else evidence,
        kept=None if found.kept is None else found.kept[places],
        expected=None if found.expected is None else found.expected[places],
    )
