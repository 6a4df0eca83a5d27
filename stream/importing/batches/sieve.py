"""Which rows of a block are looked at: those of this system, without those that the mapping passes over.

Tables are looked up here, since what they say may be what a row is passed over for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream.importing.batches.batch import Batch, Columns
from stream.importing.batches.holding import places_where, tester_of
from stream.importing.batches.table_columns import TableColumns, TablesSaid
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.ids import is_spoiled, spoiled
from stream.importing.cells.lookups import Entries, look_up
from stream.importing.cells.text import Row
from stream.importing.mapping import LogMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What is left of a block, with the numbers of its rows and what tables say of them, if there are any.

    `wrong` are numbers of rows and what is wrong with them; `skipped` counts those that are passed over.
    """

    batch: Batch
    numbers: Sequence[int]
    said: TablesSaid | None
    wrong: Sequence[tuple[int, RowError]]
    skipped: int


class Sieve:
    """The conditions of a mapping for rows as a whole, compiled; `entries` come before its tables' own."""

    def __init__(self, mapping: LogMapping, entries: Mapping[str, Entries]) -> None:
        self._mapping = mapping
        self._entries = entries
        self._wanted = places_where(mapping.want)
        self._tables = [TableColumns(table, entries) for table in mapping.tables]
        self._skips = [tester_of(condition) for condition in mapping.skip]

    def sift(self, columns: Columns, numbers: Sequence[int]) -> Sifted:
        """The rows of a block that count."""
        whole = batch = Batch(size=len(numbers), columns=columns)
        places, _ = self._wanted(batch)
        said = None
        if self._tables:
            said = TablesSaid.nothing(len(batch))
            for table in self._tables:
                batch = table.look_up(batch, said)
            places = [place for place in places if place not in said.amiss]
        kept, skipped = self._not_skipped(batch, places)
        others = sorted({*range(len(batch))}.difference(kept, skipped))
        wrong = [(numbers[place], self._why_not(whole.row(place))) for place in others]
        return Sifted(
            batch=batch.only(kept),
            numbers=[numbers[place] for place in kept],
            said=None if said is None else _only(said, kept),
            wrong=wrong,
            skipped=len(skipped),
        )

    def given(self, name: str) -> tuple[str, ...]:
        """The keys of entries from outside the mapping that every log must have."""
        return () if self._mapping.format.several else tuple(self._entries.get(name, ()))

    def unused(self, name: str) -> tuple[str, ...]:
        """The keys of entries from outside the mapping that no row has had, of the table of that name."""
        known = self._entries.get(name, {})
        used = [entry for table in self._tables if table.name == name for entry in table.used]
        return tuple(key for key, entry in known.items() if not any(entry is each for each in used))

    def _not_skipped(self, batch: Batch, places: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Places of rows that are looked at, and of those that are passed over."""
        skipped: list[int] = []
        for skips in self._skips:
            found = skips(batch.only(places))
            if found.count(False) == len(found):
                continue
            skipped += [place for place, skip in zip(places, found, strict=True) if skip is True]
            places = [place for place, skip in zip(places, found, strict=True) if skip is False]
        return places, skipped

    def _why_not(self, row: Row) -> RowError:
        """What is wrong with a row that is neither looked at nor passed over."""
        try:
            for condition in self._mapping.want:
                if not condition.holds(row, None, last=False):
                    return _foreign(str(condition.column), row)
            found = look_up(row, self._mapping.tables, self._entries)
            for condition in self._mapping.skip:
                condition.holds(found.row, None, last=False)
        except RowError as error:
            return error
        raise AssertionError("a row that a batch refuses is refused by itself")


def _only(said: TablesSaid, places: Sequence[int]) -> TablesSaid:
    return TablesSaid([said.fields[place] for place in places], [said.missing[place] for place in places])


def _foreign(column: str, row: Row) -> RowError:
    """What a row has in a column that every row of its system has otherwise."""
    text = row.get(column, "").strip()
    if is_spoiled(text):
        return spoiled(column, text)
    return RowError(Fault.FOREIGN, f'{column}: not as in this log, got "{text}"')
