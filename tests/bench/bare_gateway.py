"""What the gateway is measured beside: the shortest handler of aiohttp that writes a body to Kafka.

It verifies nothing, reads nothing, and has no bounds; it answers when Kafka has acknowledged, as we do.
"""

import asyncio
import itertools
import sys

from aiohttp import web
from aiokafka import AIOKafkaProducer


async def main(broker: str) -> None:
    """Print where it listens, and serve until it is killed."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    keys = itertools.count()

    async def handle(request: web.Request) -> web.Response:
        await producer.send_and_wait("cx.feedback", await request.read(), key=b"c-%d" % next(keys))
        return web.Response()

    app = web.Application()
    app.router.add_post("/in/bare", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
