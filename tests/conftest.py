"""Settings of all tests: what they need, and which of them keep together when several run at a time."""

import os
import signal
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.needs import lacking, needs

HERE: Final = Path(__file__).parent
DEMOS: Final = (
    "demo/test_demo.py",
    "demo/test_board.py",
    "demo/test_without_broker.py",
    "kafka/test_demo_brokers.py",
)
"""Files whose tests run the demo, which has ports of its own: one at a time."""

# Machines that run tests are shared and slow at times; a test's own work is bounded by its examples.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")

# A shell gives what it starts in the background a SIGINT that is ignored, and so do we to what we start;
# several tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a program is missing a test is skipped, and the summary says what to install; in CI it fails.

    Tests of a file keep together, since they share a broker; those of the chaos suite have each their own.
    """
    for item in items:
        file = item.path.relative_to(HERE)
        folder = file.parts[0]
        if folder in ("kafka", "prometheus"):
            item.add_marker(folder)
        if folder != "chaos":
            item.add_marker(pytest.mark.xdist_group("demo" if file.as_posix() in DEMOS else file.as_posix()))
        for need in needs(folder, file.name, item.name):
            reason = lacking(need)
            if reason and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=reason))
