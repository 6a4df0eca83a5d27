"""Events of a whole batch: which shapes its rows have, and what each of them says.

Rows at which anything is amiss, be it only a doubt, make no events here: they are read again one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, repeat
from operator import itemgetter
from typing import Final

import msgspec

from stream.importing.batches.batch import Batch
from stream.importing.batches.holding import places_where
from stream.importing.batches.memo import Doubt
from stream.importing.batches.reading import Read, Reader, reader_of
from stream.importing.cells.answers import stepped
from stream.importing.cells.faults import RowError
from stream.importing.cells.text import LIST
from stream.importing.mapping import NOTHING, REQUIRED, Event, Shape
from stream.importing.row_events import ENCODER, check_ids

LIST_JSON: Final = b"\\u001f"
"""What stands between the items of a list, as JSON has it."""
_PLACE: Final = itemgetter(0)

Placed = tuple[int, Shape, Event, bytes]
"""The place of a row, and an event that it makes, with its shape and its JSON."""
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

    def made(self, batch: Batch, filled: Filled | None, again: set[int]) -> list[Placed]:
        """Events of the rows that have this shape, as far as nothing is amiss with them."""
        places, unsure = self._where(batch)
        again.update(unsure)
        if not places:
            return []
        part = batch.only(places)
        columns = [reader(part) for reader in self._readers]
        again.update(self._amiss(places, columns, filled))
        names = self._names
        events = [
            dict(zip(names, row, strict=True))
            if None not in row
            else {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in zip(*columns, strict=True)
        ]
        if self._is_answer or filled is not None or self._shape.needs:
            places, events = self._finished(places, events, filled, again)
        return self._encoded(places, events, again)

    def _finished(
        self, places: Sequence[int], events: Sequence[Event], filled: Filled | None, again: set[int]
    ) -> tuple[Sequence[int], list[Event]]:
        """Events with what tables fill and what goes without saying, and their places."""
        found: dict[int, Event] = {}
        for place, event in zip(places, events, strict=True):
            if place not in again:
                try:
                    own = NOTHING if filled is None else filled[place]
                    found[place] = stepped(self._shape.completed(event, own))
                except RowError:
                    again.add(place)
        return list(found), list(found.values())

    def _encoded(self, places: Sequence[int], events: list[Event], again: set[int]) -> list[Placed]:
        """Events as JSON: all at once, or if one cannot be, one by one."""
        try:
            lines = list(map(ENCODER.encode, events))
        except (UnicodeError, msgspec.MsgspecError):
            again.update(places)
            return []
        if LIST_JSON in b"".join(lines):
            again.update(place for place, line in zip(places, lines, strict=True) if LIST_JSON in line)
        return list(zip(places, repeat(self._shape), events, lines, strict=False))

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
    if len(set(map(_PLACE, found))) == len(found):
        return
    for place, group in groupby(found, _PLACE):
        events = [event for _, _, event, _ in group]
        if len(events) > 1:
            try:
                check_ids(events)
            except RowError:
                yield place
