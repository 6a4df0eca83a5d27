"""The AsyncAPI document as AsyncAPI's own parser reads it, which npm has and a cache keeps."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stream.ops.schemas import asyncapi

PARSER = "@asyncapi/parser@3.6.6"
CHECK = Path(__file__).with_name("check.mjs")


@pytest.fixture(scope="session")
def parser() -> Path:
    """A folder in which the check runs and finds the parser."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "tocsin" / PARSER.replace("/", "-").lstrip("@")
    if not (folder / "node_modules/@asyncapi/parser/package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            str(folder),
            PARSER,
        ]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=240)
    shutil.copy(CHECK, folder)
    return folder


def _checked(folder: Path, document: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        ["node", CHECK.name],
        cwd=folder,
        input=document,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def test_its_own_parser_finds_nothing_to_say(parser: Path) -> None:
    """Neither errors nor warnings nor hints, and every topic with its operation is found."""
    document = asyncapi()
    topics = len(json.loads(document)["channels"])
    assert _checked(parser, document) == (0, [f"{topics} {topics}"])


def test_the_parser_would_say_something(parser: Path) -> None:
    """A document with a reference that leads nowhere."""
    document: dict[str, Any] = json.loads(asyncapi())
    document["operations"]["write-cx-alerts"]["channel"]["$ref"] = "#/channels/nowhere"
    status, lines = _checked(parser, json.dumps(document))
    assert status == 1
    assert any("invalid-ref" in line for line in lines)
