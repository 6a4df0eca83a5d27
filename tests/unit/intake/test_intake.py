"""Intake: what leaves is a function of the records, and what the plain model says."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.messages.outcomes import RecordOutcome, Remark
from stream.messages.records import Stream
from stream.messages.tallies import NO_PANE, Kind
from tests.builders import plan_of
from tests.event_builders import (
    START_S,
    Counts,
    Event,
    answer,
    by_cell,
    closed,
    contact,
    counts,
    ended,
    record,
    records,
    told,
)
from tests.intake_model import IntakeModel

RULES = """
indicators:
  csat: {{}}
  fcr:
    repeat_window: 5m
    match: {match}
    transfers: {transfers}
    abandoned: {abandoned}
    satisfied: {satisfied}
  ttr: {{}}
  abandonment: {{}}
timing: {{dedup_horizon: 10m}}
rules:
  - {{name: a, indicator: csat, by: [channel, stage], window: 10m, critical: 50}}
  - {{name: b, indicator: fcr, by: [channel], window: 10m, critical: 50}}
"""

plans = st.builds(
    lambda match, transfers, abandoned, satisfied: plan_of(
        RULES.format(match=match, transfers=transfers, abandoned=abandoned, satisfied=satisfied)
    ),
    st.sampled_from(["topic", "case", "any"]),
    st.sampled_from(["fail", "ignore"]),
    st.sampled_from(["exclude", "include"]),
    st.sampled_from(["ignore", "require"]),
)
moments = st.one_of(st.integers(0, 60), st.integers(0, 1200), st.sampled_from([0, 31 * 86_400])).map(float)


interactions = st.lists(
    st.builds(
        contact,
        st.integers(0, 30),
        moments,
        customer=st.sampled_from(["ann", "bob", "cleo", None]),
        topic=st.sampled_from(["bill", " bill ", None]),
        case=st.sampled_from([None, None, "c1"]),
        stage=st.sampled_from(["use", None]),
        event=st.sampled_from(
            ["contact", "contact", "contact", "transferred", "resolved", "reopened", "abandoned"]
        ),
        outcome=st.sampled_from([None, None, "transferred", "abandoned", "unresolved"]),
        opened_at=st.sampled_from([None, None, START_S - 60, START_S + 600]),
    ),
    max_size=25,
)
answers = st.lists(
    st.builds(
        answer,
        st.integers(0, 30),
        moments,
        score=st.integers(1, 5),
        stage=st.sampled_from(["use", None]),
        interaction=st.sampled_from([None, *(f"i{number}" for number in range(10))]),
        consent=st.sampled_from([None, True, False]),
    ),
    max_size=15,
)


def fed(
    intake: Intake, contacts: Sequence[Event], feedback: Sequence[Event], cut: int | None = None
) -> Counts:
    """What comes of both streams."""
    found = told(intake, Stream.INTERACTIONS, contacts, cut)
    found.update(told(intake, Stream.FEEDBACK, feedback, cut))
    return without_zeros(found)


def without_zeros(found: Counts) -> Counts:
    """What two emissions of a pane cancel out does not show."""
    return Counter({key: count for key, count in found.items() if count})


@settings(max_examples=150)
@given(plans, interactions, answers, st.sampled_from([None, 1, 2, 7]))
def test_what_leaves_is_what_the_plain_model_says(
    plan: Plan, contacts: list[Event], feedback: list[Event], cut: int | None
) -> None:
    """However the records are cut into batches, closed panes carry the counts of the one-by-one model."""
    model = IntakeModel(plan)
    model.feed(Stream.INTERACTIONS, contacts)
    model.feed(Stream.FEEDBACK, feedback)
    assert fed(Intake(plan, 0), contacts, feedback, cut) == model.counts()


@settings(max_examples=60)
@given(plans, interactions, answers, st.randoms(use_true_random=False))
def test_each_section_says_what_was_closed_before_it(
    plan: Plan, contacts: list[Event], feedback: list[Event], rng: Random
) -> None:
    """Of each source the sections join without a hole, also where an intake was restored."""
    intake, stands = Intake(plan, 0), dict[str, int]()
    for stream, events in ((Stream.INTERACTIONS, contacts), (Stream.FEEDBACK, feedback)):
        for offset, event in enumerate(events):
            for section in closed(intake.feed(stream, [record(event, offset)])):
                assert section.after == stands.get(section.source, NO_PANE)
                stands[section.source] = section.through
            if rng.random() < 0.3:
                intake = Intake.restore(plan, 0, intake.snapshot())


@settings(max_examples=60)
@given(plans, interactions, answers, st.randoms(use_true_random=False))
def test_a_snapshot_at_any_point_changes_nothing_that_follows(
    plan: Plan, contacts: list[Event], feedback: list[Event], rng: Random
) -> None:
    """An intake that is saved and restored between batches emits what one that runs through does."""
    through, broken = Intake(plan, 0), Intake(plan, 0)
    expected = fed(through, contacts, feedback)
    found: Counts = Counter()
    for stream, events in ((Stream.INTERACTIONS, contacts), (Stream.FEEDBACK, feedback)):
        for event in events:
            if rng.random() < 0.3:
                broken = Intake.restore(plan, 0, recut(broken.snapshot(), rng))
            found.update(told(broken, stream, [event]))
    assert without_zeros(found) == expected
    assert ended(broken) == ended(through)


@settings(max_examples=60)
@given(plans, interactions, answers, st.randoms(use_true_random=False))
def test_arrival_order_within_the_lateness_is_irrelevant(
    plan: Plan, contacts: list[Event], feedback: list[Event], rng: Random
) -> None:
    """Events that are shuffled by less than the lateness come to the same counts in the same panes."""
    ordered = fed(Intake(plan, 0), unique(contacts), unique(feedback))
    shuffled = fed(Intake(plan, 0), unique(contacts, rng), unique(feedback, rng))
    assert shuffled == ordered


@settings(max_examples=60)
@given(plans, interactions, answers, st.randoms(use_true_random=False))
def test_which_input_comes_first_is_irrelevant(
    plan: Plan, contacts: list[Event], feedback: list[Event], rng: Random
) -> None:
    """However the two inputs are interleaved, what has left in the end is the same."""
    turns = [Stream.INTERACTIONS] * len(contacts) + [Stream.FEEDBACK] * len(feedback)
    rng.shuffle(turns)
    left = {Stream.INTERACTIONS: iter(contacts), Stream.FEEDBACK: iter(feedback)}
    intake = Intake(plan, 0)
    found: Counts = Counter()
    for stream in turns:
        found.update(told(intake, stream, [next(left[stream])]))
    assert without_zeros(found) == fed(Intake(plan, 0), contacts, feedback)


@settings(max_examples=60)
@given(interactions, answers)
def test_customers_may_be_spread_over_partitions(contacts: list[Event], feedback: list[Event]) -> None:
    """One partition and three that share the customers between them come to the same sums."""
    rules = RULES.format(match="topic", transfers="fail", abandoned="include", satisfied="ignore")
    contacts, feedback = unique(contacts), unique(feedback)
    one = by_cell(spread(plan_of(rules, 1), contacts, feedback))
    assert by_cell(spread(plan_of(rules, 3), contacts, feedback)) == one


@settings(max_examples=60)
@given(interactions, st.integers(1, 9))
def test_every_record_has_exactly_one_outcome(contacts: list[Event], cut: int) -> None:
    """Accepted, duplicate, late and rejected add up to the records fed; records fed again count nowhere."""
    plan = plan_of(RULES.format(match="any", transfers="fail", abandoned="include", satisfied="ignore"))
    model, intake = IntakeModel(plan), Intake(plan, 0)
    model.feed(Stream.INTERACTIONS, contacts)
    values = [each for pair in zip(contacts, [b"junk"] * len(contacts), strict=True) for each in pair]
    fed_records = records(values)
    found: Counter[str] = Counter()
    for start in range(0, len(values), cut):
        found.update(intake.feed(Stream.INTERACTIONS, fed_records[start : start + cut]).outcomes)
        again = intake.feed(Stream.INTERACTIONS, fed_records[: start + cut])
        assert not sum(again.outcomes.values())
    assert found[RecordOutcome.REJECTED] == len(contacts)
    assert (
        +found - Counter({RecordOutcome.REJECTED: len(contacts)})
        == model.streams[Stream.INTERACTIONS].outcomes
    )


@given(interactions)
def test_the_same_records_again_within_the_horizon_count_once(contacts: list[Event]) -> None:
    """A stream that is sent twice, with new offsets, counts as if it was sent once."""
    rules = RULES.format(match="topic", transfers="fail", abandoned="exclude", satisfied="ignore")
    plan = plan_of(rules.replace("10m}", "30d}", 1))
    contacts = [event for event in contacts if event["at"] <= START_S + 1200]
    once = told(Intake(plan, 0), Stream.INTERACTIONS, contacts)
    assert told(Intake(plan, 0), Stream.INTERACTIONS, contacts + contacts) == once


def recut(chunks: list[bytes], rng: Random) -> list[bytes]:
    """The same bytes, cut elsewhere."""
    whole = b"".join(chunks)
    places = sorted(rng.randrange(len(whole)) for _ in range(3))
    return [whole[start:end] for start, end in pairwise([0, *places, len(whole)])]


def unique(events: Sequence[Event], rng: Random | None = None) -> list[Event]:
    """The events with ids of their own, in order of time or each up to 9 s out of it."""
    own = [{**event, "id": f"{event['id']}-{place}"} for place, event in enumerate(events)]
    return sorted(own, key=lambda event: event["at"] + (rng.random() * 9 if rng else 0))


def spread(plan: Plan, contacts: Sequence[Event], feedback: Sequence[Event]) -> Counts:
    """What comes of everything when each partition has the customers whose names hash to it."""
    found: Counts = Counter()
    for partition in range(plan.partitions):
        intake = Intake(plan, partition)
        for stream, events in ((Stream.INTERACTIONS, contacts), (Stream.FEEDBACK, feedback)):
            own = [each for each in events if len(each.get("customer") or "") % plan.partitions == partition]
            found.update(told(intake, stream, own))
        found.update(ended(intake))
    return found


def test_word_of_quiet_and_active_inputs() -> None:
    """Every shard hears that an input is quiet, how its open panes stand, and that it has records again."""
    intake = Intake(plan_of("rules: []\n", 2), 1)
    assert intake.sources == ("interactions/1", "feedback/1")
    assert intake.open_sections({}) == [[], []]
    told(intake, Stream.FEEDBACK, [answer()])
    for (section,) in intake.open_sections({Stream.FEEDBACK: 31_000}):
        assert (section.kind, section.source, section.quiet_ms) == (Kind.IDLE, "feedback/1", 31_000)
    shown = [section for shard in intake.open_sections({Stream.FEEDBACK: 31_000}) for section in shard]
    assert {key[5] for key in counts(shown)} == {"csat/1-5/5"}
    for (section,) in intake.active_sections(Stream.FEEDBACK):
        assert (section.kind, section.position, len(section.rows)) == (Kind.ACTIVE, 1, 0)


def test_a_heartbeat_moves_the_clock_on() -> None:
    """Panes close without records; it comes after the records that are fed with it, and never moves back."""
    intake = Intake(plan_of("rules: []\n"), 0)
    assert intake.watermark_ms(Stream.FEEDBACK) is None
    output = intake.feed(Stream.FEEDBACK, records([answer()]), (START_S + 60) * 1000)
    assert output.outcomes[RecordOutcome.ACCEPTED] == 1
    assert output.watermark_ms == (START_S + 50) * 1000
    assert counts(closed(output))
    assert intake.feed(Stream.FEEDBACK, [], START_S * 1000).newest_event_ms == (START_S + 60) * 1000
    late = intake.feed(Stream.FEEDBACK, records([answer(2)], 1))
    assert late.outcomes[RecordOutcome.LATE] == 1


@pytest.mark.parametrize("cut", [None, 900, 97])
def test_tables_that_are_swept_and_grow_change_nothing(cut: int | None) -> None:
    """Thousands of customers over many windows, looked at in between: batches and looks leave no trace."""
    plan = plan_of(RULES.format(match="topic", transfers="fail", abandoned="include", satisfied="require"))
    rng = Random(5)
    kinds = ["contact", "contact", "contact", "transferred", "resolved", "reopened"]
    contacts = [
        contact(number, number, customer=f"c{rng.randrange(900)}", event=rng.choice(kinds))
        for number in range(2500)
    ]
    feedback = [
        answer(number, 2 * number, score=rng.randint(1, 5), interaction=f"i{rng.randrange(2 * number + 1)}")
        for number in range(1200)
    ]
    intake, model = Intake(plan, 0), IntakeModel(plan)
    found: Counts = Counter()
    for stream, events in ((Stream.INTERACTIONS, contacts), (Stream.FEEDBACK, feedback)):
        model.feed(stream, events)
        for start in range(0, len(events), cut or len(events)):
            found.update(told(intake, stream, events[start : start + cut] if cut else events))
            intake.open_sections({stream: 31_000})
    assert without_zeros(found) == model.counts()


def test_one_form_may_ask_for_several_indicators() -> None:
    """An answer is known by its id and its indicator; the same one again is a duplicate."""
    intake = Intake(plan_of("rules: []"), 0)
    scores = {"csat": 5, "nps": 9, "ces": 2}
    answers = [
        {"id": "r1", "at": START_S, "channel": "web", "indicator": indicator, "score": score}
        for indicator, score in [*scores.items(), *scores.items()]
    ]
    output = intake.feed(Stream.FEEDBACK, records(answers))
    assert output.outcomes[RecordOutcome.ACCEPTED] == 3
    assert output.outcomes[RecordOutcome.DUPLICATE] == 3


def test_what_is_older_than_ids_are_remembered_is_told() -> None:
    """Sent again after the horizon it counts twice, and nobody could tell."""
    intake = Intake(plan_of("timing: {dedup_horizon: 1h}\nrules: []"), 0)
    first, later = contact(1, 0), contact(2, 7200)
    output = intake.feed(Stream.INTERACTIONS, records([first, later, first]))
    assert output.remarks == {Remark.BEYOND_HORIZON: 1}


def test_a_resolution_of_an_unknown_case_is_told() -> None:
    """It is not timed, and the log's reader hears how many were not."""
    intake = Intake(plan_of("rules: []"), 0)
    events = [contact(1, 0, event="resolved"), contact(2, 100, id="later")]
    output = intake.feed(Stream.INTERACTIONS, records(events))
    assert output.remarks == {Remark.UNTIMED: 1}
