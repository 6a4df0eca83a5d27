"""YAML with places: every value knows where it stands, and all mistakes are noted, not only the first.

A reader asks a mapping for the fields that it knows, then calls `Fields.close`: what nobody asked for is
an unknown field.  A parser of one value raises `Wrong`; whoever asked notes it and reads on.  Nothing is
constructed from tags: scalars are read as text or as plain numbers and booleans.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import yaml

from alerts.errors import RulebookError
from alerts.rulebook.notes import Notes, did_you_mean
from alerts.rulebook.shown import SURROGATE, shown
from alerts.rulebook.yaml_loader import BoundedLoader, Unbounded

T = TypeVar("T")

NUMBER: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
"""Decimal numbers only: YAML's octal, sexagesimal ("1:30"), infinite and undefined ones are refused."""

TAG: Final = "tag:yaml.org,2002:"


class Wrong(Exception):  # noqa: N818  # a signal between a parser and its caller, never seen outside
    """A value is not what was wanted."""

    def __init__(self, node: "Node", message: str) -> None:
        self.node = node
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the document; `path` says where: `rules[2].window`."""

    raw: yaml.Node
    path: str
    notes: Notes

    def note(self, message: str) -> None:
        """This value is wrong."""
        self.notes.add(self.raw.start_mark, self.path, message)

    def wrong(self, want: str) -> Wrong:
        """The error to raise when this value is not `want`."""
        return Wrong(self, f"want {want}, got {self.shown}")

    @property
    def shown(self) -> str:
        """The value as a message shows it."""
        if isinstance(self.raw, yaml.SequenceNode):
            return "a list"
        if not isinstance(self.raw, yaml.ScalarNode):
            return "a mapping"
        if self._is("null"):
            return "nothing"
        short = shown(self.raw.value, self.path)
        return f'"{short}"' if self._is("str") else short

    @property
    def is_nothing(self) -> bool:
        """Whether the key has no value (`rules:` and then nothing)."""
        return self._is("null")

    @property
    def is_mapping(self) -> bool:
        """Whether it has fields."""
        return isinstance(self.raw, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it has items."""
        return isinstance(self.raw, yaml.SequenceNode)

    def text(self, want: str = "text") -> str:
        """A string; numbers, dates and booleans must be quoted to be one."""
        if self._is("str"):
            if SURROGATE.search(self.raw.value):
                raise Wrong(self, f"want {want}, got half of a character (\\uD800 to \\uDFFF)")
            return str(self.raw.value)
        if isinstance(self.raw, yaml.ScalarNode) and not self.is_nothing:
            raise Wrong(
                self,
                f'want {want}, got {self.shown} without quotes (write "{shown(self.raw.value, self.path)}")',
            )
        raise self.wrong(want)

    def plain(self) -> str | None:
        """The characters of a scalar that is not quoted, whatever YAML takes it for."""
        if isinstance(self.raw, yaml.ScalarNode) and self.raw.style is None and not self.is_nothing:
            return str(self.raw.value)
        return None

    def word(self, want: str) -> str:
        """The characters of a scalar of some notation, where quotes would make it no more right."""
        plain = self.plain()
        return self.text(want) if plain is None else plain

    def number(self, want: str = "a number") -> float:
        """A finite decimal number, unquoted."""
        plain = self.plain()
        if plain is None or not NUMBER.fullmatch(plain) or abs(float(plain)) == float("inf"):
            raise self.wrong(want)
        return float(plain)

    def whole(self, want: str = "a whole number") -> int:
        """A number without a fraction."""
        number = self.number(want)
        if not number.is_integer():
            raise self.wrong(want)
        return int(number)

    def flag(self) -> bool:
        """`true` or `false`."""
        if not self._is("bool"):
            raise self.wrong("true or false")
        return str(self.raw.value).lower() in {"true", "yes", "on"}

    def choice(self, options: Iterable[str]) -> str:
        """One of a closed list of words."""
        allowed = list(options)
        want = "one of " + (", ".join(allowed) or "none")
        value = self.word(want)
        if value not in allowed:
            raise Wrong(self, f"want {want}, got {self.shown}{did_you_mean(value, allowed, self.notes)}")
        return value

    def items(self, want: str = "a list") -> list["Node"]:
        """The items of a list."""
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self.wrong(want)
        return [Node(raw, f"{self.path}[{i}]", self.notes) for i, raw in enumerate(self.raw.value)]

    def each(self, parse: Callable[["Node"], T], want: str = "a list") -> list[T]:
        """The items of a list that `parse` accepts; the others are noted."""
        return [value for item in self.items(want) for value in item.attempt(parse)]

    def one_or_each(self, parse: Callable[["Node"], T]) -> list[T]:
        """The items of a list, or a single value as a list of one."""
        if self.is_list:
            return self.each(parse)
        return [parse(self)]

    def some(self, parse: Callable[["Node"], T]) -> list[T]:
        """As `one_or_each`, for what an empty list says nothing of: all or none may have been meant."""
        if isinstance(self.raw, yaml.SequenceNode) and not self.raw.value:
            raise Wrong(self, "want at least one value, got none")
        return self.one_or_each(parse)

    def attempt(self, parse: Callable[["Node"], T]) -> list[T]:
        """A list of what `parse` makes of this value, empty (and noted) when it is wrong."""
        try:
            return [parse(self)]
        except Wrong as wrong:
            wrong.node.note(str(wrong))
            return []

    def fields(self, want: str = "a mapping") -> "Fields":
        """The fields of a mapping."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.wrong(want)
        return Fields(self)

    def _is(self, tag: str) -> bool:
        return isinstance(self.raw, yaml.ScalarNode) and self.raw.tag == TAG + tag


class Fields:
    """A mapping that is being read; `<<` merges others into it, own keys win."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._keys: dict[str, yaml.Node] = {}
        self._values: dict[str, yaml.Node] = {}
        self._asked: dict[str, None] = {}
        self._refused: set[str] = set()
        self._collect(node.raw)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def names(self) -> list[str]:
        """Every key that is there."""
        return list(self._values)

    def find(self, key: str) -> Node | None:
        """The value of `key`, None where it is absent."""
        self._asked.setdefault(key)
        raw = self._values.get(key)
        return None if raw is None else Node(raw, self._path(key), self.node.notes)

    def get(self, key: str, parse: Callable[[Node], T]) -> T | None:
        """The value of `key`; None when it is absent, or wrong, which is noted."""
        node = self.find(key)
        return None if node is None else next(iter(node.attempt(parse)), None)

    def get_or(self, key: str, parse: Callable[[Node], T], default: T) -> T:
        """The value of `key`, the default when it is absent or wrong."""
        value = self.get(key, parse)
        return default if value is None else value

    def require(self, key: str, parse: Callable[[Node], T], want: str) -> T | None:
        """The value of `key`; its absence is noted too."""
        if key not in self:
            self._asked.setdefault(key)
            self.node.notes.add(self.node.raw.start_mark, self._path(key), f"missing, want {want}")
        return self.get(key, parse)

    def note(self, key: str, message: str) -> None:
        """The value of `key` (or the mapping, where it is absent) is wrong."""
        raw = self._values.get(key, self.node.raw)
        self.node.notes.add(raw.start_mark, self._path(key), message)

    def refuse(self, key: str, why: str) -> None:
        """Note the presence of a field that has no meaning here."""
        self._refused.add(key)
        if key in self:
            self.node.notes.add(self._keys[key].start_mark, self._path(key), why)

    def close(self) -> None:
        """Note every field that nobody asked for."""
        for key, raw in self._keys.items():
            if key not in self._asked and key not in self._refused:
                hint = (
                    did_you_mean(key, self._asked, self.node.notes)
                    or f" (known: {', '.join(sorted(set(self._asked)))})"
                )
                self.node.notes.add(raw.start_mark, self._path(key), f'unknown field "{shown(key)}"{hint}')

    def _path(self, key: str) -> str:
        name = shown(key)
        return f"{self.node.path}.{name}" if self.node.path else name

    def _collect(self, mapping: yaml.Node) -> None:
        merged: list[yaml.Node] = []
        for key, value in mapping.value:
            if key.tag == TAG + "merge":
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif not isinstance(key, yaml.ScalarNode):
                self.node.notes.add(key.start_mark, self.node.path, "want a word as key")
            elif key.value in self._values:
                first = self._keys[key.value].start_mark.line + 1
                message = f'duplicate field "{shown(key.value)}", first on line {first}'
                self.node.notes.add(key.start_mark, self._path(key.value), message)
            else:
                self._keys[key.value], self._values[key.value] = key, value
        for other in merged:
            self._merge(other)

    def _merge(self, other: yaml.Node) -> None:
        """Take over the keys of `other` that are not there yet; merges within merges are refused."""
        pairs = other.value if isinstance(other, yaml.MappingNode) else []
        if not pairs or any(key.tag == TAG + "merge" for key, _ in pairs):
            self.node.notes.add(other.start_mark, self.node.path, "want a plain mapping to merge")
            return
        for key, value in pairs:
            if isinstance(key, yaml.ScalarNode) and key.value not in self._values:
                self._keys[key.value], self._values[key.value] = key, value


def read_document(text: str, file: str) -> Node:
    """The root of the only document in `text`.

    Raises:
        RulebookError: `text` is not YAML, or empty, or more than one document, or unfolds without bound.
    """
    notes = Notes(file)
    start = yaml.Mark(file, 0, 0, 0, None, 0)
    try:
        raw = yaml.compose(text, Loader=BoundedLoader)
    except Unbounded as error:
        notes.add(error.problem_mark or start, "", f"not YAML that is meant to be read: {error.problem}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or start
        reasons = (error.context, error.problem)
        notes.add(mark, "", "not YAML: " + ", ".join(str(reason) for reason in reasons if reason))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line = before.count("\n")
        mark = yaml.Mark(file, 0, line, len(before) - before.rfind("\n") - 1, None, 0)
        notes.add(mark, "", f"not YAML: want printable text, got character U+{ord(text[error.position]):04X}")
    except RecursionError:
        notes.add(start, "", "not YAML that is meant to be read: nested too deep")
    else:
        if raw is not None:
            return Node(raw, "", notes)
        notes.add(start, "", "want a mapping, got an empty file")
    raise RulebookError(list(notes.found))
