"""The bar that shows progress on a terminal.

It is drawn by whoever tells of progress, not by a thread: a process with threads cannot be copied.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

EVERY_S: Final = 0.1
"""How often it is drawn, at most."""


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Callable[[int, str], None]]:
    """Hands out a function that is to be told how much of `total` (None: not known) is done, and a note."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as shown:
        task = shown.add_task(what, total=total, note="")
        next_s = 0.0

        def told(done: int, note: str) -> None:
            nonlocal next_s
            now_s = monotonic()
            due = now_s >= next_s
            shown.update(task, completed=done, note=note, refresh=due)
            next_s = now_s + EVERY_S if due else next_s

        yield told
