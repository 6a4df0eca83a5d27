"""One scope of a scenario: its scores, how many answers they stand for, and the states to expect."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from alerts.measures import yardstick
from alerts.rulebook.values import dimension_values
from alerts.rulebook.yaml_nodes import Fields, Node
from alerts.rules import DIMENSIONS, Rule, Rulebook
from stream.indicators.catalogue import CATALOGUE
from stream.scenarios.rows import counts, scores, states
from stream.scenarios.scenario import Expected, ExpectedMoment, Series, WantedState
from stream.scenarios.synthesis import COUNTS, ONE_OF

ANSWERS: Final = 1000
"""Per step: so many that a score is beyond doubt, unless `n` says otherwise."""
CHANNEL: Final = "phone"
"""Of a scope that names none: every event has a channel."""


class _Sized(Protocol):
    def __len__(self) -> int: ...


class SeriesReader:
    """Reads the scopes of one file; all rows must have as many steps as the first, `steps`.

    A scope's own `n` goes before the one at the root.
    """

    def __init__(self, rulebook: Rulebook, start_ms: int, step_ms: int, root: Fields) -> None:
        self.steps = 0
        self._rulebook: Final = rulebook
        self._start_ms: Final = start_ms
        self._step_ms: Final = step_ms
        self._root: Final = root

    def read(self, fields: Fields) -> tuple[Series, list[Expected]]:
        """A scope; what is wrong is noted."""
        dims = self._dims(fields)
        rows = self._scores(fields)
        series = Series(dims, rows, self._answers(fields))
        return series, self._expected(fields, dims)

    def _scores(self, fields: Fields) -> Mapping[str, tuple[float | None, ...]]:
        rows: dict[str, tuple[float | None, ...]] = {}
        for name, info in CATALOGUE.items():
            options = self._rulebook.indicators.get(info.configured_by)
            row = None if options is None else fields.get(name, scores(yardstick(info, options)))
            if row is not None and self._even(fields, name, row):
                rows[name] = row
                if name in COUNTS and not all(value is None or value.is_integer() for value in row):
                    fields.note(name, "want whole numbers")
        for names in ONE_OF:
            given = [name for name in names if name in rows]
            if len(given) > 1:
                fields.note(given[1], f"want only one of {', '.join(names)} in a scope, got {given[0]} too")
        return rows

    def _answers(self, fields: Fields) -> tuple[int, ...]:
        holder = fields if "n" in fields else self._root
        row = holder.get("n", counts) or (ANSWERS,)
        if len(row) == 1:
            return row * max(1, self.steps)
        self._even(holder, "n", row)
        return row

    def _dims(self, fields: Fields) -> Mapping[str, str]:
        """Values for all dimensions that the rules tell apart: given, or what a rule asks for, or none."""
        given = fields.get("scope", read_scope) or {}
        dims = {}
        for name in DIMENSIONS:
            asked = [rule.where[name][0] for rule in self._rulebook.rules if name in rule.where]
            usual = asked[0] if asked else CHANNEL if name == "channel" else ""
            dims[name] = given.get(name, usual)
        return dims

    def _expected(self, fields: Fields, dims: Mapping[str, str]) -> list[Expected]:
        node = fields.find("expect")
        if node is None:
            return []
        if node.is_mapping:
            by_rule = node.fields()
            found = [self._states(by_rule, rule.name, rule, dims) for rule in self._rulebook.rules]
            by_rule.close()
        elif len(self._rulebook.rules) == 1:
            found = [self._states(fields, "expect", self._rulebook.rules[0], dims)]
        else:
            node.note(f"want a mapping of rules to states, as there are {len(self._rulebook.rules)} rules")
            found = []
        return [states for states in found if states is not None]

    def _states(self, fields: Fields, key: str, rule: Rule, dims: Mapping[str, str]) -> Expected | None:
        row = fields.get(key, states)
        if row is None or not self._even(fields, key, row):
            return None
        scope = tuple((name, dims[name]) for name in rule.scope_dims)
        return Expected(rule.name, scope, self._moments(row))

    def _moments(self, row: Sequence[WantedState]) -> tuple[ExpectedMoment, ...]:
        first_ms, step_ms = self._start_ms + self._step_ms, self._step_ms
        return tuple(ExpectedMoment(first_ms + place * step_ms, wanted) for place, wanted in enumerate(row))

    def _even(self, fields: Fields, key: str, row: _Sized) -> bool:
        self.steps = self.steps or len(row)
        if len(row) != self.steps:
            fields.note(key, f"want {self.steps} steps as in the first row, got {len(row)}")
        return len(row) == self.steps


def read_scope(node: Node) -> Mapping[str, str]:
    """A scope as an object of dimension to value."""
    fields = node.fields("dimensions and their values")
    found = {}
    for name in DIMENSIONS:
        values = fields.get(name, dimension_values(name))
        if values is not None and len(values) != 1:
            fields.note(name, "want one value")
        elif values:
            found[name] = values[0]
    fields.close()
    return found
