"""Events of a whole batch: which shapes its rows have, and what each of them says.

Rows at which anything is amiss, be it only a doubt, make no events here: they are read again one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from stream.importing.batches.batch import Batch
from stream.importing.batches.holding import places_where
from stream.importing.batches.memo import Doubt
from stream.importing.batches.reading import Read, Reader, reader_of
from stream.importing.cells.answers import stepped
from stream.importing.cells.faults import RowError
from stream.importing.cells.text import LIST
from stream.importing.mapping import NOTHING, REQUIRED, Event, Shape
from stream.importing.row_events import RowEvent, check_ids, encoded

LIST_JSON: Final = b"\\u001f"
"""What stands between the items of a list, as JSON has it."""
_PLACE: Final = itemgetter(0)

Placed = tuple[int, RowEvent]
"""An event with the place of its row."""
Filled = Sequence[Mapping[str, str]]
"""By row, the fields that tables fill."""


class EventMaker:
    """The shapes of a mapping, compiled."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        readers: dict[int, Reader] = {}  # shapes that share a source share what is remembered of it
        self._shapes = [_CompiledShape(shape, readers) for shape in shapes]

    def made(self, batch: Batch, filled: Filled | None) -> tuple[list[Placed], set[int]]:
        """Events in the order of the rows, and places of rows that are to be read again.

        Raises:
            OrderMattersError: a time comes twice, so all rows have to be read one after the other.
        """
        found: list[Placed] = []
        again: set[int] = set()
        for shape in self._shapes:
            found += shape.made(batch, filled, again)
        if len(self._shapes) > 1:
            found.sort(key=_PLACE)  # stable: those of a row in the order of the shapes
            again.update(_with_one_id(found))
        return [placed for placed in found if placed[0] not in again] if again else found, again


class _CompiledShape:
    """One kind of event."""

    def __init__(self, shape: Shape, readers: dict[int, Reader]) -> None:
        self._shape = shape
        self._where = places_where(shape.when)
        self._names = tuple(shape.fields)
        for source in shape.fields.values():
            if id(source) not in readers:
                readers[id(source)] = reader_of(source)
        self._readers = [readers[id(source)] for source in shape.fields.values()]
        self._is_answer = not {"indicator", "scale"}.isdisjoint(shape.fields)

    def made(self, batch: Batch, filled: Filled | None, again: set[int]) -> Iterator[Placed]:
        """Events of the rows that have this shape, as far as nothing is amiss with them."""
        places, unsure = self._where(batch)
        again.update(unsure)
        if not places:
            return
        part = batch.only(places)
        columns = [reader(part) for reader in self._readers]
        again.update(self._amiss(places, columns, filled))
        names, finish = self._names, self._is_answer or filled is not None or bool(self._shape.needs)
        for place, row in zip(places, zip(*columns, strict=True), strict=True):
            if place in again:
                continue
            event = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            try:
                if finish:
                    own = NOTHING if filled is None else filled[place]
                    event = stepped(self._shape.completed(event, own))
                line = encoded(event)
            except RowError:
                again.add(place)
                continue
            if LIST_JSON in line:
                again.add(place)
            yield place, RowEvent(self._shape, event, line)

    def _amiss(
        self, places: Sequence[int], columns: Sequence[Sequence[Read]], filled: Filled | None
    ) -> Iterator[int]:
        """Places of rows that have a value that cannot be read or is several, or lack one."""
        for name, column in zip(self._names, columns, strict=True):
            if filled is not None:  # which may hide that it is several
                yield from (place for place, value in zip(places, column, strict=True) if _is_list(value))
            if Doubt.AGAIN in column:
                yield from (
                    place for place, value in zip(places, column, strict=True) if value is Doubt.AGAIN
                )
            if name in REQUIRED and None in column:
                lacking = [place for place, value in zip(places, column, strict=True) if value is None]
                yield from (place for place in lacking if filled is None or name not in filled[place])


def _is_list(value: Read) -> bool:
    return isinstance(value, str) and LIST in value


def _with_one_id(found: Sequence[Placed]) -> Iterator[int]:
    """Places of rows of which two events would be taken for one."""
    for place, group in groupby(found, _PLACE):
        events: list[Event] = [made.event for _, made in group]
        if len(events) > 1:
            try:
                check_ids(events)
            except RowError:
                yield place
