"""What other software on the same Kafka does to a worker: it lives, says so, and goes on afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import create_topics, worker

EMPTY_RECORDS = 250_000
COUNTED = {"cx.interactions": "tocsin_events_total", "cx.commands": "tocsin_commands_total"}
MOST_MB = 400
"""At its peak, where 375 MB more than at rest were taken."""


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker]:
    """A broker of this module's own."""
    with running_broker() as running:
        yield running


@pytest.mark.timeout(240)
def test_a_stranger_in_the_group_keeps_a_worker_out_only_while_it_is_there(
    kafka: Broker, tmp_path: Path
) -> None:
    """The worker says why it is not ready, and comes in by itself."""
    create_topics(kafka.bootstrap, "joined", 1)

    async def run() -> None:
        stranger = AIOKafkaConsumer("cx.feedback", bootstrap_servers=kafka.bootstrap, group_id="joined")
        await stranger.start()
        with worker(kafka.bootstrap, "joined", tmp_path / "worker.log") as running:
            told = "does not let this worker in: InconsistentGroupProtocolError"
            await asyncio.to_thread(running.until, lambda: told in running.get("readyz")[1], "a reason")
            await stranger.stop()
            await asyncio.to_thread(running.ready)
        assert "Traceback" not in (tmp_path / "worker.log").read_text()

    asyncio.run(run())


@pytest.mark.timeout(240)
def test_what_an_open_transaction_holds_back_is_told(kafka: Broker, tmp_path: Path) -> None:
    """Until it ends; then it is read."""
    create_topics(kafka.bootstrap, "held", 1)

    async def run() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id="open")
        await producer.start()
        with worker(kafka.bootstrap, "held", tmp_path / "worker.log") as running:
            await asyncio.to_thread(running.ready)
            await producer.begin_transaction()
            await producer.send_and_wait("cx.feedback", b"{}", partition=0)
            held = "tocsin_held_records"
            await asyncio.to_thread(running.until, lambda: running.metric(held) > 0, "word of it")
            assert running.metric("tocsin_lag_records") == 0
            await producer.commit_transaction()
            await asyncio.to_thread(running.until, lambda: running.metric(held) == 0, "its end")
        await producer.stop()

    asyncio.run(run())


@pytest.mark.timeout(240)
@pytest.mark.parametrize("topic", ["cx.interactions", "cx.commands"])
def test_very_many_empty_records_in_one_batch_take_bounded_memory(
    kafka: Broker, tmp_path: Path, topic: str
) -> None:
    """200 kB on the wire, on whatever topic; each of an input has its dead letter."""
    group = f"empty-{topic}"
    create_topics(kafka.bootstrap, group, 1)

    async def run() -> None:
        options = {"max_batch_size": 2**27, "max_request_size": 2**27, "compression_type": "zstd"}
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, **options)
        await producer.start()
        batch = producer.create_batch()
        for _ in range(EMPTY_RECORDS):
            assert batch.append(timestamp=1, key=None, value=b"", headers=[]) is not None
        batch.close()
        with worker(kafka.bootstrap, group, tmp_path / "worker.log") as running:
            await asyncio.to_thread(running.ready)
            metric = COUNTED[topic]
            before = running.metric(metric)
            await (await producer.send_batch(batch, topic, partition=0))
            all_of_it = before + EMPTY_RECORDS
            await asyncio.to_thread(running.until, lambda: running.metric(metric) >= all_of_it, "all of it")
            assert running.peak_rss_mb() < MOST_MB
        await producer.stop()

    asyncio.run(run())
