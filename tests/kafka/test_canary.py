"""A canary at a running worker: from the input to the receiver, in a metric, and in no score."""

import asyncio
from pathlib import Path

from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from tests.kafka.broker import Broker
from tests.kafka.doorbells import Doorbells, free_port, listening
from tests.kafka.worker_process import create_topics, worker

RULES = """
timing: {{pane: 1s, lateness: 1s, idle_after: 2s}}
rules: [{{name: low, indicator: csat, by: [channel], critical: 50, window: 10s, min_answers: 1}}]
receivers: [{{name: dog, webhook: {{url: "{url}/dog"}}, allow_private: true}}]
heartbeat: {{receiver: dog, every: 1s, canary: true}}
"""


async def _scores(broker: str) -> list[bytes | None]:
    return [each.value async for each in read_all(ClientSettings(brokers=(broker,)), "cx.scores")]


def test_a_canary_travels_from_the_input_to_the_receiver(fresh_broker: Broker, tmp_path: Path) -> None:
    """Several of them, at both partitions; the heart beats beside them."""
    create_topics(fresh_broker.bootstrap, "canary", 2)
    rules = tmp_path / "rules.yaml"
    with listening(Doorbells(free_port())) as bells:
        rules.write_text(RULES.format(url=bells.url))
        options = ("--rules", str(rules))
        with worker(fresh_broker.bootstrap, "canary", tmp_path / "worker.log", *options) as started:
            started.until(lambda: len(_canaries(bells)) >= 3, "canaries land")
            took_s = started.metric("tocsin_canary_seconds")
            assert 1 < took_s < 60
            assert started.metric("tocsin_canary_timestamp_seconds") > 0
            assert started.metric("tocsin_events_total") >= 3
        assert all(0 < each <= took_s + 60 for each in _canaries(bells))
        assert {ring.body["type"] for ring in bells.at("dog")} == {"cx.heartbeat", "cx.canary"}
    assert asyncio.run(_scores(fresh_broker.bootstrap)) == []


def _canaries(bells: Doorbells) -> list[float]:
    """How long each took to be judged."""
    rings = [ring for ring in bells.at("dog") if ring.body["type"] == "cx.canary"]
    return [ring.body["data"]["judged_after_s"] for ring in rings]
