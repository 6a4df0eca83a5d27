"""The demo with a broker: a worker as everybody runs it, topics in between."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from alerts.transitions import Score, Transition
from stream.demo.brokers.choice import DemoBroker, Whose
from stream.demo.brokers.loopback import claimed_port
from stream.demo.child_worker import worker
from stream.demo.first_to_end import first_to_end
from stream.demo.own_topics import topics_of_our_own
from stream.demo.scene import REFRESH_S, DemoScene, pulse, shown
from stream.demo.settings import GROUP, METRICS_PORT, PARTITIONS, DemoSettings
from stream.demo.webhook_log import WebhookLog
from stream.kafka.clients import POLL_MS, producing, reading
from stream.kafka.confirmed import Confirmed
from stream.kafka.settings import ClientSettings
from stream.kafka.topics import ensure
from stream.messages.topic_names import ALERTS, SCORES
from stream.traffic.sender import limits, send

REACHING: Final = ("TOCSIN_SECURITY_", "TOCSIN_SASL_", "TOCSIN_TLS_", "TOCSIN_TOPICS")
"""Begin the names of variables that say how a broker is reached, and what topics are called there."""
CATCH_UP_S: Final = 30.0
"""How long a slow machine may take in the end to work off what was sent."""
DRAIN_S: Final = 2.0
"""How long the last alerts may take to arrive."""


async def perform(
    settings: DemoSettings, broker: DemoBroker, rules: Path, log: WebhookLog, log_url: str, token: str
) -> None:
    """Play on a broker until the traffic ends.

    Raises:
        WorkerError: the worker ends, or never gets ready.
        BrokerError: the broker stops answering.
    """
    kafka = broker.kafka
    async with AsyncExitStack() as stack:
        if broker.whose is Whose.USERS:
            await stack.enter_async_context(topics_of_our_own(kafka, PARTITIONS, GROUP))
        else:
            await ensure(kafka, PARTITIONS, 1, GROUP)
        secret = settings.directory / "token"
        secret.write_text(token, "utf-8")
        arguments = ["--broker", kafka.bootstrap, "--rules", str(rules), "--group", GROUP]
        arguments += ["--token-file", str(secret), *broker.worker_options]
        port = stack.enter_context(claimed_port(METRICS_PORT))
        child = await stack.enter_async_context(
            worker(arguments, port, settings.directory / "worker.log", _reaching(broker))
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        await child.ready(http)
        scene = await stack.enter_async_context(shown(settings, log, log_url, child.url, token))
        await first_to_end(
            _traffic(scene, kafka),
            _scores(scene, kafka),
            _alerts(scene, kafka),
            pulse(scene, partial(child.events, http)),
        )


def _reaching(broker: DemoBroker) -> dict[str, str]:
    """How the user has said that their broker is reached; one of our own wants nothing."""
    if broker.whose is not Whose.USERS:
        return {}
    return {name: value for name, value in os.environ.items() if name.startswith(REACHING)}


async def _traffic(scene: DemoScene, kafka: ClientSettings) -> None:
    played, pace = scene.traffic()
    async with producing(kafka) as producer:
        messages = limits(pace, scene.settings.seconds, None).of(played.messages())
        sent = await send(Confirmed(producer), messages, pace)
    deadline = time.monotonic() + CATCH_UP_S
    while scene.view.pulse.events < sent.total() and time.monotonic() < deadline:  # noqa: ASYNC110  # it is polled
        await asyncio.sleep(REFRESH_S)
    await asyncio.sleep(DRAIN_S)


async def _scores(scene: DemoScene, kafka: ClientSettings) -> None:
    decoder = msgspec.json.Decoder(Score)
    async for value in _values(kafka, SCORES):
        scene.view.take_score(decoder.decode(value))


async def _alerts(scene: DemoScene, kafka: ClientSettings) -> None:
    decoder = msgspec.json.Decoder(Transition)
    async for value in _values(kafka, ALERTS):
        transition = decoder.decode(value)
        if scene.view.take_alert(transition):
            scene.screen.alert(value, transition)


async def _values(kafka: ClientSettings, topic: str) -> AsyncIterator[bytes]:
    """What is on a topic, and what comes, for ever."""
    async with reading(kafka, topic) as consumer:
        while True:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    if record.value is not None:
                        yield record.value
