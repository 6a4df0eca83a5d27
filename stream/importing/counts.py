"""What became of the rows of an import."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from stream.importing.cells.faults import RowError
from stream.importing.understood import Understood

SHOWN: Final = 5
"""Bad rows that are told apart by line number; the rest are only counted."""


@dataclass(slots=True)
class ColumnsSeen:
    """What is to be told of a log's columns.

    `unseen` are those that no row had, `there` those of the first row, `twice` those of which there are two;
    `above` counts lines above the header.  `unanswered` are questions that were named and have no answer.
    """

    unseen: tuple[str, ...] = ()
    there: tuple[str, ...] = field(default=(), compare=False)
    twice: tuple[str, ...] = ()
    above: int = 0
    unanswered: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class ImportCounts:
    """Each row was skipped, bad, or made any number of events.

    `bad` counts reasons: of the mapping (`time`), or of the worker that would refuse (`score_off_scale`).
    `back` counts rows of cases that are before the row before.  `again` counts events with the identity of an
    earlier row's; with `ids_forgotten` there were too many to compare all.
    """

    rows: int = 0
    skipped: int = 0
    events: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    first_bad: list[tuple[int, str]] = field(default_factory=list)
    columns: ColumnsSeen = field(default_factory=ColumnsSeen)
    back: int = 0
    first_back: int = 0
    again: int = 0
    first_again: int = 0
    ids_forgotten: bool = False
    understood: Understood = field(default_factory=Understood)

    @property
    def silent(self) -> int:
        """Rows that were neither skipped nor bad, and of which no event was made."""
        return max(0, self.rows - self.skipped - self.bad.total() - self.understood.rows)

    def note(self, number: int, error: RowError, reason: str | None = None) -> None:
        """Count a bad row."""
        self.bad[reason or error.fault] += 1
        if len(self.first_bad) < SHOWN:
            self.first_bad.append((number, str(error)))

    def note_back(self, number: int) -> None:
        """Count a row of a case that is before the row before."""
        self.back += 1
        self.first_back = self.first_back or number
