"""Import: the rows of a foreign log through a mapping to events, one JSON line each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import orjson

from alerts.errors import SettingsError
from stream.importing.answers import stepped
from stream.importing.columns import Fault, Row, RowError
from stream.importing.lookups import LookedUp, look_up
from stream.importing.mapping import Event, LogMapping
from stream.importing.tables import Numbered

SHOWN: Final = 5
"""Bad rows that are told apart by line number; the rest are only counted."""


@dataclass(slots=True)
class ImportCounts:
    """What became of the rows: each was skipped, bad, or made any number of events."""

    rows: int = 0
    skipped: int = 0
    events: int = 0
    bad: Counter[Fault] = field(default_factory=Counter)
    first_bad: list[tuple[int, str]] = field(default_factory=list)

    def note(self, number: int, error: RowError) -> None:
        """Count a bad row."""
        self.bad[error.fault] += 1
        if len(self.first_bad) < SHOWN:
            self.first_bad.append((number, str(error)))


@dataclass(slots=True)
class _Held:
    """The latest row of a case, of which it is not yet known whether another follows."""

    number: int
    found: LookedUp
    before: Row | None

    @property
    def row(self) -> Row:
        """The row with its tables' columns."""
        return self.found.row


class Importer:
    """Turns rows into events; remembers the latest row of each case that is not over."""

    def __init__(self, mapping: LogMapping) -> None:
        self.tale = ImportCounts()
        self._mapping = mapping
        self._columns = sorted(mapping.columns)
        self._held: dict[str, _Held] = {}

    def lines(self, rows: Iterable[Numbered], name: str) -> Iterator[bytes]:
        """Events as JSON lines, each with a newline, in the order of the rows that decided them.

        Raises:
            SettingsError: the log has no such columns as the mapping names.
        """
        unchecked = self._mapping.format.kind != "ndjson"
        for number, row in rows:
            self.tale.rows += 1
            if isinstance(row, RowError):
                self.tale.note(number, row)
                continue
            if unchecked:
                self._check(row, name)
                unchecked = False
            yield from self._row(number, row)
        for held in self._held.values():
            yield from self._decide(held, last=True)
        self._held.clear()

    def _check(self, row: Row, name: str) -> None:
        absent = [column for column in self._columns if column not in row]
        if absent:
            raise SettingsError(
                f"{name}: want the columns that the mapping names, got none called {', '.join(absent)} "
                f"(there are: {', '.join(row)})"
            )

    def _row(self, number: int, row: Row) -> Iterator[bytes]:
        for condition in self._mapping.want:
            if not condition.holds(row, None, last=False):
                self.tale.note(number, RowError(Fault.FOREIGN, f"{condition.column}: not as in this log"))
                return
        found = look_up(row, self._mapping.tables, {})
        if any(condition.holds(found.row, None, last=False) for condition in self._mapping.skip):
            self.tale.skipped += 1
            return
        if self._mapping.case is None:
            yield from self._decide(_Held(number, found, None), last=True)
            return
        kept = {column: found.row[column] for column in self._columns if column in found.row}
        case = kept.get(self._mapping.case, "").strip()
        if case:
            yield from self._next_of_case(case, number, LookedUp(kept, found.fields, found.missing))
        else:
            self.tale.note(number, RowError(Fault.MISSING, f"{self._mapping.case}: no case"))

    def _next_of_case(self, case: str, number: int, found: LookedUp) -> Iterator[bytes]:
        held = self._held.pop(case, None)
        if held is not None:
            yield from self._decide(held, last=False)
        elif self._mapping.together:
            for other in self._held.values():
                yield from self._decide(other, last=True)
            self._held.clear()
        self._held[case] = _Held(number, found, None if held is None else held.row)

    def _decide(self, held: _Held, *, last: bool) -> Iterator[bytes]:
        """The events of a row, all or none: a row with a mistake makes no event."""
        try:
            events = [
                stepped(shape.event(held.row, held.found.fields))
                for shape in self._mapping.shapes
                if all(condition.holds(held.row, held.before, last=last) for condition in shape.when)
            ]
            if events:
                held.found.check()
            lines = [_encoded(event) for event in events]
        except RowError as error:
            self.tale.note(held.number, error)
            return
        self.tale.events += len(lines)
        yield from lines


def _encoded(event: Event) -> bytes:
    try:
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        raise RowError(Fault.ENCODING, "want text in the declared encoding, got other bytes") from None
