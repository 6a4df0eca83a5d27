"""Sections of somebody else: passed over before a judge has learnt anything from them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import Rule, Rulebook, Threshold, Timing
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.intake.source_clock import SourceClock
from stream.judge.tally_checks import NotATally, TallyCheck
from stream.messages.records import Stream
from stream.messages.seals import sealed
from stream.messages.tallies import NO_PANE, Kind, Rows, TallyMessage, decode, encode, no_rows
from tests.event_builders import START_S, answer, record

RULE = Rule(
    name="low",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=600_000, warning=80, critical=50, min_answers=1, confidence=0),
)
PLAN = Plan(
    Rulebook(
        rules=(RULE,),
        indicators={"csat": {"scale": "1-5", "positive_from": None}},
        timing=Timing(pane_ms=10_000),
    ),
    1,
)
NOW_MS = 1_767_571_200_000
PANE = NOW_MS // 10_000


def column(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Numbers of a column."""
    return np.array(numbers, np.int64)


ROWS = Rows(column(PANE - 1, PANE), column(PANE - 2, PANE), column(0, 0), column(3, 4), column(-1, 7))
SOUND = TallyMessage(
    kind=Kind.CLOSED,
    source="feedback/0",
    position=10,
    through=PANE,
    clock_ms=NOW_MS + 9_000,
    scopes=[("channel|channel", ("x",))],
    rows=ROWS,
)

CASES: dict[str, Callable[[TallyMessage], TallyMessage]] = {
    "a scope that is not there": lambda s: replace(s, rows=replace(ROWS, scope=column(0, 1))),
    "a scope below the first": lambda s: replace(s, rows=replace(ROWS, scope=column(-1, 0))),
    "a cell that is not there": lambda s: replace(s, rows=replace(ROWS, cell=column(3, 10**6))),
    "columns of several lengths": lambda s: replace(s, rows=replace(ROWS, count=column(1))),
    "a pane to come": lambda s: replace(s, rows=replace(ROWS, closing=column(PANE, PANE + 9))),
    "rows of another order": lambda s: replace(s, rows=replace(ROWS, closing=column(PANE, PANE - 1))),
    "a count beyond measure": lambda s: replace(s, rows=replace(ROWS, count=column(1, -(10**18)))),
    "more scopes than rows": lambda s: replace(s, scopes=[*s.scopes, *s.scopes, *s.scopes]),
    "too many values": lambda s: replace(s, scopes=[("channel|channel", ("x", "y", "z"))]),
    "panes to come are closed": lambda s: replace(s, through=10**18),
    "a clock of the year 3000": lambda s: replace(s, clock_ms=32_503_680_000_000),
    "a clock of next week": lambda s: replace(s, clock_ms=NOW_MS + 7 * 86_400_000),
    "a position beyond measure": lambda s: replace(s, position=2**63 - 1),
    "a silence before time": lambda s: replace(s, quiet_ms=-1),
    "panes closed without an event": lambda s: replace(s, clock_ms=None),
}


def check(section: TallyMessage) -> None:
    """As it comes off the wire."""
    TallyCheck(PLAN).check(decode(encode(section)), NOW_MS)


def test_what_is_ours_passes() -> None:
    """Also a source that has closed nothing, and groupings that only other rules know."""
    check(SOUND)
    check(replace(SOUND, scopes=[("stage,team|stage", ("x",))]))
    check(
        TallyMessage(
            kind=Kind.IDLE, source="feedback/0", position=0, through=NO_PANE, clock_ms=None, quiet_ms=31_000
        )
    )


@pytest.mark.parametrize("lead_s", [5, 14, 31, 120, 290])
def test_open_panes_of_our_own_intake_pass_however_far_ahead_of_its_clock(lead_s: int) -> None:
    """A producer whose clock is ahead moves no watermark, and stops nobody's silence from being told."""
    intake, start_ms = Intake(PLAN, 0), START_S * 1000
    steady = [record(answer(n, n / 10), n, timestamp=start_ms + 100 * n) for n in range(20)]
    ahead = record(answer(20, 2 + lead_s), 20, timestamp=start_ms + 2_000)
    intake.feed(Stream.FEEDBACK, [*steady, ahead])
    told = [each for shard in intake.open_sections({Stream.FEEDBACK: 31_000}) for each in shard]
    assert sum(int(each.rows.count.sum()) for each in told) >= 21
    for section in told:
        TallyCheck(PLAN).check(decode(encode(section)), start_ms + 35_000)


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_ours_is_refused(name: str) -> None:
    """In words that hold nothing of the record."""
    with pytest.raises(NotATally):
        check(CASES[name](SOUND))


@pytest.mark.parametrize("lateness_ms", [0, 10_000, 3_600_000])
@pytest.mark.parametrize(
    ("theirs_ms", "told"),
    [(1_000, "1s"), (5_000, "5s"), (60_000, "1m"), (3_600_000, "1h"), (86_400_000, "1d")],
)
def test_panes_of_another_length_are_told(theirs_ms: int, told: str, lateness_ms: int) -> None:
    """Of longer ones the numbers are smaller: they were taken for old news, and nothing was judged."""
    clock = SourceClock(name="feedback/0", pane_ms=theirs_ms, lateness_ms=lateness_ms)
    for later_ms in (0, 7_000, 86_399_000):
        clock.advance(NOW_MS + later_ms)
        section = replace(SOUND, through=clock.through, clock_ms=clock.clock_ms, scopes=[], rows=no_rows())
        with pytest.raises(NotATally, match=f"its panes are of {told}, ours of 10s: "):
            check(section)


@given(
    st.integers(1, 864_000).filter(lambda n: 86_400_000 % n == 0),
    st.integers(0, 86_400_000),
    st.integers(0, 4_000_000_000_000),
)
def test_panes_of_ours_pass(panes: int, lateness_ms: int, clock_ms: int) -> None:
    """Whatever the lateness, and whenever it is."""
    pane_ms = 86_400_000 // panes
    clock = SourceClock(name="feedback/0", pane_ms=pane_ms, lateness_ms=lateness_ms)
    clock.advance(clock_ms)
    if clock.through >= 0:
        plan = Plan(replace(PLAN.rulebook, timing=Timing(pane_ms=pane_ms, lateness_ms=lateness_ms)), 1)
        section = replace(SOUND, through=clock.through, clock_ms=clock_ms, scopes=[], rows=no_rows())
        TallyCheck(plan).check(section, 0)


def test_a_scope_that_is_not_text() -> None:
    """Scopes are read when they are first met, and remembered once all of them could be."""
    checks, wire = TallyCheck(PLAN), encode(SOUND)
    bad = decode(sealed(wire.replace(b"\xa1x", b"\xa1\xff")))
    for _ in range(2):
        with pytest.raises(NotATally):
            checks.check(bad, NOW_MS)
    checks.check(decode(wire), NOW_MS)
