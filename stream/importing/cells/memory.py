"""Sources that remember: a column mostly says the same few things, so they are read once each."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from stream.importing.cells.columns import (
    Column,
    Constant,
    FieldSource,
    Flag,
    Number,
    Pseudonym,
    Seconds,
    Value,
)
from stream.importing.cells.text import Row
from stream.importing.mapping import Shape

REMEMBERED: Final = 5_000
"""Texts of one column; an id is different in each row, so its column stops being remembered there."""
PURE: Final = (Column, Number, Seconds, Flag, Pseudonym)
"""Sources that read one column and nothing else."""
_UNKNOWN: Final = object()


@dataclass(slots=True)
class Remembering:
    """A source that reads the same text once."""

    source: FieldSource
    column: str
    memory: dict[str | None, Value | None] = field(default_factory=dict)

    @property
    def columns(self) -> Sequence[str]:
        """Those of the source."""
        return self.source.columns

    def read(self, row: Row) -> Value | None:
        """The value; what could not be understood is tried again, to say so each time."""
        text = row.get(self.column)
        found = self.memory.get(text, _UNKNOWN)
        if found is not _UNKNOWN:
            return found  # type: ignore[return-value]  # a value
        value = self.source.read(row)
        if len(self.memory) < REMEMBERED:
            self.memory[text] = value
        return value


def remembering(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """The shapes with sources that remember, each shared by the shapes that share it."""
    made: dict[int, FieldSource] = {}

    def of(source: FieldSource) -> FieldSource:
        if isinstance(source, Constant) or not isinstance(source, PURE):
            return source
        return made.setdefault(id(source), Remembering(source, source.columns[0]))

    return tuple(
        replace(shape, fields={name: of(source) for name, source in shape.fields.items()}) for shape in shapes
    )
