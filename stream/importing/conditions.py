"""Conditions on a row of a foreign log: which rows make an event, or are skipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stream.importing.cells.columns import FieldSource, Value
from stream.importing.cells.patterns import Pattern
from stream.importing.cells.text import LIST, Row, cell, items, number


class Condition(Protocol):
    """When a row makes an event, or is skipped."""

    @property
    def column(self) -> str | None:
        """The column that it looks at, if any."""
        ...

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:
        """Whether it does; `before` is the row before of the same case, `last` whether none follows."""
        ...


@dataclass(frozen=True, slots=True)
class First:
    """The first row of its case."""

    column: str | None = None

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """No row came before."""
        return before is None


@dataclass(frozen=True, slots=True)
class Last:
    """The last row of its case."""

    column: str | None = None

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """No row follows."""
        return last


@dataclass(frozen=True, slots=True)
class Rises:
    """A number is greater than in the row before of its case, or above 0 in the first."""

    column: str
    nulls: frozenset[str]
    decimal: str = ""

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """The number rose; a row without one says nothing."""
        now = cell(row, self.column, self.nulls)
        then = None if before is None else cell(before, self.column, self.nulls)
        if now is None:
            return False
        return number(self.column, now, self.decimal) > number(self.column, then or "0", self.decimal)


@dataclass(frozen=True, slots=True)
class ColumnChanges:
    """A column differs from the row before of its case; `to` one of some values, if any are given."""

    column: str
    to: frozenset[str]
    nulls: frozenset[str]

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """The value changed; the first row changes from nothing."""
        now = cell(row, self.column, self.nulls)
        then = None if before is None else cell(before, self.column, self.nulls)
        return now != then and (not self.to or now in self.to)


@dataclass(frozen=True, slots=True)
class Is:
    """A column has one of some values (`negated`: has none of them)."""

    column: str
    values: frozenset[str]
    negated: bool = False

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """The stripped text is compared, null markers included; of a list any item."""
        text = row.get(self.column, "").strip()
        found = text in self.values or (
            LIST in text and not self.values.isdisjoint(part.strip() for part in text.split(LIST))
        )
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class Present:
    """A column has a value (`wanted` False: has none)."""

    column: str
    wanted: bool
    nulls: frozenset[str]

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """Null markers count as no value."""
        return (cell(row, self.column, self.nulls) is not None) is self.wanted


@dataclass(frozen=True, slots=True)
class AnyPresent:
    """At least one of some columns has a value."""

    columns: tuple[str, ...]
    nulls: frozenset[str]

    @property
    def column(self) -> str | None:
        """How they are told of."""
        return " or ".join(self.columns)

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """Null markers count as no value."""
        return any(cell(row, column, self.nulls) is not None for column in self.columns)


@dataclass(frozen=True, slots=True)
class Beyond:
    """A number is over one limit, under another, or both; a row without a number says nothing.

    Numbers of a list: one of them is.
    """

    column: str
    over: float | None
    under: float | None
    nulls: frozenset[str]
    decimal: str = ""

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """Limits themselves are neither over nor under."""
        return any(self._within(number(self.column, text, self.decimal)) for text in self._texts(row))

    def _texts(self, row: Row) -> list[str]:
        return [text for text in items(row, self.column) if text not in self.nulls]

    def _within(self, value: float) -> bool:
        return (self.over is None or value > self.over) and (self.under is None or value < self.under)


@dataclass(frozen=True, slots=True)
class Contains:
    """A column's text has one of some words in it; capitals and small letters are the same."""

    column: str
    words: Sequence[str]

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """Of a list, some item has."""
        text = row.get(self.column, "").casefold()
        return any(word in text for word in self.words)


@dataclass(frozen=True, slots=True)
class Matches:
    """A column's text matches a pattern; of a list, some item.  `negated`: it does not, or there is none."""

    column: str
    pattern: Pattern
    negated: bool = False

    def holds(self, row: Row, before: Row | None, *, last: bool) -> bool:  # noqa: ARG002
        """Anywhere in the text, unless the pattern says where."""
        return any(self.pattern.found_in(text) for text in items(row, self.column)) is not self.negated


@dataclass(frozen=True, slots=True)
class Guarded:
    """A field's value where all of some conditions hold, else nothing."""

    source: FieldSource
    when: tuple[Condition, ...]

    @property
    def columns(self) -> Sequence[str]:
        """Those of the value, and those that the conditions look at."""
        return [*self.source.columns, *(each.column for each in self.when if each.column is not None)]

    def read(self, row: Row) -> Value | None:
        """The value."""
        if all(condition.holds(row, None, last=False) for condition in self.when):
            return self.source.read(row)
        return None
