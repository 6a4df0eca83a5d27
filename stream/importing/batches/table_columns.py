"""Lookup tables for whole batches: each combination of keys is looked up once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from stream.importing.batches.batch import Batch
from stream.importing.batches.memo import Doubt, Memo
from stream.importing.batches.reading import Read, reader_of
from stream.importing.cells.lookups import Entries, Entry, LookupTable, columns_of, entry_of, lacks
from stream.importing.mapping import NOTHING

MOST_USED: Final = 10_000


class LookedUpKeys(NamedTuple):
    """What comes of some keys: columns of the row, fields of its events, and what is missing."""

    columns: Mapping[str, str]
    fields: Mapping[str, str]
    missing: Sequence[str]
    amiss: bool = False


@dataclass(slots=True)
class TablesSaid:
    """By row, the fields that tables fill and what they lack; the keys of rows `amiss` could not be read."""

    fields: list[Mapping[str, str]]
    missing: list[Sequence[str]]
    amiss: set[int] = field(default_factory=set)

    @classmethod
    def nothing(cls, rows: int) -> Self:
        """Of rows without tables."""
        return cls([NOTHING] * rows, [()] * rows)

    def filled(self) -> Sequence[Mapping[str, str]] | None:
        """The fields by row; None where there are none."""
        return self.fields if any(self.fields) else None


class TableColumns:
    """One table, compiled; `given` are entries from outside the mapping."""

    def __init__(self, table: LookupTable, given: Mapping[str, Entries]) -> None:
        self._table = table
        self.name = table.name
        self.used: list[Entry] = []
        """Entries that rows have had, once for each combination of keys."""
        self._given = given
        self._readers = [reader_of(source) for source in table.by]
        self._memo: Memo[tuple[Read, ...], LookedUpKeys] = Memo(self._looked_up)

    def look_up(self, batch: Batch, said: TablesSaid) -> Batch:
        """The batch with what the table says, which is added to what others have said."""
        keys = zip(*(reader(batch) for reader in self._readers), strict=True)
        found = self._memo.of(keys)
        columns: dict[str, list[str | None]] = {}
        for place, each in enumerate(found):
            for name, text in each.columns.items():
                if name not in columns:
                    columns[name] = list(batch.texts(name))
                columns[name][place] = text
            if each.fields:
                said.fields[place] = {**said.fields[place], **each.fields}
            if each.missing:
                said.missing[place] = [*said.missing[place], *each.missing]
            if each.amiss:
                said.amiss.add(place)
        return Batch(size=batch.size, columns={**batch.columns, **columns})

    def _looked_up(self, keys: tuple[Read, ...]) -> LookedUpKeys:
        if Doubt.AGAIN in keys:
            return LookedUpKeys({}, {}, (), amiss=True)
        known = [key for key in keys if not isinstance(key, Doubt)]
        found = entry_of(self._table, known, self._given)
        if found is not None and len(self.used) < MOST_USED:
            self.used.append(found)
        fields = NOTHING if found is None or isinstance(found, str) else found
        missing = lacks(self._table, known) if found is None else ()
        return LookedUpKeys(columns_of(self._table, found), fields, missing)
