"""Codec: batches of records to events with their times, the common ones in one pass."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.timestamps import EARLIEST_MS, LATEST_MS, NO_TIME, read_times
from stream.indicators.cells import CELLS
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.decode import decode_feedback, decode_interactions
from stream.intake.decoding.limits import MAX_BYTES
from stream.messages.records import FileRecords
from tests.event_builders import START_S, Event, answer, contact, record, records

HOUR_MS = 3_600_000


def test_interactions_come_with_their_times() -> None:
    """Their own, and when their case was opened, if they say so."""
    events = [contact(1, 1), contact(2, 2.5, opened_at=START_S), contact(3, at="2027-01-15T08:00:03Z")]
    decoded = decode_interactions(records(events), HOUR_MS)
    assert [event.id for event in decoded.events] == ["i1", "i2", "i3"]
    assert [at_ms - START_S * 1000 for at_ms in decoded.at_ms.tolist()] == [1000, 2500, 3000]
    assert decoded.column.tolist() == [NO_TIME, START_S * 1000, NO_TIME]


def test_feedback_comes_with_its_cells() -> None:
    """The level that each answer stands for."""
    events = [
        answer(1),
        answer(2, score="satisfied"),
        answer(3, indicator="nps", score=0),
        answer(4, interaction_at=START_S),
    ]
    decoded = decode_feedback(records(events), HOUR_MS, ScaleLevels({}))
    assert [CELLS[cell] for cell in decoded.column] == [
        "csat/1-5/5",
        "csat/1-5/4",
        "nps/0-10/0",
        "csat/1-5/5",
    ]
    assert not decoded.rejects


def test_nothing_decodes_to_nothing() -> None:
    """An empty batch is fine."""
    for decoded in (decode_interactions([], HOUR_MS), decode_feedback([], HOUR_MS, ScaleLevels({}))):
        assert (len(decoded.events), len(decoded.at_ms), len(decoded.column), len(decoded.rejects)) == (
            0,
            0,
            0,
            0,
        )


def test_a_value_may_be_as_large_as_kafka_has_them() -> None:
    """One mebibyte is read, one byte more is not."""
    fields = contact(note="")
    spare = MAX_BYTES - len(record(fields).value or b"")
    values = [record(contact(note="x" * (spare + more)), more) for more in (0, 1)]
    decoded = decode_interactions(values, HOUR_MS)
    assert (len(decoded.events), [each.reason.value for each in decoded.rejects]) == (1, ["too_large"])


mixed = st.lists(
    st.one_of(
        st.builds(
            answer, st.integers(0, 99), score=st.one_of(st.integers(0, 7), st.sampled_from(["yes", "good"]))
        ),
        st.builds(answer, at=st.sampled_from([0, "x", START_S, "2027-01-15T08:00:00+01:00"])),
        st.sampled_from([None, b"", b"[]", b"\xff"]),
    ),
    max_size=12,
)


@given(mixed)
def test_batches_are_decoded_as_single_records_are(values: list[Event | bytes | None]) -> None:
    """Events, columns and rejects are those of the records one by one, in order."""
    whole = decode_feedback(records(values), HOUR_MS, ScaleLevels({}))
    single = [decode_feedback([each], HOUR_MS, ScaleLevels({})) for each in records(values)]
    assert list(whole.events) == [event for each in single for event in each.events]
    assert whole.at_ms.tolist() == [at_ms for each in single for at_ms in each.at_ms.tolist()]
    assert whole.column.tolist() == [cell for each in single for cell in each.column.tolist()]
    assert list(whole.rejects) == [reject for each in single for reject in each.rejects]


@given(mixed)
def test_lines_whose_times_are_known_are_decoded_as_any_records(values: list[Event | bytes | None]) -> None:
    """What the event file has read of them is not read again, and changes nothing."""
    lines = [each.value for each in records(values) if each.value is not None]
    own = [event["at"] if isinstance(event, dict) else "" for event in values if event is not None]
    at_ms = read_times(own)
    known = np.where((at_ms < EARLIEST_MS) | (at_ms > LATEST_MS), NO_TIME, at_ms)
    given_ms = decode_feedback(FileRecords(7, lines, known), HOUR_MS, ScaleLevels({}))
    read = decode_feedback(records(lines, 7), HOUR_MS, ScaleLevels({}))
    assert (given_ms.events, given_ms.rejects) == (read.events, read.rejects)
    assert given_ms.at_ms.tolist() == read.at_ms.tolist()
    assert given_ms.column.tolist() == read.column.tolist()
