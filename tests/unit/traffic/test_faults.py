"""Mess: what bad producers do to good traffic, in the shares declared."""

from collections import Counter
from itertools import islice

import pytest

from alerts.rules import DAY_MS, HOUR_MS
from stream.files.rule_files import starter
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.messages.outcomes import RecordOutcome
from stream.messages.records import FileRecord, Stream
from stream.traffic.faults import SPOILERS_OF, messed
from stream.traffic.generator import Message, Traffic
from stream.traffic.profiles import SCENARIOS, Mess

DAWN_MS = 1_772_000_000_000 // DAY_MS * DAY_MS + 6 * HOUR_MS
HEALTHY = SCENARIOS["day"]
MESS = Mess(bad=0.02, duplicates=0.05, disordered=0.2, late=0.02)


def test_mess_spoils_repeats_and_delays_in_the_shares_declared() -> None:
    """About the declared share of messages is bad, doubled or late; nothing else is lost or changed."""
    clean = list(islice(Traffic(HEALTHY, DAWN_MS, 50, seed=1), 20_000))
    sent = list(messed(clean, MESS, seed=2))
    values = Counter(message.value for message in clean)
    kept = [message for message in sent if message.value in values]
    assert len(sent) == pytest.approx(len(clean) * 1.05, rel=0.01)
    assert len({m.value for m in kept}) == pytest.approx(len(clean) * 0.98, rel=0.005)
    assert [m.due_ms for m in sent] == sorted(m.due_ms for m in sent)


def test_no_mess_changes_nothing() -> None:
    """With all shares zero the messages pass as they are."""
    clean = list(islice(Traffic(HEALTHY, DAWN_MS, 50), 1_000))
    none = Mess(bad=0, duplicates=0, disordered=0, late=0)
    assert list(messed(clean, none, seed=1)) == clean


def _outcomes(messages: list[Message], stream: Stream) -> Counter[RecordOutcome]:
    records = [
        FileRecord(number, message.value, message.due_ms)
        for number, message in enumerate(m for m in messages if m.stream is stream)
    ]
    return Counter(Intake(Plan(starter()), 0).feed(stream, records).outcomes)


@pytest.mark.parametrize("stream", Stream)
def test_good_traffic_is_accepted_to_the_last_record(stream: Stream) -> None:
    """The generator speaks the input contract."""
    messages = list(islice(Traffic(HEALTHY, DAWN_MS, 50), 5_000))
    outcomes = +_outcomes(messages, stream)
    assert set(outcomes) == {RecordOutcome.ACCEPTED}


@pytest.mark.parametrize("stream", Stream)
def test_every_way_to_spoil_a_record_is_noticed(stream: Stream) -> None:
    """Nothing bad passes for good."""
    good = next(m for m in Traffic(HEALTHY, DAWN_MS, 50) if m.stream is stream)
    for spoil in SPOILERS_OF[stream]:
        spoiled = Message(good.due_ms, stream, good.key, spoil(good.value))
        assert +_outcomes([spoiled], stream) == {RecordOutcome.REJECTED: 1}, spoiled.value
