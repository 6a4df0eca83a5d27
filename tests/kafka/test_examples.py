"""The examples for other consumers, run as a newcomer would run them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from stream.kafka.clients import producing
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from tests.kafka.broker import Broker

EXAMPLES = Path(__file__).parents[2] / "examples"
VALUE = {"at": "10:00", "severity": "critical", "state": "firing", "summary": "CSAT of phone is 41 %"}
LINE = "10:00 critical firing CSAT of phone is 41 %\n"


async def _first_line(command: tuple[str, ...], bootstrap: str, variables: Mapping[str, str]) -> str:
    """The first line of an example that tells of an alert, while alerts are being written."""
    settings = ClientSettings(brokers=(bootstrap,))
    await ensure(settings)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **variables}
    )
    assert process.stdout is not None
    line = asyncio.create_task(_telling(process.stdout))
    try:
        async with producing(settings) as producer:
            while not line.done():
                await producer.send_and_wait("cx.alerts", orjson.dumps(VALUE), b"a")
                await asyncio.wait({line}, timeout=0.2)
        return await line
    finally:
        process.kill()
        await process.wait()


async def _telling(output: asyncio.StreamReader) -> str:
    async for line in output:
        if VALUE["summary"].encode() in line:
            return line.decode()
    return ""


def _printed(command: tuple[str, ...], bootstrap: str, variables: Mapping[str, str] | None = None) -> str:
    return asyncio.run(asyncio.wait_for(_first_line(command, bootstrap, variables or {}), 90))


def test_aiokafka_prints_alerts(broker: Broker) -> None:
    """Ten lines of Python follow cx.alerts."""
    example = EXAMPLES / "alerts_consumer.py"
    assert _printed((sys.executable, "-u", str(example), broker.bootstrap), broker.bootstrap) == LINE
    assert len(example.read_text().splitlines()) < 25


def test_a_faust_agent_prints_alerts(broker: Broker, tmp_path: Path) -> None:
    """In an application of its own, on a stock Faust, which creates nothing among Tocsin's topics."""
    example = EXAMPLES / "alerts_faust.py"
    options = ("--datadir", str(tmp_path), "worker", "--without-web")
    command = (sys.executable, "-u", str(example), *options)
    line = _printed(command, broker.bootstrap, {"BROKER": f"kafka://{broker.bootstrap}"})
    assert line.rstrip().endswith(LINE.rstrip())


def test_kcat_prints_alerts(broker: Broker) -> None:
    """One line of shell: the value as it is, for jq and its like."""
    found = _printed((str(EXAMPLES / "alerts_kcat.sh"), broker.bootstrap), broker.bootstrap)
    assert json.loads(found) == VALUE
