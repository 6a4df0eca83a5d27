"""Verdicts on their way: to the partition of the alert's judge, and nowhere where there is nothing to end."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from alerts.delivery.command_seal import CommandOutcome
from alerts.delivery.commands import Acknowledge, Command, Judgement
from alerts.delivery.open_alerts import OpenAlerts
from alerts.states import Known
from stream.indicators.plan import grouping_of
from stream.messages import verdicts
from stream.messages.verdicts import VerdictMessage
from stream.worker.feeds.verdict_relay import VerdictRelay
from tests.builders import plan_of
from tests.fake_kafka import FakeKafka, FakeOutbox

RULES = """
rules:
  - {name: low, indicator: csat, by: [channel, product]}
  - {name: gap, indicator: csat, by: [stage], across: channel, detect: gap, window: 12h}
"""
BOOK = plan_of(RULES).rulebook
NOW = datetime(2026, 11, 29, tzinfo=UTC)
JUDGES = 8


def news(alert: str, state: str, rule: str = "low", **scope: str) -> bytes:
    """A value of cx.alerts."""
    told = {"id": alert, "seq": 1, "rule": rule, "severity": "critical", "state": state, "indicator": "csat"}
    return orjson.dumps({**told, "scope": scope, "at": "2026-11-29T10:00:00Z"})


def relayed(
    command: Command, *known: bytes
) -> tuple[CommandOutcome, list[tuple[int | None, VerdictMessage]]]:
    """The outcome, and what was written to which partition."""
    alerts, outbox = OpenAlerts(), FakeOutbox(FakeKafka())
    for value in known:
        alerts.apply(value)
    relay = VerdictRelay(BOOK, alerts, cast("Any", outbox))
    relay.judges = JUDGES
    outcome = asyncio.run(relay.relay(command, 7))
    sent: list[Any] = outbox.sent
    assert {each.topic for each in sent} <= {"cx.tallies"}
    return outcome, [(each.partition, verdicts.decode(each.value, each.partition)) for each in sent]


def judgement(verdict: Any, alert: str = "a1") -> Judgement:
    """What somebody says."""
    return Judgement(alert=alert, verdict=verdict, at=NOW, by="ann")


@pytest.mark.parametrize(
    ("verdict", "word"), [("known", "known"), ("new_normal", "new_normal"), ("new normal", "new_normal")]
)
@pytest.mark.parametrize("state", ["firing", "stale"])
def test_it_goes_to_the_judge_that_keeps_the_scope(verdict: str, word: Known, state: str) -> None:
    """As tallies of the scope go, with the offset of the command."""
    outcome, sent = relayed(judgement(verdict), news("a1", state, product="loan", channel="phone"))
    shard = next(grouping_of(BOOK.rules[0]).sharded([("phone", "loan")], JUDGES))
    assert (outcome, sent) == (CommandOutcome.ACCEPTED, [(shard, VerdictMessage("a1", word, 7))])


def test_scopes_that_are_compared_share_a_judge() -> None:
    """A gap's alert is of a channel, and its judge keeps all channels of the stage."""
    _, sent = relayed(judgement("known"), news("a1", "firing", "gap", stage="buy", channel="phone"))
    assert [place for place, _ in sent] == [next(grouping_of(BOOK.rules[1]).sharded([("buy",)], JUDGES))]


@pytest.mark.parametrize(
    "known",
    [
        (),
        (news("a1", "resolved", channel="phone"),),
        (news("a1", "pending", channel="phone"),),
        (news("a1", "firing", "removed", channel="phone"),),
        (news("a12", "firing", channel="phone"),),
    ],
)
def test_where_nothing_fires_there_is_nothing_to_end(known: tuple[bytes, ...]) -> None:
    """Nobody knows the alert, it is over, only pending, of a rule that is gone, or another one."""
    assert relayed(judgement("known"), *known) == (CommandOutcome.OVER, [])


@pytest.mark.parametrize(
    "command",
    [
        judgement("true"),
        judgement("false"),
        judgement("genuine"),
        Acknowledge(alert="a1", severity="critical", at=NOW, by="ann"),
    ],
)
def test_judges_need_not_learn_of_other_commands(command: Command) -> None:
    """They are accepted as they are."""
    assert not VerdictRelay.concerns(command)
    assert relayed(command, news("a1", "firing", channel="phone")) == (CommandOutcome.ACCEPTED, [])
