"""Records of a table, by the block."""

import csv
from collections.abc import Iterator, Sequence
from typing import Final

from stream.importing.cells.faults import Fault, RowError
from stream.importing.rows.bounded_lines import BoundedLines, LineTooLongError
from stream.importing.rows.row_blocks import ROWS, TableBlock

UNENDED: Final = (
    "want a quotation mark that ends what one here begins, got the end of the file: nothing after it was read"
)


class TableReader:
    """What follows the header; `lines` are those that `reader` makes records of."""

    def __init__(
        self, reader: Iterator[list[str]], lines: BoundedLines, names: Sequence[str], kind: str
    ) -> None:
        self._reader = reader
        self._lines = lines
        self._width = len(names)
        self._places = {name: place for place, name in enumerate(names)}
        self._kind = kind

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
            lines.record()
            try:
                record = next(reader, None)
            except (csv.Error, UnicodeError) as error:
                fault = Fault.TOO_LONG if isinstance(error, LineTooLongError) else Fault.SYNTAX
                wanted = f"want a line of {self._kind}, got: {error}"
                block.wrong.append((lines.number, RowError(fault, wanted)))
                if isinstance(error, UnicodeError):
                    return False  # nothing can be read after it
                continue
            if record is None:
                return False
            if lines.began:
                block.wrong.append((lines.began, RowError(Fault.SYNTAX, UNENDED)))
                return False
            if len(record) == width:
                records.append(record)
                numbers.append(lines.number)
            elif record:
                wanted = f"want {width} columns, got {len(record)}"
                block.wrong.append((lines.number, RowError(Fault.COLUMNS, wanted)))
        return True
