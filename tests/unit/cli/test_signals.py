"""stream.cli.terminal.signals: with an event loop that handles signals, and with one that does not."""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest

from stream.cli.terminal.signals import on_signal


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


def test_a_signal_that_the_platform_has_not_is_nothing_to_wait_for() -> None:
    """SIGHUP on Windows."""
    loop = LoopOfWindows()
    on_signal(loop, None, lambda: None)
    loop.close()
