"""Mappings: how the rows of a foreign log become events, declared rather than programmed.

A log's rows may each be an event, or be updates of cases whose changes are the events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from stream.importing.cells.columns import FieldSource, Value
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.lookups import LookupTable
from stream.importing.cells.text import LIST, Row
from stream.importing.conditions import AnyPresent, Condition, Is
from stream.importing.rows.json_rows import Beside

Event = dict[str, Value]

REQUIRED: Final = ("id", "at", "channel")
"""Fields that every event must have."""

NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of event that a row can make: when, and from what.

    `fixed` names fields that no lookup table fills: the row itself says what they are.  `needs` are those
    that the event must have besides `REQUIRED`.
    """

    when: tuple[Condition, ...]
    fields: Mapping[str, FieldSource]
    fixed: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def event(self, row: Row, filled: Mapping[str, str] = NOTHING) -> Event:
        """The event that the row makes; fields without a value are left out.  `filled` are from tables.

        Raises:
            RowError: a value cannot be understood, or one that every event must have is missing.
        """
        event: Event = {}
        for name, source in self.fields.items():
            value = source.read(row)
            if value.__class__ is str and LIST not in value:
                event[name] = value
            elif value is not None:
                if type(value) is str and LIST in value:
                    raise _several(source.columns, value)
                event[name] = value
            elif name in REQUIRED and name not in filled:
                raise RowError(Fault.MISSING, f"{name}: no value in {', '.join(source.columns) or 'the row'}")
        return self.completed(event, filled)

    def completed(self, event: Event, filled: Mapping[str, str]) -> Event:
        """The event with what tables fill and what goes without saying.

        Raises:
            RowError: it lacks what it must have.
        """
        if filled:
            event.update({name: value for name, value in filled.items() if name not in self.fixed})
        if event.get("indicator") == "nps":
            event.setdefault("scale", "0-10")  # it has no other
        for name in self.needs:
            if name not in event:
                raise RowError(Fault.MISSING, f"{name}: want to be told, as the message does not say")
        return event


def _several(columns: Sequence[str], value: str) -> RowError:
    return RowError(
        Fault.LIST,
        f"{'+'.join(columns)}: want one value, got {value.count(LIST) + 1}: choose by `map` or `pattern`",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """How a line of a table is cut into cells: at `between`, or at what the header shows if that is "".

    With `escaped` a backslash before a quotation mark makes it part of the text.  With `ragged` a line may
    end before its last cells, which are empty then.
    """

    between: str = ""
    escaped: bool = False
    ragged: bool = False


AS_SEEN: Final = Cells()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How the file is written.

    `kind` is csv, tsv, ndjson, json (a stream of objects, however spaced), or any (json where it begins as
    such, else csv).
    `columns` names them where the file has no header line, which may have `header_rows` lines; `member` is
    a pattern of the wanted file's name in a zip archive, and with `several` all that fit are wanted.
    `each` is the path of a list in JSON whose items are the rows, `beside` a list with more about them;
    `unwrap` is the key under which an answer of an API has its objects, if it is one.  `apart` are the
    columns of a survey that are no questions: every other column of a row is a row of its own.  `optional`
    columns need not be there.
    """

    kind: str = "csv"
    encoding: str = "utf-8"
    cells: Cells = AS_SEEN
    columns: tuple[str, ...] | None = None
    member: str | None = None
    each: str | None = None
    beside: Beside | None = None
    header_rows: int = 1
    several: bool = False
    unwrap: str | None = None
    apart: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LogMapping:
    """A whole mapping file.

    `case` names the column whose rows tell one story; `together` promises that a case's rows follow each
    other, so that nothing is remembered of cases that are over.  What does not meet `want` is not of this
    system.
    """

    format: Format
    skip: tuple[Condition, ...]
    shapes: tuple[Shape, ...]
    case: str | None = None
    together: bool = False
    want: tuple[Condition, ...] = ()
    tables: tuple[LookupTable, ...] = ()

    def _conditions(self) -> Sequence[Condition]:
        return [*self.skip, *self.want, *(condition for shape in self.shapes for condition in shape.when)]

    @cached_property
    def columns(self) -> frozenset[str]:
        """Every column that is looked at; a gateway asks with each request."""
        conditions = self._conditions()
        several = [each for each in conditions if isinstance(each, AnyPresent)]
        used = {each.column for each in conditions if each.column is not None and each not in several}
        used.update(column for each in several for column in each.columns)
        used.update(
            column for shape in self.shapes for source in shape.fields.values() for column in source.columns
        )
        used.update(column for table in self.tables for by in table.by for column in by.columns)
        used.difference_update(
            column for column in used.copy() for table in self.tables if _is_of(column, table.name)
        )
        return frozenset(used | ({self.case} if self.case else set()))

    def texts_of(self, table: str) -> frozenset[str] | None:
        """Texts that mean something as entries of a table; None where any does, as it is a field's value."""
        used = [column for shape in self.shapes for each in shape.fields.values() for column in each.columns]
        used += [column for other in self.tables for by in other.by for column in by.columns]
        conditions = [
            each
            for each in self._conditions()
            if each.column == table or (isinstance(each, AnyPresent) and table in each.columns)
        ]
        if table in used or not all(isinstance(each, Is) for each in conditions):
            return None
        return frozenset(text for each in conditions if isinstance(each, Is) for text in each.values)


def _is_of(column: str, table: str) -> bool:
    """Whether a lookup table makes the column."""
    return column == table or column.startswith(f"{table}.")
