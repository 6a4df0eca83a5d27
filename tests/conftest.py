"""Settings of all tests, what they need, and the real Kafka that many share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.kafka.broker import Broker, running_broker
from tests.needs import lacking, needs

HERE: Final = Path(__file__).parent
# Machines that run tests are shared and slow at times; a test's own work is bounded by its examples.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")

# A shell gives what it starts in the background a SIGINT that is ignored, and so do we to what we start;
# several tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a program is missing a test is skipped, and the summary says what to install; in CI it fails."""
    for item in items:
        file = item.path.relative_to(HERE)
        folder = file.parts[0]
        if folder in ("kafka", "prometheus"):
            item.add_marker(folder)
        if folder == "demo":  # ports of its own: one after the other, while others are tested
            item.add_marker(pytest.mark.xdist_group(folder))
        for need in needs(folder, file.name, item.name):
            reason = lacking(need)
            if reason and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=reason))


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
