"""`tocsin gateway`: webhooks of survey and help-desk systems into Kafka."""

import asyncio
import gc
import logging
import os
from pathlib import Path
from typing import Final

import click

from stream.cli.kafka_options import kafka_options
from stream.cli.terminal.announcing import announce
from stream.cli.terminal.finite import FiniteRange
from stream.cli.terminal.logs import log_level_option, log_to_stderr
from stream.cli.terminal.signals import ENDING, on_signal
from stream.gateway.crm import Crm
from stream.gateway.metrics import GatewayMetrics
from stream.gateway.publisher import Publisher
from stream.gateway.server import Gateway
from stream.gateway.source_file import load_sources, resolved
from stream.gateway.sources import Source
from stream.kafka.settings import ClientSettings
from stream.monitoring.listening import base_url

log = logging.getLogger("stream.gateway")

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 9110
DEFAULT_ACK_TIMEOUT_S: Final = 4.0
"""Chatwoot and Formbricks hang up after 5 s."""
OTHERS: Final = ("aiokafka", "aiohttp")
"""Loggers that say at each attempt what we say once."""


@click.command("gateway")
@kafka_options
@click.option(
    "--sources",
    envvar="TOCSIN_SOURCES",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Sources file (YAML): which systems send where, and how they prove who they are.",
)
@click.option(
    "--host", envvar="TOCSIN_HOST", default=DEFAULT_HOST, show_default=True, help="Address to listen on."
)
@click.option(
    "--port",
    envvar="TOCSIN_PORT",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port: sources' paths, /metrics, /healthz, /readyz.  0: any that is free.",
)
@click.option(
    "--customers",
    envvar="TOCSIN_CUSTOMERS",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What the CRM knows (YAML or CSV), to fill dimensions that events lack; read again when it changes.",
)
@click.option(
    "--customers-topic",
    envvar="TOCSIN_CUSTOMERS_TOPIC",
    is_flag=True,
    help="Follow cx.customers for the same; its word goes before the file's.",
)
@click.option(
    "--ack-timeout",
    envvar="TOCSIN_ACK_TIMEOUT",
    type=FiniteRange(0.1, 60),
    default=DEFAULT_ACK_TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long a request waits for Kafka before it is answered 503.",
)
@log_level_option
def command(  # noqa: PLR0913, PLR0917  # one per option
    kafka: ClientSettings,
    sources: Path,
    host: str,
    port: int,
    customers: Path | None,
    customers_topic: bool,  # noqa: FBT001  # click calls by name
    ack_timeout: float,
    log_level: str,
) -> None:
    """Take webhooks and write events to Kafka; answer 2xx only when Kafka has them.

    Waits for its broker for ever.  SIGTERM and SIGINT: answer what has come in, exit code 0.
    """
    log_to_stderr(log_level, OTHERS)
    declared = load_sources(sources)
    for each in declared:
        for advice in each.advice:
            log.warning("source %s: %s", each.source.name, advice)
    crm = Crm(customers, kafka if customers_topic else None)
    publisher = Publisher(kafka, ack_timeout)
    asyncio.run(_run(resolved(declared, os.environ), publisher, crm, (host, port)))


async def _run(sources: list[Source], publisher: Publisher, crm: Crm, place: tuple[str, int]) -> None:
    gateway = Gateway(sources, publisher, GatewayMetrics(sources), crm)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in ENDING:
        on_signal(loop, number, ended.set)
    port = await gateway.start(*place)
    publisher.start()
    crm.start()
    announce([base_url(place[0], port), *(f"{source.name}: {source.kind.name}" for source in sources)])
    gc.freeze()  # what is there now stays: a collection need not look at it again and again
    await ended.wait()
    await gateway.stop()
    await publisher.stop()
    await crm.stop()
    log.info("gateway has ended in good order")
