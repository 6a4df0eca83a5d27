"""Records of a table, by the block."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import LIST
from stream.importing.mapping import Format
from stream.importing.rows.below import Below, any_in
from stream.importing.rows.bounded_lines import LONGEST, BoundedLines, LineTooLongError
from stream.importing.rows.columns_hint import UNQUOTED
from stream.importing.rows.formulas import FORMULA, without_formulas
from stream.importing.rows.row_blocks import ROWS, TableBlock

UNENDED: Final = (
    "want a quotation mark that ends what one here begins, got the end of the file: nothing after it was read"
)
SWALLOWED: Final = (
    "want a quotation mark that ends within its row, got one that takes in what looks like rows"
)
FEWEST_CELLS: Final = 2
"""Cells of a row that ends before the last ones; one alone is a note."""
FEWEST: Final = 3
"""Columns of a table whose rows are told from prose within a cell, which has commas too."""
AHEAD: Final = 100
"""Lines that are made into records at once where each is one: enough for Python to be out of the way."""

NAMELESS: Final = re.compile(r"(?:\.[0-9]+)?")
"""What columns are called that the header leaves without a name, as marks at the end of its line do."""

Parse = Callable[[Iterable[str]], Iterator[list[str]]]
"""Makes records of lines, as `csv.reader` does."""


class TableReader:
    """What follows the header in `lines`."""

    def __init__(
        self,
        parse: Parse,
        lines: BoundedLines,
        names: Sequence[str],
        layout: Format,
        heads: Sequence[Sequence[str]],
    ) -> None:
        self._below = Below(heads[0] if heads else ())
        self._parse = parse
        self._reader = parse(lines)
        self._lines = lines
        self._width = len(names)
        self._least = len(names)
        while self._least > 1 and NAMELESS.fullmatch(names[self._least - 1]):
            self._least -= 1
        if layout.cells.ragged:
            self._least = min(self._least, FEWEST_CELLS)
        self._places = {name: place for place, name in enumerate(names)}
        self._kind = layout.kind
        self._cells = layout.cells

    def blocks(self) -> Iterator[TableBlock]:
        """The records in order; empty lines are passed over."""
        more = True
        while more:
            block = TableBlock(self._places)
            more = self._fill(block)
            if len(block):
                yield block

    def _fill(self, block: TableBlock) -> bool:
        """Read on until the block is full; whether there may be more."""
        lines, reader, width = self._lines, self._reader, self._width
        records, numbers = block.records, block.numbers
        while len(records) < ROWS and len(block.wrong) < ROWS:
            if plain := self._plain(lines.ahead(AHEAD)):
                records += plain
                numbers += lines.pass_over()
                continue
            lines.record()
            try:
                record = next(reader, None)
            except (csv.Error, UnicodeError) as error:
                block.wrong.append(self._unread(error))
                if isinstance(error, UnicodeError):
                    return False  # nothing can be read after it
                continue
            if record is None:
                return False
            record = without_formulas([cell.replace(LIST, " ") for cell in record])
            if lines.began:
                block.wrong.append((lines.began, RowError(Fault.SYNTAX, UNENDED + self._escaped(record))))
                return False
            if not any_in(record):
                self._below.blank()
            elif odd := self._below.amiss(record):
                block.wrong.append((lines.number, RowError(Fault.COLUMNS, odd)))
            elif self._has_swallowed(record):
                block.wrong.append((lines.number, RowError(Fault.SYNTAX, SWALLOWED + self._escaped(record))))
            elif fitting := self._fitted(record):
                records.append(fitting)
                numbers.append(lines.number)
            else:
                wanted = f"want {width} columns, got {len(record)}{self._way_out(record, lines.number)}"
                block.wrong.append((lines.number, RowError(Fault.COLUMNS, wanted)))
        return True

    def _unread(self, error: csv.Error | UnicodeError) -> tuple[int, RowError]:
        """What is wrong with a record that cannot be read, and the line where that is seen."""
        lines = self._lines
        behind, is_long = lines.number - lines.first, isinstance(error, LineTooLongError)
        if behind > 0 and not is_long and isinstance(error, csv.Error):  # a cell with more than any text has
            return lines.first, RowError(
                Fault.SYNTAX, f"{SWALLOWED}: {behind:,} lines after this one are lost"
            )
        fault = Fault.TOO_LONG if is_long else Fault.SYNTAX
        return lines.number, RowError(fault, f"want a line of {self._kind}, got: {error}")

    def _has_swallowed(self, record: list[str]) -> bool:
        """Whether a record's cells hold rows: a mark that nothing ends takes in what follows."""
        within = (line for cell in record if "\n" in cell for line in cell.splitlines()[1:])
        return self._width >= FEWEST and any(map(self._is_row, within))

    def _is_row(self, line: str) -> bool:
        """Whether a line has the columns of the header, and no prose, in which a blank follows each comma."""
        try:
            cells = next(self._parse([line]), [])
        except csv.Error:
            return False
        return len(cells) == self._width and not any(cell.startswith(" ") for cell in cells)

    def _fitted(self, record: list[str]) -> list[str] | None:
        """The record as wide as the header; None where it has more or fewer columns with a name."""
        if len(record) > self._width and not any(record[self._width :]):
            return record[: self._width]
        if self._least <= len(record) <= self._width:
            return record + [""] * (self._width - len(record))
        return None

    def _way_out(self, record: Sequence[str], line: int) -> str:
        """What may make a row of a record of another width, if it looks like one."""
        if len(record) == self._width + 1 and record[0] == str(line - 1):
            return "; numbers of rows without a name, as R writes them? write it with row.names = FALSE"
        if escaped := self._escaped(record):
            return escaped
        if len(record) == 1 and self._is_row(record[0]):
            return f"; {UNQUOTED}"
        if FEWEST_CELLS <= len(record) < self._width:
            return "; where its last cells are empty, `ragged: true` in the mapping reads it"
        return ""

    def _escaped(self, record: Sequence[str]) -> str:
        """The same of a mark that ended a text too soon: it leaves its backslash, and another mark."""
        text = "".join(record)
        if self._cells.escaped or self._kind == "tsv" or "\\" not in text or '"' not in text:
            return ""
        return "; `escape: '\\'` in the mapping reads \\\" as a quotation mark within a text"

    def _plain(self, lines: Sequence[str]) -> list[list[str]]:
        """A record of each of some lines; nothing where one is not a whole and sound record by itself.

        An empty line after them shows whether the last one goes on: it would be taken into that record.
        """
        if not lines or max(map(len, lines)) > LONGEST or self._below.has_begun:
            return []
        together = "".join(lines)
        if LIST in together:
            return []
        try:
            *records, end = self._parse([*lines, "\n"])
        except csv.Error:
            return []
        if FORMULA in together:
            records = [*map(without_formulas, records)]
        sound = len(records) == len(lines) and not end and {*map(len, records)} == {self._width}
        return records if sound and self._below.is_above(records) else []
