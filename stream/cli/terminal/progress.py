"""Progress of long work on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

EVERY_S: Final = 10.0
"""How often work that nobody watches says how far it is."""

Told = Callable[[int], None]


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Told]:
    """Hands out a function that is to be told how much of `total` (None: not known) is done."""
    if not sys.stderr.isatty():
        yield _Lines(what, total)
        return
    from stream.cli.terminal.bar import bar  # noqa: PLC0415  # rich takes a while to load, and few run on a terminal

    with bar(what, total) as told:
        yield told


class _Lines:
    """Says how far the work is, at most every `EVERY_S` seconds; quick work says nothing."""

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._next_s = time.monotonic() + EVERY_S

    def __call__(self, done: int) -> None:
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        far = f"{100 * done / self._total:.0f} %" if self._total else f"{done:,}"
        click.echo(f"{self._what}: {far}", err=True)
