"""A cluster whose brokers all come back at other addresses is found again by those that were named."""

import asyncio
from typing import Final

import pytest

from stream.kafka.clients import producing
from stream.kafka.settings import ClientSettings
from tests.kafka.broker import JavaBroker, free_ports, java_broker
from tests.kafka.worker_process import create_topics

PATIENCE_S: Final = 30.0


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_a_broker_that_has_moved_is_found_by_its_other_name() -> None:
    """Clients asked where it had been, for ever: a worker without anything to send was not ready any more."""
    broker = java_broker()
    try:
        broker.start()
        create_topics(broker.bootstrap, "moved", 1)
        asyncio.run(_sent_before_and_after_a_move(broker))
    finally:
        broker.close()


async def _sent_before_and_after_a_move(broker: JavaBroker) -> None:
    old, new = (int(broker.bootstrap.split(":")[1]), free_ports(1)[0])
    settings = ClientSettings(brokers=(broker.bootstrap, f"127.0.0.1:{new}"))
    async with producing(settings) as client:
        await client.send_and_wait("cx.feedback", b"before")
        await asyncio.to_thread(_move, broker, old, new)
        async with asyncio.timeout(PATIENCE_S):
            await client.send_and_wait("cx.feedback", b"after")


def _move(broker: JavaBroker, old: int, new: int) -> None:
    """Restart it on another port; data stay."""
    broker.stop()
    settings = broker.data.parent / "server.properties"
    settings.write_text(settings.read_text().replace(f":{old}", f":{new}"))
    broker.bootstrap = f"127.0.0.1:{new}"
    broker.start()
