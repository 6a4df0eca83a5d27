"""Generated traffic: repeatable, in order, healthy where nothing is wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice, takewhile
from typing import Any

import orjson
import pytest

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS
from alerts.transitions import utc_text
from stream.messages.records import Stream
from stream.traffic.generator import Message, Traffic, cause_share, level_at, messages_per_contact
from stream.traffic.profiles import CHANNELS, DEMO, JOURNEY, OFFICE, SCENARIOS, STAGES, TrafficScenario

DAWN_MS = 1_772_000_000_000 // DAY_MS * DAY_MS + 6 * HOUR_MS
HEALTHY = SCENARIOS["day"]
PER_SECOND = 0.6


def _played(scenario: TrafficScenario, span_ms: int, seed: int = 7) -> list[Message]:
    traffic = Traffic(scenario, DAWN_MS, PER_SECOND, seed)
    return list(takewhile(lambda message: message.due_ms < DAWN_MS + span_ms, traffic))


def _events(messages: Iterable[Message], stream: Stream | None = None) -> list[dict[str, Any]]:
    return [orjson.loads(m.value) for m in messages if stream is None or m.stream is stream]


@pytest.fixture(scope="module")
def day() -> list[Message]:
    """A healthy day."""
    return _played(HEALTHY, DAY_MS)


@pytest.fixture(scope="module")
def demo_day() -> list[Message]:
    """The demo's day."""
    return _played(DEMO, DAY_MS)


def _satisfied(events: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    answers: dict[str, Counter[bool]] = defaultdict(Counter)
    for event in events:
        if event.get("indicator") == "csat":
            answers[event["channel"]][event["score"] >= 4] += 1
    return {name: 100 * found[True] / found.total() for name, found in answers.items()}


def test_same_seed_same_traffic_and_another_seed_another_day() -> None:
    """A run is a function of scenario, start, rate, seed and run name."""
    first, again = (list(islice(Traffic(HEALTHY, DAWN_MS, 5, seed=3), 500)) for _ in range(2))
    other = list(islice(Traffic(HEALTHY, DAWN_MS, 5, seed=4), 500))
    assert first == again
    assert first != other


def test_two_runs_share_no_id_and_no_customer() -> None:
    """Ids begin with the run's name, so a second run is no duplicate of the first."""
    runs = [_events(islice(Traffic(HEALTHY, DAWN_MS, 5, run=name), 300)) for name in ("a", "b")]
    for field in ("id", "customer"):
        one, two = ({event[field] for event in events} - {None} for events in runs)
        assert not one & two


def test_messages_leave_in_the_order_of_their_event_time(day: list[Message]) -> None:
    """Without mess, sending order is event time, and each message is due at its event's `at`."""
    due = [message.due_ms for message in day]
    assert due == sorted(due)
    assert all(event["at"] == utc_text(m.due_ms) for m, event in zip(day, _events(day), strict=True))


def test_ids_are_unique(day: list[Message]) -> None:
    """Deduplication never drops generated traffic."""
    ids = Counter((m.stream, event["id"]) for m, event in zip(day, _events(day), strict=True))
    assert max(ids.values()) == 1


def test_a_record_is_keyed_by_its_customer_or_else_by_its_event(day: list[Message]) -> None:
    """As the input contract asks, so that one customer's records meet in one partition."""
    pairs = list(zip(day, _events(day), strict=True))
    assert all(m.key == (event["customer"] or event["id"]) for m, event in pairs)
    assert any(event["customer"] is None for _, event in pairs)


def test_all_channels_and_stages_of_the_journey_have_contacts(day: list[Message]) -> None:
    """Six channels and nine stages."""
    events = _events(day, Stream.INTERACTIONS)
    assert {event["channel"] for event in events} == {channel.name for channel in CHANNELS}
    assert {event["stage"] for event in events} == set(JOURNEY)
    assert (len(CHANNELS), len(JOURNEY)) == (6, 9)


def test_the_mean_rate_is_the_one_asked_for() -> None:
    """Over whole days the number of messages is rate times seconds, once cases have caught up."""
    per_second = 0.2
    traffic = Traffic(HEALTHY, DAWN_MS, per_second)
    messages = takewhile(lambda message: message.due_ms < DAWN_MS + 2 * DAY_MS, traffic)
    second_day = [m for m in messages if m.due_ms >= DAWN_MS + DAY_MS]
    assert len(second_day) == pytest.approx(per_second * DAY_MS / 1000, rel=0.03)


def test_noon_is_busier_than_night() -> None:
    """Volume follows the day curve, whose mean is 1."""
    assert level_at(OFFICE, 11 * HOUR_MS) > 10 * level_at(OFFICE, 3 * HOUR_MS)
    minutes = range(0, DAY_MS, MINUTE_MS)
    assert sum(level_at(OFFICE, at_ms) for at_ms in minutes) / len(minutes) == pytest.approx(1, abs=0.001)


def test_every_channel_is_healthy_on_a_healthy_day(day: list[Message]) -> None:
    """CSAT is about 86 everywhere: above the limit of 80 by more than chance takes away."""
    satisfied = _satisfied(_events(day, Stream.FEEDBACK))
    for channel in CHANNELS:
        assert satisfied[channel.name] == pytest.approx(100 * channel.satisfied, abs=4)


def test_repeats_cost_a_tenth_of_the_contacts(day: list[Message]) -> None:
    """FCR is about 86: repeats about the same topic, and transfers."""
    contacts = [e for e in _events(day, Stream.INTERACTIONS) if e["event"] == "contact" and e["customer"]]
    seen: set[tuple[str, str]] = set()
    failed = 0
    for event in contacts:
        who = (event["customer"], event["topic"])
        failed += who in seen or event.get("outcome") == "transferred"
        seen.add(who)
    assert 100 * (1 - failed / len(contacts)) == pytest.approx(86, abs=2)


def test_answers_link_to_their_contact_and_come_later(day: list[Message]) -> None:
    """`interaction` names a contact on the same channel that had begun before the answer."""
    contacts = {event["id"]: event for event in _events(day, Stream.INTERACTIONS)}
    answers = [event for event in _events(day, Stream.FEEDBACK) if "interaction" in event]
    assert answers
    for answer in answers:
        contact = contacts[answer["interaction"]]
        assert contact["channel"] == answer["channel"]
        assert contact["at"] == answer["interaction_at"] < answer["at"]


def test_cases_are_resolved_after_they_were_opened(day: list[Message]) -> None:
    """`resolved` carries the case and its opening, for TTR."""
    resolved = [event for event in _events(day) if event.get("event") == "resolved"]
    assert resolved
    assert all(event["opened_at"] < event["at"] and event["case"] for event in resolved)


def _during(messages: list[Message], start_ms: int, end_ms: int) -> list[Message]:
    return [m for m in messages if DAWN_MS + start_ms <= m.due_ms < DAWN_MS + end_ms]


def test_an_incident_fells_its_channel_and_no_other(demo_day: list[Message]) -> None:
    """The demo's incident takes phone from 86 to below 50 and leaves five channels alone."""
    incident = DEMO.incidents[0]
    on = _during(demo_day, incident.after_ms + 30 * MINUTE_MS, incident.after_ms + incident.lasts_ms)
    satisfied = _satisfied(_events(on, Stream.FEEDBACK))
    assert satisfied.pop(incident.channel) < 50
    assert min(satisfied.values()) > 82


def test_an_incident_ends(demo_day: list[Message]) -> None:
    """An hour after its end phone is as content as before."""
    incident = DEMO.incidents[0]
    after_ms = incident.after_ms + incident.lasts_ms + HOUR_MS
    satisfied = _satisfied(_events(_during(demo_day, after_ms, after_ms + 4 * HOUR_MS)))
    assert satisfied[incident.channel] > 80


def test_an_incident_is_on_from_its_start_to_its_end_and_comes_back() -> None:
    """The start belongs to it, the end does not; `every_ms` repeats it."""
    incident = DEMO.incidents[0]
    assert incident.every_ms is not None
    for again_ms in (0, incident.every_ms):
        start_ms = again_ms + incident.after_ms
        assert not incident.is_on(start_ms - 1)
        assert incident.is_on(start_ms)
        assert incident.is_on(start_ms + incident.lasts_ms - 1)
        assert not incident.is_on(start_ms + incident.lasts_ms)


def test_every_incident_has_a_channel_stage_and_topic_that_exist() -> None:
    """Incidents are data: a misspelt cause would silently do nothing."""
    for scenario in SCENARIOS.values():
        for incident in scenario.incidents:
            assert incident.channel in {channel.name for channel in scenario.channels}
            assert incident.topic in JOURNEY[incident.stage]
            assert 0 < cause_share(incident) < 1


def test_shares_add_up() -> None:
    """Volumes and stage weights are shares of one."""
    assert sum(channel.volume for channel in CHANNELS) == pytest.approx(1)
    assert sum(STAGES[1]) == pytest.approx(1)
    assert messages_per_contact(HEALTHY) > 1
