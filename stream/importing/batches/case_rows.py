"""Rows of cases: each is decided when it is known which row follows in its case, or that none does.

a1 a2 b1 a3     a1 is decided by a2, a2 (with a1 before it) by a3; b1 and a3 wait for further rows
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from stream.importing.batches.batch import Batch
from stream.importing.cells.faults import Fault, RowError

_NO_FIELDS: Final[Mapping[str, str]] = {}

CaseTexts = tuple[str | None, ...]
"""What stands in each column that the mapping reads."""


class CaseRow(NamedTuple):
    """A row of a case, with what tables say of it."""

    number: int
    texts: CaseTexts
    before: CaseTexts | None
    fields: Mapping[str, str] = _NO_FIELDS
    missing: Sequence[str] = ()


class Decided(NamedTuple):
    """A row whose events can be made, and the number of the row that decided it.

    `following` is the next row of its case, None where none follows.
    """

    by: int
    row: CaseRow
    following: CaseTexts | None


class CaseRows:
    """Remembers the latest row of each case that is not over.

    `column` tells cases apart; `together` promises that a case's rows follow each other.
    """

    def __init__(self, column: str, columns: Sequence[str], *, together: bool) -> None:
        self._column = column
        self._columns = columns
        self._together = together
        self._held: dict[str, CaseRow] = {}

    def take(
        self, rows: Iterable[CaseRow], cases: Sequence[str | None]
    ) -> tuple[list[Decided], list[tuple[int, RowError]]]:
        """What rows decide, and the numbers of those that have no case; of no row is `before` known yet."""
        decided: list[Decided] = []
        wrong: list[tuple[int, RowError]] = []
        held = self._held
        for row, text in zip(rows, cases, strict=True):
            case = text.strip() if text else ""
            if not case:
                wrong.append((row.number, RowError(Fault.MISSING, f"{self._column}: no case")))
                continue
            before = held.pop(case, None)
            if before is not None:
                decided.append(Decided(row.number, before, row.texts))
                number, texts, _, fields, missing = row
                row = CaseRow(number, texts, before.texts, fields, missing)  # noqa: PLW2901  # with the one before it
            elif self._together and held:
                decided += [Decided(row.number, other, None) for other in held.values()]
                held.clear()
            held[case] = row
        return decided, wrong

    def finish(self) -> list[Decided]:
        """The last rows of all cases."""
        decided = [Decided(row.number, row, None) for row in self._held.values()]
        self._held.clear()
        return decided

    def batch(self, decided: Sequence[Decided]) -> Batch:
        """Rows that are decided."""
        nothing = (None,) * len(self._columns)
        rows = [each.row for each in decided]
        return Batch(
            size=len(rows),
            columns=self._by_column([row.texts for row in rows]),
            before=self._by_column([nothing if row.before is None else row.before for row in rows]),
            first=[row.before is None for row in rows],
            last=[each.following is None for each in decided],
        )

    def by_themselves(self, rows: Sequence[CaseTexts]) -> Batch:
        """Rows, whatever stands before them."""
        return Batch(size=len(rows), columns=self._by_column(rows))

    def _by_column(self, rows: Sequence[CaseTexts]) -> Mapping[str, Sequence[str | None]]:
        return dict(zip(self._columns, zip(*rows, strict=True), strict=False)) if rows else {}
