"""Everything that happens to alerts, as it happens: `python examples/alerts_consumer.py localhost:9092`."""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def main(broker: str) -> None:
    """Print alerts until Ctrl-C."""
    async with AIOKafkaConsumer("cx.alerts", bootstrap_servers=broker) as alerts:
        async for record in alerts:
            alert = json.loads(record.value)
            print(alert["at"], alert["severity"], alert["state"], alert["summary"])


asyncio.run(main(sys.argv[1]))
