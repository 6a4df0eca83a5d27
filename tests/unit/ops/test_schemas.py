"""The shipped schemas fit what is really written, and say all of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import msgspec
import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from alerts.delivery import commands
from alerts.delivery.canary import CanaryLanding, canary_delivery
from alerts.delivery.commands import Acknowledge, Judgement, SilenceCommand, Unsilence
from alerts.delivery.delivery_log import Entry, encode_entry
from alerts.delivery.grouping.group_log import GroupNews, GroupPlan, GroupTold, encode_group, group_id
from alerts.delivery.grouping.group_message import GroupMessage
from alerts.delivery.grouping.groups import AlertGroup, identities
from alerts.delivery.heartbeat import beat
from alerts.delivery.messages import message_of
from alerts.delivery.mutes import Muting
from alerts.delivery.notices.notice import TOLD, notice
from alerts.delivery.notices.writer import Writer
from alerts.delivery.open_alerts import OpenAlerts
from alerts.delivery.retry_policy import DeliveryOutcome
from alerts.delivery.silence_watch import SilenceEnding, ending_message
from alerts.paging import Receiver
from alerts.readings import Status
from alerts.receivers.message import NewsState
from alerts.rules import DIMENSIONS, Rulebook, Severity
from alerts.states import ON_TOPIC
from alerts.transitions import Score, Transition, encode
from stream.gateway.letters import letter_of
from stream.gateway.sources import RefusedMessage
from stream.indicators.catalogue import CATALOGUE
from stream.indicators.plan import Grouping
from stream.judge.judge import Judge
from stream.kafka.dead_letters import FORM_HEADER, HEADERS, SOURCE_HEADER, letter
from stream.kafka.offsets import TP
from stream.kafka.topic_specs import specs
from stream.messages.outcomes import Reason, Reject
from stream.ops.schemas import ASYNCAPI, NAMES, asyncapi, load
from tests.builders import Counted, plan_of, section_of
from tests.post import ENTRY

RULES = """
indicators: {csat: {}, nps: {}, contacts: {}}
rules:
  - {name: low, indicator: csat, by: [channel], window: 1m, warning: 80, critical: 50, confidence: 0,
     min_answers: 5, for: 10s, explain: [team]}
  - {name: fall, indicator: csat, by: [channel], detect: sudden, floor: 75, false_pages: 1 per 30d}
"""
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DESK = Receiver(name="desk", kind="webhook")


def _validator(name: str) -> Draft202012Validator:
    resources = ((f"{each}.json", Resource.from_contents(load(each))) for each in NAMES)
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft202012Validator(load(name), registry=registry, format_checker=FormatChecker())


def _values(grouping: Grouping, team: str) -> tuple[str, ...]:
    return tuple({"channel": "phone", "team": team}.get(dim, "") for dim in grouping.dims)


def _history() -> tuple[list[Transition], list[Score]]:
    """What a judge tells of a channel that falls, recovers and goes quiet."""
    plan = plan_of(RULES)
    judge = Judge(plan, 0)
    told: list[Transition] = []
    for pane in range(30):
        happy, unhappy = (1, 9) if pane < 6 else (99, 0) if pane < 20 else (0, 0)
        counted = [
            Counted(pane, (grouping.key, _values(grouping, team)), cell, count)
            for grouping in plan.groupings
            for cell, count, team in (("csat/1-5/5", happy, "red"), ("csat/1-5/1", unhappy, "blue"))
            if count
        ]
        for source, rows in (("interactions/0", []), ("feedback/0", counted)):
            told += judge.feed(section_of(source, pane, rows, position=pane + 1), 0)
    return told, [*judge.take_scores(), *judge.current_scores()]


def test_schemas_are_schemas() -> None:
    """Each file is a valid JSON Schema that says what it is."""
    for name in NAMES:
        Draft202012Validator.check_schema(load(name))
        assert load(name)["$id"] == f"{name}.json"
        assert load(name)["title"]


def test_transitions_and_scores_fit() -> None:
    """Every transition and score that a judge makes of a channel that falls and recovers."""
    told, scores = _history()
    assert {each.state for each in told} >= {"pending", "firing", "resolved"}
    assert {each.rule for each in told} == {"low", "fall"}
    assert scores
    assert any(each.cause for each in told)
    for transition in told:
        _validator("cx.alerts").validate(orjson.loads(encode(transition)))
    for score in scores:
        _validator("cx.scores").validate(orjson.loads(encode(score)))


def test_webhooks_fit() -> None:
    """The body that receivers get, for each transition that they are told of."""
    told, _ = _history()
    notices = [news for each in told if (news := notice(encode(each))) is not None]
    assert notices
    for news in notices:
        _validator("webhook").validate(orjson.loads(news.body))


def test_webhooks_of_groups_fit() -> None:
    """Of two alerts and of so many that not all have room."""
    told, _ = _history()
    notices = [news for each in told if (news := notice(encode(each))) is not None]
    writer = Writer(Rulebook(rules=(), indicators={}), OpenAlerts(), Muting())
    for members in (notices[:2], notices * 40):
        plan = GroupPlan(group="g1", key="g1.a", members=identities(members), at_s=0.0)
        message = GroupMessage(
            AlertGroup(id="g1", receiver="desk", place="", labels={"rule": "low"}), plan, tuple(members)
        )
        body = orjson.loads(writer.group(message, DESK).body)
        _validator("webhook.group").validate(body)
        assert body["data"]["count"] == len(members)


def test_webhooks_without_an_alert_fit() -> None:
    """A heartbeat, and the end of a silence to come."""
    writer = Writer(Rulebook(rules=(), indicators={}), OpenAlerts(), Muting())
    beats = message_of(writer, DESK, beat(1_795_341_600.0))
    _validator("webhook.heartbeat").validate(orjson.loads(beats.body))
    flown = message_of(writer, DESK, canary_delivery(CanaryLanding(1_000.0, 1_012.5, lambda: None)))
    _validator("webhook.heartbeat").validate(orjson.loads(flown.body))
    told, _ = _history()
    news = next(news.news for each in told if (news := notice(encode(each))) is not None)
    said = SilenceCommand(id="s", match={"rule": "low"}, until=NOW, at=NOW, by="ann")
    ending = ending_message(SilenceEnding(said, (news,)), "silence-s.1", DESK)
    _validator("webhook.silence").validate(orjson.loads(ending.body))


def test_deliveries_fit() -> None:
    """An entry of the log, with and without an answer."""
    for status in (200, None):
        entry = replace(ENTRY, reason="", status=status)
        _validator("cx.deliveries").validate(orjson.loads(encode_entry(entry)))


def test_what_is_written_of_groups_fits() -> None:
    """Each record, and none of the other kind; nor are they entries of single notices."""
    group = group_id("desk", "0", {"rule": "low"})
    told = GroupTold(
        group=group, key=f"{group}.a", members=[("a", 1)], receiver="desk", outcome="delivered", reason="",
        attempts=1, status=204, sent=True, at_s=1.5,
    )  # fmt: skip
    news = GroupNews(
        group=group, receiver="desk", place="0", labels={"rule": "low"}, value={"id": "a"}, at_s=1.5
    )
    for record in (news, GroupPlan(group=group, key=f"{group}.a", members=[("a", 1)], at_s=1.5), told):
        value = orjson.loads(encode_group(record))
        _validator("cx.deliveries.groups").validate(value)
        assert not _validator("cx.deliveries").is_valid(value)
        for field in value:
            less = {name: each for name, each in value.items() if name != field}
            assert not _validator("cx.deliveries.groups").is_valid(less)


def test_every_field_of_what_is_written_of_groups_is_described() -> None:
    """In the order in which it is written."""
    records: tuple[type[msgspec.Struct], ...] = (GroupNews, GroupPlan, GroupTold)
    kinds = dict(zip(records, load("cx.deliveries.groups")["oneOf"], strict=True))
    for kind, schema in kinds.items():
        fields = ["group_record", *(field.name for field in msgspec.structs.fields(kind))]
        assert list(schema["properties"]) == schema["required"] == fields
    outcomes = kinds[GroupTold]["properties"]["outcome"]["enum"]
    assert set(outcomes) == set(DeliveryOutcome) - {DeliveryOutcome.REPEATED}


def test_commands_fit() -> None:
    """Each kind of command."""
    for command in (
        Acknowledge(alert="a", severity="warning", at=NOW, by="ann"),
        SilenceCommand(id="s", match={"rule": "low"}, until=NOW, at=NOW, by="ann", comment="works"),
        Unsilence(id="s", at=NOW, by="ann"),
        Judgement(alert="a", verdict="false", at=NOW, by="ann"),
    ):
        _validator("cx.commands").validate(orjson.loads(commands.encode(command)))


def test_dead_letters_fit() -> None:
    """The headers that a worker adds."""

    class Sent:
        topic, partition, offset, timestamp = "cx.feedback", 1, 7, 0
        key, value, headers = b"k", b"v", ()

    headers = letter(TP("cx.feedback", 1), Sent(), Reject(7, Reason.NOT_JSON, "detail")).headers
    said = {name: value.decode() for name, value in headers}
    _validator("cx.dead-letters.headers").validate(said)


@pytest.mark.parametrize("name", ["cx.alerts", "cx.scores"])
def test_a_schema_refuses_what_does_not_fit(name: str) -> None:
    """A missing field is noticed."""
    with pytest.raises(ValidationError):
        _validator(name).validate({"indicator": "csat"})


def _enums(schema: object, path: str = "") -> Iterator[tuple[str, set[object]]]:
    """Every closed list of a schema, by where it is."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key == "enum":
                yield path, set(value)
            else:
                yield from _enums(value, key if key not in {"properties", "items"} else path)


def test_closed_lists_are_those_of_the_code() -> None:
    """Who adds a state, reason or indicator must add it to the schemas too."""
    alerts, deliveries = dict(_enums(load("cx.alerts"))), dict(_enums(load("cx.deliveries")))
    assert alerts["state"] == {state.word for state in ON_TOPIC}
    assert alerts["severity"] == set(Severity)
    assert alerts["indicator"] == set(CATALOGUE)
    assert alerts["propertyNames"] == set(DIMENSIONS)
    assert dict(_enums(load("cx.scores")))["status"] == set(Status)
    assert deliveries["outcome"] == set(DeliveryOutcome) - {DeliveryOutcome.REPEATED}
    assert deliveries["state"] == TOLD | {NewsState.NOTE.value}
    assert dict(_enums(load("cx.dead-letters.headers")))["tocsin-reason"] == set(Reason)
    assert dict(_enums(load("webhook")))["type"] == {f"cx.alert.{state}" for state in TOLD}
    assert dict(_enums(load("webhook.group")))["type"] == {f"cx.group.{state}" for state in TOLD}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("cx.alerts", [field.name for field in msgspec.structs.fields(Transition)]),
        ("cx.scores", [field.name for field in msgspec.structs.fields(Score)]),
        ("cx.deliveries", list(Entry.__dataclass_fields__)),
    ],
)
def test_every_field_is_described_and_required(name: str, fields: list[str]) -> None:
    """In the order in which it is written."""
    schema = load(name)
    assert list(schema["properties"]) == schema["required"] == fields


def test_dead_letters_are_of_records_or_of_the_gateway() -> None:
    """Either all headers of a worker's letter, or those of the gateway's."""
    schema = load("cx.dead-letters.headers")
    assert list(schema["properties"]) == [SOURCE_HEADER, *HEADERS, FORM_HEADER]
    found = letter_of("site", RefusedMessage(b"{", Reason.NOT_JSON, "body: want JSON")).headers
    said = {name: value.decode() for name, value in found}
    _validator("cx.dead-letters.headers").validate(said)
    with pytest.raises(ValidationError):
        _validator("cx.dead-letters.headers").validate({**said, "tocsin-source": 5})
    with pytest.raises(ValidationError):
        _validator("cx.dead-letters.headers").validate({name: said[name] for name in list(said)[1:]})


def test_the_asyncapi_document_is_up_to_date() -> None:
    """`python -m stream.ops.schemas` has been run since topics or schemas changed."""
    committed = files("stream").joinpath(f"schemas/{ASYNCAPI}").read_text("utf-8")
    assert committed == asyncapi()


def test_the_asyncapi_document_shows_what_others_may_use() -> None:
    """Every topic but the internal ones, and every reference leads somewhere."""
    document = orjson.loads(asyncapi())
    internal = {spec.name for spec in specs(1, "tocsin") if spec.role.value == "internal"}
    shown = {channel["address"] for channel in document["channels"].values()}
    assert shown == {spec.name for spec in specs(1, "tocsin")} - internal
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]
    for channel in document["channels"].values():
        for message in channel["messages"].values():
            reference = message["$ref"].removeprefix("#/components/messages/")
            assert reference in document["components"]["messages"]
