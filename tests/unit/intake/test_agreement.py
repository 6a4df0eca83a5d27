"""Agreement on the time: one clock that is ahead makes nobody late; all clocks that are on are believed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import DAY_MS, Timing
from stream.columnar.timestamps import NO_TIME
from stream.intake.agreement import CALM, CONTESTED_WITNESSES, WITNESSES, ClockAgreement
from stream.intake.intake import Intake
from stream.messages.outcomes import RecordOutcome
from stream.messages.records import Stream
from tests.builders import plan_of
from tests.event_builders import START_S, answer, closed, contact, counts, ended, record
from tests.hostile import HostileRecord

TIMING = Timing()
PLAN = plan_of("rules: []")
S = 1000
NOW = START_S * S


def agreed(stamps: list[int], at_ms: list[int] | None = None, kind: int = 0) -> list[int]:
    """How far each of some events moves the clock, in seconds past the first timestamp."""
    records = [HostileRecord(n, b"", stamp, timestamp_type=kind) for n, stamp in enumerate(stamps)]
    times = np.array(stamps if at_ms is None else at_ms, np.int64)
    found = ClockAgreement(TIMING).agree(times, np.array(stamps, np.int64), records)
    return [(move - NOW) // S for move in found.clock_ms.tolist()]


def seconds(*stamps: int) -> list[int]:
    """Timestamps."""
    return [NOW + stamp * S for stamp in stamps]


def test_one_clock_that_is_ahead_waits_for_witnesses() -> None:
    """The example of the docstring: an hour ahead, between two that are on."""
    assert agreed(seconds(0, 3480, 60)) == [0, 0, 0]
    assert agreed(seconds(0, 3480, 20)) == [0, 0, 20]


def test_a_quiet_night_is_believed_when_eight_say_so() -> None:
    """But not how far one goes that is an hour past the others once more."""
    night = seconds(0, *range(30_000, 30_000 + 20 * WITNESSES, 20))
    assert agreed(night) == [0] * WITNESSES + [30_000 + 20 * (WITNESSES - 1)]
    assert agreed([*night[:-1], NOW + 33_600 * S])[-1] == 30_000 + 20 * (WITNESSES - 2)
    assert agreed([*night, NOW + 30_160 * S])[-1] == 30_160


def test_a_producer_that_is_contradicted_needs_far_more() -> None:
    """One of three producers an hour ahead is never believed; once it stops, it is forgotten."""
    mixed = [stamp for n in range(300) for stamp in (n, n, 3500 + n)]
    assert max(agreed(seconds(*mixed))) == 299
    run = [4000 + n for n in range(CONTESTED_WITNESSES)]
    assert agreed(seconds(0, 3500, 1, *run))[-2:] == [1, 4000 + CONTESTED_WITNESSES - 1]
    assert agreed(seconds(0, 3500, *[1] * CALM, *run[:WITNESSES]))[-1] == 4000 + WITNESSES - 1


def test_an_event_moves_the_clock_no_further_than_its_record() -> None:
    """A device whose clock is four minutes ahead, through a gateway whose clock is right."""
    assert agreed(seconds(0, 1, 2), seconds(0, 241, 2)) == [0, 1, 2]


def test_old_events_move_it_as_far_as_they_are() -> None:
    """A backlog that is sent at once has no leaps that matter: its timestamps are of today."""
    assert agreed(seconds(0, 0, 1), seconds(-90_000, -50_000, -49_000)) == [-90_000, -50_000, -49_000]


def test_the_brokers_own_time_is_believed_at_once() -> None:
    """Nobody can put it forward."""
    assert agreed(seconds(0, 30_000, 30_001), kind=1) == [0, 30_000, 30_001]
    assert agreed(seconds(0, 30_000), seconds(0, 30_200), kind=1) == [0, 30_000]


def test_without_a_timestamp_an_event_needs_witnesses() -> None:
    """Also the first of all; a day past the agreed time it is refused until it has some."""
    records = [HostileRecord(n, b"", -1) for n in range(WITNESSES)]
    at_ms = np.array([NOW + n * S for n in range(WITNESSES)], np.int64)
    found = ClockAgreement(TIMING).agree(at_ms, np.full(WITNESSES, -1), records)
    assert found.clock_ms.tolist() == [NO_TIME] * (WITNESSES - 1) + [NOW + (WITNESSES - 1) * S]
    clock = ClockAgreement(TIMING)
    clock.agree(at_ms[:1], np.array([NOW]), records[:1])
    far = clock.agree(at_ms + DAY_MS + S, np.full(WITNESSES, -1), records)
    assert list(far.refused) == list(range(WITNESSES - 1))
    assert far.ahead == WITNESSES - 1


stamps_ = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 5, 40, 3500, 90_000]), st.sampled_from([0, 0, 0, 1]), st.booleans()),
    max_size=80,
)


def hostile(steps: list[tuple[int, int, bool]]) -> list[HostileRecord]:
    """Answers a second apart, with clocks that are ahead by so much, some without timestamp."""
    found = []
    for n, (ahead, kind, unstamped) in enumerate(steps):
        own = START_S + n + ahead
        found.append(
            HostileRecord(n, record(answer(n, n + ahead)).value, -1 if unstamped else own * S, None, (), kind)
        )
    return found


@given(stamps_, st.integers(1, 80))
def test_batches_and_snapshots_decide_nothing(steps: list[tuple[int, int, bool]], cut: int) -> None:
    """Every worker and every replay agree on the same time."""
    fed = hostile(steps)
    results: list[Any] = []
    for size in (80, cut):
        rejects: list[Any] = []
        intake, left = Intake(PLAN, 0), counts([])
        for start in range(0, len(fed), size):
            output = intake.feed(Stream.FEEDBACK, fed[start : start + size])
            left.update(counts(closed(output)))
            rejects += output.rejects
            intake = Intake.restore(PLAN, 0, intake.snapshot())
        results.append((left, rejects, intake.watermark_ms(Stream.FEEDBACK), ended(intake)))
    assert results[0] == results[1]


@pytest.mark.parametrize("ahead_s", [3480 + 299, 240])
@pytest.mark.parametrize("stamped", [True, False])
def test_nobody_is_late_because_of_another(ahead_s: int, *, stamped: bool) -> None:
    """A producer whose clock is ahead sends every fourth event; all others count as on time."""
    fed = []
    for n in range(400):
        own = START_S + n / 4 + (ahead_s if n % 4 == 3 else 0)
        stamp = round(own * S) if stamped else START_S * S + n * 250
        fed.append(HostileRecord(n, record(contact(n, own - START_S, customer=f"c{n}")).value, stamp))
    output = Intake(PLAN, 0).feed(Stream.INTERACTIONS, fed)
    assert output.outcomes[RecordOutcome.LATE] == 0
    if stamped:
        assert output.outcomes[RecordOutcome.ACCEPTED] == 400
        assert output.ahead == 100
    assert output.watermark_ms is not None
    assert output.watermark_ms < (START_S + 100) * S
