"""What these tests need from Debian, and what happens where it is missing.

In CI (environment variable `CI`) a missing program fails every test that needs it.  On somebody's own
machine the tests are left out and the summary lists them as not run, with what to install.
"""

import os
from pathlib import Path

import pytest

from tests.kafka.broker import why_not
from tests.prometheus.programs import missing

HERE = Path(__file__).parent
ON_KAFKA = {"test_every_expression.py"}
"""Files whose tests need a Kafka as well."""
_LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is here; leave it out where a program is missing and nobody insists."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.prometheus)
    if not ours or os.environ.get("CI"):
        return
    kafka = why_not() is None
    left = [item for item in ours if missing() or (item.path.name in ON_KAFKA and not kafka)]
    if left:
        config.stash[_LEFT_OUT] = [item.nodeid for item in left]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List what was not run, and why."""
    left_out = config.stash.get(_LEFT_OUT, [])
    if not left_out:
        return
    terminalreporter.section("NOT RUN")
    if missing():
        terminalreporter.write_line(
            f"no {', '.join(missing())} here; Debian: apt-get install {PACKAGES}, and kubectl or kustomize"
        )
    else:
        terminalreporter.write_line(why_not() or "")
    for nodeid in left_out:
        terminalreporter.write_line(f"  {nodeid}")


PACKAGES = "prometheus prometheus-alertmanager docker-compose"
