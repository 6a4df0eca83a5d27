"""Settings of all tests, what they need, and the real Kafka that many share."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from tests.kafka.broker import Broker, running_broker
from tests.needs import lacking, needs

HERE: Final = Path(__file__).parent
# Machines that run tests are shared and slow at times; a test's own work is bounded by its examples.
settings.register_profile("tocsin", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "60")))
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
        for need in needs(folder, file.name, item.name):
            reason = lacking(need)
            if reason and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=reason))


class DemoOnOneWorker(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """The demo's tests one after the other, as they have ports of their own, while others are tested.

    A mark `xdist_group` would say the same, but pytest 9.2 no longer has what xdist 3.8 hears it by.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "demo" if nodeid.startswith("tests/demo/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> DemoOnOneWorker | None:
    """For `--dist loadgroup`; what else one may ask for is xdist's."""
    return DemoOnOneWorker(config, log) if config.getoption("dist") == "loadgroup" else None


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
