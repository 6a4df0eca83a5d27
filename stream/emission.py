"""Emission: tallies by combination of dimension values become sections, one per judge."""

from dataclasses import replace

import numpy as np

from stream.combos import Combos, Scopes
from stream.hashtable import Table
from stream.panes import packed
from stream.plan import Plan
from stream.sections import Kind, Rows, Section, no_rows
from stream.source import Source
from stream.times import Ints


class Emitter:
    """Cuts what a source has to say into one section per shard."""

    def __init__(self, plan: Plan, combos: Combos) -> None:
        self._plan = plan
        self._shards = plan.partitions
        self._combos = combos
        self.restart()

    def restart(self) -> None:
        """Forget the scopes: combinations have been numbered anew."""
        self._scopes = Scopes(self._plan.used_dims, self._plan.groupings, self._shards)

    def silence(self) -> list[list[Section]]:
        """Nothing to say to any shard."""
        return [[] for _ in range(self._shards)]

    def sections(self, kind: Kind, source: Source, rows: Table, quiet_ms: int = 0) -> list[list[Section]]:
        """A section for every shard, with its rows or without any."""
        bare = Section(kind, source.name, source.next_offset, source.through, source.newest_ms, quiet_ms)
        scope_of = self._scopes.of(self._combos)
        found = _by_scope(rows, scope_of) if len(rows) else no_rows()
        shard = self._scopes.shards(found.scope)
        return [[self._cut(bare, found, shard == number)] for number in range(self._shards)]

    def _cut(self, bare: Section, found: Rows, own: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Section:
        if not own.any():
            return bare
        used, scope = np.unique(found.scope[own], return_inverse=True)
        rows = Rows(found.closing[own], found.pane[own], scope, found.cell[own], found.count[own])
        return replace(bare, scopes=self._scopes.named(used), rows=rows)


def _by_scope(rows: Table, scope_of: Ints) -> Rows:
    """Tallies of every grouping's scopes, added up, in the order of closing, pane, scope and cell."""
    groupings = scope_of.shape[1]
    scope = scope_of[rows["combo"]].T.ravel()
    closing, pane, cell, count = (
        np.tile(rows[name], groupings) for name in ("closing", "pane", "cell", "count")
    )
    key = packed([closing, pane, scope, cell])
    order = np.argsort(key)
    first = np.flatnonzero(np.diff(key[order], prepend=key[order[0]] - 1))
    head = order[first]
    total = np.add.reduceat(count[order], first)
    kept = head[total != 0]
    return Rows(closing[kept], pane[kept], scope[kept], cell[kept].astype(np.int64), total[total != 0])
