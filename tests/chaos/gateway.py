"""Kill -9 of the gateway, and of its broker, in the middle of requests from clients that try again.

Whatever was answered 2xx must be on Kafka, and be counted once however often it was sent:

    python -m tests.chaos.gateway --requests 100000
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from stream.kafka.clients import read_all
from stream.kafka.settings import ClientSettings
from tests.bench.http_load import Connection, connect, request_of
from tests.kafka.broker import Broker, JavaBroker, java_broker
from tests.kafka.gateway_process import GatewayProcess
from tests.kafka.worker_process import create_topics, worker

CLIENTS: Final = 32
PATIENCE_S: Final = 10.0
SOURCES: Final = "sources: [{name: ours, kind: events, path: /in/chaos, token_env: TOKEN}]\n"
HEADERS: Final = {"Authorization": "Bearer t"}
RULES: Final = "rules: [{name: low, indicator: csat, window: 1h, critical: 1}]\n"


@dataclass(slots=True)
class Tally:
    """What clients saw: ids that were answered 2xx, and how often they had to try again."""

    acknowledged: list[str] = field(default_factory=list)
    again: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """After it all: ids lost (must be none), records beyond one per id, and what the worker counted."""

    requests: int
    again: int
    lost: int
    repeated: int
    accepted: int
    duplicates: int

    @property
    def exact(self) -> bool:
        """Nothing lost, nothing counted twice."""
        return not self.lost and self.accepted == self.requests


async def client(url: str, numbers: Sequence[int], tally: Tally) -> None:
    """Send each event until it is answered 2xx, as vendors do but sooner."""
    connection: Connection | None = None
    for number in numbers:
        event = {"id": f"e-{number}", "at": time.time(), "channel": "web", "indicator": "csat", "score": 5}
        request = request_of(url, "/in/chaos", orjson.dumps(event), HEADERS)
        while True:
            try:
                connection = connection or await connect(url)
                if await asyncio.wait_for(connection.ask(request), PATIENCE_S) == 200:
                    break
            except (OSError, TimeoutError):
                pass
            if connection is not None:
                connection.close()
            connection = None
            tally.again += 1
            await asyncio.sleep(0.2)
        tally.acknowledged.append(f"e-{number}")
    if connection is not None:
        connection.close()


async def saboteur(
    gateway: GatewayProcess, broker: JavaBroker, tally: Tally, requests: int
) -> GatewayProcess:
    """Kill the gateway at a fifth and at three fifths of the requests, the broker at two fifths."""
    for share, killed in ((0.2, "gateway"), (0.4, "broker"), (0.6, "gateway")):
        while len(tally.acknowledged) < share * requests:  # noqa: ASYNC110  # clients tell nobody
            await asyncio.sleep(0.01)  # clients do not tell anybody
        if killed == "broker":
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
        else:
            gateway.kill()
            gateway = await asyncio.to_thread(gateway.again)
    return gateway


async def play(gateway: GatewayProcess, broker: JavaBroker, requests: int) -> tuple[Tally, GatewayProcess]:
    """All requests, with everything that befalls them."""
    tally = Tally()
    work = [client(gateway.url, range(first, requests, CLIENTS), tally) for first in range(CLIENTS)]
    results = await asyncio.gather(saboteur(gateway, broker, tally, requests), *work)
    last = results[0]
    assert last is not None
    return tally, last


async def on_kafka(broker: Broker) -> list[str]:
    """Ids of all events."""
    records = read_all(ClientSettings(brokers=(broker.bootstrap,)), "cx.feedback")
    return [orjson.loads(record.value or b"{}")["id"] async for record in records]


def run(requests: int, folder: Path) -> Outcome:
    """The whole scene, and what came of it."""
    broker = java_broker()
    broker.start()
    gateway: GatewayProcess | None = None
    try:
        create_topics(broker.bootstrap, "chaos", 2)
        (folder / "sources.yaml").write_text(SOURCES)
        (folder / "rules.yaml").write_text(RULES)
        gateway = GatewayProcess(
            broker.bootstrap, folder / "sources.yaml", folder / "gateway.log", {"TOKEN": "t"}
        )
        tally, gateway = asyncio.run(play(gateway.ready(), broker, requests))
        found = asyncio.run(on_kafka(broker))
        rules = ("--rules", str(folder / "rules.yaml"))
        with worker(broker.bootstrap, "chaos", folder / "worker.log", *rules) as counting:
            counting.until(lambda: counting.metric("tocsin_events_total") >= len(found), "counting")
            lines = counting.get("metrics")[1].splitlines()
            accepted, duplicates = (
                sum(float(line.rpartition(" ")[2]) for line in lines if f'outcome="{outcome}"' in line)
                for outcome in ("accepted", "duplicate")
            )
        lost = len(set(tally.acknowledged) - set(found))
        repeated = len(found) - len(set(found))
        return Outcome(requests, tally.again, lost, repeated, int(accepted), int(duplicates))
    finally:
        if gateway is not None:
            gateway.kill()
        broker.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, tell, and fail if anything was lost or counted twice."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(options.requests, Path(folder))
    sys.stdout.write(f"{outcome}\n")
    sys.exit(0 if outcome.exact else 1)


if __name__ == "__main__":
    main()
