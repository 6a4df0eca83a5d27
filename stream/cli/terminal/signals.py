"""Signals that reach an event loop on every platform: Windows' loops have no handlers of their own."""

import asyncio
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
"""What tells a process to end.  On Windows Ctrl-C is the second, and nobody sends the first."""
AGAIN: Final[signal.Signals | None] = getattr(signal, "SIGHUP", None)
"""What tells a process to look at its settings again; Windows has none."""


def heed_sigterm() -> None:
    """End at SIGTERM also as a container's first process, which hears of no signal that it does not answer.

    Whoever knows a better end answers it later by `on_signal`.
    """
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda number, _frame: os._exit(128 + number))
    if hasattr(signal, "pthread_sigmask"):  # whoever began this command again has held it back
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def hold_back(number: signal.Signals | None) -> None:
    """Keep a signal until `on_signal` answers it: it would end a process that is not that far yet.

    Also one that takes this one's place.  Call it from the main thread.
    """
    if number is not None and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {number})


def on_signal(
    loop: asyncio.AbstractEventLoop, number: signal.Signals | None, answer: Callable[[], object]
) -> None:
    """Call `answer` in the loop whenever the signal comes; None is one that this platform has not.

    Call it from the main thread.
    """
    if number is None:
        return

    def handed_over(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(answer)  # which also wakes a loop that sleeps

    try:
        loop.add_signal_handler(number, answer)
    except NotImplementedError:
        signal.signal(number, handed_over)
    else:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
