"""Progress of long work on stderr: a bar on a terminal, a line now and then elsewhere.

What goes through events also says how far event time has come: a year of few events is long work.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import click

from alerts.transitions import utc_text

EVERY_S: Final = 10.0
"""How often work that nobody watches says how far it is."""


class ProgressListener(Protocol):
    """Hears how much is done, and, of events, up to which event time in ms."""

    def __call__(self, done: int, at_ms: int | None = None, /) -> None:
        """So far."""


@contextmanager
def progress(what: str, total: int | None) -> Iterator[ProgressListener]:
    """Hands out a function that is to be told how much of `total` (None: not known) is done."""
    if not sys.stderr.isatty():
        yield _Lines(what, total)
        return
    from stream.cli.terminal.bar import bar  # noqa: PLC0415  # rich takes a while to load, and few run on a terminal

    with bar(what, total) as told:
        yield lambda done, at_ms=None: told(done, event_time(at_ms))


def event_time(at_ms: int | None) -> str:
    """An event time as progress shows it, to the minute; nothing for none."""
    return "" if at_ms is None else f"{utc_text(at_ms)[:16].replace('T', ' ')} UTC"


class _Lines:
    """Says how far the work is, at most every `EVERY_S` seconds; quick work says nothing."""

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._next_s = time.monotonic() + EVERY_S

    def __call__(self, done: int, at_ms: int | None = None, /) -> None:
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        far = f"{100 * done / self._total:.0f} %" if self._total else f"{done:,}"
        click.echo(", ".join(filter(None, (f"{self._what}: {far}", event_time(at_ms)))), err=True)
