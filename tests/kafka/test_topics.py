"""`tocsin topics` against a real Kafka: creates, verifies, says what is wrong, gets in with TLS and SASL."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from stream.cli import tocsin
from stream.kafka.clients import admin_client, producing, reading
from stream.kafka.settings import ClientSettings, SecurityProtocol
from stream.kafka.topics import ensure
from tests.kafka.broker import Broker, free_ports, running_broker
from tests.kafka.settings import Secure


@pytest.fixture(scope="module")
def own() -> Iterator[Broker]:
    """A broker without topics, with a listener that wants a password."""
    with running_broker(secure=True) as broker:
        yield broker


def _topics(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(tocsin, ["topics", *arguments], env=environment)


def test_topics_are_created_once_and_then_found_in_order(own: Broker) -> None:
    """The first run creates every topic, the second finds them as they should be."""
    first = _topics("--broker", own.bootstrap, "--partitions", "3", "--json")
    assert first.exit_code == 0, first.output
    assert {(state["created"], state["partitions"]) for state in json.loads(first.output)} == {
        (True, 3),
        (True, 1),
    }
    second = _topics("--broker", own.bootstrap)
    assert second.exit_code == 0, second.output
    assert second.output.count("ok ") == len(json.loads(first.output))


def test_fewer_replicas_than_asked_for_are_told(own: Broker) -> None:
    """Nothing that exists is changed, and nothing was said."""
    asyncio.run(ensure(ClientSettings(brokers=(own.bootstrap,)), 3))
    assert "replicas" not in _topics("--broker", own.bootstrap, "--replication", "1").output
    told = _topics("--broker", own.bootstrap, "--replication", "3")
    assert told.exit_code == 0
    assert "warning: fewer than 3 replicas" in told.stderr
    assert "cx.interactions (1)" in told.stderr


def test_settings_on_the_broker_are_those_declared(own: Broker) -> None:
    """A topic that somebody changed is told with what it should be, and the command ends with 1."""

    async def spoil() -> None:
        from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # noqa: PLC0415

        async with admin_client(ClientSettings(brokers=(own.bootstrap,))) as client:
            wrong = {"cleanup.policy": "delete"}
            await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "cx.scores", wrong)])

    asyncio.run(ensure(ClientSettings(brokers=(own.bootstrap,)), 3))
    asyncio.run(spoil())
    told = _topics("--broker", own.bootstrap)
    for _ in range(50):  # the broker takes a moment to let us see what it has accepted
        if told.exit_code:
            break
        told = _topics("--broker", own.bootstrap)
    assert told.exit_code == 1
    assert "cleanup.policy: want compact, got delete" in told.output
    fix = "--entity-name cx.scores --add-config cleanup.policy=compact"
    assert fix in told.output


def test_a_wrong_number_of_partitions_ends_with_one(own: Broker) -> None:
    """Asking for more partitions than there are is reported, never done."""
    asyncio.run(ensure(ClientSettings(brokers=(own.bootstrap,)), 3))
    told = _topics("--broker", own.bootstrap, "--partitions", "5", "--json")
    assert told.exit_code == 1
    found = {state["name"]: state["mismatches"] for state in json.loads(told.output)}
    assert found["cx.interactions"][0]["found"] == "3"


def test_no_broker_is_one_line_that_says_so() -> None:
    """Nobody listens: the place and the reason, exit code 1, no stack."""
    place = f"127.0.0.1:{free_ports(1)[0]}"
    told = _topics("--broker", place)
    assert told.exit_code == 1
    assert told.output.startswith(f"Error: no Kafka broker answers at {place} (")


def _secure(own: Broker) -> Secure:
    assert own.secure is not None
    return own.secure


def test_tls_and_password_reach_the_client(own: Broker) -> None:
    """Given as environment variables, authority, name and password open the door."""
    secure = _secure(own)
    told = _topics(
        TOCSIN_BROKER=secure.bootstrap,
        TOCSIN_SECURITY_PROTOCOL="SASL_SSL",
        TOCSIN_SASL_USERNAME=secure.username,
        TOCSIN_SASL_PASSWORD=secure.password,
        TOCSIN_TLS_CA_FILE=str(secure.ca_file),
    )
    assert told.exit_code in (0, 1), told.output
    assert "cx.interactions" in told.output


def test_a_wrong_password_is_told(own: Broker) -> None:
    """The broker answers but does not let us in: the message says that, not that nobody is there."""
    secure = _secure(own)
    told = _topics(
        TOCSIN_BROKER=secure.bootstrap,
        TOCSIN_SECURITY_PROTOCOL="SASL_SSL",
        TOCSIN_SASL_USERNAME=secure.username,
        TOCSIN_SASL_PASSWORD="wrong",  # noqa: S106  # the point of the test
        TOCSIN_TLS_CA_FILE=str(secure.ca_file),
    )
    assert told.exit_code == 1
    assert "no Kafka broker answers" not in told.output
    assert "--security-protocol" in told.output


def test_the_secure_clients_write_and_read(own: Broker) -> None:
    """Producer and consumer take the same settings as the admin client."""
    secure = _secure(own)
    settings = ClientSettings(
        brokers=(secure.bootstrap,),
        security_protocol=SecurityProtocol.SASL_SSL,
        sasl_username=secure.username,
        sasl_password=secure.password,
        tls_ca_file=secure.ca_file,
    )

    async def there_and_back() -> bytes:
        await ensure(settings)
        async with producing(settings) as producer:
            await producer.send_and_wait("cx.commands", b"hello")
        async with reading(settings, "cx.commands") as consumer:
            [[record]] = (await consumer.getmany(timeout_ms=20_000)).values()
            value: bytes = record.value
            return value

    assert asyncio.run(there_and_back()) == b"hello"
