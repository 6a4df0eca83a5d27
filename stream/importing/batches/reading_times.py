"""Times of a whole batch: the same text once, and forms of fixed width by slicing."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from stream.importing.batches.batch import Batch
from stream.importing.batches.memo import Doubt, Memo
from stream.importing.cells.columns import Value
from stream.importing.cells.faults import RowError
from stream.importing.cells.quick_times import QuickTimes
from stream.importing.cells.text import cell
from stream.importing.cells.times import Time


class OrderMattersError(Exception):
    """A time of an hour that comes twice: the rows before it tell which one is meant."""


class TimeColumn:
    """A time, read from whole batches; `zones` reads what the rows say of their zones."""

    def __init__(self, time: Time, zones: Callable[[Batch], Sequence[Value | Doubt | None]] | None) -> None:
        self._time = time
        self._zones = zones
        self._quick = Memo(self._quick_in)
        self._memo = Memo(self._of_text)
        self._zoned = Memo(self._of_pair)

    def read(self, batch: Batch) -> Sequence[str | Doubt | None]:
        """RFC 3339 in UTC.

        Raises:
            OrderMattersError: a time comes twice, so rows have to be read one after the other.
        """
        texts = self._texts(batch)
        if self._zones is None:
            return self._memo.of(texts)
        return self._zoned.of(zip(texts, self._zones(batch), strict=True))

    def _texts(self, batch: Batch) -> Sequence[str | None]:
        """The parts put together; None where one has nothing."""
        parts = self._time.parts
        if len(parts) == 1:
            return batch.texts(parts[0])
        nulls = self._time.nulls
        stripped = [[text and text.strip() for text in batch.texts(part)] for part in parts]
        return [
            None if None in row or not nulls.isdisjoint(row) else " ".join(row)
            for row in zip(*stripped, strict=True)
        ]

    def _quick_in(self, zone: tzinfo) -> QuickTimes:
        return QuickTimes(self._time.pattern, zone)

    def _of_pair(self, pair: tuple[str | None, Value | Doubt | None]) -> str | Doubt | None:
        return self._found(*pair)

    def _of_text(self, text: str | None) -> str | Doubt | None:
        return self._found(text, None)

    def _found(self, text: str | None, named: Value | Doubt | None) -> str | Doubt | None:
        if text is not None and len(self._time.parts) == 1:
            text = cell({"": text}, "", self._time.nulls)
        if text is None or isinstance(named, Doubt):
            return None if text is None else Doubt.AGAIN
        try:
            zone = self._time.zone_named(named)
            found = self._quick[zone](text) or self._time.understood(text, named)
        except (ValueError, OverflowError, RowError):
            return Doubt.AGAIN
        if not isinstance(found, str):
            raise OrderMattersError
        return found
