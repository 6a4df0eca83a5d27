"""Topics are declared once; what differs on the broker is told with the command that puts it right."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from stream.kafka import topics as on_broker
from stream.kafka.clients import BrokerError, Led, usable
from stream.kafka.second_group import warning_of_second_group
from stream.kafka.settings import ClientSettings
from stream.kafka.topic_specs import TopicSpec, new_topic, specs
from stream.kafka.topics import GRANT, UNSEEN, GroupPlace, TopicState, inspect, mismatches
from stream.messages.topic_names import GroupTopics, usual_partitions

PLACE = GroupPlace("b:1")
SPECS = {spec.name: spec for spec in specs(4, "cx")}
DELETE = "kafka-topics.sh --bootstrap-server b:1 --delete --topic"
LARGE = str(10 * 1024 * 1024)


def test_everything_that_is_keyed_alike_has_as_many_partitions() -> None:
    """Inputs, tallies, snapshots and outputs share the number; commands are read whole by everyone."""
    assert {name: spec.partitions for name, spec in SPECS.items() if spec.partitions != 4} == {
        "cx.commands": 1,
        "cx.command-answers": 1,
        "cx.redrives": 1,
    }


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({}, 4),
        ({"cx.interactions": 3, "cx.feedback": 2}, 3),
        ({"cx.feedback": 2, "cx.alerts": 7}, 2),
        ({"cx.tallies": 9, "trial.tallies": 8, "cx.commands": 1}, 8),
        ({"g-judge-snapshots": 6, "other-judge-snapshots": 5}, 6),
    ],
)
def test_a_topic_that_was_deleted_comes_back_with_the_partitions_of_the_others(
    found: dict[str, int], wanted: int
) -> None:
    """Of the inputs, or of what the group has made of them; with another number nothing would fit."""
    assert usual_partitions(found, "g", GroupTopics("trial.")) == wanted


def test_snapshot_topics_carry_the_group() -> None:
    """Two groups on one broker keep their states apart."""
    assert {"cx-intake-snapshots", "cx-judge-snapshots"} <= set(SPECS)


def test_only_the_latest_of_scores_and_customers_is_kept() -> None:
    """Compaction may drop what a reader has not seen, which only these can bear."""
    assert [spec.name for spec in SPECS.values() if spec.config["cleanup.policy"] == "compact"] == [
        "cx.scores",
        "cx.customers",
    ]


def test_state_and_scores_are_kept_in_small_files() -> None:
    """A broker frees room file by file, so what is deleted or compacted needs files that end soon."""
    small = {
        name for name, spec in SPECS.items() if int(spec.config.get("segment.bytes", 2**30)) <= 64 * 2**20
    }
    assert small == {"cx-intake-snapshots", "cx-judge-snapshots", "cx.scores"}


def test_a_topic_as_declared_has_no_mismatch() -> None:
    """A topic that we created ourselves passes its own check, also where the broker's limit is small."""
    for spec in SPECS.values():
        made = {"max.message.bytes": "30000", **new_topic(spec, 1).topic_configs}
        assert mismatches(spec, spec.partitions, made, PLACE) == ()


def test_what_the_broker_does_not_tell_is_taken_to_be_right() -> None:
    """Tansu answers only for what was set."""
    assert mismatches(SPECS["cx.tallies"], 4, {}, PLACE) == ()


@pytest.mark.parametrize(
    ("topic", "found", "fix"),
    [
        (
            "cx.feedback",
            2,
            "kafka-topics.sh --bootstrap-server b:1 --alter --topic cx.feedback --partitions 4",
        ),
        ("cx.feedback", 8, "tocsin topics --broker b:1 --partitions 8"),
        (
            "cx.tallies",
            2,
            f"{DELETE} cx.tallies && tocsin topics --broker b:1",
        ),
        (
            "cx.scores",
            8,
            f"{DELETE} cx.scores && tocsin topics --broker b:1",
        ),
        ("cx.alerts", 1, "kafka-topics.sh --bootstrap-server b:1 --alter --topic cx.alerts --partitions 4"),
    ],
)
def test_a_wrong_number_of_partitions_has_a_fix(topic: str, found: int, fix: str) -> None:
    """Partitions can be added but not taken away, and internal topics are better made anew."""
    (wrong,) = mismatches(SPECS[topic], found, {}, PLACE)
    assert (wrong.what, wrong.wanted, wrong.found, wrong.fix) == ("partitions", "4", str(found), fix)


def test_a_topic_of_one_partition_is_made_anew_without_giving_others_one() -> None:
    """`--partitions 1` is for all of them: the command told to delete the inputs next."""
    (wrong,) = mismatches(SPECS["cx.commands"], 3, {}, PLACE)
    assert (wrong.wanted, wrong.fix) == ("1", f"{DELETE} cx.commands && tocsin topics --broker b:1")


def test_a_fix_is_for_the_group_and_prefix_that_were_looked_at() -> None:
    """Without them the command would make, and look at, the topics of another group."""
    (tallies,) = [spec for spec in specs(4, "trial", GroupTopics("trial.")) if spec.name == "trial.tallies"]
    (wrong,) = mismatches(tallies, 2, {}, GroupPlace("b:1", "trial", "trial."))
    assert wrong.fix == (
        f"{DELETE} trial.tallies && tocsin topics --broker b:1 --group trial --topics trial."
    )


@pytest.mark.parametrize(
    ("spec", "config", "what"),
    [
        (SPECS["cx.scores"], {"cleanup.policy": "delete"}, "cleanup.policy"),
        (SPECS["cx.interactions"], {"cleanup.policy": "compact"}, "cleanup.policy"),
        (SPECS["cx.tallies"], {"max.message.bytes": "1048588"}, "max.message.bytes"),
    ],
)
def test_a_wrong_setting_has_a_fix(spec: TopicSpec, config: dict[str, str], what: str) -> None:
    """A policy that loses records, or a limit that refuses ours, is told with the command to alter it."""
    (wrong,) = mismatches(spec, 4, config, PLACE)
    assert wrong.what == what
    assert wrong.fix == (
        "kafka-configs.sh --bootstrap-server b:1 --alter --entity-type topics "
        f"--entity-name {spec.name} --add-config {what}={spec.config[what]}"
    )


def test_a_larger_limit_is_no_mismatch() -> None:
    """More room than we need is as good."""
    assert mismatches(SPECS["cx.tallies"], 4, {"max.message.bytes": LARGE + "0"}, PLACE) == ()


def test_stamps_of_whoever_writes_are_told_on_tallies_alone() -> None:
    """They are the wall clock of judges there; on inputs producers may have their own."""
    found = {"message.timestamp.type": "CreateTime"}
    (wrong,) = mismatches(SPECS["cx.tallies"], 4, found, PLACE)
    assert wrong.fix == (
        "kafka-configs.sh --bootstrap-server b:1 --alter --entity-type topics --entity-name cx.tallies"
        " --add-config message.timestamp.type=LogAppendTime"
    )
    assert mismatches(SPECS["cx.feedback"], 4, found, PLACE) == ()
    assert mismatches(SPECS["cx-judge-snapshots"], 4, found, PLACE) == ()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"two-intake-snapshots", "two-judge-snapshots"}, True),
        ({"cx.tallies", "two-intake-snapshots", "two-judge-snapshots"}, False),
        ({"two-judge-snapshots", "cx.scores"}, False),
        (set(), False),
    ],
)
def test_a_group_that_begins_where_tallies_are_is_told_of_prefixes(made: set[str], *, told: bool) -> None:
    """Two groups with one prefix page twice; the first group of a prefix makes all of its topics."""
    states = [TopicState(spec.name, 4, created=spec.name in made) for spec in specs(4, "two")]
    warning = warning_of_second_group(states, "two", GroupTopics())
    assert (warning is not None) is told
    assert warning is None or "--topics two." in warning


class FakeAdmin:
    """Tells of topics as a broker does: not of `hidden`; of `dead` a partition has no leader."""

    def __init__(self, hidden: str, dead: str, missing: str) -> None:
        self._hidden, self._dead, self._missing = hidden, dead, missing

    async def describe_topics(self) -> list[dict[str, Any]]:
        """What we may see."""
        return [
            {
                "topic": spec.name,
                "error_code": 0,
                "partitions": [
                    {"leader": -1 if number == 0 and spec.name == self._dead else 1}
                    for number in range(spec.partitions)
                ],
            }
            for spec in specs(7, "g")
            if spec.name not in {self._hidden, self._missing}
        ]

    async def describe_configs(self, asked: list[Any]) -> list[Any]:
        """Settings, or the code of what is wrong."""
        code = {self._hidden: 29, self._missing: 3}
        entry = {"config_names": "retention.ms", "config_value": "1"}
        told = [
            {
                "resource_name": each.name,
                "error_code": code.get(each.name, 0),
                "config_entries": [] if each.name in code else [entry],
            }
            for each in asked
        ]
        return [SimpleNamespace(to_object=lambda: {"resources": told})]


def test_topics_are_told_apart_that_are_hidden_without_a_leader_and_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All three were missing, and with one leader away topics were wanted with four partitions."""

    @asynccontextmanager
    async def fake(_settings: ClientSettings) -> AsyncIterator[FakeAdmin]:
        yield FakeAdmin("cx.scores", "cx.interactions", "cx.alerts")

    monkeypatch.setattr(on_broker, "admin_client", fake)
    states = {state.name: state for state in asyncio.run(inspect(ClientSettings(brokers=("b:1",)), "g"))}
    wrong = {
        name: (state.partitions, state.mismatches[0].found, state.mismatches[0].fix)
        for name, state in states.items()
        if state.mismatches
    }
    assert wrong == {
        "cx.interactions": (7, "1 of 7 partitions have no leader", "start the brokers that have them"),
        "cx.scores": (0, UNSEEN, GRANT),
        "cx.alerts": (0, "nothing", "tocsin topics --broker b:1 --group g"),
    }


def test_a_topic_without_a_leader_is_told_as_such() -> None:
    """It was told as one that is not there."""
    with pytest.raises(BrokerError, match="topic t: 1 of 3 partitions have no leader; start the brokers"):
        usable({"t": Led(3, 2)}, "t")
    with pytest.raises(BrokerError, match="topic t is not there"):
        usable({}, "t")
    assert usable({"t": Led(3, 3)}, "t") == 3
