"""The part of a mapping file that says which rows count."""

from collections.abc import Callable, Mapping
from typing import Final

import yaml

from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from stream.importing.cells.patterns import Pattern, pattern
from stream.importing.conditions import (
    AnyPresent,
    Beyond,
    ColumnChanges,
    Condition,
    Contains,
    First,
    Is,
    Last,
    Matches,
    Present,
    Rises,
)
from stream.importing.mapping_file.times import Shared, decimal_mark, keys_of, words

NO_PATTERN: Final = Pattern("^")


def condition(node: Node, shared: Shared) -> Condition:
    """When a row makes an event: `first`, `last`, or a mapping that looks at one column.

    Raises:
        Wrong: it is none of them.
    """
    if isinstance(node.raw, yaml.ScalarNode):
        return First() if node.choice(("first", "last")) == "first" else Last()
    fields = node.fields("first, last, or a mapping such as {column: …, is: […]}")
    keys = [key for key in KINDS if key in fields]
    if set(keys) == {"over", "under"}:
        keys = ["over"]
    if len(keys) != 1:
        own = ", ".join(key for key in KINDS if key not in {"rises", "changes", "any_present"})
        want = f"want a mapping with one of rises, changes, any_present, or a column with {own}"
        raise Wrong(node, f"{want}, got {keys_of(fields)}")
    made = KINDS[keys[0]](fields, shared)
    fields.close()
    return made


def _column(fields: Fields) -> str:
    return fields.require("column", Node.text, "a column") or ""


def _rises(fields: Fields, shared: Shared) -> Condition:
    decimal = fields.get_or("decimal", decimal_mark, shared.decimal)
    return Rises(fields.get_or("rises", Node.text, ""), shared.nulls, decimal)


def _changes(fields: Fields, shared: Shared) -> Condition:
    to = fields.get_or("to", words, frozenset[str]())
    return ColumnChanges(fields.get_or("changes", Node.text, ""), to, shared.nulls)


def _any_present(fields: Fields, shared: Shared) -> Condition:
    columns = fields.get("any_present", lambda node: node.one_or_each(Node.text)) or []
    return AnyPresent(tuple(columns), shared.nulls)


def _is(fields: Fields, shared: Shared) -> Condition:  # noqa: ARG001  # as every kind
    return Is(_column(fields), fields.get_or("is", words, frozenset[str]()))


def _is_not(fields: Fields, shared: Shared) -> Condition:  # noqa: ARG001
    return Is(_column(fields), fields.get_or("is_not", words, frozenset[str]()), negated=True)


def _present(fields: Fields, shared: Shared) -> Condition:
    return Present(_column(fields), fields.get_or("present", Node.flag, default=True), shared.nulls)


def _beyond(fields: Fields, shared: Shared) -> Condition:
    over, under = fields.get("over", Node.number), fields.get("under", Node.number)
    decimal = fields.get_or("decimal", decimal_mark, shared.decimal)
    if over is not None and under is not None and over >= under:
        fields.note("over", f"want less than under, {under:g}, got {over:g}")
    return Beyond(_column(fields), over, under, shared.nulls, decimal)


def _contains(fields: Fields, shared: Shared) -> Condition:  # noqa: ARG001
    wanted = fields.get_or("contains", words, frozenset[str]())
    if "" in wanted:
        fields.note("contains", "want words, got an empty one")
    return Contains(_column(fields), tuple(sorted(word.casefold() for word in wanted)))


def _matches(fields: Fields, shared: Shared) -> Condition:  # noqa: ARG001
    return Matches(_column(fields), fields.get_or("matches", pattern, NO_PATTERN))


def _matches_not(fields: Fields, shared: Shared) -> Condition:  # noqa: ARG001
    return Matches(_column(fields), fields.get_or("matches_not", pattern, NO_PATTERN), negated=True)


KINDS: Final[Mapping[str, Callable[[Fields, Shared], Condition]]] = {
    "rises": _rises,
    "changes": _changes,
    "any_present": _any_present,
    "is": _is,
    "is_not": _is_not,
    "present": _present,
    "over": _beyond,
    "under": _beyond,
    "contains": _contains,
    "matches": _matches,
    "matches_not": _matches_not,
}
