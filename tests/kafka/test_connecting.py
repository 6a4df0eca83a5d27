"""A broker that goes away while a worker connects is waited for, as one that is not there yet."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.kafka.outbox import Outbox
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import ALERTS, DELIVERIES
from stream.worker.feeds.notifier import DeliveryTopic
from stream.worker.feeds.topic_feed import TopicFeed
from tests.kafka.broker import Broker, running_broker
from tests.kafka.held_worker import STEPS
from tests.kafka.worker_process import WorkerProcess, create_topics

GROUP = "connecting"


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    """A broker of our own: it is stopped and started."""
    with running_broker() as broker:
        if not broker.ours:
            pytest.skip("the broker belongs to somebody else")
        create_topics(broker.bootstrap, GROUP, 2)
        yield broker


@pytest.mark.parametrize("step", sorted(STEPS))
def test_a_broker_that_goes_while_a_worker_connects(kafka: Broker, tmp_path: Path, step: str) -> None:
    """Whatever was about to connect: the worker says that it waits, and is ready once the broker is back."""
    log, go = tmp_path / "log", tmp_path / "go"
    entry = ("-m", "tests.kafka.held_worker", step, str(go))
    worker = WorkerProcess(kafka.bootstrap, GROUP, log, entry=entry)
    try:
        worker.until(lambda: "held" in log.read_text(), "the step")
        kafka.kill()
        go.touch()
        worker.until(lambda: "the broker is gone, trying again" in log.read_text(), "the waiting")
        assert worker.get("readyz")[0] == 503
        kafka.start()
        worker.ready()
        assert worker.terminate() == 0
        assert "Traceback" not in log.read_text()
    finally:
        worker.kill()


async def _asked_while_it_is_away(kafka: Broker) -> tuple[list[object], bool]:
    options = ClientSettings(brokers=(kafka.bootstrap,)).client_options()
    topic, failed = DeliveryTopic(Outbox(options), options, lambda _topic: None), list[BaseException]()
    soon = {**options, "request_timeout_ms": 2_000}
    topic.feed = TopicFeed(soon, (ALERTS, DELIVERIES), lambda *_record: None, failed.append)
    await topic.feed.start()
    try:
        kafka.kill()
        asked = asyncio.gather(topic.history(0), topic.caught_up())
        await asyncio.wait({asked}, timeout=6)
        waited = not asked.done()
        await asyncio.to_thread(kafka.start)
        entries, _ = await asyncio.wait_for(asked, 60)
        return [*entries, *failed], waited
    finally:
        await topic.feed.close()


def test_what_was_delivered_is_asked_again_once_the_broker_is_back(kafka: Broker) -> None:
    """Who gets a partition while its leader is away would end, and come back to ask again, and again."""
    assert asyncio.run(_asked_while_it_is_away(kafka)) == ([], True)
