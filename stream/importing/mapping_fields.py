"""The part of a mapping file that says where a field's value comes from and which rows count.

A field is a column's name, or a mapping with one of `FORMS` as its key and that form's options.
"""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from alerts.rulebook.yaml_nodes import Fields, Node
from alerts.rules import DIMENSIONS
from stream.importing.columns import (
    HOLE,
    Column,
    Constant,
    FieldSource,
    FirstOf,
    Flag,
    Folded,
    Number,
    Seconds,
    Template,
    Time,
)
from stream.importing.conditions import ColumnChanges, Condition, First, Guarded, Is, Last, Present, Rises

TIMES: Final = ("at", "opened_at", "interaction_at")
NUMBERS: Final = ("wait_s", "handle_s", "reach")
FLAGS: Final = ("consent", "within_target")
TEXTS: Final = ("id", "customer", "case", "event", "outcome", "indicator", "score", "scale", "interaction")
FIRST: Final = ("id", "at", "channel", "event", "indicator", "score", "scale", "customer", "case")
REST: Final = (*TEXTS, *TIMES, *NUMBERS, *FLAGS, *DIMENSIONS, "comment", "lang")
FIELDS: Final = (*FIRST, *(name for name in REST if name not in FIRST))
"""Every field of an event that a mapping may fill, in the order in which events are written."""

TRUE_WORDS: Final = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Shared:
    """What a file says once for all its fields."""

    nulls: frozenset[str]
    zone: tzinfo


def source(node: Node, field: str, shared: Shared) -> FieldSource:
    """Where the values of `field` come from.

    Raises:
        Wrong: it is not said, or in a way that does not suit the field.
    """
    if isinstance(node.raw, yaml.ScalarNode):
        found: FieldSource = Column(node.text("a column"), shared.nulls)
    else:
        fields = node.fields("a column, or a mapping such as {column: …}")
        given = [form for form in FORMS if form in fields]
        if len(given) != 1:
            raise node.wrong(f"a mapping with one of {', '.join(FORMS)}")
        nulls = shared.nulls | fields.get_or("nulls", words, frozenset[str]())
        own = Shared(nulls, shared.zone)
        made = FORMS[given[0]](fields, own)
        default = fields.get("default", Node.text)
        when = fields.get("when", lambda inner: inner.each(lambda item: condition(item, own)))
        fields.close()
        found = Constant("") if made is None else made
        found = Guarded(found, tuple(when)) if when else found
        found = found if default is None else FirstOf((found,), default)
    _suits(node, field, found)
    return found


def condition(node: Node, shared: Shared) -> Condition:
    """When a row makes an event: `first`, `last`, or a mapping that looks at one column.

    Raises:
        Wrong: it is none of them.
    """
    if isinstance(node.raw, yaml.ScalarNode):
        return First() if node.choice(("first", "last")) == "first" else Last()
    fields = node.fields("first, last, or a mapping such as {column: …, is: […]}")
    keys = [key for key in ("rises", "changes", "is", "is_not", "present") if key in fields]
    if len(keys) != 1:
        raise node.wrong("a mapping with one of rises, changes, or a column with is, is_not, present")
    made = _condition(keys[0], fields, shared.nulls)
    fields.close()
    return made


def words(node: Node) -> frozenset[str]:
    """A list of texts, or a single one."""
    return frozenset(node.one_or_each(Node.text))


def zone(node: Node) -> tzinfo:
    """A time zone such as `Asia/Jerusalem`."""
    want = "a time zone such as Europe/Paris"
    try:
        return ZoneInfo(node.text(want))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise node.wrong(want) from None


def encoding(node: Node) -> str:
    """An encoding that Python knows."""
    name = node.text("an encoding such as utf-8 or latin-1")
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise node.wrong("an encoding such as utf-8 or latin-1") from None


def delimiter(node: Node) -> str:
    """One character."""
    text = node.text("one character")
    if len(text) != 1:
        raise node.wrong("one character")
    return text


def _condition(key: str, fields: Fields, nulls: frozenset[str]) -> Condition:
    if key == "rises":
        return Rises(fields.get_or("rises", Node.text, ""), nulls)
    if key == "changes":
        to = fields.get_or("to", words, frozenset[str]())
        return ColumnChanges(fields.get_or("changes", Node.text, ""), to, nulls)
    column = fields.require("column", Node.text, "a column") or ""
    if key == "present":
        return Present(column, fields.get_or("present", Node.flag, default=True), nulls)
    return Is(column, fields.get_or(key, words, frozenset[str]()), key == "is_not")


def _lookup(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("column", Node.text)
    fold = fields.get_or("fold", Node.flag, default=False)
    table = fields.get("map", _table)
    otherwise = fields.get("otherwise", Node.text)
    if fold and table is None:
        fields.note("fold", "has no meaning without a map")
    if column is None:
        return None
    if not fold or table is None:
        return Column(column, shared.nulls, table, otherwise)
    small = {key.lower(): value for key, value in table.items()}
    return Folded(Column(column, frozenset(null.lower() for null in shared.nulls), small, otherwise))


def _first_of(fields: Fields, shared: Shared) -> FieldSource | None:
    """`any`: what a field may come from, in order; each suits the field as one alone would."""
    sources = fields.get("any", lambda node: node.each(lambda item: source(item, "", shared)))
    return FirstOf(tuple(sources)) if sources else None


def _table(node: Node) -> Mapping[str, str]:
    fields = node.fields("a table such as {A: answered, H: abandoned}")
    return {key: fields.get_or(key, Node.text, "") for key in fields.names()}


def _constant(fields: Fields, shared: Shared) -> FieldSource | None:  # noqa: ARG001  # as every form
    node = fields.find("constant")
    for parse in (Node.flag, Node.number):
        if node is not None and node.plain() is not None and _accepts(node, parse):
            return Constant(parse(node))
    text = fields.get("constant", Node.text)
    return None if text is None else Constant(text)


def _template(fields: Fields, shared: Shared) -> FieldSource | None:
    text = fields.get("text", Node.text)
    if text is not None and not HOLE.search(text):
        fields.note("text", 'want at least one "{column}" in it (constant is for text without)')
    return None if text is None else Template(text, shared.nulls)


def _time(fields: Fields, shared: Shared) -> FieldSource | None:
    columns = fields.get("time", lambda node: node.one_or_each(Node.text))
    pattern = fields.get_or("format", _pattern, "iso")
    own_zone = fields.get_or("time_zone", zone, shared.zone)
    return None if not columns else Time(tuple(columns), pattern, own_zone, shared.nulls)


def _pattern(node: Node) -> str:
    """`iso`, `unix`, or a strptime format that reads back what it writes."""
    want = 'iso, unix, or a format such as "%d/%m/%Y %H:%M"'
    text = node.text(want)
    if text in {"iso", "unix"}:
        return text
    moment = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    try:
        read_back = datetime.strptime(moment.strftime(text), text)  # noqa: DTZ007  # only its date is looked at
    except ValueError:
        raise node.wrong(want) from None
    if (read_back.year, read_back.month, read_back.day) != (2001, 2, 3):
        raise node.wrong(f"{want} that has year, month and day")
    return text


def _seconds(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("seconds", Node.text)
    return None if column is None else Seconds(column, shared.nulls)


def _number(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("number", Node.text)
    factor = fields.get_or("times", Node.number, 1.0)
    return None if column is None else Number(column, factor, shared.nulls)


def _flag(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("flag", Node.text)
    true = fields.get_or("is", words, TRUE_WORDS)
    return None if column is None else Flag(column, true, shared.nulls)


FORMS: Final[Mapping[str, Callable[[Fields, Shared], FieldSource | None]]] = {
    "column": _lookup,
    "constant": _constant,
    "text": _template,
    "time": _time,
    "seconds": _seconds,
    "number": _number,
    "flag": _flag,
    "any": _first_of,
}


def _accepts(node: Node, parse: Callable[[Node], object]) -> bool:
    quiet = Node(node.raw, node.path, type(node.notes)(node.notes.file))
    return bool(quiet.attempt(parse))


def _suits(node: Node, field: str, made: FieldSource) -> None:
    """Note a source whose values the field cannot take; `field` "" takes any."""
    if isinstance(made, FirstOf):
        for each in made.sources:
            _suits(node, field, each)
        return
    if isinstance(made, Guarded):
        _suits(node, field, made.source)
        return
    if isinstance(made, Constant) or not field:
        return
    if field in TIMES:
        suits, want = isinstance(made, Time), "{time: …}"
    elif field in NUMBERS:
        suits, want = isinstance(made, (Number, Seconds)), "{seconds: …} or {number: …}"
    elif field in FLAGS:
        suits, want = isinstance(made, Flag), "{flag: …}"
    elif field == "score":
        suits, want = isinstance(made, (Number, Column, Folded)), "{number: …} or a column of answers"
    else:
        suits, want = isinstance(made, (Column, Folded, Template)), 'a column or {text: "…"}'
    if not suits:
        node.note(f"want {want} for {field}")
