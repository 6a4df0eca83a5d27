"""Rows of a foreign log in CSV, TSV or JSON, with their line numbers; unreadable ones as errors."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, islice
from operator import itemgetter
from typing import IO, Any, Final

from alerts.errors import SettingsError
from stream.importing.cells.faults import Fault, RowError
from stream.importing.cells.text import Row
from stream.importing.mapping import Format
from stream.importing.rows.bounded_lines import PADDING, BoundedLines, LineTooLongError
from stream.importing.rows.column_names import distinct
from stream.importing.rows.columns_hint import no_object
from stream.importing.rows.cutting import BOM, MARKS, has_blanks_behind_marks, parser, separator
from stream.importing.rows.encodings import HEAD, beginning_of, encoding_of
from stream.importing.rows.formulas import without_formulas
from stream.importing.rows.header_rows import named, questions_over, zone_column
from stream.importing.rows.json_rows import json_rows
from stream.importing.rows.json_stream import LONGEST, Splitter, TooLong
from stream.importing.rows.questions import OF_ANSWERS, Questions
from stream.importing.rows.row_blocks import Numbered, RowBlock, TableBlock, gathered
from stream.importing.rows.table_reader import TableReader
from stream.messages.exact_json import exactly
from stream.messages.half_letters import without_halves
from stream.messages.records import REGISTRY_BYTES

Named = Callable[[Sequence[str], int], Mapping[str, str]]
"""Hears the names of the columns as soon as they are known, and how many lines stand above them.

Says how those are wanted to be called that are spelled otherwise, and raises a SettingsError where they are
not those that are wanted.
"""

BLOCK_BYTES: Final = 1 << 20
NOTES: Final = 30
"""Lines above the header, at most: what report it is, of when, and for whom."""
SEEN_LINES: Final = 200
"""Lines by which a header is found: notes, and questions that spread over several."""
FEWEST_COLUMNS: Final = 2
FITS: Final = -1


def blocks(stream: IO[bytes], layout: Format, name: str, told: Named = lambda *_: {}) -> Iterator[RowBlock]:
    """The rows of a log, in order, by the block.

    Empty lines are passed over; of JSON the items at `each` are rows.

    Raises:
        SettingsError: the file has no header line, or one that cannot be read.
    """
    beginning = beginning_of(stream)
    encoding = encoding_of(beginning, layout.encoding)
    json = beginning[:HEAD].decode(encoding, "replace").removeprefix(BOM).lstrip()[:1] in {"{", "["}
    if layout.kind == "json" or (layout.kind == "any" and json):
        return gathered(_stream(_utf8(stream, encoding), layout))
    lines = BoundedLines(io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline=""))
    if layout.kind == "ndjson":
        return gathered(_objects(lines, layout))
    return _records(lines, layout, name, told)


def _utf8(stream: IO[bytes], encoding: str) -> Iterator[bytes]:
    """The stream by the block, in UTF-8 without a mark."""
    if encoding != "utf-8":
        text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
        while said := text.read(BLOCK_BYTES):
            yield said.removeprefix(BOM).encode("utf-8", "surrogateescape")
        return
    if block := stream.read(BLOCK_BYTES):
        yield block.removeprefix(codecs.BOM_UTF8)
    while block := stream.read(BLOCK_BYTES):
        yield block


def _records(lines: BoundedLines, layout: Format, name: str, told: Named) -> Iterator[RowBlock]:
    try:
        between = _mark_between(lines, layout, told)
        parse = parser(between, layout)
        heads = [] if layout.columns else _heads(parse(lines), layout.header_rows)
        if has_blanks_behind_marks(heads):
            parse = parser(between, layout, blanks=True)
        above = 0
        if _is_plain(layout):
            heads, above = _below_notes(heads, parse(lines), told)
    except (csv.Error, UnicodeError) as error:
        raise SettingsError(f"{name}: want a header line that names the columns, got: {error}") from None
    names = _names(heads, layout)
    if not names:
        raise SettingsError(f"{name}: want a header line that names the columns, got an empty file")
    extra = zone_column(heads)
    over = questions_over(heads)
    meant = told(_columns(heads, layout), above)
    names = [meant.get(each, each) for each in names]
    over = [meant.get(each, each) for each in over]
    survey = None if layout.apart is None else Questions(names, layout.apart, over)
    table = TableReader(parse, lines, names, layout, heads).blocks()
    return gathered(_unfolded(table, survey, extra)) if survey or extra else table


def _columns(heads: Sequence[Sequence[str]], layout: Format) -> list[str]:
    """What rows below this header have: its columns, and what a survey adds."""
    asked = () if layout.apart is None else (*OF_ANSWERS, *dict.fromkeys(filter(None, questions_over(heads))))
    return [*_names(heads, layout), *asked, *zone_column(heads)]


def _is_plain(layout: Format) -> bool:
    """Whether the log has a header of one line that names the columns."""
    return not layout.columns and layout.header_rows == 1 and layout.apart is None


def _names(heads: Sequence[Sequence[str]], layout: Format) -> list[str]:
    return distinct(layout.columns or named([[*_plain(head)] for head in heads]))


def _below_notes(
    heads: "list[list[str]]", reader: "Iterator[list[str]]", told: Named
) -> "tuple[list[list[str]], int]":
    """The header, and how many lines stand above: the name of the report, say, and when it was made.

    Raises:
        SettingsError: no line near the beginning names the columns; says of the first line what is missing.
    """
    wrong: SettingsError | None = None
    for above, head in enumerate(chain(heads, islice(reader, NOTES))):
        if len(head) < (FEWEST_COLUMNS if above else 1):
            continue
        try:
            told(distinct([*_plain(head)]), 0)
        except SettingsError as error:
            wrong = wrong or error
        else:
            return [head], above
    if wrong is not None:
        raise wrong
    return heads, 0


def _unfolded(table: Iterator[TableBlock], survey: Questions | None, extra: Row) -> Iterator[Numbered]:
    """The rows one by one, in as many as there are answers, each with what the header says."""
    for block in table:
        rows: Iterator[Numbered] = zip(block.numbers, block.rows(), strict=True)
        for number, row in merge(rows, block.wrong, key=itemgetter(0)):
            if isinstance(row, RowError):
                yield number, row
                continue
            for each in survey.rows(row) if survey else (row,):
                yield number, {**each, **extra}


def _heads(reader: "Iterator[list[str]]", count: int) -> "list[list[str]]":
    """The rows of the header; empty lines above it are passed over."""
    first = next((head for head in reader if any(text.strip(f"{BOM} ") for text in head)), [])
    return [first, *(next(reader, []) for _ in range(count - 1))]


def _mark_between(lines: BoundedLines, layout: Format, told: Named) -> str:
    """What parts cells: what Excel's line or the mapping says, else what makes of the header its columns."""
    first, *others = lines.ahead(SEEN_LINES) or [""]
    said = separator(lines) if layout.kind != "tsv" else ""
    if said or layout.cells.between:
        return said or layout.cells.between
    seen = [first.lstrip(BOM), *others]
    widths: dict[str, int] = {}
    for mark in MARKS:
        widths[mark] = _width(parser(mark, layout)(seen), layout, told)
        if widths[mark] == FITS:
            return mark
    return max(MARKS, key=lambda mark: widths[mark])


def _width(reader: "Iterator[list[str]]", layout: Format, told: Named) -> int:
    """How many columns a header that is cut so has; `FITS` where they are those that are wanted."""
    heads: list[list[str]] = []
    try:
        heads = _heads(reader, layout.header_rows)
        if layout.columns:
            return FITS if len(heads[0]) == len(layout.columns) else 0
        if _is_plain(layout):
            _below_notes(heads, reader, told)
        elif heads[0]:
            told(_columns(heads, layout), 0)
    except (SettingsError, csv.Error):
        return len(heads[0]) if heads else 0
    return FITS


def _plain(head: Sequence[str]) -> Iterator[str]:
    for place, text in enumerate(without_formulas(head)):
        yield text.removeprefix(BOM) if place == 0 else text


def _objects(lines: BoundedLines, layout: Format) -> Iterator[Numbered]:
    while True:
        lines.record()
        try:
            line = next(lines, None)
        except LineTooLongError as error:
            hint = "; `format: json` reads objects that no line breaks part"
            yield lines.number, RowError(Fault.TOO_LONG, f"{error}{hint}")
            continue
        except UnicodeError as error:
            yield lines.number, RowError(Fault.ENCODING, str(error))
            return
        if line is None:
            return
        content = line.strip().rstrip(PADDING).removeprefix(BOM)
        if content.startswith("\0"):
            content = content[REGISTRY_BYTES:]
        if content:
            yield from _of_line(lines.number, content, layout)


def _of_line(number: int, content: str, layout: Format) -> Iterator[Numbered]:
    """The rows of the object in a line, or of several one after another."""
    try:
        values = [exactly(content)]
    except ValueError:
        values = _one_by_one(content)
    if not values or not all(isinstance(value, dict) for value in values):
        yield number, RowError(Fault.SYNTAX, f"want a JSON object{no_object(content)}")
        return
    for value in values:
        for item in _inside(value, layout):
            for row in _rows(item, layout):
                yield number, row


def _inside(value: Any, layout: Format) -> Sequence[Any]:
    """The object, or those that it wraps."""
    inner = value.get(layout.unwrap) if layout.unwrap else None
    return inner if isinstance(inner, list) else (value,)


def _rows(item: Any, layout: Format) -> Iterator[Row | RowError]:
    """The rows of an object."""
    if not isinstance(item, dict):
        yield RowError(Fault.SYNTAX, f"want objects in {layout.unwrap}, got something else")
        return
    try:
        yield from json_rows(item, layout.each, layout.beside)
    except RowError as error:
        yield error


def _one_by_one(content: str) -> list[object]:
    """The objects of a line that holds several; none where it holds anything else."""
    splitter = Splitter()
    found: list[object] = []
    try:
        for piece in splitter.feed(content.encode("utf-8", "surrogateescape")):
            if isinstance(piece, TooLong):
                return []
            found.append(exactly(without_halves(piece)))
    except ValueError:
        return []
    return [] if splitter.stray or splitter.rest() else found


def _stream(utf8: Iterator[bytes], layout: Format) -> Iterator[Numbered]:
    splitter = Splitter()
    number = 0
    try:
        for block in utf8:
            for item in chain.from_iterable(_pieces(piece, layout) for piece in splitter.feed(block)):
                number += 1
                rows = (item,) if isinstance(item, RowError) else _rows(item, layout)
                for row in rows:
                    yield number, row
            if splitter.stray:
                splitter.stray = False
                what = "" if number else no_object(block.decode(errors="replace"))
                yield number, RowError(Fault.SYNTAX, _stray(what))
    except UnicodeError as error:
        yield number + 1, RowError(Fault.ENCODING, str(error))
        return
    if splitter.rest():
        yield number + 1, RowError(Fault.SYNTAX, "want a whole object, got the end of the file")


def _stray(what: str) -> str:
    """What is wrong with a text that has something else than objects in it, or is something else."""
    return f"want a JSON object{what}" if what else "want nothing but objects, got something between them"


def _pieces(piece: bytes | TooLong, layout: Format) -> Sequence[Any]:
    """The objects of one that a stream has, or what is wrong with it."""
    if isinstance(piece, TooLong):
        return (RowError(Fault.TOO_LONG, f"want an object of at most {LONGEST >> 20} MiB, got a longer one"),)
    try:
        value = exactly(without_halves(piece))
    except ValueError:
        return (RowError(Fault.SYNTAX, f"want a JSON object{no_object(piece.decode(errors='replace'))}"),)
    return _inside(value, layout)
