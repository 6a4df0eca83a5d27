"""Emission: tallies by combination of dimension values become sections, one per judge."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from stream.columnar.numbering import Codes
from stream.columnar.runs import by_number, sums_by
from stream.columnar.structured import Table
from stream.columnar.timestamps import NO_TIME, Ints
from stream.indicators.cells import CELLS, EXACT_BELOW, TIME_CODES, TIMES_FROM
from stream.indicators.formulas import Flags
from stream.indicators.needs import cells_read, times_read
from stream.indicators.plan import Plan
from stream.intake.scoping.combinations import Combos
from stream.intake.scoping.sharding import ScopeNumbers
from stream.intake.source_clock import SourceClock
from stream.messages.tallies import Kind, Rows, TallyMessage, no_rows


class Emitter:
    """Cuts what a source has to say into one section per shard."""

    def __init__(self, plan: Plan, combos: Combos) -> None:
        self._shards = plan.partitions
        self._combos = combos
        read = list(cells_read(plan).values())
        cells = np.array(read, np.bool_).reshape(len(read), len(CELLS)).T
        self._read: Flags = np.concatenate([cells, np.array([list(times_read(plan).values())], np.bool_)])
        self._plan = plan
        self.start_anew()

    def start_anew(self) -> None:
        """Combinations have been put back: their scopes are numbered anew."""
        self._scopes = ScopeNumbers(self._plan.used_dims, self._plan.groupings, self._plan.partitions)

    def retain(self, codes: Ints) -> None:
        """Combinations have been numbered anew: `codes` is what their `retain` gave, for rising numbers."""
        self._scopes.retain(self._combos, codes)

    def silence(self) -> list[list[TallyMessage]]:
        """Nothing to say to any shard."""
        return [[] for _ in range(self._shards)]

    def sections(
        self, kind: Kind, source: SourceClock, rows: Table, quiet_ms: int = 0
    ) -> list[list[TallyMessage]]:
        """A section for every shard, with its rows or without any."""
        bare = TallyMessage(
            kind=kind,
            source=source.name,
            position=source.next_offset,
            through=source.through,
            clock_ms=source.newest_ms,
            quiet_ms=quiet_ms,
            began_ms=None if source.began_ms == NO_TIME else source.began_ms,
            after=source.after if kind is Kind.CLOSED else None,
        )
        found = self._by_scope(rows) if len(rows) else no_rows()
        shard = self._scopes.shards(found.scope)
        order = by_number(shard)
        bounds = np.searchsorted(shard[order], np.arange(self._shards + 1)).tolist()
        return [[self._cut(bare, found, order[first:last])] for first, last in pairwise(bounds)]

    def _by_scope(self, rows: Table) -> Rows:
        scope_of = self._scopes.of(self._combos, rows["combo"])
        return _by_scope(rows, scope_of, self._read, len(self._scopes))

    def _cut(self, bare: TallyMessage, found: Rows, own: Ints) -> TallyMessage:
        """The rows at the places `own`."""
        if not len(own):
            return bare
        scope = found.scope[own]
        used, number = _numbered(scope, len(self._scopes))
        rows = Rows(found.closing[own], found.pane[own], number, found.cell[own], found.count[own])
        return replace(bare, scopes=self._scopes.named(self._combos, used), rows=rows)


def _numbered(scope: Ints, scopes: int) -> tuple[Ints, Ints]:
    """The distinct ones among `scope`, in order, and the place of each in them; all are below `scopes`."""
    if scopes < 2 * len(scope):
        used = np.bincount(scope, minlength=scopes) > 0
        return np.flatnonzero(used), (np.cumsum(used) - 1)[scope]
    ordered = np.sort(scope)  # does not grow with what there is beside them
    distinct = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]
    place = np.empty(scopes, np.int64)
    place[distinct] = np.arange(len(distinct))
    return distinct, place[scope]


def _by_scope(rows: Table, scope_of: Codes, read: Flags, scopes: int) -> Rows:
    """Tallies of every grouping's scopes, added up, in the order of closing, pane, scope and cell.

    `rows` are in the order of closing and pane, as `merged` leaves them.  `scope_of` has a row per
    combination, `read` one per cell and one for all times, and both a column per grouping.
    """
    cell = rows["cell"].astype(np.int64)
    timed = bool((cell >= TIMES_FROM).any())
    wanted = np.flatnonzero(read[np.minimum(cell, len(CELLS))])
    if not len(wanted):
        return no_rows()
    row, grouping = np.divmod(wanted, scope_of.shape[1])
    closing, pane = rows["closing"], rows["pane"]
    moved = (closing[1:] != closing[:-1]) | (pane[1:] != pane[:-1])
    group = np.concatenate([[0], np.cumsum(moved)])
    scope = scope_of[rows["combo"][row], grouping].astype(np.int64)
    width = TIMES_FROM + TIME_CODES if timed else len(CELLS)
    key = (group[row] * scopes + scope) * width + cell[row]
    firsts, count = sums_by(key, rows["count"][row])
    counted = count != 0
    if timed:
        counted &= _few(key[firsts], width)
    kept = firsts[counted]
    own = row[kept]
    return Rows(closing[own], pane[own], scope[kept], cell[own], count[counted])


def _few(keys: Ints, width: int) -> Flags:
    """All tallies but the single times of a scope and pane that has many: no quantile is read from them.

    `keys` ascend; what two of a scope and pane have in common is the key by `width`.
    """
    timed = keys % width >= TIMES_FROM
    _, place, times = np.unique(keys[timed] // width, return_inverse=True, return_counts=True)
    few = np.ones(len(keys), np.bool_)
    few[timed] = (times < EXACT_BELOW)[place]
    return few
