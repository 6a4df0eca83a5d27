"""Columns of a foreign log, read as the values of an event's fields.

A row is its columns' text.  A field is read from a row as a JSON value, or None where the row says nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Protocol

from stream.importing.cells.durations import bare_number, duration_s, in_full, unit_named
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.ids import AS_IT_IS, Look
from stream.importing.cells.patterns import Pattern
from stream.importing.cells.text import LIST, Row, cell, folded, keys_shown, mark_hint, number
from stream.messages.other_scripts import in_our_digits

Value = str | int | float | bool


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


class OneColumn:
    """What reads a single column."""

    __slots__ = ()
    column: str

    @property
    def columns(self) -> Sequence[str]:
        """The one column."""
        return (self.column,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(OneColumn):
    """The text of one column: split into a list, cut out by a pattern, or looked up in a table, if said."""

    column: str
    nulls: frozenset[str]
    table: Mapping[str, str] | None = None
    otherwise: str | None = None
    split: str | None = None
    pattern: Pattern | None = None
    look: Look = AS_IT_IS

    def read(self, row: Row) -> Value | None:
        """The text, stripped."""
        text = cell(row, self.column, self.nulls)
        if text is None:
            return None
        if self.split is not None:
            text = LIST.join(text.split(self.split))
        if LIST in text:
            return self.of_list(text)
        if self.pattern is not None:
            text = self.pattern.cut(text)
        text = text and self.look.of(self.column, text)
        if text is None or self.table is None:
            return text
        found = self.table.get(text, self.otherwise)
        if found is None:
            raise RowError(Fault.LOOKUP, f'{self.column}: want one of {keys_shown(self.table)}, got "{text}"')
        return found

    def of_list(self, text: str) -> str | None:
        """The first entry of the table that the list has; the list itself where there is no table."""
        parts = [part.strip() for part in text.split(LIST)]
        if self.pattern is not None:
            parts = [cut for cut in map(self.pattern.cut, parts) if cut is not None]
        if self.table is None:
            return LIST.join(part for part in parts if part not in self.nulls) or None
        there = set(parts)
        return next((value for key, value in self.table.items() if key in there), self.otherwise)


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
class Translated:
    """The text of another source through a lookup table; `fold`: its keys are in small letters."""

    source: FieldSource
    table: Mapping[str, str]
    otherwise: str | None = None
    fold: bool = False

    @property
    def columns(self) -> Sequence[str]:
        """Those of the text."""
        return self.source.columns

    def read(self, row: Row) -> Value | None:
        """The entry of the text."""
        value = self.source.read(row)
        if value is None:
            return None
        text = folded(str(value)) if self.fold else str(value)
        if LIST in text:
            there = {part.strip() for part in text.split(LIST)}
            return next((entry for key, entry in self.table.items() if key in there), self.otherwise)
        found = self.table.get(text, self.otherwise)
        if found is None:
            names = "+".join(self.columns)
            raise RowError(Fault.LOOKUP, f'{names}: want one of {keys_shown(self.table)}, got "{text}"')
        return found


HOLE: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with `{column}` in it; nothing when one of the columns has none."""

    text: str
    nulls: frozenset[str]
    look: Look = AS_IT_IS

    @property
    def columns(self) -> Sequence[str]:
        """The columns between braces."""
        return _pieces(self.text)[1]

    @property
    def around(self) -> Sequence[str]:
        """What stands before the first column, between them, and after the last."""
        return _pieces(self.text)[0]

    def read(self, row: Row) -> Value | None:
        """The text with its columns filled in."""
        around, columns = _pieces(self.text)
        text = around[0]
        for place, column in enumerate(columns, 1):
            part = cell(row, column, self.nulls)
            part = part and self.look.of(column, part, is_part=len(columns) > 1)
            if part is None:
                return None
            text += part + around[place]
        return text


@lru_cache(maxsize=1_000)
def _pieces(text: str) -> tuple[list[str], list[str]]:
    """What stands around the holes of a template, and the columns in them."""
    pieces = HOLE.split(text)
    return pieces[::2], pieces[1::2]


@dataclass(frozen=True, slots=True)
class Seconds(OneColumn):
    """A duration in seconds from a number, `m:s` or `h:m:s`, units, or as ISO 8601 has it."""

    column: str
    nulls: frozenset[str]
    decimal: str = ""

    def read(self, row: Row) -> Value | None:
        """Seconds, a whole number where they are whole."""
        text = cell(row, self.column, self.nulls)
        if text is None:
            return None
        text, unit = in_our_digits(text, self.decimal or "."), unit_named(self.column)
        if unit is not None and bare_number(text, self.decimal):
            way_out = f'`{{number: "{self.column}", times: {unit[1]}}}` reads them'
            raise RowError(Fault.NUMBER, f'{self.column}: want seconds, got "{text}" {unit[0]}: {way_out}')
        try:
            return _shortest(duration_s(in_full(self.column, text), self.decimal))
        except ValueError:
            hint = mark_hint(text, self.decimal)
            wanted = "want seconds, h:m:s, or units such as 1h 5m or PT5M"
            raise RowError(Fault.NUMBER, f'{self.column}: {wanted}, got "{text}"{hint}') from None


DIGITS: Final = 12
"""Of a product: 70 x 0.1 is 7, and not 7.000000000000001, which is no level."""


@dataclass(frozen=True, slots=True)
class Number(OneColumn):
    """A number, or the one before a percent sign, times `factor` (0.001 makes seconds of milliseconds)."""

    column: str
    factor: float
    nulls: frozenset[str]
    decimal: str = ""

    def read(self, row: Row) -> Value | None:
        """The number, whole where it is whole."""
        text = cell(row, self.column, self.nulls)
        if text is None:
            return None
        text = in_our_digits(text, self.decimal or ".")
        found = number(self.column, text.removesuffix("%").rstrip(), self.decimal)
        return _shortest(found if self.factor == 1 else float(f"{found * self.factor:.{DIGITS}g}"))


@dataclass(frozen=True, slots=True)
class Pseudonym(OneColumn):
    """A digest in place of a column's text, such as a telephone number: the same for the same text.

    Whoever knows the number can compute it, so it hides names from view and is no secret.
    """

    column: str
    nulls: frozenset[str]
    look: Look = AS_IT_IS

    def read(self, row: Row) -> Value | None:
        """32 hexadecimal digits."""
        text = cell(row, self.column, self.nulls)
        text = text and self.look.of(self.column, text)
        if text is None:
            return None
        return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


TRUE_WORDS: Final = frozenset({
    "true", "yes", "y", "1", "1.0", "t", "on", "x", "oui", "o", "vrai", "ja", "j", "wahr", "si", "sí", "s",
    "verdadero", "sim", "verdadeiro", "vero", "✓", "✔",
})  # fmt: skip
FALSE_WORDS: Final = frozenset({
    "false", "no", "n", "0", "0.0", "f", "off", "non", "faux", "nein", "falsch", "falso", "não", "nao",
    "✗", "✘",
})  # fmt: skip
"""What spreadsheets and databases write for yes and no, whatever their capitals."""


@dataclass(frozen=True, slots=True)
class Flag(OneColumn):
    """Whether the column is one of the words that mean yes; without `words` of the mapping, any known one."""

    column: str
    words: frozenset[str] | None
    nulls: frozenset[str]

    def read(self, row: Row) -> Value | None:
        """True or false; nothing where the column is empty."""
        text = cell(row, self.column, self.nulls)
        if text is None:
            return None
        if self.words is not None:
            return text in self.words
        plain = text.casefold()
        if plain not in TRUE_WORDS and plain not in FALSE_WORDS:
            way_out = '`is: ["…"]` in the mapping says what means yes'
            raise RowError(Fault.LOOKUP, f'{self.column}: want true or false, got "{text}" ({way_out})')
        return plain in TRUE_WORDS


def _shortest(value: float) -> int | float:
    return int(value) if value.is_integer() else value
