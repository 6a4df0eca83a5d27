"""The part of a mapping file that says how times, zones and plain words are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from itertools import chain
from typing import Final

from alerts.rulebook.values import given
from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from stream.importing.cells.columns import Column, FieldSource
from stream.importing.cells.strptime import FormatError, TimeFormat
from stream.importing.cells.text import codings, in_all_codings
from stream.importing.cells.times import UNKNOWN, Time, Twice
from stream.importing.cells.zones import zone_of

NAMED: Final = ("iso", "unix", "excel", "excel-1904")
AMBIGUOUS: Final = tuple(twice.value for twice in Twice if twice is not Twice.BY_ORDER)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a file says once for all its fields; `field` is the one that is being read, "" for none."""

    nulls: frozenset[str]
    zone: tzinfo
    decimal: str = ""
    field: str = ""


def words(node: Node) -> frozenset[str]:
    """A list of texts, or a single one, however they are coded."""
    return frozenset(chain.from_iterable(map(codings, node.one_or_each(Node.text))))


def text_table(node: Node) -> Mapping[str, str]:
    """A table of texts."""
    fields = node.fields("a table such as {A: answered, H: abandoned}")
    return in_all_codings({key: fields.get_or(key, Node.text, "") for key in fields.names()})


def keys_of(fields: Fields) -> str:
    """The keys that a mapping has, as a message shows them."""
    return ", ".join(f'"{name}"' for name in fields.names()) or "none"


def zone(node: Node) -> tzinfo:
    """A time zone such as `Asia/Jerusalem`."""
    try:
        return zone_of(node.text("a time zone such as Europe/Paris"))
    except ValueError as error:
        raise Wrong(node, str(error)) from None


def zone_or_ask(node: Node) -> tzinfo:
    """A time zone, or `ask`: the log does not say, so whoever imports it must."""
    return UNKNOWN if node.plain() == "ask" else zone(node)


def decimal_mark(node: Node) -> str:
    """`.` or `,`."""
    return node.choice((".", ","))


def time(fields: Fields, shared: Shared) -> FieldSource | None:
    """`{time: column, format: …, time_zone: …}`."""
    columns = fields.get("time", lambda node: node.one_or_each(Node.text))
    zones = fields.get("zones", _zones) or {}
    pattern = fields.get_or("format", _format, "iso")
    own_zone, row_zone = fields.get("time_zone", lambda node: _zone_or_column(node, shared)) or (None, None)
    twice = fields.get("ambiguous", lambda node: Twice(node.choice(AMBIGUOUS)))
    if not columns:
        return None
    return Time(
        parts=tuple(columns),
        pattern=pattern,
        zone=own_zone or shared.zone,
        nulls=shared.nulls,
        row_zone=row_zone,
        zones=zones,
        twice=twice or Twice.BY_ORDER,
    )


def _zones(node: Node) -> Mapping[str, tzinfo]:
    return given(node, "a table such as {EST: America/New_York}", zone)


def _zone_or_column(node: Node, shared: Shared) -> tuple[tzinfo | None, FieldSource | None]:
    if not node.is_mapping:
        return zone(node), None
    fields = node.fields()
    column = fields.require("column", Node.text, "the column that names a row's time zone")
    table = fields.get("map", text_table)
    otherwise = fields.get("otherwise", Node.text)
    fields.close()
    return None, None if column is None else Column(
        column=column, nulls=shared.nulls, table=table, otherwise=otherwise
    )


def _format(node: Node) -> str:
    """`iso`, `unix`, `excel`, `excel-1904`, or a strptime format that tells a date."""
    want = f'{", ".join(NAMED)}, or a format such as "%d/%m/%Y %H:%M"'
    text = node.text(want)
    if text in NAMED:
        return text
    try:
        TimeFormat(text)
    except FormatError as error:
        raise Wrong(node, f'want {want}, got "{text}": {error}') from None
    return text
