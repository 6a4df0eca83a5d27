"""Mapping files (YAML): read into values, every mistake with its line and column.

Shipped mappings have a name (`bank-calls`); one's own are given by their path.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, tzinfo
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

import yaml

from alerts.errors import SettingsError
from alerts.rulebook.values import given
from alerts.rulebook.yaml_nodes import Fields, Node, read_document
from stream.importing.cells.answers import STEPPED
from stream.importing.cells.columns import FieldSource
from stream.importing.cells.lookups import Entry, LookupTable, Match
from stream.importing.cells.text import in_all_codings
from stream.importing.conditions import ColumnChanges, Condition, First, Last, Rises
from stream.importing.mapping import REQUIRED, LogMapping, Shape
from stream.importing.mapping_file.conditions import condition
from stream.importing.mapping_file.event_fields import FIELDS
from stream.importing.mapping_file.fields import source
from stream.importing.mapping_file.row_format import file_format
from stream.importing.mapping_file.times import Shared, decimal_mark, words, zone_or_ask
from stream.indicators.cells import SCALES, SCALES_OF
from stream.messages.events import INDICATORS

SUFFIX: Final = ".yaml"


def shipped() -> list[str]:
    """Names of the mappings that come with Tocsin."""
    folder = files("stream") / "mappings"
    return sorted(item.name.removesuffix(SUFFIX) for item in folder.iterdir() if item.name.endswith(SUFFIX))


def text_of(kind: str) -> tuple[str, str]:
    """The text of the shipped mapping of that name, or of the mapping file at that path, and its file's name.

    Raises:
        SettingsError: there is neither.
    """
    if kind in shipped():
        return (files("stream") / "mappings" / (kind + SUFFIX)).read_text(encoding="utf-8"), kind + SUFFIX
    try:
        return Path(kind).read_text(encoding="utf-8-sig"), kind
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text: save it as UTF-8"
        known = ", ".join(shipped())
        raise SettingsError(f"{kind}: want one of {known}, or a mapping file: {reason}") from None


def load(kind: str, own_zone: tzinfo | None = None) -> LogMapping:
    """The shipped mapping of that name, or the mapping file at that path.

    Raises:
        SettingsError: there is neither.
        RulebookError: the file is wrong.
    """
    return parse(*text_of(kind), own_zone)


def parse(text: str, file: str, own_zone: tzinfo | None = None) -> LogMapping:
    """The mapping that `text` declares; `file` is its name in messages.

    `own_zone` is that of times without one, in place of what the file says.

    Raises:
        RulebookError: with every mistake in it.
    """
    root = read_document(text, file)
    found = root.attempt(lambda node: read_mapping(node, own_zone))
    root.notes.settle()
    return found[0]


def read_mapping(root: Node, own_zone: tzinfo | None = None) -> LogMapping:
    """The mapping that a value of a document declares; mistakes are noted.

    Raises:
        Wrong: it is not a mapping at all.
    """
    fields = root.fields("a mapping of columns to fields")
    nulls = fields.get("nulls", words)
    if own_zone is not None:
        fields.get("time_zone", zone_or_ask)
    shared = Shared(
        frozenset({""}) if nulls is None else nulls,
        own_zone or fields.get("time_zone", zone_or_ask) or UTC,
        fields.get_or("decimal", decimal_mark, ""),
    )
    case, together = fields.get("case", _case) or (None, False)
    layout = file_format(fields)
    skip = fields.get("skip", lambda node: _conditions(node, shared, None)) or ()
    want = fields.get("want", lambda node: _conditions(node, shared, None)) or ()
    tables = fields.get("tables", lambda node: _tables(node, shared)) or ()
    common = fields.get("fields", lambda node: _sources(node, shared)) or {}
    if "events" in fields:
        one = _ShapeReader(shared, common, case)
        shapes = fields.get("events", lambda node: node.each(one.read)) or []
    else:
        _note_missing(fields, common)
        shapes = [Shape((), common)]
    fields.close()
    return LogMapping(
        format=layout, skip=skip, shapes=tuple(shapes), case=case, together=together, want=want, tables=tables
    )


def read_conditions(node: Node) -> tuple[Condition, ...]:
    """Conditions on one row alone, null markers being empty texts; mistakes are noted.

    Raises:
        Wrong: it is not a list.
    """
    return _conditions(node, Shared(frozenset({""}), UTC), None)


def _case(node: Node) -> tuple[str | None, bool]:
    if isinstance(node.raw, yaml.ScalarNode):
        return node.text("a column"), False
    fields = node.fields("a column, or {column: …, together: true}")
    column = fields.require("column", Node.text, "the column that tells cases apart")
    together = fields.get_or("together", Node.flag, default=False)
    fields.close()
    return column, together


class _ShapeReader:
    """Reads the items of `events:`, which share the file's common fields."""

    def __init__(self, shared: Shared, common: Mapping[str, FieldSource], case: str | None) -> None:
        self._shared = shared
        self._common = common
        self._case = case

    def read(self, node: Node) -> Shape:
        """One item."""
        fields = node.fields("an event: {when: […], fields: {…}}")
        when = fields.get("when", lambda inner: _conditions(inner, self._shared, self._case)) or ()
        own = fields.get("fields", lambda inner: _sources(inner, self._shared)) or {}
        fixed = fields.get("fixed", _field_names) or ()
        needs = fields.get("needs", _field_names) or ()
        sources = {**self._common, **own}
        _note_missing(fields, sources)
        fields.close()
        return Shape(when, {name: sources[name] for name in FIELDS if name in sources}, fixed, needs)


def _field_names(node: Node) -> tuple[str, ...]:
    return tuple(node.each(lambda item: item.choice(FIELDS)))


def _conditions(node: Node, shared: Shared, case: str | None) -> tuple[Condition, ...]:
    def one(item: Node) -> Condition:
        found = condition(item, shared)
        if case is None and isinstance(found, (First, Last, Rises, ColumnChanges)):
            item.note("compares the rows of a case: want it under `events`, and `case` in the file")
        return found

    return tuple(node.each(one))


def _tables(node: Node, shared: Shared) -> tuple[LookupTable, ...]:
    fields = node.fields("tables by name, such as {topics: {by: tags}}")
    found = [fields.get(name, partial(_lookup_table, name, shared)) for name in fields.names()]
    return tuple(table for table in found if table is not None)


def _lookup_table(name: str, shared: Shared, node: Node) -> LookupTable | None:
    fields = node.fields("a table such as {by: tags, entries: {…}}")
    one = partial(source, field="", shared=shared)
    by = fields.require("by", lambda inner: inner.one_or_each(one), "a column whose text is looked up")
    match = fields.get_or("match", lambda inner: Match(inner.choice([m.value for m in Match])), Match.EXACT)
    required = fields.get_or("required", Node.flag, default=False)
    entries = fields.get("entries", table_entries) or {}
    fields.close()
    return None if by is None else LookupTable(name, tuple(by), match, required, entries)


def table_entries(node: Node, texts: Collection[str] | None = None) -> Mapping[str, Entry]:
    """Entries of a table: a text each, one of `texts` if there are any, or fields of the event."""
    return in_all_codings(given(node, "a table such as {tag_billing: billing}", partial(_entry, texts=texts)))


def _entry(node: Node, texts: Collection[str] | None) -> Entry:
    if not node.is_mapping:
        text = node.text()
        if texts is not None and text not in texts:
            others = "".join(f", or {each}" for each in sorted(texts))
            raise node.wrong(f"fields such as {{indicator: csat, scale: 1-5}}{others}")
        return text
    fields = node.fields()
    found = {name: fields.get(name, Node.text) for name in FIELDS}
    fields.close()
    made = {name: value for name, value in found.items() if value is not None}
    if made.get("indicator", INDICATORS[0]) not in INDICATORS:
        fields.note("indicator", f"want one of {', '.join(INDICATORS)}")
    if made.get("scale", "1-5") not in (*SCALES, *STEPPED):
        fields.note("scale", f"want one of {', '.join((*SCALES, *STEPPED))}")
    elif made.get("indicator") in SCALES_OF and "scale" in made:
        _see_whether_they_fit(fields, made["indicator"], made["scale"])
    return made


def _see_whether_they_fit(fields: Fields, indicator: str, scale: str) -> None:
    scales = (*SCALES_OF[indicator], *(STEPPED if indicator == "csat" else ()))
    if scale not in scales:
        fields.note("scale", f'want one of {", ".join(scales)} for {indicator}, got "{scale}"')


def _sources(node: Node, shared: Shared) -> dict[str, FieldSource]:
    fields = node.fields("a mapping of event fields to columns")
    found: dict[str, FieldSource] = {}
    for name in FIELDS:
        made = fields.get(name, partial(source, field=name, shared=shared))
        if made is not None:
            found[name] = made
    fields.close()
    return found


def _note_missing(fields: Fields, sources: Mapping[str, FieldSource]) -> None:
    missing = [name for name in REQUIRED if name not in sources]
    if missing:
        fields.note("fields", f"missing {', '.join(missing)}: every event has id, at and channel")
