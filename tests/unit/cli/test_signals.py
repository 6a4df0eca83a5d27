"""stream.cli.terminal.signals: with an event loop that handles signals, and with one that does not."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from stream.cli.terminal.signals import hold_back, on_signal


class LoopOfWindows(asyncio.SelectorEventLoop):
    """One without handlers of signals, as all are on Windows."""

    def add_signal_handler(self, *_: object) -> None:
        """There is no such thing there."""
        raise NotImplementedError


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, LoopOfWindows])
def test_a_signal_is_answered_in_the_loop(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Even while nothing else happens there."""
    before = signal.getsignal(signal.SIGUSR1)
    loop = new_loop()

    async def answered() -> bool:
        came = asyncio.Event()
        on_signal(loop, signal.SIGUSR1, came.set)
        loop.call_later(0.05, os.kill, os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(came.wait(), 10)
        return came.is_set()

    try:
        assert loop.run_until_complete(answered())
    finally:
        loop.close()
        signal.signal(signal.SIGUSR1, before)


HELD_BACK = """
import asyncio, os, signal, sys
from stream.cli.terminal.signals import hold_back, on_signal

async def answered():
    came = asyncio.Event()
    on_signal(asyncio.get_running_loop(), signal.SIGUSR1, came.set)
    await asyncio.wait_for(came.wait(), 10)
    print("answered")

hold_back(signal.SIGUSR1)
os.kill(os.getpid(), signal.SIGUSR1)
if sys.argv[1:]:
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:-1]])
asyncio.run(answered())
"""


@pytest.mark.parametrize("then", [[], ["again"]])
def test_a_signal_that_is_held_back_is_answered_later(then: list[str]) -> None:
    """Also by the process that takes the place of the one that it was sent to."""
    command = [sys.executable, "-c", HELD_BACK, *then]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "answered\n"


def test_a_signal_ends_no_worker_that_is_still_being_imported() -> None:
    """SIGHUP means that rules are read again."""
    script = "import signal; from stream.cli import tocsin; tocsin.get_command(None, 'worker');"
    script += "print(signal.SIGHUP in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "True\n"


BEGUN_AGAIN = """
import os, signal, sys
from stream.cli.terminal.signals import heed_sigterm, hold_back

if sys.argv[1:]:
    hold_back(signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:-1]])
heed_sigterm()
"""


def test_what_came_while_a_command_begins_again_ends_it() -> None:
    """The worker that takes other rules was told to end, and went on."""
    command = [sys.executable, "-c", BEGUN_AGAIN, "again"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGTERM


FIRST = """
import os, signal
os.getpid = lambda: 1
from stream.cli import main
try:
    main(["--version"])
except SystemExit:
    signal.raise_signal(signal.SIGTERM)
"""


def test_the_first_process_of_a_container_ends_when_it_is_told_to() -> None:
    """The kernel keeps from it what it does not answer: `docker stop` waited and killed."""
    assert subprocess.run([sys.executable, "-c", FIRST], capture_output=True, check=False).returncode == 143


def test_a_signal_that_the_platform_has_not_is_nothing_to_wait_for() -> None:
    """SIGHUP on Windows."""
    loop = LoopOfWindows()
    hold_back(None)
    on_signal(loop, None, lambda: None)
    loop.close()
