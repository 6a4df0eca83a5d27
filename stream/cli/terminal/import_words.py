"""What `tocsin import` says: what became of the rows, and which mappings there are."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from alerts.foreign_text import printable
from stream.cli.terminal.understood_words import understood
from stream.importing.counts import ColumnsSeen, ImportCounts
from stream.importing.mapping import Format
from stream.importing.mapping_file.reader import shipped, text_of
from stream.importing.rows.columns_hint import enveloped
from stream.importing.rows.columns_hint import listed as shown
from stream.importing.seen_ids import MOST_IDS

LONGEST: Final = 300
"""Characters of names that are listed."""


def reported(tale: ImportCounts, layout: Format) -> str:
    """What became of the rows, on several lines; what is cited of a file or a mapping is safe to print."""
    lines = chain(_report(tale, layout), understood(tale.understood))
    return "".join(f"{printable(line)}\n" for line in lines)


def _report(tale: ImportCounts, layout: Format) -> Iterator[str]:
    bad = tale.bad.total()
    rows, events, skipped = _rows(tale.rows), "event" if tale.events == 1 else "events", _rows(tale.skipped)
    yield f"{rows}: {tale.events:,} {events}, {skipped} skipped, {bad:,} bad"
    if layout.each is not None and not tale.rows:
        yield f"  no object has items at {layout.each}, which `each` names"
    for reason, count in tale.bad.most_common():
        yield f"  {count:,} × {reason}"
    where = "object" if layout.kind == "json" else "line"
    for number, what in tale.first_bad:
        yield f"  {where} {number}: {what}"
    if bad > len(tale.first_bad):
        yield f"  … and {bad - len(tale.first_bad):,} more"
    if tale.silent and tale.events:
        yield f"  of {_rows(tale.silent)} no event is made: no event of the mapping is for such"
    yield from _of_columns(tale.columns)
    if tale.again:
        yield (
            f"  {tale.again:,} {'event has' if tale.again == 1 else 'events have'} the id of an earlier row "
            f"(first: {where} {tale.first_again}): the worker takes that for the same event sent again, "
            "and counts it once"
        )
    if tale.ids_forgotten:
        yield f"  ids were compared among the first {MOST_IDS:,} only"
    if tale.back:
        yield (
            f"  {tale.back:,} rows of a case are earlier than the row before (first: {where} "
            f"{tale.first_back}): sort the log by case and time, or changes are read the wrong way round"
        )


def _of_columns(seen: ColumnsSeen) -> Iterator[str]:
    if seen.unseen:
        there = f" (there are: {shown(seen.there)}){enveloped(seen.unseen, seen.there)}" if seen.there else ""
        yield f"  no row has {', '.join(seen.unseen)}, which the mapping reads{there}"
    if seen.unanswered:
        yield f"  no answer to {', '.join(seen.unanswered)[:LONGEST]}, which --question names"
    if seen.above:
        yield f"  {'1 line' if seen.above == 1 else f'{seen.above:,} lines'} above the header passed over"
    for column in seen.twice:
        yield f'  two columns are called {column}: the first is read, the second is "{column}.2"'


def listed() -> str:
    """The shipped mappings, each with the first sentence of its file."""
    names = shipped()
    width = max(map(len, names))
    return "".join(f"{name:<{width}}  {_about(name)}\n" for name in names)


def _about(name: str) -> str:
    comment = []
    for line in text_of(name)[0].splitlines():
        if not line.startswith("#") or line == "#":
            break
        comment.append(line.removeprefix("#").strip())
    return " ".join(comment).partition(". ")[0].removesuffix(".")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
