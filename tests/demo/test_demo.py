"""`tocsin demo` as a newcomer runs it: it catches the falling channel, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import pytest

from stream.demo.settings import LOG_PORT, METRICS_PORT
from stream.processes.copies import deaf
from stream.traffic.profiles import DEMO
from tests.demo.processes import descendants, listening_addresses, running, wait_for

LOOPBACK_HEX = "0100007F"
SECONDS = 45
"""The incident is over after 30 seconds of traffic, and half an hour of event time later it is forgotten."""
PATIENCE_S = 60.0


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "stream", "demo", *arguments]


@contextmanager
def _started(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A demo, and a file with what it says on stderr."""
    environment = os.environ | {"HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with (
        (home / "stderr").open("w+") as notes,
        subprocess.Popen(
            _command(*arguments), stdout=subprocess.PIPE, stderr=notes, text=True, env=environment
        ) as demo,
    ):
        try:
            yield demo, notes
        finally:
            demo.kill()


def _links(home: Path) -> dict[str, str]:
    lines = (home / "stderr").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if ": http" in line)


def _doctors_word_on_groups(home: Path) -> str:
    """What the doctor says on a demo's broker of groups beside the one that is asked for."""
    lines = (home / "stderr").read_text().splitlines()
    broker = next(line for line in lines if line.startswith("broker: ")).rpartition(" ")[2]
    doctor = [sys.executable, "-m", "stream", "doctor", "--broker", broker, "--json"]
    found = json.loads(subprocess.run(doctor, check=False, capture_output=True).stdout)
    return next(str(check["found"]) for check in found if check["name"] == "group")


def test_the_main_job(tmp_path: Path) -> None:
    """Firing and resolved for the incident's channel, in time, for no other channel; then nothing is left."""
    began_s = time.monotonic()
    first_s = None
    kept = tmp_path / "kept"
    with _started(tmp_path, "--seconds", str(SECONDS), "--json", "--keep", str(kept)) as (demo, _):
        assert demo.stdout is not None
        assert wait_for(lambda: "webhook log" in _links(tmp_path), PATIENCE_S)
        started = descendants(demo.pid)
        places = listening_addresses(started | {demo.pid})
        group, transitions = "", list[dict[str, Any]]()
        for line in demo.stdout:
            group = group or _doctors_word_on_groups(tmp_path)
            transitions.append(json.loads(line))
            if transitions[-1]["state"] == "firing" and first_s is None:
                first_s = time.monotonic() - began_s
        assert demo.wait(PATIENCE_S) == 0, (tmp_path / "stderr").read_text()
    states = {(each["scope"]["channel"], each["state"]) for each in transitions}
    channel = DEMO.incidents[0].channel
    assert {(channel, "firing"), (channel, "resolved")} <= states
    assert {name for name, state in states if state == "firing"} == {channel}
    assert first_s is not None
    assert first_s < 60
    assert len(started) >= 2
    assert not running(started)
    assert {place.partition(":")[0] for place in places} == {LOOPBACK_HEX}
    assert "0 rejected" in (tmp_path / "stderr").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"stderr", kept.name}
    assert "tocsin-demo" in group  # it was "no other", as the demo's broker does not tell what of
    worker = (kept / "worker.log").read_text()
    assert " ERROR " not in worker
    assert worker.count("partitions assigned") == 1  # it stood still for seconds whenever they were again


@contextmanager
def _hearing_hangups() -> Iterator[None]:
    """What starts meanwhile hears of a terminal that is closed, even if the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("how", "started"),
    [(signal.SIGINT, nullcontext()), (signal.SIGTERM, deaf()), (signal.SIGHUP, _hearing_hangups())],
)
def test_it_can_be_stopped_at_any_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: signal.Signals,
    started: AbstractContextManager[None],
) -> None:
    """Ctrl-C is the usual way to end it: exit code 0, nothing left running; taken ports are no trouble.

    SIGTERM is as good, also for what a script has started with `&` and shells make deaf to Ctrl-C: it was
    ignored, too.  So is a terminal that is closed, after which folders and topics stayed behind.
    """
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    with _taken(METRICS_PORT), _taken(LOG_PORT), started, _started(tmp_path, "--json") as (demo, _):
        assert wait_for(lambda: "webhook log" in _links(tmp_path), PATIENCE_S)
        children = descendants(demo.pid)
        ports = {int(url.split(":")[2].split("/")[0]) for url in _links(tmp_path).values()}
        demo.send_signal(how)
        assert demo.wait(PATIENCE_S) == 0, (tmp_path / "stderr").read_text()
        assert not ports & {METRICS_PORT, LOG_PORT}
        assert wait_for(lambda: not running(children), 5)
        assert list(kept.iterdir()) == []
        assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_kill_9_leaves_no_orphan(tmp_path: Path) -> None:
    """Broker and worker die with the demo (Linux)."""
    with _started(tmp_path, "--json") as (demo, _):
        assert wait_for(lambda: "webhook log" in _links(tmp_path), PATIENCE_S)
        started = descendants(demo.pid)
        assert len(running(started)) >= 2
        demo.kill()
        demo.wait()
    assert wait_for(lambda: not running(started), 10)


def test_wrong_rules_are_told_with_their_place_in_the_users_file(tmp_path: Path) -> None:
    """Exit code 2 before anything is started."""
    rules = tmp_path / "mine.yaml"
    rules.write_text("rules:\n  - name: a\n    indicator: csta\n    by: [channel]\n    window: 30m\n")
    done = subprocess.run(_command("--rules", str(rules)), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{rules}:3:" in done.stderr
    assert "csta" in done.stderr


@contextmanager
def _taken(port: int) -> Iterator[None]:
    """Somebody listens on a port of the loopback, whether we or another."""
    try:
        held = socket.create_server(("127.0.0.1", port))
    except OSError:  # somebody else does
        yield
        return
    with closing(held):
        yield
