"""Hostile records: whatever anybody sends has one fate, and it is the same however records are cut."""

import gc
import weakref
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.indicators.plan import Plan
from stream.intake.decoding.limits import MAX_DEPTH, MAX_FIELDS, REF_CHARS, VALUE_CHARS
from stream.intake.intake import Intake
from stream.messages.outcomes import Reject
from stream.messages.records import Stream
from tests.builders import plan_of
from tests.event_builders import START_S, Counts, answer, closed, contact, counts, ended, record
from tests.hostile import HostileRecord, Hostility

PLAN = plan_of(
    """
indicators: {fcr: {satisfied: require}}
rules: [{name: low, indicator: csat, by: [channel, product], critical: 50, explain: [topic]}]
""",
    2,
)


def fed(
    hostile: list[HostileRecord], stream: Stream, cut: int, plan: Plan = PLAN
) -> tuple[list[Reject], Counter[Any], Counts, Counts]:
    """Rejects, outcomes, what left while feeding so many at a time, and what left with it in the end."""
    intake = Intake(plan, 0)
    rejects: list[Reject] = []
    outcomes: Counter[Any] = Counter()
    left: Counts = Counter()
    for start in range(0, len(hostile), cut):
        output = intake.feed(stream, hostile[start : start + cut])
        rejects += output.rejects
        outcomes.update(output.outcomes)
        left.update(counts(closed(output)))
    return rejects, outcomes, left, left + ended(intake)


@pytest.mark.parametrize("stream", list(Stream))
@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_sent_has_one_fate(seed: int, stream: Stream) -> None:
    """Counted or refused with a reason, every one; and batches decide nothing."""
    hostile = Hostility(seed).records(250)
    rejects, outcomes, left, total = fed(hostile, stream, 250)
    assert outcomes.total() == len(hostile)
    assert [each.offset for each in rejects] == sorted({each.offset for each in rejects})
    assert 0 < len(rejects) < len(hostile)
    for cut in (1, 17):
        assert fed(hostile, stream, cut) == (rejects, outcomes, left, total)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from(list(Stream)))
def test_any_seed_will_do(seed: int, cut: int, stream: Stream) -> None:
    """The same for seeds that nobody chose."""
    hostile = Hostility(seed).records(60)
    assert fed(hostile, stream, cut) == fed(hostile, stream, 60)
    assert not [each for each in fed(hostile, stream, cut)[0] if each.reason == "internal"]


def cells(event: Any, stream: Stream) -> Counter[str]:
    """What one event counts in, by cell, all groupings together."""
    intake = Intake(PLAN, 0)
    assert not intake.feed(stream, [record(event)]).rejects
    found: Counter[str] = Counter()
    for (*_, cell), count in ended(intake).items():
        found[cell] += count
    return found


@pytest.mark.parametrize("score", [-0.0, "-0", "-00", "0"])
def test_minus_zero_is_zero(score: float | str) -> None:
    """It is what is left of -0.3 when it is rounded."""
    for indicator in ("sentiment", "nps"):
        zero = cells(answer(score=0, indicator=indicator), Stream.FEEDBACK)
        assert cells(answer(score=score, indicator=indicator), Stream.FEEDBACK) == zero


def nested(depth: int) -> bytes:
    """An event that is nested so deep in a field that nobody knows."""
    own = (record(contact()).value or b"")[:-1]
    return own + b',"more":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_nesting_has_a_declared_limit() -> None:
    """How deep a decoder can follow depends on how deep the worker is in calls; the limit does not."""
    rejects = fed([HostileRecord(n, nested(MAX_DEPTH + n)) for n in range(2)], Stream.INTERACTIONS, 2)[0]
    assert [(each.offset, each.reason.value) for each in rejects] == [(1, "not_json")]
    brackets = record(contact(comment="[{" * 5000)).value
    assert not fed([HostileRecord(0, brackets)], Stream.INTERACTIONS, 1)[0]


def test_fields_have_a_declared_limit() -> None:
    """Those of inner objects count; a colon in a text is none."""
    sound = contact(more={f"k{n}": ":" for n in range(MAX_FIELDS - 5)})
    assert not fed([HostileRecord(0, record(sound).value)], Stream.INTERACTIONS, 1)[0]
    sound["more"]["k"] = 1
    rejects = fed([HostileRecord(0, record(sound).value)], Stream.INTERACTIONS, 1)[0]
    assert [each.reason.value for each in rejects] == ["too_large"]


@pytest.mark.parametrize("fields", [{"customer": "c" * 513}, {"case": "k" * 513}, {"customer": "𝔘" * 513}])
def test_references_have_a_declared_length(fields: dict[str, str]) -> None:
    """Ids of customers, cases and interactions."""
    rejects = fed([HostileRecord(0, record({**contact(), **fields}).value)], Stream.INTERACTIONS, 1)[0]
    assert [each.reason.value for each in rejects] == ["id_too_long"]
    shorter = {name: text[:REF_CHARS] for name, text in fields.items()}
    assert not fed([HostileRecord(0, record({**contact(), **shorter}).value)], Stream.INTERACTIONS, 1)[0]


def test_long_values_are_cut_and_stay_different() -> None:
    """A channel of 600,000 characters is a channel of 128, with a hash of the whole at its end."""
    events = [contact(n, channel="x" * 600_000 + tail) for n, tail in enumerate(("a", "b", "A"))]
    total = fed(
        [HostileRecord(n, record(event).value) for n, event in enumerate(events)], Stream.INTERACTIONS, 2
    )[3]
    channels = {
        values for (_, _, _, key, values, cell) in total if key == "channel|channel" and cell == "contacts"
    }
    assert len(channels) == 2
    assert {len(channel) for (channel,) in channels} == {VALUE_CHARS}


def test_no_year_after_2099_is_read() -> None:
    """A clock that shows one is wrong, whatever Kafka's timestamp says, or does not say."""
    for at in ("2100-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 4_102_444_800):
        for stamp in (None, -1, 2**63 - 1):
            hostile = [HostileRecord(0, record(contact(at=at)).value, stamp)]
            assert [each.reason.value for each in fed(hostile, Stream.INTERACTIONS, 1)[0]] == ["future"]
    assert not fed([HostileRecord(0, record(contact(at=START_S)).value, -1)], Stream.INTERACTIONS, 1)[0]
    opened = [HostileRecord(0, record(contact(opened_at=-6e10, event="resolved")).value)]
    assert [each.reason.value for each in fed(opened, Stream.INTERACTIONS, 1)[0]] == ["too_early"]


@pytest.mark.parametrize("stream", list(Stream))
def test_what_is_refused_is_not_held(stream: Stream) -> None:
    """No refusal refers to itself through its traceback: records go once their batch is worked off."""
    records = Hostility(6, START_S).records(500)
    intake = Intake(PLAN, 0)
    gc.collect()
    gc.disable()
    try:
        assert intake.feed(stream, records).rejects
        held = [weakref.ref(each) for each in records]
        del records
        assert [each() for each in held if each() is not None] == []
    finally:
        gc.enable()
