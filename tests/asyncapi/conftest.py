"""What these tests need is Node; in CI they fail without it, elsewhere they are left out and listed."""

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, where nobody insists."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    if not ours or os.environ.get("CI") or shutil.which("npm"):
        return
    config.stash[_LEFT_OUT] = [item.nodeid for item in ours]
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in ours]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List what was not run, and why."""
    for nodeid in config.stash.get(_LEFT_OUT, []):
        terminalreporter.write_line(f"NOT RUN {nodeid}: no npm here; Debian: apt-get install nodejs npm")
