"""Sources: when a pane is closed for a judge."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import pytest

from alerts.rules import Timing
from stream.indicators.cells import CELLS
from stream.judge.watermarks import SourceProgress, WatermarkAligner
from stream.messages.tallies import NO_PANE, Kind, TallyMessage
from tests.builders import Counted, section_of

A, B = "feedback/0", "feedback/1"
KEY = ("channel|channel", ("phone",))
PANE_S = 10


def sources() -> WatermarkAligner:
    """Two sources, panes and lateness of 10 s, idle after 30 s."""
    return WatermarkAligner.expecting((A, B), Timing())


def closed(source: str, through: int, position: int = 1) -> TallyMessage:
    """A source has closed a pane; its clock is two panes of 10 s past it."""
    return section_of(source, through, position=position)


def idle(source: str, quiet_s: int, through: int = NO_PANE, position: int = 1) -> TallyMessage:
    """A source has been quiet."""
    clock_ms = None if through == NO_PANE else (through + 2) * PANE_S * 1000
    return section_of(source, through, (), Kind.IDLE, position, quiet_s * 1000, clock_ms)


def active(source: str, position: int = 2) -> TallyMessage:
    """A source has records again."""
    return section_of(source, NO_PANE, (), Kind.ACTIVE, position)


def after(steps: Iterable[tuple[int, TallyMessage]]) -> int:
    """The last closed pane after sections at wall times in seconds."""
    of = sources()
    for wall_s, section in steps:
        list(of.take(section, wall_s * 1000, NO_PANE))
    return of.closed_through()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # Nothing is closed before the first event of any source, however quiet it is.
        ([], NO_PANE),
        ([(100, idle(A, 100)), (100, idle(B, 100)), (900, idle(A, 900)), (900, idle(B, 900))], NO_PANE),
        # The slowest source decides; one that was never heard of holds everything back.
        ([(0, closed(A, 5)), (0, closed(B, 3))], 3),
        ([(0, closed(A, 5))], NO_PANE),
        # A source that never has data is idle 30 s after the epoch's start, not before.
        ([(100, closed(A, 5)), (129, idle(B, 500))], NO_PANE),
        ([(100, closed(A, 5)), (130, idle(B, 500))], 5),
        # Silence is counted from the start of the quiet period, too.
        ([(100, closed(A, 5)), (200, idle(B, 29))], NO_PANE),
        ([(100, closed(A, 5)), (135, active(A)), (170, active(A)), (200, idle(B, 30))], 5),
        # A source that wakes is waited for again.
        ([(0, closed(A, 5)), (0, closed(B, 3)), (35, idle(B, 35, 3)), (41, closed(A, 9, 2))], 9),
        ([(0, closed(A, 5)), (0, closed(B, 3)), (35, idle(B, 35, 3)), (41, active(B))], 3),
        # A short pause is no idleness.
        ([(0, closed(A, 5)), (0, closed(B, 3)), (20, idle(B, 20, 3))], 3),
        # When all are idle, time goes on from the greatest event time (70 s) by the wall clock: 10 s of
        # lateness, so that after 35 s of quiet panes end at 70 + 35 - 10 = 95 s.
        ([(0, closed(A, 5)), (0, closed(B, 3)), (35, idle(A, 35, 5)), (35, idle(B, 35, 3))], 8),
        # A replay of an old log after an idle time starts an epoch: each source is waited for again.
        (
            [
                (0, closed(A, 5)), (0, closed(B, 3)), (35, idle(A, 35, 5)), (35, idle(B, 35, 3)),
                (50, closed(A, 500, 2)), (60, idle(B, 60, 3)),
            ],
            3,
        ),
        (
            [
                (0, closed(A, 5)), (0, closed(B, 3)), (35, idle(A, 35, 5)), (35, idle(B, 35, 3)),
                (50, closed(A, 500, 2)), (80, idle(B, 80, 3)),
            ],
            500,
        ),
        # Old news from a former owner is ignored.
        ([(0, closed(A, 5, 7)), (0, closed(B, 6, 7)), (50, idle(B, 50, 2, 3))], 5),
        ([(0, closed(A, 5, 7)), (0, closed(B, 6, 7)), (50, closed(B, 9, 3))], 5),
        # A new owner counts its own silence, but nothing came in the meantime.
        ([(0, closed(A, 5)), (0, closed(B, 3)), (35, idle(B, 35, 3)), (50, idle(B, 1, 3))], 5),
    ],
)  # fmt: skip
def test_closed_panes(steps: list[tuple[int, TallyMessage]], expected: int) -> None:
    """What is closed after sections at wall times in seconds."""
    assert after(steps) == expected


def test_a_restart_does_not_turn_the_clock_back() -> None:
    """When all are idle and a new owner counts its own silence, event time goes on from where it was."""
    quiet = [(wall_s, idle(each, wall_s, 5)) for wall_s in (33, 66, 100) for each in (A, B)]
    steps = [(0, closed(A, 5)), (0, closed(B, 5)), *quiet]
    assert after(steps) == 15
    assert after([*steps, (110, idle(A, 2, 5)), (110, idle(B, 2, 5))]) == 16


def test_silence_while_nobody_could_write_is_none() -> None:
    """After an outage, producers send what they held back: nobody is idle for 30 s from then."""
    before = [(0, closed(A, 5)), (0, closed(B, 3))]
    outage = [*before, (60, idle(B, 60, 3)), (60, idle(A, 60, 5))]
    assert after(outage) == 3
    held_back = [*outage, (61, active(A)), (61, closed(A, 40, 2)), (89, idle(B, 89, 3))]
    assert after(held_back) == 3
    assert after([*held_back, (90, idle(B, 90, 3))]) == 40
    assert after([*held_back, (89, closed(B, 39, 2))]) == 39


def test_a_stamp_that_is_ahead_keeps_nobody_from_being_idle() -> None:
    """A forged one, or a copy with a clock of its own: what comes after contradicts it, and that is told."""
    hour_s = 3_600
    before = [(100, closed(A, 5)), (100, closed(B, 3)), (131, idle(B, 31, 3)), (132, closed(A, 8, 2))]
    assert after(before) == 8
    forged = [*before, (132 + hour_s, closed(A, 8, 2)), (133, closed(A, 9, 3)), (161, idle(B, 61, 3))]
    assert after(forged) == 3
    assert after([*forged, (163, idle(B, 63, 3))]) == 9
    of = sources()
    for wall_s, section in forged:
        list(of.take(section, wall_s * 1000, NO_PANE))
    assert (of.ahead, of.wall_ms, of.leap_ms) == (1, 161_000, None)


def test_of_two_stamps_that_leap_the_lesser_is_the_time() -> None:
    """Whichever of them comes first."""
    for first_s, second_s in ((200, 9_000), (9_000, 200)):
        of = sources()
        for wall_s in (100, first_s, second_s, 201):
            list(of.take(closed(A, 5), wall_s * 1000, NO_PANE))
        assert (of.ahead, of.wall_ms) == (1, 201_000)


def test_whoever_was_idle_before_an_outage_is_waited_for_after_it() -> None:
    """It may have held back as much as the others."""
    before = [(0, closed(A, 5)), (0, closed(B, 3)), (31, idle(B, 31, 3)), (32, closed(A, 8, 2))]
    assert after(before) == 8
    outage = [*before, (90, closed(A, 40, 3)), (90, idle(B, 90, 3)), (119, idle(B, 119, 3))]
    assert after(outage) == 3
    assert after([*outage, (120, idle(B, 120, 3))]) == 40


def test_what_lacks_the_seal_of_its_source_is_passed_over() -> None:
    """Somebody cuts the seal off and changes the position: all that follows would be old news."""
    ours = sources()
    forged = replace(closed(A, 9, position=1_000), sealed=False)
    for section in (forged, closed(A, 5), forged, closed(B, 5)):
        list(ours.take(section, 0, NO_PANE))
    assert (ours.progress[A].position, ours.progress[A].through, ours.unsealed) == (1, 5, 2)


def test_a_source_of_before_there_were_seals_is_heard_until_it_has_some() -> None:
    """A state of an older version goes on, while its workers are replaced one by one."""
    older = msgspec.msgpack.encode({"position": 1, "through": 5})
    ours = sources()
    ours.progress[A] = msgspec.msgpack.decode(older, type=SourceProgress)
    for position, sealed in ((2, False), (3, True), (4, False)):
        list(ours.take(replace(closed(A, 5 + position, position), sealed=sealed), 0, NO_PANE))
    assert (ours.progress[A].position, ours.unsealed) == (3, 1)


def test_an_unknown_source_is_ignored() -> None:
    """A source of another plan has no say."""
    assert after([(0, closed(A, 5)), (0, closed(B, 5)), (0, closed("joined/0", 1))]) == 5


def portions(of: WatermarkAligner, section: TallyMessage, judged: int) -> list[tuple[int, int]]:
    """Sign and total of what a section adds or takes away."""
    return [(each.sign, int(each.rows.count.sum())) for each in of.take(section, 100_000, judged)]


def counted(pane: int, count: int) -> Counted:
    """Answers of one scope."""
    return Counted(pane, KEY, "csat/1-5/5", count)


def test_rows_are_taken_once() -> None:
    """Rows of panes that were taken before are left out of a section that repeats them."""
    of = sources()
    assert portions(of, section_of(A, 2, [counted(1, 4)]), NO_PANE) == [(1, 4)]
    assert portions(of, section_of(A, 3, [counted(1, 4), counted(3, 2)], position=2), NO_PANE) == [(1, 2)]
    assert portions(of, section_of(A, 3, [counted(3, 2)], position=2), NO_PANE) == []


def test_provisional_rows_are_replaced() -> None:
    """They count when their pane is judged, and are taken away again when the final ones come."""
    of = sources()
    list(of.take(section_of(A, 0), 0, NO_PANE))
    first = section_of(A, 0, [counted(1, 4), counted(9, 1)], Kind.IDLE, 1, 50_000)
    assert portions(of, first, judged=0) == []
    assert _due(of, 0, 3) == [4]
    assert _due(of, 3, 8) == []
    more = section_of(A, 0, [counted(1, 5), counted(9, 1)], Kind.IDLE, 2, 50_000)
    assert portions(of, more, judged=3) == [(-1, 4), (1, 5)]
    assert portions(of, section_of(A, 5, [counted(1, 6)], position=3), judged=3) == [(-1, 5), (1, 6)]
    assert _due(of, 5, 20) == [1]
    assert portions(of, section_of(A, 9, [counted(9, 3)], position=4), judged=5) == [(1, 3)]
    assert of.provisional == {}


def _due(of: WatermarkAligner, judged: int, through: int) -> list[int]:
    return [int(portion.rows.count.sum()) for portion in of.due(judged, through)]


@pytest.mark.parametrize(
    ("stood", "after_pane", "missed"),
    [
        (7, 7, []),
        (7, 5, []),  # sent again by another owner, cut otherwise
        (7, 9, [(A, 8, 9, False)]),
        (7, None, []),  # from before sections told
        (NO_PANE, 9, []),  # a judge that begins in the middle of the log
    ],
)
def test_what_the_log_has_lost_is_found(
    stood: int, after_pane: int | None, missed: list[tuple[str, int, int, bool]]
) -> None:
    """A section that follows on panes that never came; what it has itself counts all the same."""
    of = sources()
    list(of.take(closed(A, stood), 0, NO_PANE))
    section = section_of(A, 12, (Counted(12, KEY, CELLS[0]),), position=2)
    portions = list(of.take(replace(section, after=after_pane), 0, 0))
    assert of.missed == missed
    assert sum(len(portion.rows) for portion in portions) == 1


BEGAN_MS = 3 * PANE_S * 1000


@pytest.mark.parametrize(
    ("after_pane", "midway", "missed"),
    [
        (NO_PANE, False, []),  # its first pane, whether it began with the group or the log
        (9, False, [(A, 3, 9, False)]),
        (9, True, []),  # panes had another length
        (None, False, []),
    ],
)
def test_a_judge_without_a_past_is_told_of_one(
    after_pane: int | None,
    midway: bool,  # noqa: FBT001  # pytest calls by name
    missed: list[tuple[str, int, int, bool]],
) -> None:
    """Tallies and snapshots were deleted, or are short: whoever closes a pane says which it has closed."""
    of = sources()
    of.progress[A].midway = midway
    section = replace(closed(A, 12), began_ms=BEGAN_MS, after=after_pane)
    list(of.take(section, 0, NO_PANE))
    list(of.take(replace(section, through=13, position=2, after=12), 0, NO_PANE))
    assert of.missed == missed


def test_an_intake_that_begins_later_than_it_did_has_lost_its_past() -> None:
    """Its snapshots are gone, and the input does not reach back; told once."""
    of = sources()
    first = replace(closed(A, 12), began_ms=BEGAN_MS, after=NO_PANE)
    for number, began_ms in enumerate((BEGAN_MS, BEGAN_MS - 1, BEGAN_MS + 40_000, BEGAN_MS + 40_000)):
        list(of.take(replace(first, position=number, began_ms=began_ms), 0, NO_PANE))
    assert of.missed == [(A, 2, 6, True)]
