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
        self.whole: Final = not any(rule.where for rule in rules)
        """Whether every rule watches every scope."""

    def of(self, rows: Ints) -> Flags:
        """Rows by rules."""
        if self.whole:
            return np.ones((len(rows), len(self._rules)), np.bool_)
        more = self._scopes.room - len(self._known)
        self._known = np.pad(self._known, (0, more))
        self._watched = np.pad(self._watched, ((0, more), (0, 0)))
        for row in rows[~self._known[rows]].tolist():
            values = dict(self._scopes.scope(row))
            self._watched[row] = [_matches(rule, values) for rule in self._rules]
            self._known[row] = True
        found: Flags = self._watched[rows]
        return found

    def forget(self, rows: Ints) -> None:
        """Rows that are about to stand for other scopes."""
        self._known[rows[rows < len(self._known)]] = False


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
