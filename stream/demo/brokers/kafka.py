"""A real Apache Kafka for the demo: one node in a JVM, on 127.0.0.1 alone, gone when we are."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stream.demo.brokers import tethered as tether
from stream.demo.brokers.java import Java
from stream.demo.brokers.loopback import LOOPBACK, EmbeddedBrokerError, free_port, listens
from stream.demo.brokers.tansu import last_line

START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 3.0
"""What it holds is deleted anyhow, so it need not end in good order."""
OPTIONS: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a broker that lives for minutes: little memory, and a quick start before speed."""


@contextmanager
def broker(java: Java, libs: Path, directory: Path) -> Iterator[str]:
    """A running broker's address; its log and its data are under `directory`.

    Raises:
        EmbeddedBrokerError: it does not start.
    """
    port, controller = free_port(), free_port()
    settings, log = directory / "kafka.properties", directory / "broker.log"
    settings.write_text(properties(port, controller, directory / "kafka"), "utf-8")
    jvm = [str(java.program), *OPTIONS, "-cp", f"{libs}{os.sep}*"]
    cluster = "T" + secrets.token_urlsafe(16)[1:]  # tools take one that begins with a dash for an option
    formatting = [*jvm, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)]
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603  # our own command
            formatting, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
        if done.returncode != 0:
            raise EmbeddedBrokerError(f"Kafka's storage cannot be made: {last_line(log)}")
        process = tether.start([*jvm, "kafka.Kafka", str(settings)], os.environ, output)
    try:
        if not listens(process, port, START_TIMEOUT_S):
            raise EmbeddedBrokerError(f"Kafka does not start: {last_line(log)}")
        yield f"{LOOPBACK}:{port}"
    finally:
        tether.stop(process, STOP_TIMEOUT_S)


def properties(port: int, controller: int, data: Path) -> str:
    """`server.properties` of one node that is broker and controller."""
    return "\n".join(
        (
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@{LOOPBACK}:{controller}",
            "controller.listener.names=CONTROLLER",
            f"listeners=PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}",
            f"advertised.listeners=PLAINTEXT://{LOOPBACK}:{port}",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            f"log.dirs={data.as_posix()}",
            "auto.create.topics.enable=false",
            "group.initial.rebalance.delay.ms=0",
            "offsets.topic.num.partitions=1",
            "offsets.topic.replication.factor=1",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.min.isr=1",
            "",
        )
    )
