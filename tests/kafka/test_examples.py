"""The example consumer, run as a newcomer would run it."""

import asyncio
import subprocess
import sys
from pathlib import Path

import orjson

from stream.kafka.clients import producing
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from tests.kafka.broker import Broker

EXAMPLE = Path(__file__).parents[2] / "examples" / "alerts_consumer.py"


async def _first_line(bootstrap: str) -> bytes:
    """What the example prints first while alerts are being written."""
    settings = ClientSettings((bootstrap,))
    await ensure(settings)
    value = {"at": "10:00", "severity": "critical", "state": "firing", "summary": "CSAT of phone is 41 %"}
    command = (sys.executable, "-u", str(EXAMPLE), bootstrap)
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    line = asyncio.create_task(process.stdout.readline())
    try:
        async with producing(settings) as producer:
            while not line.done():
                await producer.send_and_wait("cx.alerts", orjson.dumps(value), b"a")
                await asyncio.wait({line}, timeout=0.2)
        return await line
    finally:
        process.kill()
        await process.wait()


def test_the_example_prints_alerts(broker: Broker) -> None:
    """Ten lines of Python follow cx.alerts."""
    line = asyncio.run(asyncio.wait_for(_first_line(broker.bootstrap), 60))
    assert line.decode() == "10:00 critical firing CSAT of phone is 41 %\n"
    assert len(EXAMPLE.read_text().splitlines()) < 25
