"""Saved intakes: what a snapshot says beside its tables, and how it fits a plan that has changed since."""

from collections.abc import Mapping

import msgspec
import numpy as np

from stream.columnar.packing import fitted
from stream.columnar.structured import Table
from stream.columnar.timestamps import NO_TIME, Ints
from stream.indicators.cells import CELL, CELLS, TIMES_FROM
from stream.indicators.plan import Plan
from stream.intake.agreement import SavedAgreement
from stream.intake.dedup import SEEN
from stream.intake.history.answerers import ANSWER, ANSWERED
from stream.intake.history.case_lives import CASE
from stream.intake.history.repeats import HISTORY
from stream.intake.history.satisfaction import HEARD, PAIR
from stream.intake.history.touchpoints import TOUCH
from stream.intake.input_state import InputState
from stream.intake.panes import TALLY
from stream.intake.scoping.cardinality import SavedGuard
from stream.intake.scoping.combinations import Combos, Values
from stream.intake.source_clock import SourceClock
from stream.messages.records import Stream
from stream.messages.tallies import NO_PANE

DTYPES = {
    "ids.interactions": SEEN,
    "ids.feedback": SEEN,
    "open.interactions": TALLY,
    "open.feedback": TALLY,
    "waiting": TOUCH,
    "contacts": HISTORY,
    "cases": CASE,
    "heard": HEARD,
    "pairs": PAIR,
    "answers": ANSWER,
    "answerers": ANSWERED,
}
"""Every table of an intake's state."""
COUNTED = frozenset(name for name, dtype in DTYPES.items() if "cell" in (dtype.names or ()))
"""Tables whose rows name a cell."""


class SavedSource(msgspec.Struct, array_like=True):
    """A source as it stood."""

    next_offset: int
    clock_ms: int
    through: int
    began_ms: int = NO_TIME


class Saved(msgspec.Struct, kw_only=True):
    """What the tables of a snapshot mean: names for their numbers, and the settings that they depend on."""

    dims: tuple[str, ...]
    combos: list[Values]
    cells: dict[int, str]
    pane_ms: int
    match: str
    sources: dict[str, SavedSource]
    guards: dict[str, SavedGuard] = {}
    agreements: dict[str, SavedAgreement] = {}


def header_of(
    plan: Plan,
    combos: Combos,
    cells: dict[int, str],
    inputs: Mapping[Stream, InputState],
) -> Saved:
    """What a snapshot says beside its tables."""
    return Saved(
        dims=plan.used_dims,
        combos=combos.values,
        cells=cells,
        pane_ms=plan.rulebook.timing.pane_ms,
        match=match_of(plan),
        sources={stream.value: _stood(each.source) for stream, each in inputs.items()},
        guards={stream.value: each.guard.saved() for stream, each in inputs.items()},
        agreements={stream.value: each.agreement.saved() for stream, each in inputs.items()},
    )


def inputs_of(saved: Saved | None, plan: Plan, partition: int) -> dict[Stream, InputState]:
    """Both inputs where they stood, or as they begin; the ids are in a table of the snapshot."""
    inputs = {}
    for stream in Stream:
        name = f"{stream.value}/{partition}"
        if saved is None:
            inputs[stream] = InputState.begun(plan, name)
            continue
        guard, agreement = saved.guards.get(stream.value), saved.agreements.get(stream.value)
        inputs[stream] = InputState.begun(plan, name, guard, agreement)
        _resume(inputs[stream].source, saved, stream.value)
    return inputs


def _stood(source: SourceClock) -> SavedSource:
    return SavedSource(source.next_offset, source.clock_ms, source.through, source.began_ms)


def refitted(saved: Saved, tables: Mapping[str, Table], plan: Plan, combos: Combos) -> dict[str, Table]:
    """The tables under another plan: dimensions and cells by name, panes by time.

    Dimensions that are new to the plan are "" in everything from before.  If contacts are matched by
    something else now, their history cannot be told apart any more and starts anew.
    """
    codes = _codes(saved, plan, combos)
    out = {name: fitted(table, DTYPES[name]) for name, table in tables.items() if name in DTYPES}
    if "heard" in tables and "person" in (tables["heard"].dtype.names or ()):  # of 0.2
        out["heard"]["interaction"] = tables["heard"]["person"]
    for name in COUNTED & out.keys():
        out[name] = _named_cells(out[name], saved.cells)
    for table in out.values():
        if "combo" in (table.dtype.names or ()):
            table["combo"] = codes[table["combo"]]
        if saved.pane_ms != plan.rulebook.timing.pane_ms:
            _recut(table, saved.pane_ms, plan.rulebook.timing.pane_ms)
    if "closed_ms" not in (tables["cases"].dtype.names or ()):  # of a version that forgot what was closed
        cases = out["cases"]
        cases["closed_ms"] = np.where(cases["opened_ms"] == NO_TIME, cases["at_ms"], NO_TIME)
    if saved.match != match_of(plan):
        out["contacts"] = out["contacts"][:0]
    return out


def match_of(plan: Plan) -> str:
    """By what contacts are matched."""
    return str(plan.keeps.get("fcr", {}).get("match", ""))


def _resume(source: SourceClock, saved: Saved, stream: str) -> None:
    """Set a source where it stood."""
    stood = saved.sources[stream]
    source.next_offset, source.clock_ms, source.through = stood.next_offset, stood.clock_ms, stood.through
    source.began_ms = stood.began_ms
    if saved.pane_ms != source.pane_ms and stood.through != NO_PANE:
        source.through = (stood.through + 1) * saved.pane_ms // source.pane_ms - 1


def _codes(saved: Saved, plan: Plan, combos: Combos) -> Ints:
    """The new number of each combination that was saved."""
    places = [saved.dims.index(dim) if dim in saved.dims else None for dim in plan.used_dims]
    values = [tuple("" if place is None else combo[place] for place in places) for combo in saved.combos]
    return combos.numbers(values)


def _named_cells(table: Table, names: Mapping[int, str]) -> Table:
    """Cells by their present numbers; those that no longer exist are dropped."""
    numbers = np.full(max(names, default=0) + 1, -1, np.int64)
    for number, name in names.items():
        numbers[number] = CELL.get(name, -1)
    named = table["cell"] < TIMES_FROM
    table["cell"][named] = numbers[table["cell"][named]]
    return table[table["cell"] >= 0]


def used_cells(tables: Mapping[str, Table]) -> dict[int, str]:
    """Names of the cells that rows of the state name."""
    used = np.unique(np.concatenate([tables[name]["cell"] for name in sorted(COUNTED)]))
    return {number: CELLS[number] for number in used.tolist() if number < TIMES_FROM}


def _recut(table: Table, before_ms: int, now_ms: int) -> None:
    """Panes of another length: each goes to the one in which it began."""
    for name in ("pane", "closing"):
        if name in (table.dtype.names or ()):
            table[name] = table[name] * before_ms // now_ms
