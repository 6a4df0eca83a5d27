"""The part of a mapping file that says how the log is written."""

import codecs
from typing import Final

from alerts.rulebook.values import count
from alerts.rulebook.yaml_nodes import Fields, Node
from stream.importing.mapping import Cells, Format
from stream.importing.rows.json_rows import Beside

FORMATS: Final = ("csv", "tsv", "ndjson", "json", "any")
BACKSLASH: Final = "\\"
HEADER_ROWS: Final = 5
"""Rows of a header, at most; surveys have two or three."""


def file_format(fields: Fields) -> Format:
    """The keys of a mapping file that tell how to read the log."""
    kind = fields.get_or("format", lambda node: node.choice(FORMATS), "csv")
    objects = kind in {"ndjson", "json"}
    between = fields.get("delimiter", delimiter)
    columns = fields.get("columns", lambda node: tuple(node.each(Node.text)))
    for key in ("delimiter", "escape") if kind not in {"csv", "any"} else ():
        fields.refuse(key, f"has no meaning where the format is {kind}")
    of_tables = ("columns", "header_rows", "each_column", "ragged")
    of_objects = ("each", "beside", "unwrap")
    for key in of_tables if objects else of_objects if kind != "any" else ():
        why = ": its objects name their fields" if objects else ""
        fields.refuse(key, f"has no meaning where the format is {kind}{why}")
    if "member" in fields:
        fields.refuse("members", "want one of member (one file of an archive) and members (several)")
    return Format(
        kind=kind,
        encoding=fields.get_or("encoding", encoding, "utf-8"),
        cells=Cells(
            between=between or ("\t" if kind == "tsv" else ""),
            escaped=fields.get("escape", lambda node: node.choice([BACKSLASH])) is not None,
            ragged=fields.get_or("ragged", Node.flag, default=False),
        ),
        columns=columns,
        member=fields.get("member", Node.text) or fields.get("members", Node.text),
        each=fields.get("each", Node.text),
        beside=fields.get("beside", _beside),
        header_rows=fields.get_or("header_rows", count(HEADER_ROWS), 1),
        several="members" in fields,
        unwrap=fields.get("unwrap", Node.text),
        apart=fields.get("each_column", _each_column),
        optional=tuple(fields.get_or("optional", lambda node: node.each(Node.text), [])),
    )


def _each_column(node: Node) -> tuple[str, ...]:
    fields = node.fields("{except: [columns that are no questions]}")
    found = fields.require("except", lambda inner: inner.each(Node.text), "the columns that are no questions")
    fields.close()
    return tuple(found or ())


def encoding(node: Node) -> str:
    """An encoding that Python knows."""
    name = node.text("an encoding such as utf-8 or latin-1")
    try:
        found = codecs.lookup(name).name
        bytes(4).decode(found, "surrogateescape")  # which those of bytes, as base64, and of names do not know
    except (LookupError, UnicodeError):
        raise node.wrong("an encoding such as utf-8 or latin-1") from None
    return found


def delimiter(node: Node) -> str:
    """One character."""
    text = node.text("one character")
    if len(text) != 1 or text in '"\r\n':
        raise node.wrong("one character, no quotation mark or line break")
    return text


def _beside(node: Node) -> Beside:
    fields = node.fields("{name: asked, list: definition.fields, key: id, equals: answers.field.id}")
    name, path, key, equals = (
        fields.require(part, Node.text, want) or ""
        for part, want in (
            ("name", "what its columns begin with"),
            ("list", "the path of a list"),
            ("key", "what tells its items apart"),
            ("equals", "the column that has the same text"),
        )
    )
    within = fields.get("within", Node.text)
    fields.close()
    return Beside(name, path, key, equals, within)
