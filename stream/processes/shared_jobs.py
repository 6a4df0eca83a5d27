"""Jobs that need nothing of each other, done by copies of this process, each as soon as one is free.

Copies begin with all that this process has, so jobs may be any functions; what they return is pickled.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from stream.processes.copies import cores, deaf, may_fork

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
Told = Callable[[int], None]
"""Hears how much of a job, or of all of them, is done."""
Job = Callable[[Told], T]

EVERY_S: Final = 0.1
"""How often a job is heard of, at most."""
_ENDED: Final = RuntimeError("a process that does a part of the work has ended")


def hands() -> int:
    """How many processes share jobs: one where there is one core, or where none can be copied."""
    return cores() if may_fork() else 1


@contextmanager
def shared(jobs: Sequence[Job[T]], many: int) -> Iterator[Callable[[Told], list[T]]]:
    """A function that has the jobs done, `many` at a time, and returns what they return, in their order.

    What a job raises is raised here.  The copies are made at once, and end with the context.
    """
    if min(many, len(jobs)) < 2:  # nothing to share
        yield lambda told: in_turn(jobs, told)
        return
    with ExitStack() as stack:
        ends: list[Connection] = []
        for _ in range(min(many, len(jobs))):
            ends.append(_copy(stack, ends, jobs))
        yield lambda told: _dealt(jobs, ends, told)


def _copy(stack: ExitStack, others: "list[Connection]", jobs: Sequence[Job[T]]) -> "Connection":
    """The end of one more copy, which ends with the stack."""
    from multiprocessing import get_context  # noqa: PLC0415  # takes a while to load

    context = get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, [*others, here], jobs), daemon=True)
    with deaf():
        process.start()
    there.close()
    stack.callback(process.join)
    stack.callback(process.terminate)
    return stack.enter_context(here)


def in_turn(jobs: Sequence[Job[T]], told: Told) -> list[T]:
    """The same, one after the other in this process."""
    found, done = list[T](), [0] * len(jobs)
    for number, job in enumerate(jobs):

        def hear(so_far: int, number: int = number) -> None:
            done[number] = so_far
            told(sum(done))

        found.append(job(hear))
    return found


def begun(stack: ExitStack, job: Job[T]) -> Callable[[], T]:
    """Have one job done; the function waits for what comes of it.  The copy ends with the stack."""
    end = _copy(stack, [], [job])
    end.send(0)

    def wait() -> T:
        while isinstance(heard := _heard(end), _SoFar):
            pass
        result: T = heard.result
        return result

    return wait


def _dealt(jobs: Sequence[Job[T]], ends: "Sequence[Connection]", told: Told) -> list[T]:
    """Hand out the jobs, hear of them, and gather what comes of them."""
    from multiprocessing.connection import wait  # noqa: PLC0415  # as above

    found: dict[int, T] = {}
    done, waiting = [0] * len(jobs), iter(range(len(jobs)))
    for end in ends:
        end.send(next(waiting))
    while len(found) < len(jobs):
        ready = wait(ends)
        for end in filter(ready.__contains__, ends):
            heard = _heard(end)
            if isinstance(heard, _SoFar):
                done[heard.number] = heard.so_far
                told(sum(done))
                continue
            found[heard.number] = heard.result
            for following in islice(waiting, 1):
                end.send(following)
    return [found[number] for number in range(len(jobs))]


class _SoFar(NamedTuple):
    """How much of a job is done."""

    number: int
    so_far: int


class _Returned(NamedTuple):
    """What came of a job."""

    number: int
    result: Any


class _Raised(NamedTuple):
    """What a job raised."""

    error: Exception


def _heard(end: "Connection") -> _SoFar | _Returned:
    try:
        heard: _SoFar | _Returned | _Raised = end.recv()
    except (EOFError, OSError):
        raise _ENDED from None
    if isinstance(heard, _Raised):
        raise heard.error
    return heard


def _serve(connection: "Connection", others: "Sequence[Connection]", jobs: Sequence[Job[T]]) -> None:
    """Do what is asked for until the other end is closed, which a copy of this process begins with too."""
    for other in others:
        other.close()
    while True:
        try:
            number = connection.recv()
            connection.send(_done(connection, jobs[number], number))
        except (EOFError, OSError):
            return


def _done(connection: "Connection", job: Job[T], number: int) -> _Returned | _Raised:
    """Do one job, and tell of it at most ten times a second."""
    next_s = 0.0

    def told(so_far: int) -> None:
        nonlocal next_s
        now_s = monotonic()
        if now_s >= next_s:
            next_s = now_s + EVERY_S
            connection.send(_SoFar(number, so_far))

    try:
        return _Returned(number, job(told))
    except Exception as error:  # noqa: BLE001  # raised where the jobs are gathered
        return _Raised(error)
