"""A demo as a process of its own, on a machine that lacks this and that."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stream.traffic.profiles import DEMO
from tests.demo.processes import wait_for

PATIENCE_S: Final = 90.0
HIDING: Final = """import os, sys
sys.modules.update(dict.fromkeys(os.environ["HIDDEN_MODULES"].split()))
"""
"""As `sitecustomize`, which every Python of the demo imports first: these modules are not installed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder with nothing in it, and an environment in which some modules and programs are missing."""

    home: Path
    environment: Mapping[str, str]


def machine_without(
    home: Path, *modules: str, path: str | None = None, more: Mapping[str, str] | None = None
) -> Machine:
    """One on which these modules are not installed; `path` takes the place of PATH, and of JAVA_HOME."""
    (home / "hiding").mkdir()
    (home / "hiding" / "sitecustomize.py").write_text(HIDING)
    environment = os.environ | {
        "PYTHONPATH": str(home / "hiding"),
        "PYTHONUNBUFFERED": "1",
        "HIDDEN_MODULES": " ".join(modules),
    }
    if path is not None:
        environment = environment | {"PATH": path, "JAVA_HOME": ""}
    return Machine(home, environment | dict(more or {}))


@contextmanager
def demo(machine: Machine, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo; what it says is in `stderr` of the machine's home."""
    command = [sys.executable, "-m", "stream", "demo", "--json", *arguments]
    with (
        (machine.home / "stderr").open("w") as notes,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=notes, text=True, env=machine.environment
        ) as running,
    ):
        try:
            yield running
        finally:
            running.kill()


def incident_s(machine: Machine, *arguments: str) -> float:
    """Seconds from the command to the incident's alert; the demo has then been stopped in good order."""
    began_s = time.monotonic()
    with demo(machine, *arguments) as running:
        assert running.stdout is not None
        for line in running.stdout:
            transition = json.loads(line)
            if transition["state"] == "firing":
                break
        else:
            raise AssertionError(said(machine))
        found_s = time.monotonic() - began_s
        assert transition["scope"] == {"channel": DEMO.incidents[0].channel}
        assert wait_for(lambda: "http://" in said(machine), PATIENCE_S)
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_S) == 0, said(machine)
    assert "Traceback" not in said(machine)
    return found_s


def said(machine: Machine) -> str:
    """What the demo has said of itself."""
    return (machine.home / "stderr").read_text()
