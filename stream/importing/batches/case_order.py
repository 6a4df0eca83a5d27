"""Whether rows of a case come in the order of their times: if not, changes are read the wrong way round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from stream.importing.batches.batch import Batch
from stream.importing.batches.case_rows import CaseRows, Decided
from stream.importing.batches.decider import Look
from stream.importing.batches.memo import Doubt
from stream.importing.batches.reading import Read, reader_of
from stream.importing.batches.reading_times import OrderMattersError
from stream.importing.cells.columns import FieldSource
from stream.importing.cells.faults import RowError

SECONDS: Final = len("2026-03-02T09:15:00")


@dataclass(slots=True)
class OrderFound:
    """Numbers of rows that are before the row before; more are found by `look`, if rows are read singly."""

    backward: list[int] = field(default_factory=list)
    look: Look | None = None


class CaseOrder:
    """Compares the times of rows that follow each other; without a source of times, finds nothing."""

    def __init__(self, at: FieldSource | None, cases: CaseRows) -> None:
        self._at = at
        self._cases = cases
        self._reader = None if at is None else reader_of(at)

    def looked_at(self, decided: Sequence[Decided], batch: Batch) -> OrderFound:
        """What some decided rows, which are also given as a batch, and those that follow them tell."""
        places = [place for place, each in enumerate(decided) if each.following is not None]
        if self._reader is None or not places:
            return OrderFound()
        following = self._cases.by_themselves(
            [each.following for each in decided if each.following is not None]
        )
        try:
            then = self._reader(batch)
            times = zip(places, self._reader(following), strict=True)
            return OrderFound([decided[place].by for place, now in times if _falls(then[place], now)])
        except OrderMattersError:
            return self._one_by_one(decided)

    def _one_by_one(self, decided: Sequence[Decided]) -> OrderFound:
        """As times of an hour that comes twice are told apart by the rows read before."""
        found = OrderFound()

        def look(place: int) -> None:
            each = decided[place]
            if each.following is None:
                return
            batch = self._cases.by_themselves([each.row.texts, each.following])
            if _falls(*(self._read(batch, which) for which in (0, 1))):
                found.backward.append(each.by)

        found.look = look
        return found

    def _read(self, batch: Batch, place: int) -> Read:
        try:
            return None if self._at is None else self._at.read(batch.row(place))
        except RowError:
            return Doubt.AGAIN


def _falls(then: Read, now: Read) -> bool:
    if isinstance(then, Doubt) or isinstance(now, Doubt):
        return False
    return str(now)[:SECONDS] < str(then)[:SECONDS]
