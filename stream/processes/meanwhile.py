"""One job that a copy of this process does while this one goes on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from stream.processes.shared_jobs import begun, hands

T = TypeVar("T")


@contextmanager
def meanwhile(job: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """A function that waits for what the job returns; what it raises is raised there.

    The copy ends with the context.  Where none is worth it, the job is done when it is waited for.
    """
    if hands() == 1:
        yield job
        return
    with ExitStack() as stack:
        yield begun(stack, lambda _: job())
