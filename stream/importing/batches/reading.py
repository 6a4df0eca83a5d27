"""Sources of fields, compiled: each reads a whole batch, and the same text once.

What a source says of a row is decided by the source itself, so batches say what single rows say.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from stream.importing.batches.batch import Batch
from stream.importing.batches.holding import places_where
from stream.importing.batches.memo import Doubt, Memo
from stream.importing.batches.reading_times import TimeColumn
from stream.importing.cells.columns import (
    Column,
    Constant,
    FieldSource,
    FirstOf,
    Flag,
    Number,
    Pseudonym,
    Seconds,
    Template,
    Translated,
    Value,
)
from stream.importing.cells.faults import RowError
from stream.importing.cells.ids import AS_IT_IS, ID, REFERENCE, are_plain
from stream.importing.cells.text import LIST
from stream.importing.cells.times import Time
from stream.importing.conditions import Guarded

Read = Value | Doubt | None
"""A field's value; None where the row says nothing."""
Reader = Callable[[Batch], Sequence[Read]]


def reader_of(source: FieldSource) -> Reader:
    """What reads a source's value of each row of a batch."""
    match source:
        case Constant():
            return lambda batch: [source.value] * len(batch)
        case Column(table=None, split=None, pattern=None) if source.look in _PLAIN:
            return _plain(source)
        case Column() | Number() | Seconds() | Flag() | Pseudonym():
            return _of_one_column(source)
        case Template() if source.look in _PLAIN:
            return _of_template(source)
        case Time():
            zone = None if source.row_zone is None else reader_of(source.row_zone)
            return TimeColumn(source, zone).read
        case Translated():
            return _translated(source)
        case FirstOf():
            return _first_of(source)
        case Guarded():
            return _guarded(source)
        case _:
            return partial(_each, source)


_PLAIN: Final = (AS_IT_IS, ID, REFERENCE)
"""How texts are looked at of which a batch can tell at once that they are to stand as they do."""


def _read(source: FieldSource, batch: Batch, place: int) -> Read:
    try:
        return source.read(batch.row(place))
    except RowError:
        return Doubt.AGAIN


def _each(source: FieldSource, batch: Batch) -> Sequence[Read]:
    return [_read(source, batch, place) for place in range(len(batch))]


def _of_one_column(source: Column | Number | Seconds | Flag | Pseudonym) -> Reader:
    column = source.column

    def of_text(text: str | None) -> Read:
        try:
            return source.read({} if text is None else {column: text})
        except RowError:
            return Doubt.AGAIN

    memo = Memo(of_text)
    return lambda batch: memo.of(batch.texts(column))


def _plain(source: Column) -> Reader:
    """A column as it stands: ids and names are different in each row, so they are not remembered."""
    column, nulls = source.column, source.nulls

    def cell(text: str | None) -> str | None:
        if text is None or (text := text.strip()) in nulls:
            return None
        return text if LIST not in text else source.of_list(text)

    def read(batch: Batch) -> Sequence[Read]:
        found = list(map(cell, batch.texts(column)))
        return found if source.look == AS_IT_IS or are_plain(found) else _each(source, batch)

    return read


def _of_template(source: Template) -> Reader:
    """Each text stripped and looked at by itself; then they are put together."""
    nulls, columns = source.nulls, source.columns
    written = "%s".join(around.replace("%", "%%") for around in source.around)

    def read(batch: Batch) -> Sequence[Read]:
        cells = [[None if text is None else text.strip() for text in batch.texts(name)] for name in columns]
        if source.look != AS_IT_IS and not all(map(are_plain, cells)):
            return _each(source, batch)
        return [
            None if None in row or not nulls.isdisjoint(row) else written % row
            for row in zip(*cells, strict=True)
        ]

    return read


def _translated(source: Translated) -> Reader:
    inner = reader_of(source.source)

    def entry(value: Read) -> Read:
        if value is None or isinstance(value, Doubt):
            return value
        try:
            return replace(source, source=Constant(value, source.columns)).read({})
        except RowError:
            return Doubt.AGAIN

    memo = Memo(entry)
    return lambda batch: memo.of(inner(batch))


def _first_of(source: FirstOf) -> Reader:
    readers = [reader_of(each) for each in source.sources]

    def read(batch: Batch) -> Sequence[Read]:
        found: list[Read] = [None] * len(batch)
        open_places: Sequence[int] = range(len(batch))
        for reader in readers:
            values = reader(batch.only(open_places))
            for place, value in zip(open_places, values, strict=True):
                found[place] = value
            open_places = [place for place in open_places if found[place] is None]
            if not open_places:
                return found
        for place in open_places:
            found[place] = source.default
        return found

    return read


def _guarded(source: Guarded) -> Reader:
    reader, places = reader_of(source.source), places_where(source.when)

    def read(batch: Batch) -> Sequence[Read]:
        found: list[Read] = [None] * len(batch)
        where, again = places(batch)
        for place, value in zip(where, reader(batch.only(where)), strict=True):
            found[place] = value
        for place in again:
            found[place] = Doubt.AGAIN
        return found

    return read
