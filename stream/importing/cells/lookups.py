"""Lookup tables of a mapping: what the operator knows and the log does not say.

A survey's number does not tell its scale, nor a tag its topic.  A mapping declares a table and the key of
a row in it; its entries stand in the mapping file, or in `sources.yaml` under the table's name:

    tables: {surveys: {by: data.survey_id, required: true}, topics: {by: detail.tags}}

An entry that is a text becomes a column of the table's name.  One that is a mapping fills fields of the
events (`{indicator: csat, scale: 1-5, channel: web}`), over what the mapping says itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from stream.importing.cells.columns import FieldSource, Value
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import LIST, Row

Entry = str | Mapping[str, str]
Entries = Mapping[str, Entry]


class Match(StrEnum):
    """How a key finds its entry."""

    EXACT = "exact"  # of a list the first item that has one
    PREFIX = "prefix"  # the longest entry that the key, or the path of the URL that it is, begins with


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A table: `by` makes a row's keys, of which the first counts that has an entry.

    `required` wants an entry for every row that makes an event.
    """

    name: str
    by: Sequence[FieldSource]
    match: Match = Match.EXACT
    required: bool = False
    entries: Entries = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A row with its tables' columns, fields that entries fill, and required entries that are not there."""

    row: Row
    fields: Mapping[str, str]
    missing: Sequence[str]

    def check(self) -> None:
        """Called for a row that makes an event.

        Raises:
            RowError: a required entry is not there.
        """
        if self.missing:
            raise RowError(Fault.LOOKUP, "; ".join(self.missing))


def look_up(row: Row, tables: Sequence[LookupTable], given: Mapping[str, Entries]) -> LookedUp:
    """The row with what its tables say; `given` are entries from outside the mapping, in place of its own."""
    if not tables:
        return LookedUp(row, {}, ())
    columns: dict[str, str] = dict(row)
    fields: dict[str, str] = {}
    missing: list[str] = []
    for table in tables:
        keys = [source.read(columns) for source in table.by]
        found = entry_of(table, keys, given)
        columns.update(columns_of(table, found))
        if found is None:
            missing += lacks(table, keys)
        elif not isinstance(found, str):
            fields.update(found)
    return LookedUp(columns, fields, missing)


def entry_of(table: LookupTable, keys: Sequence[Value | None], given: Mapping[str, Entries]) -> Entry | None:
    """The entry of the first key that has one."""
    entries = given.get(table.name) or table.entries
    return next(
        (
            entry
            for key in keys
            if key is not None and (entry := _entry(table.match, str(key), entries)) is not None
        ),
        None,
    )


def columns_of(table: LookupTable, found: Entry | None) -> Mapping[str, str]:
    """The columns that an entry makes."""
    if found is None:
        return {}
    if isinstance(found, str):
        return {table.name: found}
    return {f"{table.name}.{name}": value for name, value in found.items()}


def lacks(table: LookupTable, keys: Sequence[Value | None]) -> Sequence[str]:
    """What to say where a row's keys have no entry and need one."""
    if not table.required:
        return ()
    shown = " or ".join(f'"{str(key)[:_SHOWN]}"' for key in keys if key is not None)
    return (f"{table.name}: want an entry for {shown or 'a row without a key'}, got none",)


_SHOWN: Final = 60


def _path(key: str) -> str:
    """The path of a URL, anything else whole."""
    try:
        return urlsplit(key).path if "://" in key else key
    except ValueError:  # such as http://[
        return key


def _entry(match: Match, key: str, entries: Entries) -> Entry | None:
    if match is Match.EXACT:
        return next((entries[part] for part in key.split(LIST) if part in entries), None)
    path = _path(key)
    fitting = [start for start in entries if key.startswith(start) or path.startswith(start)]
    return entries[max(fitting, key=len)] if fitting else None
