"""Customers from a file: `customers.yaml`, or the CSV that a CRM exports.

customers:                          customer,segment,country
  c-1: {segment: business, country: FR}    c-1,business,FR
"""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alerts.errors import SettingsError
from alerts.rulebook.values import given
from alerts.rulebook.yaml_nodes import Node, read_document
from stream.gateway.customers import FILLED, VALUE_CHARS, Customers, Known
from stream.gateway.operator_files import read_text
from stream.importing.cells.ids import is_spoiled, plain_id, spoiled
from stream.importing.rows.below import any_in
from stream.importing.rows.cutting import MARKS
from stream.importing.rows.formulas import without_formulas

if TYPE_CHECKING:
    import _csv

CSV: Final = ".csv"
COLUMN: Final = "customer"
OPTION: Final = "--customers"
MOST_CSV_MIB: Final = 128
"""A million customers, which is all that are known at a time, with 128 characters each."""
MOST_YAML_MIB: Final = 16
"""As of rules: YAML takes a minute and some hundred times its size in memory."""


def load_customers(path: Path) -> Customers:
    """Everybody in the file.

    Raises:
        SettingsError: it cannot be read, or is no such CSV.
        RulebookError: it is no such YAML.
    """
    if path.suffix.lower() == CSV:
        return _of_csv(read_text(path, OPTION, MOST_CSV_MIB), str(path))
    return _of_yaml(read_text(path, OPTION, MOST_YAML_MIB), str(path))


def _of_yaml(text: str, file: str) -> Customers:
    root = read_document(text, file)
    found = Customers()

    def read(node: Node) -> None:
        fields = node.fields("a mapping with customers")
        entries = fields.require("customers", Node.fields, "customers such as c-1: {segment: business}")
        for name in entries.names() if entries is not None else ():
            known = entries.get(name, _known) if entries is not None else None
            if known is not None:
                found.put(name, known)
        fields.close()

    root.attempt(read)
    root.notes.settle()
    return found


def _known(node: Node) -> Known:
    return given(node, "dimensions such as {segment: business, country: FR}", _value, FILLED)


def _value(node: Node) -> str:
    text = node.text()
    if not 0 < len(text) <= VALUE_CHARS:
        raise node.wrong(f"1 to {VALUE_CHARS} characters")
    return text


def _of_csv(text: str, file: str) -> Customers:
    head = text.partition("\n")[0]
    between = next((mark for mark in MARKS if COLUMN in map(_plain, head.split(mark))), MARKS[0])
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=between)  # a cell may hold any break
    try:
        return _of_rows(lines, file)
    except csv.Error as error:  # a quote that is never closed, above all: one cell has all that follows
        raise SettingsError(f"{file}:{lines.line_num}: want CSV, got: {error}") from None


def _plain(cell: str) -> str:
    return cell.strip().strip('"')


def _of_rows(lines: "_csv.Reader", file: str) -> Customers:
    header = [name.strip() for name in next(lines, [])]
    wrong = [name for name in header if name not in {COLUMN, *FILLED}]
    if COLUMN not in header or wrong:
        want = f"a column {COLUMN} and any of {', '.join(FILLED)}"
        raise SettingsError(f"{file}:1: want {want}, got {', '.join(header) or 'an empty file'}")
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise SettingsError(f"{file}:1: want each column once, got {twice} twice")
    found = Customers()
    for row in lines:
        if not any_in(row):
            continue
        if len(row) != len(header):
            raise SettingsError(f"{file}:{lines.line_num}: want {len(header)} columns, got {len(row)}")
        values = {name: value.strip() for name, value in zip(header, without_formulas(row), strict=True)}
        if any(len(value) > VALUE_CHARS for value in values.values()):
            raise SettingsError(f"{file}:{lines.line_num}: want at most {VALUE_CHARS} characters")
        if is_spoiled(values[COLUMN]):  # as no event has it
            raise SettingsError(f"{file}:{lines.line_num}: {spoiled(COLUMN, values[COLUMN])}")
        if customer := plain_id(values[COLUMN]):  # as events have it
            found.put(customer, values)
    return found
