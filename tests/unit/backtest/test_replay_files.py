"""Backtest: event files through intake and judge."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.transitions import Transition, encode, utc_text
from stream.backtest.replay_files import WITNESSES, Backtest, too_far
from stream.files.event_files import EventFile
from stream.messages.outcomes import Reason, RecordOutcome
from tests.builders import plan_of
from tests.event_builders import counts

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
DAY_MS = 86_400_000

RULES = """
rules:
  - {name: low, indicator: csat, by: [channel], window: 10m, critical: 50, min_answers: 5, confidence: 0}
  - {name: gone, indicator: abandonment, by: [channel], window: 10m, critical: 50, min_answers: 5,
     confidence: 0}
"""

Event = dict[str, object]


def answer(second: float, score: int = 5, **fields: object) -> Event:
    """Feedback `second` seconds after the start."""
    at_ms = START_MS + round(second * 1000)
    event = {"id": f"f{at_ms}", "at": at_ms, "channel": "phone", "indicator": "csat", "score": score}
    return {**event, **fields}


def call(second: float, **fields: object) -> Event:
    """An interaction `second` seconds after the start."""
    at_ms = START_MS + round(second * 1000)
    return {"id": f"i{at_ms}", "at": at_ms, "channel": "phone", **fields}


def run(
    folder: Path, events: Iterable[Event | bytes], rules: str = RULES, *, as_is: bool = False
) -> tuple[list[Transition], Backtest]:
    """What a file of events comes to."""
    lines = [event if isinstance(event, bytes) else orjson.dumps(event) for event in events]
    path = folder / "events.ndjson"
    path.write_bytes(b"\n".join(lines))
    with EventFile([str(path)], as_is=as_is) as file:
        backtest = Backtest(plan_of(rules), file)
        return list(backtest.run()), backtest


def course(transitions: Iterable[Transition]) -> list[tuple[str, str, str]]:
    """Rule, state and time of each transition."""
    return [(each.rule, each.state, each.at) for each in transitions]


def at(second: float) -> str:
    """A time as transitions carry it."""
    return utc_text(START_MS + round(second * 1000))


def test_a_fall_fires_and_a_recovery_resolves(tmp_path: Path) -> None:
    """At the ends of the panes that decide."""
    bad = [answer(10 * place, 1) for place in range(10)]
    good = [answer(200 + 10 * place, 5) for place in range(20)]
    transitions, _ = run(tmp_path, [*bad, *good])
    # The fifth answer, at second 40, makes five; from second 290 on there are more good ones than bad.
    assert course(transitions) == [("low", "firing", at(50)), ("low", "resolved", at(300))]


def test_it_ends_with_the_pane_of_the_last_event(tmp_path: Path) -> None:
    """That pane is judged, and nothing after it: what fires goes on firing."""
    transitions, backtest = run(tmp_path, [answer(10 * place, 1) for place in range(5)])
    assert course(transitions) == [("low", "firing", at(50))]
    assert backtest.fate.last_ms == START_MS + 40_000


def test_a_stream_with_little_in_it_holds_nobody_up(tmp_path: Path) -> None:
    """One interaction among answers: the judge does not wait for the next."""
    answers = [answer(10 * place, 1) for place in range(60)]
    transitions, _ = run(tmp_path, [call(0), *answers])
    assert course(transitions) == [("low", "firing", at(50))]


def _time_of(event: Any) -> str:
    return str(event["at"])


def test_the_order_of_the_lines_does_not_matter(tmp_path: Path) -> None:
    """They are judged by event time, both kinds together."""
    events: list[Any] = [answer(10 * place, 1) for place in range(10)]
    events += [call(10 * place, event="abandoned") for place in range(10)]
    expected, _ = run(tmp_path, sorted(events, key=_time_of))
    found, _ = run(tmp_path, events[::-1])
    assert [encode(each) for each in found] == [encode(each) for each in expected]
    assert len(found) == 2


def test_as_is_keeps_the_order_as_a_partition_would(tmp_path: Path) -> None:
    """Then events may be late: they count in scores, but rewrite no alert."""
    events = [answer(600, 5), *[answer(10 * place, 1) for place in range(10)]]
    transitions, backtest = run(tmp_path, events, as_is=True)
    assert backtest.fate.outcomes[RecordOutcome.LATE] == 10
    assert [each.state for each in transitions if each.at < at(600)] == []


def test_as_is_streams_do_not_make_each_other_late(tmp_path: Path) -> None:
    """Each is a partition of its own, as long as it has lines to come."""
    events = [call(10 * place, event="abandoned") for place in range(100)]
    events += [answer(10 * place, 1) for place in range(100)]
    transitions, backtest = run(tmp_path, events, as_is=True)
    assert backtest.fate.outcomes[RecordOutcome.LATE] == 0
    assert course(transitions) == [("low", "firing", at(50)), ("gone", "firing", at(50))]


def test_rejects_are_counted_and_shown_with_their_lines(tmp_path: Path) -> None:
    """They stop nothing; empty lines are none."""
    events: list[dict[str, object] | bytes] = [
        answer(0),
        b"{",
        b"",
        answer(1, 9),
        {"id": "x"},
        answer(2),
        answer(2),
    ]
    _, backtest = run(tmp_path, events)
    fate = backtest.fate
    assert fate.read == 6
    assert fate.outcomes == {
        RecordOutcome.ACCEPTED: 2, RecordOutcome.DUPLICATE: 1,
        RecordOutcome.REJECTED: 3, RecordOutcome.LATE: 0,
    }  # fmt: skip
    assert fate.reasons == {Reason.NOT_JSON: 1, Reason.SCORE_OFF_SCALE: 1, Reason.MISSING_FIELD: 1}
    places = {where.rpartition(":")[2]: reason for where, reason, _ in fate.first}
    assert places == {"2": Reason.NOT_JSON, "4": Reason.SCORE_OFF_SCALE, "5": Reason.MISSING_FIELD}


def test_one_wrong_clock_is_refused(tmp_path: Path) -> None:
    """An event more than a day past the watermark makes nobody else late."""
    events = [*[answer(10 * place, 1) for place in range(10)], answer(2 * 86_400)]
    transitions, backtest = run(tmp_path, events)
    assert backtest.fate.reasons == {Reason.FUTURE: 1}
    assert backtest.fate.last_ms == START_MS + 90_000
    assert course(transitions) == [("low", "firing", at(50))]


@pytest.mark.parametrize("as_is", [False, True])
def test_a_holiday_is_believed(tmp_path: Path, as_is: bool) -> None:  # noqa: FBT001
    """A leap of two days that the next events confirm is a time without events."""
    events = [answer(0)] + [answer(2 * 86_400 + place, 1) for place in range(WITNESSES + 1)]
    _, backtest = run(tmp_path, events, as_is=as_is)
    assert backtest.fate.outcomes[RecordOutcome.ACCEPTED] == WITNESSES + 2


def test_an_empty_file_comes_to_nothing(tmp_path: Path) -> None:
    """And is no mistake."""
    transitions, backtest = run(tmp_path, [])
    assert transitions == []
    assert backtest.fate.read == 0


def test_sections_are_heard_before_they_are_judged(tmp_path: Path) -> None:
    """So reports can add up what the judge sees."""
    path = tmp_path / "events"
    path.write_bytes(b"\n".join(orjson.dumps(answer(place)) for place in range(30)))
    heard: list[Any] = []
    with EventFile([str(path)]) as file:
        list(Backtest(plan_of(RULES), file, hear=heard.append).run())
    by_grouping = Counter[str]()
    for (_, _, _, grouping, _, _), count in counts(heard).items():
        by_grouping[grouping] += count
    assert by_grouping["channel|channel"] == 30


@given(
    base=st.lists(st.integers(0, 3 * DAY_MS), min_size=1, max_size=60),
    wild=st.sets(st.integers(0, 59), max_size=3),
)
def test_lonely_leaps_are_found_and_nothing_else(base: list[int], wild: set[int]) -> None:
    """With steps of at most a day minus the lateness, only the wild ones are too far, wherever they stand."""
    steps = np.array(sorted(base), np.int64) // 4  # neighbours are less than a day apart
    at_ms = steps.copy()
    places = sorted(place for place in wild if 0 < place < len(at_ms) - WITNESSES)
    at_ms[places] += 400 * DAY_MS
    assert np.flatnonzero(too_far(at_ms, 10_000)).tolist() == places


def test_the_allowed_leap_is_a_day_past_the_watermark() -> None:
    """The watermark is the greatest time less the lateness."""
    for ahead, refused in ((0, False), (1, True)):
        at_ms = np.array([0, DAY_MS - 10_000 + ahead], np.int64)
        assert too_far(at_ms, 10_000).tolist() == [False, refused]


@pytest.mark.parametrize(
    "days",
    [
        [0, 3, 6],
        [0, 3, 7, 9, 14, 16, 30, 31],
        [0, 0.1, 0.2, 60, 60.01],
        [*(place / 24 for place in range(50)), *(90 + place / 1_000 for place in range(6))],
        [*(place * 0.9 for place in range(12)), 14],
    ],
)
def test_sparse_logs_lose_nothing(days: list[float]) -> None:
    """A few events a week, or a long pause and a burst after it."""
    at_ms = (np.array(days) * DAY_MS).astype(np.int64)
    assert not too_far(at_ms, 10_000).any()


def test_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    """The clock may be right after all."""
    _, backtest = run(tmp_path, [*[answer(10 * place, 1) for place in range(10)], answer(2 * 86_400)])
    assert "If it is right, add to the log what followed" in str(backtest.fate.first)
