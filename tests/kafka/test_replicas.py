"""Topics that may lose what was read of them are told, by `tocsin topics` and by the doctor."""

import asyncio
import time
from typing import Final

import pytest
from click.testing import CliRunner

from stream.cli import tocsin
from stream.kafka.settings import ClientSettings
from stream.ops.doctor import Check, CheckState, examine
from tests.kafka.cluster import NODES, running_cluster
from tests.kafka.topic_settings import change

UNCLEAN: Final = "unclean.leader.election.enable"


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_topics_that_any_replica_may_lead() -> None:
    """With one that lacks the newest records these are gone: told with the topics, and how to mend it."""
    with running_cluster(NODES) as cluster:
        made = _told(cluster.bootstrap)
        assert UNCLEAN not in made
        asyncio.run(change(cluster.bootstrap, "cx.tallies", {UNCLEAN: "true"}))
        told = _told(cluster.bootstrap)
        assert "one after the other: cx.tallies; for each kafka-configs.sh" in told
        (found,) = (each for each in _examined(cluster.bootstrap) if each.name == "replicas")
        assert (found.state, str(found.fix).endswith(f"{UNCLEAN}=false")) == (CheckState.WARN, True)


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_topics_that_were_made_while_a_broker_was_away() -> None:
    """They have fewer replicas than they would have by now, and were said to be in order.

    The doctor says which of the brokers that are named is away, and asks the others.
    """
    with running_cluster(NODES) as cluster:
        cluster.nodes[0].stop()
        assert "replicas" not in _told(cluster.bootstrap)
        away, there = (each for each in _examined(cluster.bootstrap) if each.name == "broker")
        assert (away.state, away.found) == (
            CheckState.WARN,
            f"{cluster.nodes[0].bootstrap}: Connection refused",
        )
        assert (there.state, "2 in the cluster" in there.found) == (CheckState.OK, True)
        cluster.nodes[0].start()
        deadline = time.monotonic() + 60
        while "fewer than 3 replicas" not in (told := _told(cluster.bootstrap)):
            assert time.monotonic() < deadline, "the third broker is not seen"
        assert "cx.tallies (2)" in told
        (found,) = (each for each in _examined(cluster.bootstrap) if each.name == "replicas")
        assert (found.state, "cx.tallies (2)" in found.found) == (CheckState.WARN, True)


def _told(broker: str) -> str:
    found = CliRunner().invoke(tocsin, ["topics", "--broker", broker, "--partitions", "1"])
    assert found.exit_code == 0, found.output
    return found.stderr


def _examined(broker: str) -> list[Check]:
    return asyncio.run(examine(ClientSettings(brokers=tuple(broker.split(","))), None, "tocsin"))
