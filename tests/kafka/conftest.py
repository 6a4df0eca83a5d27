"""The real Kafka that these tests share, and what happens where there is none.

In CI (environment variable `CI`) a missing Kafka fails every test here.  On somebody's own machine the
tests are left out and the summary lists them as not run, with what to install.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.broker import Broker, running_broker, why_not

HERE = Path(__file__).parent
KCAT = "test_kcat_prints_alerts"
"""The test that needs one more program."""
_LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is here as needing Kafka; leave it out where there is none and nobody insists."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.kafka)
    if not ours or os.environ.get("CI"):
        return
    left = [item for item in ours if _lacks(item.name)]
    if left:
        config.stash[_LEFT_OUT] = [item.nodeid for item in left]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _lacks(test: str) -> str:
    """What is not here that a test needs, and how to get it; "" when all is."""
    if test == KCAT and shutil.which("kcat") is None:
        return "no kcat here; Debian: apt-get install kcat"
    return why_not() or ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List what was not run, and why."""
    left_out = config.stash.get(_LEFT_OUT, [])
    if not left_out:
        return
    terminalreporter.section("NOT RUN")
    for nodeid in left_out:
        terminalreporter.write_line(f"  {nodeid}: {_lacks(nodeid.rpartition('::')[2])}")


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
