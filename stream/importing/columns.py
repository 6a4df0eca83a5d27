"""Columns of a foreign log, read as the values of an event's fields.

A row is its columns' text.  A field is read from a row as a JSON value, or None where the row says nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol

from alerts.transitions import utc_text

Row = Mapping[str, str]
"""Column name to text; a column that a line of NDJSON does not have is absent."""

Value = str | int | float | bool

LIST: Final = "\x1f"
"""Between the items of a list that stands in one column (ASCII's own unit separator)."""

MS_FROM: Final = 1e11
"""Unix times from here on are milliseconds, below it seconds, as in the events' own contract."""


class Fault(StrEnum):
    """Why a row could not be turned into events."""

    COLUMNS = "columns"  # more or fewer than the header names
    MISSING = "missing"  # no value for a field that every event must have
    TIME = "time"  # not in the format that the mapping declares
    NUMBER = "number"
    LOOKUP = "lookup"  # not in the mapping's table, which has no `otherwise`
    SYNTAX = "syntax"  # not a line of the declared format
    ENCODING = "encoding"  # bytes that are not text
    FOREIGN = "foreign"  # not a message of the system that the mapping is for


class RowError(Exception):
    """One row cannot be used; the sender's fault, counted by its reason."""

    def __init__(self, fault: Fault, detail: str) -> None:
        self.fault = fault
        super().__init__(detail)


class FieldSource(Protocol):
    """Where a field's value comes from."""

    @property
    def columns(self) -> Sequence[str]:
        """Columns that it reads."""
        ...

    def read(self, row: Row) -> Value | None:
        """The value, None where the row has none.

        Raises:
            RowError: the row's text cannot be understood.
        """
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every row."""

    value: Value
    columns: Sequence[str] = ()

    def read(self, row: Row) -> Value | None:  # noqa: ARG002  # as every source
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Column:
    """The text of one column, through a lookup table if there is one."""

    column: str
    nulls: frozenset[str]
    table: Mapping[str, str] | None = None
    otherwise: str | None = None

    @property
    def columns(self) -> Sequence[str]:
        """The one column."""
        return (self.column,)

    def read(self, row: Row) -> Value | None:
        """The text, stripped."""
        text = cell(row, self.column, self.nulls)
        if text is None or self.table is None:
            return text
        found = self.table.get(text, self.otherwise)
        if found is None:
            raise RowError(Fault.LOOKUP, f'{self.column}: want one of {", ".join(self.table)}, got "{text}"')
        return found


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first of several sources that has a value, else `default`."""

    sources: Sequence[FieldSource]
    default: Value | None = None

    @property
    def columns(self) -> Sequence[str]:
        """Those of all."""
        return [column for source in self.sources for column in source.columns]

    def read(self, row: Row) -> Value | None:
        """The value that comes first."""
        for source in self.sources:
            value = source.read(row)
            if value is not None:
                return value
        return self.default


@dataclass(frozen=True, slots=True)
class Folded:
    """A lookup table in which capitals and small letters are the same."""

    column: Column

    @property
    def columns(self) -> Sequence[str]:
        """The one column."""
        return self.column.columns

    def read(self, row: Row) -> Value | None:
        """The entry of the text in small letters."""
        name = self.column.column
        return self.column.read({name: row[name].lower()} if name in row else row)


HOLE: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with `{column}` in it; nothing when one of the columns has none."""

    text: str
    nulls: frozenset[str]

    @property
    def columns(self) -> Sequence[str]:
        """The columns between braces."""
        return HOLE.findall(self.text)

    def read(self, row: Row) -> Value | None:
        """The text with its columns filled in."""
        parts = {column: cell(row, column, self.nulls) for column in self.columns}
        if None in parts.values():
            return None
        return HOLE.sub(lambda hole: parts[hole[1]] or "", self.text)


@dataclass(frozen=True, slots=True)
class Time:
    """A time from one column, or from several put together with a space (a date and a time of day).

    `pattern` is strptime's, "iso" (RFC 3339) or "unix" (seconds; milliseconds from 1e11).  `zone` is that
    of times without an offset; an hour that a change of clocks repeats is taken for the earlier one.
    """

    columns: Sequence[str]
    pattern: str
    zone: tzinfo
    nulls: frozenset[str]

    def read(self, row: Row) -> Value | None:
        """RFC 3339 in UTC."""
        parts = [cell(row, column, self.nulls) for column in self.columns]
        if None in parts:
            return None
        text = " ".join(part or "" for part in parts)
        try:
            return _utc(text, self.pattern, self.zone)
        except (ValueError, OverflowError):
            names = "+".join(self.columns)
            raise RowError(Fault.TIME, f'{names}: want a time like {self.pattern}, got "{text}"') from None


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration in seconds from a number, `m:s` or `h:m:s`."""

    column: str
    nulls: frozenset[str]

    @property
    def columns(self) -> Sequence[str]:
        """The one column."""
        return (self.column,)

    def read(self, row: Row) -> Value | None:
        """Seconds, a whole number where they are whole."""
        text = cell(row, self.column, self.nulls)
        if text is None:
            return None
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + number(self.column, part)
        if text.count(":") > 2 or "-" in text:
            raise RowError(Fault.NUMBER, f'{self.column}: want seconds or h:m:s, got "{text}"')
        return _shortest(total)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, times `factor` (0.001 makes seconds of milliseconds)."""

    column: str
    factor: float
    nulls: frozenset[str]

    @property
    def columns(self) -> Sequence[str]:
        """The one column."""
        return (self.column,)

    def read(self, row: Row) -> Value | None:
        """The number, whole where it is whole."""
        text = cell(row, self.column, self.nulls)
        return None if text is None else _shortest(number(self.column, text) * self.factor)


@dataclass(frozen=True, slots=True)
class Flag:
    """Whether the column is one of the words that mean yes."""

    column: str
    words: frozenset[str]
    nulls: frozenset[str]

    @property
    def columns(self) -> Sequence[str]:
        """The one column."""
        return (self.column,)

    def read(self, row: Row) -> Value | None:
        """True or false; nothing where the column is empty."""
        text = cell(row, self.column, self.nulls)
        return None if text is None else text in self.words


def cell(row: Row, column: str, nulls: frozenset[str]) -> str | None:
    """The stripped text of a column; None where it is absent or stands for nothing."""
    text = row.get(column)
    if text is None:
        return None
    text = text.strip()
    return None if text in nulls else text


def number(column: str, text: str) -> float:
    """A finite number.

    Raises:
        RowError: `text` is not one.
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value - value != 0:  # infinite or undefined
        raise RowError(Fault.NUMBER, f'{column}: want a number, got "{text}"')
    return value


def _shortest(value: float) -> int | float:
    return int(value) if value.is_integer() else value


@lru_cache(maxsize=100_000)
def _utc(text: str, pattern: str, zone: tzinfo) -> str:
    """RFC 3339 in UTC.  Cached: logs repeat their times, and strptime is slow."""
    if pattern == "unix":
        seconds = float(text)
        return utc_text(round(seconds if abs(seconds) >= MS_FROM else seconds * 1000))
    moment = datetime.fromisoformat(text) if pattern == "iso" else _parsed(text, pattern)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return utc_text(round(moment.timestamp() * 1000))


def _parsed(text: str, pattern: str) -> datetime:
    return datetime.strptime(text, pattern)  # noqa: DTZ007  # the caller knows the zone
