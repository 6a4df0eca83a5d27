"""The part of a mapping file that says where a field's value comes from and which rows count.

A field is a column's name, or a mapping with one of `FORMS` as its key and that form's options.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import yaml

from alerts.rulebook.yaml_nodes import Fields, Node, Wrong
from stream.importing.cells.columns import (
    HOLE,
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
)
from stream.importing.cells.ids import AS_IT_IS, ID, REFERENCE, Look
from stream.importing.cells.patterns import cutting
from stream.importing.cells.text import folded
from stream.importing.conditions import Guarded
from stream.importing.mapping_file.conditions import condition
from stream.importing.mapping_file.event_fields import constant, suits
from stream.importing.mapping_file.times import Shared, decimal_mark, keys_of, text_table, time, words

REFERENCES: Final = ("customer", "case", "interaction")
"""Fields that may have none."""
FEWEST_DIGITS: Final = 4
MOST_DIGITS: Final = 20
"""Of a telephone number; the last nine tell one from another wherever it is dialled from."""


def source(node: Node, field: str, shared: Shared) -> FieldSource:
    """Where the values of `field` come from.

    Raises:
        Wrong: it is not said, or in a way that does not suit the field.
    """
    if isinstance(node.raw, yaml.ScalarNode):
        found: FieldSource = Column(column=node.text("a column"), nulls=shared.nulls, look=_own_look(field))
    else:
        fields = node.fields("a column, or a mapping such as {column: …}")
        given = [form for form in FORMS if form in fields]
        if len(given) != 1:
            raise Wrong(node, f"want a mapping with one of {', '.join(FORMS)}, got {keys_of(fields)}")
        nulls = shared.nulls | fields.get_or("nulls", words, frozenset[str]())
        own = replace(shared, nulls=nulls, field=field)
        made = FORMS[given[0]](fields, own)
        default = fields.get("default", lambda inner: constant(inner, field))
        when = fields.get("when", lambda inner: inner.each(lambda item: condition(item, own)))
        fields.close()
        found = Constant("") if made is None else made
        found = Guarded(found, tuple(when)) if when else found
        found = found if default is None else FirstOf((found,), default)
    suits(node, field, found)
    return found


def _lookup(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("column", Node.text)
    split = fields.get("split", lambda node: node.text('what stands between the items, such as " "'))
    cut = fields.get("pattern", cutting)
    made = (
        None
        if column is None
        else Column(
            column=column,
            nulls=shared.nulls,
            split=split or None,
            pattern=cut,
            look=_look(fields, shared.field),
        )
    )
    return _through_table(fields, made)


def _own_look(field: str) -> Look:
    if field == "id":
        return ID
    return REFERENCE if field in REFERENCES else AS_IT_IS


def _look(fields: Fields, field: str) -> Look:
    """`fold` and `digits` of a form that gives a text; before a map, `fold` is the map's."""
    fold = "map" not in fields and fields.get_or("fold", Node.flag, default=False)
    digits = fields.get_or("digits", _digits, 0)
    return replace(_own_look(field), fold=fold, digits=digits) if fold or digits else _own_look(field)


def _digits(node: Node) -> int:
    want = "a number of digits from 4 to 20, such as 9"
    count = node.whole(want)
    if not FEWEST_DIGITS <= count <= MOST_DIGITS:
        raise node.wrong(want)
    return count


def _through_table(fields: Fields, text: FieldSource | None) -> FieldSource | None:
    """`map`, `otherwise` and `fold` of a form that gives a text."""
    fold = "map" in fields and fields.get_or("fold", Node.flag, default=False)
    table = fields.get("map", text_table)
    otherwise = fields.get("otherwise", Node.text)
    if otherwise is not None and "map" not in fields:
        fields.note("otherwise", "has no meaning without a map")
    if text is None or table is None:
        return text
    if isinstance(text, Column) and not fold:
        return replace(text, table=table, otherwise=otherwise)
    return Translated(
        text, {folded(key): value for key, value in table.items()} if fold else table, otherwise, fold
    )


def _first_of(fields: Fields, shared: Shared) -> FieldSource | None:
    """`any`: what a field may come from, in order; each suits the field as one alone would."""
    sources = fields.get("any", lambda node: node.each(lambda item: source(item, shared.field, shared)))
    return FirstOf(tuple(sources)) if sources else None


def _constant(fields: Fields, shared: Shared) -> FieldSource | None:
    value = fields.get("constant", lambda node: constant(node, shared.field))
    return None if value is None else Constant(value)


def _pseudonym(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("hash", Node.text)
    look = _look(fields, shared.field)
    return None if column is None else Pseudonym(column, shared.nulls, look)


def _template(fields: Fields, shared: Shared) -> FieldSource | None:
    text = fields.get("text", Node.text)
    if text is not None and not HOLE.search(text):
        fields.note("text", 'want at least one "{column}" in it (constant is for text without)')
    look = _look(fields, shared.field)
    return _through_table(fields, None if text is None else Template(text, shared.nulls, look))


def _seconds(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("seconds", Node.text)
    decimal = fields.get_or("decimal", decimal_mark, shared.decimal)
    return None if column is None else Seconds(column, shared.nulls, decimal)


def _number(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("number", Node.text)
    factor = fields.get_or("times", Node.number, 1.0)
    decimal = fields.get_or("decimal", decimal_mark, shared.decimal)
    return None if column is None else Number(column, factor, shared.nulls, decimal)


def _flag(fields: Fields, shared: Shared) -> FieldSource | None:
    column = fields.get("flag", Node.text)
    true = fields.get("is", words)
    return None if column is None else Flag(column, true, shared.nulls)


FORMS: Final[Mapping[str, Callable[[Fields, Shared], FieldSource | None]]] = {
    "column": _lookup,
    "constant": _constant,
    "text": _template,
    "time": time,
    "seconds": _seconds,
    "number": _number,
    "flag": _flag,
    "hash": _pseudonym,
    "any": _first_of,
}
