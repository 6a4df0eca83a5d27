"""Who takes the interactions of a backtest: this process, or another one while this one takes the answers.

The inputs of a partition have nothing in common but the pairs of `fcr.satisfied`.  So two cores share a long
log, and what comes of it is the same.  What is begun is taken in the same order:

    this one    begin 1   answers of 1   take 1   begin (clock, 2)   take clock   judge 1   answers of 2
    the other          . . . 1 . . .                            . clock, 2 . . . . . . . . . . .
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from stream.columnar.timestamps import Ints
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.intake.output import IntakeOutput
from stream.intake.pairs import wanted
from stream.messages.records import FileRecord, FileRecords, Stream
from stream.processes import copies

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

LONG_BYTES: Final = 24 << 20
"""Logs for which another process is worth its start: where it cannot fork, a second of a core, and 80 MB."""


class ContactTaker(Protocol):
    """Takes interactions, in the order in which it is asked to."""

    @property
    def apart(self) -> bool:
        """Whether it works on what was begun while others work."""
        ...

    def begin(self, records: FileRecords | None, clock_ms: int | None = None) -> None:
        """Have the clock moved on to an event time, if one is given, and then records taken, if any are.

        Both have their own outcome.  All that was begun before must have been taken.
        """
        ...

    def taken(self) -> IntakeOutput:
        """What came of what was begun first."""
        ...


class ContactsHere:
    """Takes them when it is asked what came of them."""

    apart = False

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._begun: deque[tuple[Sequence[FileRecord], int | None]] = deque()

    def begin(self, records: FileRecords | None, clock_ms: int | None = None) -> None:
        """As `ContactTaker` says."""
        if clock_ms is not None:
            self._begun.append(((), clock_ms))
        if records is not None:
            self._begun.append((records, None))

    def taken(self) -> IntakeOutput:
        """As `ContactTaker` says."""
        return self._intake.feed(Stream.INTERACTIONS, *self._begun.popleft())


class _Lines(NamedTuple):
    """Records in one piece."""

    first: int
    lines: int
    text: bytes
    at_ms: Ints

    def records(self) -> FileRecords:
        """One by one."""
        return FileRecords(self.first, self.text.split(b"\n") if self.lines else (), self.at_ms)


class ContactsApart:
    """Has them taken by a process at the other end of a connection."""

    apart = True

    def __init__(self, connection: "Connection", pid: int) -> None:
        self.pid = pid
        self._connection = connection

    def begin(self, records: FileRecords | None, clock_ms: int | None = None) -> None:
        """As `ContactTaker` says.

        Raises:
            RuntimeError: the process has ended.
        """
        lines = None
        if records is not None:  # in one piece, which takes a tenth of the time
            lines = _Lines(records.first, len(records), b"\n".join(records.values), records.at_ms)
        try:
            self._connection.send((clock_ms, lines))
        except OSError:
            raise _ENDED from None

    def taken(self) -> IntakeOutput:
        """As `ContactTaker` says.

        Raises:
            RuntimeError: the process has ended.
        """
        try:
            found: IntakeOutput = self._connection.recv()
        except (EOFError, OSError):
            raise _ENDED from None
        return found


_ENDED: Final = RuntimeError("the process that takes the interactions has ended")


def is_worth_it(plan: Plan, size_bytes: int | None, cores: int | None = None) -> bool:
    """Whether two processes are faster for logs of so many bytes, and may be apart.

    `cores` are those that there are, unless it is given.
    """
    long = size_bytes is not None and size_bytes >= LONG_BYTES
    return long and not wanted(plan) and (cores or copies.cores()) > 1


@contextmanager
def contacts_apart(plan: Plan) -> Iterator[ContactsApart]:
    """Another process with an intake of its own; it ends with the context, whatever becomes of this one."""
    from multiprocessing import get_context  # noqa: PLC0415  # takes a while to load, and short logs need none

    forks = copies.may_fork()
    processes = get_context("fork") if forks else get_context("spawn")
    here, there = processes.Pipe()
    ours = here if forks else None
    process = processes.Process(target=_serve, args=(there, plan, ours), daemon=True)
    with copies.deaf():
        process.start()
    there.close()
    try:
        with here:
            yield ContactsApart(here, process.pid or 0)
    finally:
        process.terminate()  # it has nothing to keep, and may still be starting
        process.join()


def _serve(connection: "Connection", plan: Plan, other_end: "Connection | None") -> None:
    """Take what comes until the other end is closed, which a copy of this process begins with too."""
    if other_end is not None:
        other_end.close()
    intake = Intake(plan, 0)
    while True:
        try:
            clock_ms, lines = connection.recv()
            if clock_ms is not None:
                connection.send(intake.feed(Stream.INTERACTIONS, (), clock_ms))
            if lines is not None:
                connection.send(intake.feed(Stream.INTERACTIONS, lines.records()))
        except (EOFError, OSError):
            return
