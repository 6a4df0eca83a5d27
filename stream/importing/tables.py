"""Rows of a foreign log in CSV, TSV or NDJSON, with their line numbers; unreadable ones as errors."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Final

import orjson

from alerts.errors import SettingsError
from stream.importing.columns import Fault, Row, RowError
from stream.importing.json_rows import json_rows
from stream.importing.mapping import Format

Numbered = tuple[int, Row | RowError]
"""A line number, from 1, and what stands there."""

BOM: Final = "\ufeff"


def rows(stream: IO[bytes], layout: Format, name: str) -> Iterator[Numbered]:
    """The rows of a log, in order.  Empty lines are passed over; of NDJSON the items at `each` are rows.

    Raises:
        SettingsError: the file has no header line.
    """
    text = io.TextIOWrapper(stream, layout.encoding, errors="surrogateescape", newline="")
    if layout.kind == "ndjson":
        return _objects(text, layout)
    return _records(text, layout, name)


def _records(text: io.TextIOWrapper, layout: Format, name: str) -> Iterator[Numbered]:
    if layout.kind == "tsv":  # the tab-separated form has no quotes
        reader = csv.reader(text, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(text, delimiter=layout.delimiter)
    header = layout.columns or tuple(next(reader, ()))
    if not header:
        raise SettingsError(f"{name}: want a header line that names the columns, got an empty file")
    names = distinct([header[0].removeprefix(BOM), *header[1:]])
    while True:
        try:
            record = next(reader, None)
        except csv.Error as error:
            yield reader.line_num, RowError(Fault.SYNTAX, f"want a line of {layout.kind}, got: {error}")
            continue
        if record is None:
            return
        if record:
            yield reader.line_num, _row(names, record)


def _row(names: Sequence[str], record: Sequence[str]) -> Row | RowError:
    if len(record) != len(names):
        return RowError(Fault.COLUMNS, f"want {len(names)} columns, got {len(record)}")
    return dict(zip(names, record, strict=True))


def distinct(names: Sequence[str]) -> list[str]:
    """The names stripped; the second column of the same name is `name.2`, and so on."""
    seen: dict[str, int] = {}
    result = []
    for raw in names:
        name = raw.strip()
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return result


def _objects(text: io.TextIOWrapper, layout: Format) -> Iterator[Numbered]:
    for number, line in enumerate(text, 1):
        content = line.strip().removeprefix(BOM)
        if not content:
            continue
        try:
            value = orjson.loads(content)
        except ValueError:
            value = None
        if isinstance(value, dict):
            for row in json_rows(value, layout.each, layout.beside):
                yield number, row
        else:
            yield number, RowError(Fault.SYNTAX, "want a JSON object")
