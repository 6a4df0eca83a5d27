"""Scope matchers: which rules watch which scopes, by their `where`, looked up once per scope."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Final

import numpy as np

from alerts.detect.findings import Flags, Ints
from alerts.readings import Scope
from alerts.rules import Rule, Silence
from stream.indicators.plan import Grouping
from stream.judge.evaluation.scopes import ScopeTable, Values


class ScopeMatchers:
    """Rules are columns, scopes are rows."""

    def __init__(self, rules: Sequence[Rule], scopes: ScopeTable) -> None:
        self._rules: Final = tuple(rules)
        self._scopes: Final = scopes
        self._watched: Flags = np.zeros((0, len(rules)), np.bool_)
        self._known: Flags = np.zeros(0, np.bool_)
        named = {dimension for rule in rules for dimension in rule.where}
        self._wanted: Final = {dimension: _wanted(rules, dimension) for dimension in named}
        self.whole: Final = not any(rule.where for rule in rules)
        """Whether every rule watches every scope."""

    def of(self, rows: Ints) -> Flags:
        """Rows by rules."""
        if self.whole:
            return np.ones((len(rows), len(self._rules)), np.bool_)
        more = self._scopes.room - len(self._known)
        if more:
            self._known = np.pad(self._known, (0, more))
            self._watched = np.pad(self._watched, ((0, more), (0, 0)))
        if not self._known[rows].all():
            self._learn(rows[~self._known[rows]])
        found: Flags = self._watched[rows]
        return found

    def forget(self, rows: Ints) -> None:
        """Rows that are about to stand for other scopes."""
        self._known[rows[rows < len(self._known)]] = False

    def _learn(self, rows: Ints) -> None:
        """Find out which rules watch some rows."""
        for row in np.unique(rows).tolist():
            values = dict(self._scopes.scope(row))
            watched = np.ones(len(self._rules), np.bool_)
            for dimension, (wanted, whatever) in self._wanted.items():
                watched &= wanted.get(values.get(dimension, ""), whatever)
            self._watched[row] = watched
            self._known[row] = True


def _wanted(rules: Sequence[Rule], dimension: str) -> tuple[dict[str, Flags], Flags]:
    """Which rules want each value of a dimension that any of them names, and which want any other."""
    sets = [rule.where.get(dimension) for rule in rules]
    whatever = np.array([each is None for each in sets], np.bool_)
    named: dict[str, Flags] = {}
    for place, each in enumerate(sets):
        for value in each or ():
            named.setdefault(value, whatever.copy())[place] = True
    return named, whatever


def watches(rule: Rule, scope: Scope) -> bool:
    """Whether the rule watches the scope."""
    return _matches(rule, dict(scope))


MOST_NAMED: Final = 10_000
"""Scopes that a rule may name: of more none is waited for until it was heard of."""


def named_scopes(rule: Rule, grouping: Grouping, shard: int, shards: int) -> list[Values]:
    """The scopes of a shard that a rule of silence names, by a value of each of its dimensions in `where`."""
    named = isinstance(rule.detect, Silence) and rule.by and all(rule.where.get(dim) for dim in rule.by)
    if not named or prod(len(rule.where[dim]) for dim in rule.by) > MOST_NAMED:
        return []
    scopes = list(product(*(rule.where[dim] for dim in rule.by)))
    kept = grouping.sharded(scopes, shards)
    return [values for values, own in zip(scopes, kept, strict=True) if own == shard]


def _matches(rule: Rule, values: Mapping[str, str]) -> bool:
    return all(values.get(dim, "") in wanted for dim, wanted in rule.where.items())
