"""A judge's snapshot: its memory as bytes, which a judge of the same or another plan can take up again.

Rows are numbered anew, scopes, rules and cells go by their names.  What the other plan does not know is left
out, what only it knows starts empty.  Nothing fits where panes have another length.  Alerts that are left
out are orphans, of which somebody must be told.
"""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from alerts.board import Board
from alerts.episodes import Episode
from alerts.states import State
from stream.indicators.cells import CELL, CELLS, TIMES_FROM
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.moves import Ranked
from stream.judge.pending import Counts, Ints
from stream.judge.removed_rules import goes_on, kept, orphans
from stream.judge.scope_codes import ROW_BITS, ROW_MASK
from stream.judge.snapshot_format import (
    COLUMNS,
    VERSION,
    About,
    Alert,
    Arrays,
    Grouped,
    Header,
    Open,
    Rolling,
    arrays_of,
)
from stream.judge.state import Memory
from stream.judge.watermarks import Portion
from stream.judge.windows.held_times import places_of, rows_and_codes
from stream.judge.windows.sliding import Window, WindowState
from stream.judge.windows.slotted import Slotted, joined
from stream.messages.tallies import NO_PANE, Rows, together


def dump(memory: Memory, rules: dict[str, About]) -> list[bytes]:
    """A copy of the memory: a header and the arrays.  `rules` are those with alerts that go on."""
    arrays = Arrays()
    used = [group.scopes.used() for group in memory.groups]
    waiting = memory.pending.all()
    single = waiting.cell >= TIMES_FROM
    header = Header(
        version=VERSION,
        pane_ms=memory.sources.timing.pane_ms,
        cells=list(CELLS),
        judged=memory.judged,
        first_pane=memory.first_pane,
        forget_ms=memory.forget_ms,
        epoch_ms=memory.sources.epoch_ms,
        wall_ms=memory.sources.wall_ms,
        leap_ms=memory.sources.leap_ms,
        sources=memory.sources.progress,
        provisional=[_open(arrays, name, held) for name, held in memory.sources.provisional.items()],
        groups=[_grouped(arrays, group, rows) for group, rows in zip(memory.groups, used, strict=True)],
        pending=_pending(arrays, waiting.only(~single), used),
        pending_times=_pending(arrays, waiting.only(single), used),
        arrays=arrays.described,
        rules=rules,
        orphans=memory.astray.orphans,
        lost=memory.astray.lost,
        expects=memory.expects,
    )
    return [msgspec.msgpack.encode(header), arrays.joined()]


def load(memory: Memory, chunks: Sequence[bytes]) -> None:
    """Fill an empty memory from what `dump` gave, as far as its plan knows what is in it.

    Raises:
        msgspec.DecodeError: these are not a judge's snapshot.
    """
    header = msgspec.msgpack.decode(chunks[0], type=Header)
    if header.version != VERSION:
        return
    memory.astray.orphans += header.orphans
    memory.astray.lost += header.lost
    fits = header.pane_ms == memory.sources.timing.pane_ms
    for grouped in header.groups:
        number = memory.codes.numbers.get(grouped.key)
        ranked = memory.groups[number].ranked if fits and number is not None else ()
        memory.astray.orphans += orphans(header, grouped, kept(ranked, grouped))
    if fits:
        _Loader(memory, header, b"".join(chunks[1:])).load()
    else:
        for each in memory.sources.progress.values():
            each.midway = True


def _open(arrays: Arrays, name: str, held: Portion) -> Open:
    single = held.rows.cell >= TIMES_FROM
    columns, times = (
        [arrays.put(getattr(held.rows.of(part), column)) for column in COLUMNS] for part in (~single, single)
    )
    return Open(name, list(held.scopes), columns, times)


def _grouped(arrays: Arrays, group: Group, used: Ints) -> Grouped:
    place = {row: number for number, row in enumerate(used.tolist())}
    return Grouped(
        key=group.grouping.key,
        scopes=[group.scopes.values(row) for row in used.tolist()],
        seen_ms=arrays.put(group.scopes.seen_ms[used]),
        windows=[_rolling(arrays, window, used) for window in group.all_windows()],
        alerts=[alert for board, ranked in group.boards() for alert in _alerts(board, ranked, place)],
        detectors={
            each.rule.name: {
                key: arrays.put(array[used] if len(array) == group.scopes.room else array)
                for key, array in each.input.state().items()
            }
            for each in group.watches
        },
        firings=[firing for board, ranked in group.boards() for firing in _firings(board, ranked, place)],
        asks={each.rule.name: each.asks for each in group.ranked},
    )


def _rolling(arrays: Arrays, window: Window, used: Ints) -> Rolling:
    state = window.state()
    kept, waiting = state.counts
    return Rolling(
        window_ms=window.window_ms,
        slot_panes=window.slot_panes,
        cells=arrays.put(window.layout.cells),
        last=state.last,
        kept=_slotted(arrays, kept, window.layout.width, used),
        waiting=_slotted(arrays, waiting, window.layout.width, used),
        hours=window.hours.text,
        times=[number for part in state.times for number in _times(arrays, part, used)],
    )


def _times(arrays: Arrays, some: Slotted, used: Ints) -> list[int]:
    rows, codes = rows_and_codes(some.places)
    places = places_of(np.searchsorted(used, rows), codes)
    return [arrays.put(array) for array in (some.enters, some.slot, places, some.counts)]


def _slotted(arrays: Arrays, some: Slotted, width: int, used: Ints) -> list[int]:
    rows, columns = np.divmod(some.places.astype(np.int64), width)
    places = np.searchsorted(used, rows) * width + columns
    return [arrays.put(array) for array in (some.enters, some.slot, places, some.counts)]


def _alerts(board: Board, ranked: Sequence[Ranked], place: dict[int, int]) -> Iterable[Alert]:
    for (row, column), episode in board.episodes().items():
        yield Alert(
            rule=ranked[column].rule.name,
            row=place[row],
            state=board.state(row, column),
            started_at_ms=episode.started_at_ms,
            severity=episode.severity,
            seq=episode.seq,
            due_ms=episode.due_ms,
            healthy_ms=episode.healthy_ms,
        )


def _firings(
    board: Board, ranked: Sequence[Ranked], place: dict[int, int]
) -> Iterable[tuple[str, int, list[int]]]:
    for (row, column), when_ms in board.recent.when.items():
        yield ranked[column].rule.name, place[row], list(when_ms)


def _pending(arrays: Arrays, waiting: Counts, used: list[Ints]) -> list[int]:
    code = waiting.code.copy()
    for number, rows in enumerate(used):
        mine = code >> ROW_BITS == number
        code[mine] = (number << ROW_BITS) | np.searchsorted(rows, code[mine] & ROW_MASK)
    return [arrays.put(array) for array in (waiting.due, code, waiting.pane, waiting.cell, waiting.count)]


class _Loader:
    """One loading; keeps what all its steps need."""

    def __init__(self, memory: Memory, header: Header, data: bytes) -> None:
        self._memory = memory
        self._header = header
        self._arrays = arrays_of(header.arrays, data)
        self._cells = np.array([CELL.get(name, -1) for name in header.cells], np.int64)

    def load(self) -> None:
        memory, header = self._memory, self._header
        memory.closed = memory.judged = header.judged
        memory.first_pane = header.first_pane
        memory.forget_ms = header.forget_ms
        memory.sources.epoch_ms, memory.sources.wall_ms = header.epoch_ms, header.wall_ms
        memory.sources.leap_ms = header.leap_ms
        memory.sources.progress.update(
            {name: each for name, each in header.sources.items() if name in memory.sources.progress}
        )
        for held in header.provisional:
            if held.source in memory.sources.progress:
                memory.sources.provisional[held.source] = self._portion(held)
        numbers = [self._group(grouped) for grouped in header.groups]
        self._pending(np.array(numbers, np.int64), header.pending, self._cells)
        if header.pending_times:
            self._pending(np.array(numbers, np.int64), header.pending_times)
        memory.expects = header.expects or memory.judged != NO_PANE
        if memory.expects:  # of rules that are new, too, from here on
            memory.expect_named((memory.judged + 1) * memory.sources.timing.pane_ms)
        if memory.judged != NO_PANE:
            memory.settle(memory.judged)

    def _portion(self, held: Open) -> Portion:
        columns = [self._arrays[number] for number in held.columns]
        columns[COLUMNS.index("cell")] = self._cells[columns[COLUMNS.index("cell")]]
        rows = Rows(*columns)
        times = [self._arrays[number] for number in held.times]
        return Portion(held.scopes, together(rows, Rows(*times)) if times else rows)

    def _group(self, grouped: Grouped) -> int:
        """Fill the group that goes by the same name; its number, -1 if there is none."""
        number = self._memory.codes.numbers.get(grouped.key, -1)
        if number >= 0:
            group = self._memory.groups[number]
            group.rows_of(grouped.scopes)
            group.scopes.seen_ms[: len(grouped.scopes)] = self._arrays[grouped.seen_ms]
            windows = {span.order: window for span, window in group.windows.items()}
            for rolling in grouped.windows:
                window = windows.get((rolling.window_ms, rolling.hours))
                if window is not None and window.slot_panes == rolling.slot_panes:
                    self._window(window, rolling)
            self._alerts(group, grouped)
        return number

    def _window(self, window: Window, rolling: Rolling) -> None:
        cells = self._cells[self._arrays[rolling.cells]]
        columns = np.where(cells < 0, -1, window.layout.column_of[cells])
        kept, waiting = (self._slotted(window, columns, each) for each in (rolling.kept, rolling.waiting))
        none = joined([])
        times = [self._arrays[number] for number in rolling.times]
        single = (Slotted(*times[:4]), Slotted(*times[4:])) if times else (none, none)
        window.load(WindowState(rolling.last, (kept, waiting), single))

    def _slotted(self, window: Window, columns: Ints, numbers: list[int]) -> Slotted:
        enters, slot, places, counts = (self._arrays[number] for number in numbers)
        rows, column = np.divmod(places, len(columns))
        column = columns[column]
        known = column >= 0
        places, counts = window.layout.compact(
            rows[known] * window.layout.width + column[known], counts[known]
        )
        return Slotted(enters[known], slot[known], places, counts)

    def _alerts(self, group: Group, grouped: Grouped) -> None:
        known = kept(group.ranked, grouped)
        cells = {
            each.rule.name: (board, column)
            for board, ranked in group.boards()
            for column, each in enumerate(ranked)
            if each.rule.name in known
        }
        for alert in grouped.alerts:
            if goes_on(alert, grouped, known):
                board, column = cells[alert.rule]
                episode = Episode(
                    alert.started_at_ms, alert.severity, alert.seq, alert.due_ms, alert.healthy_ms
                )
                board.put((alert.row, column), State(alert.state), episode)
        for rule, row, when_ms in grouped.firings:
            if rule in cells:
                board, column = cells[rule]
                board.recent.when[row, column] = list(when_ms)
        for each in group.watches:
            state = grouped.detectors.get(each.rule.name)
            if state and each.rule.name in known:
                each.input.load({key: self._arrays[number] for key, number in state.items()})

    def _pending(self, numbers: Ints, columns: list[int], cells: Ints | None = None) -> None:
        """Put back what waits; `numbers` and `cells` (None: single times) are those of now."""
        due, code, pane, cell, count = (self._arrays[number] for number in columns)
        if len(code):
            number, cell = numbers[code >> ROW_BITS], cell if cells is None else cells[cell]
            counts = Counts(due, (number << ROW_BITS) | (code & ROW_MASK), pane, cell, count)
            self._memory.pending.add(counts.only((number >= 0) & (counts.cell >= 0)))
