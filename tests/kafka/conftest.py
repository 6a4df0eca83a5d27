"""The real Kafka that these tests share."""

from collections.abc import Iterator

import pytest

from tests.kafka.broker import Broker, running_broker


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A running Kafka, shared by the session; tests that stop it start it again, or take their own."""
    with running_broker() as running:
        yield running


@pytest.fixture
def fresh_broker() -> Iterator[Broker]:
    """A Kafka of the test's own, without topics: what other tests left cannot show in it."""
    with running_broker() as running:
        yield running
