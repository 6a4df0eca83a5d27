"""Fields of an event that a mapping may fill, and what each of them takes."""

from collections.abc import Mapping, Sequence
from typing import Final

from alerts.rulebook.yaml_nodes import Node, Wrong
from alerts.rules import DIMENSIONS
from stream.columnar.timestamps import EARLIEST_MS, LATEST_MS, read_time
from stream.importing.cells.answers import STEPPED
from stream.importing.cells.columns import (
    Column,
    Constant,
    FieldSource,
    FirstOf,
    Flag,
    Number,
    Pseudonym,
    Seconds,
    Template,
    Translated,
    Value,
)
from stream.importing.cells.times import Time
from stream.importing.conditions import Guarded
from stream.indicators.cells import SCALES
from stream.messages.events import EVENTS, ID_CHARS, INDICATORS, OUTCOMES

TIMES: Final = ("at", "opened_at", "interaction_at")
NUMBERS: Final = ("wait_s", "handle_s", "reach")
FLAGS: Final = ("consent", "within_target")
TEXTS: Final = ("id", "customer", "case", "event", "outcome", "indicator", "score", "scale", "interaction")
FIRST: Final = ("id", "at", "channel", "event", "indicator", "score", "scale", "customer", "case")
REST: Final = (*TEXTS, *TIMES, *NUMBERS, *FLAGS, *DIMENSIONS, "comment", "lang")
FIELDS: Final = (*FIRST, *(name for name in REST if name not in FIRST))
"""Every field of an event that a mapping may fill, in the order in which events are written."""

CLOSED: Final[Mapping[str, Sequence[str]]] = {
    "event": EVENTS,
    "outcome": OUTCOMES,
    "indicator": INDICATORS,
    "scale": (*SCALES, *STEPPED),
}
"""Fields that take one of a list of words."""


def constant(node: Node, field: str) -> Value:
    """A value that every row has, as the field takes it; `field` "" takes any.

    Raises:
        Wrong: the field does not take it.
    """
    if field in NUMBERS:
        value = node.number()
        if value < 0:
            raise node.wrong("0 or more")
        return int(value) if value.is_integer() else value
    if field in FLAGS:
        return node.flag()
    if field == "score" and node.plain() is not None and _is_number(node):
        return node.number()
    text = node.text()
    wrong = _wrong_text(field, text)
    if wrong:
        raise Wrong(node, wrong)
    return text


def _is_number(node: Node) -> bool:
    quiet = Node(node.raw, node.path, type(node.notes)(node.notes.file))
    return bool(quiet.attempt(Node.number))


def _wrong_text(field: str, text: str) -> str | None:
    """What is wrong with a text that a field would have, if anything."""
    if field in CLOSED and text not in CLOSED[field]:
        return f'want one of {", ".join(CLOSED[field])} for {field}, got "{text}"'
    if field in TIMES and not EARLIEST_MS <= read_time(text) <= LATEST_MS:
        return f'want a time such as 2026-03-02T09:15:00Z for {field}, got "{text}"'
    if field in {"id", "channel"} and not 0 < len(text) <= ID_CHARS:
        return f"want 1 to {ID_CHARS} characters for {field}, got {len(text)}"
    return None


def suits(node: Node, field: str, made: FieldSource) -> None:
    """Note a source whose values the field cannot take; `field` "" takes any."""
    if isinstance(made, FirstOf):
        for each in made.sources:
            suits(node, field, each)
    elif isinstance(made, Guarded):
        suits(node, field, made.source)
    elif isinstance(made, Constant):
        if field == "id":
            node.note("want a column: with a constant every event would have the same id")
    elif field:
        fitting, want = _wanted(field)
        if not isinstance(made, fitting):
            node.note(f"want {want} for {field}")
        for text in _of_table(made):
            wrong = _wrong_text(field, text)
            if wrong:
                node.note(wrong)


def _wanted(field: str) -> tuple[tuple[type, ...], str]:
    if field in TIMES:
        return (Time,), "{time: …}"
    if field in NUMBERS:
        return (Number, Seconds), "{seconds: …} or {number: …}"
    if field in FLAGS:
        return (Flag,), "{flag: …}"
    if field == "score":
        return (Number, Column, Translated), "{number: …} or a column of answers"
    return (Column, Translated, Template, Pseudonym), 'a column or {text: "…"}'


def _of_table(made: FieldSource) -> Sequence[str]:
    """The texts that a lookup table can make."""
    if not isinstance(made, (Column, Translated)) or made.table is None:
        return ()
    return [*made.table.values(), *([] if made.otherwise is None else [made.otherwise])]
