"""Where the demo shows itself: a live board, plain lines where there is no terminal, or JSON lines."""

import sys
from typing import IO, Protocol, Self

from rich.console import Console
from rich.live import Live

from alerts.transitions import Transition
from stream.demo.board import LiveView, line

PULSE_EVERY: int = 20
"""Refreshes between two lines on how it goes, where there is no terminal."""


class Screen(Protocol):
    """Shows a view from `__enter__` to `__exit__`."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""
        ...

    def alert(self, value: bytes, transition: Transition) -> None:
        """A new transition, and its value on cx.alerts."""
        ...

    def refresh(self) -> None:
        """The view may have changed; called several times a second."""
        ...


class DemoBoard:
    """A live board on a terminal."""

    def __init__(self, view: LiveView, console: Console) -> None:
        self._view = view
        self._console = console
        self._live = Live(view.render(), console=console, auto_refresh=False, vertical_overflow="visible")

    def __enter__(self) -> Self:
        for name, url in self._view.links.items():  # they stay above, however far the view scrolls
            self._console.print(f"{name}: {url}", soft_wrap=True, highlight=False)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.refresh()
        self._live.stop()

    def alert(self, value: bytes, transition: Transition) -> None:
        """The board shows it at the next refresh."""

    def refresh(self) -> None:
        """Draw the view again."""
        self._live.update(self._view.render(), refresh=True)


class PlainLines:
    """A line per transition, and now and then one on how it goes."""

    def __init__(self, view: LiveView, out: IO[str]) -> None:
        self._view, self._out, self._refreshes = view, out, 0

    def __enter__(self) -> Self:
        for name, url in self._view.links.items():
            self._say(f"{name}: {url}")
        return self

    def __exit__(self, *_: object) -> None:
        self._say(self._view.pulse_text())

    def alert(self, value: bytes, transition: Transition) -> None:  # noqa: ARG002  # of the protocol
        """Print it."""
        self._say(line(transition))

    def refresh(self) -> None:
        """Print how it goes, at every `PULSE_EVERY`th call."""
        self._refreshes += 1
        if self._refreshes % PULSE_EVERY == 0:
            self._say(self._view.pulse_text())

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


class JsonLines(PlainLines):
    """The values of cx.alerts on stdout, one a line; everything else on stderr."""

    def __init__(self, view: LiveView, out: IO[bytes], notes: IO[str]) -> None:
        super().__init__(view, notes)
        self._values = out

    def alert(self, value: bytes, transition: Transition) -> None:  # noqa: ARG002  # of the protocol
        """Write it as it is on the topic."""
        self._values.write(value + b"\n")
        self._values.flush()


def screen(view: LiveView, *, as_json: bool) -> Screen:
    """The screen for this terminal, or for what stdout is instead."""
    console = Console()
    if as_json:
        return JsonLines(view, sys.stdout.buffer, sys.stderr)
    return DemoBoard(view, console) if console.is_terminal else PlainLines(view, sys.stdout)
