"""Sources: when events are late and panes close, by the event time of one input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.intake.source_clock import SourceClock
from stream.messages.tallies import NO_PANE

PANE_MS, LATENESS_MS = 10_000, 10_000


def source(through: int = NO_PANE) -> SourceClock:
    """One with ten-second panes and ten seconds of lateness."""
    return SourceClock(name="feedback/0", pane_ms=PANE_MS, lateness_ms=LATENESS_MS, through=through)


def test_a_source_without_events_knows_no_time() -> None:
    """Nothing is closed and no time is known before the first event."""
    fresh = source()
    assert (fresh.watermark_ms, fresh.newest_ms, fresh.through) == (None, None, NO_PANE)
    assert not fresh.advance(fresh.clock_ms)


def test_a_pane_closes_when_the_watermark_passes_its_end() -> None:
    """Pane 0 ends at 10 s, so it closes with the first event at 20 s."""
    one = source()
    assert one.advance(19_999)
    assert one.through == -1
    assert one.advance(20_000)
    assert (one.through, one.watermark_ms, one.newest_ms) == (0, 10_000, 20_000)
    assert not one.advance(29_999)
    assert one.advance(30_000)


def test_neither_clock_nor_panes_go_back() -> None:
    """An older event changes nothing, nor does a greater lateness after a restart."""
    one = source()
    one.advance(100_000)
    assert not one.advance(50_000)
    assert one.newest_ms == 100_000
    patient = SourceClock(
        name="feedback/0",
        pane_ms=PANE_MS,
        lateness_ms=60_000,
        next_offset=5,
        clock_ms=100_000,
        through=one.through,
    )
    assert not patient.advance(100_000)
    assert patient.through == one.through


def test_an_event_below_the_watermark_is_late() -> None:
    """Late means before the watermark as it stood when the event came; its pane may still be open."""
    at_ms, before_ms = np.array([14_999, 15_000, 3_000]), np.array([25_000, 25_000, 25_000])
    closing, late = source().place(at_ms, before_ms)
    assert late.tolist() == [True, False, True]
    assert closing.tolist() == [1, 1, 1]


def test_what_has_closed_carries_nothing_more() -> None:
    """With panes closed further than the watermark says, late events ride on the next that is open."""
    closing, _ = source(through=7).place(np.array([3_000, 95_000]), np.array([25_000, 25_000]))
    assert closing.tolist() == [8, 9]


@given(st.lists(st.integers(0, 100_000), min_size=1), st.integers(1, 9))
def test_clocks_do_not_depend_on_batches(times: list[int], cut: int) -> None:
    """The clock before each event is the greatest time before it, in whatever batches they come."""
    one, found = source(), []
    for first in range(0, len(times), cut):
        part = np.array(times[first : first + cut])
        clocks = one.clocks(part)
        found += clocks[:-1].tolist()
        one.advance(int(clocks[-1]))
    expected = [max(times[:place], default=source().clock_ms) for place in range(len(times))]
    assert found == expected
