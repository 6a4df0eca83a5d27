"""A plain log that two look through comes out as if one did."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from stream.files.line_blocks import BLOCK_BYTES, LONGEST
from stream.files.plain_index import PlainIndex, plain_index
from stream.processes.meanwhile import meanwhile

T = TypeVar("T")


@contextmanager
def later(job: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Nobody else; the job is done when it is waited for."""
    yield job


def line(second: int) -> bytes:
    """An answer or a contact."""
    more = b',"indicator":"csat"' if second % 3 else b""
    return b'{"at":%d%s}' % (1_767_225_600 + second, more)


LINES = [line(second) for second in range(200)]
LOGS = {
    "as they come": b"\n".join([*LINES, b""]),
    "no last line break": b"\n".join(LINES),
    "blank lines": b"\n\n \n".join(LINES),
    "carriage returns": b"\r\n".join([*LINES, b""]),
    "a line too long around the middle": b"\n".join([*LINES, b"x" * (LONGEST + 5), *LINES]),
    "two": b"\n".join([b"x" * (2 * LONGEST), b"y" * (2 * BLOCK_BYTES), *LINES]),
    "one line": LINES[0],
    "nothing but a line break": b"\n",
    "nothing": b"",
    "a half without a line break": b"\n".join([LINES[0], b"z" * (3 * LONGEST)]),
}  # fmt: skip


def plain(index: PlainIndex) -> list[object]:
    """In a form that can be compared."""
    return [index.starts.tolist(), index.at_ms.tolist(), index.kind.tolist(), index.end]


@pytest.mark.parametrize("content", LOGS.values(), ids=LOGS)
def test_two_halves_are_the_whole(tmp_path: Path, content: bytes) -> None:
    """Wherever the middle falls; what is told of how far it is never falls."""
    (tmp_path / "log").write_bytes(content)
    told: list[int] = []
    whole = plain_index(tmp_path / "log", lambda _: None)
    halves = plain_index(tmp_path / "log", told.append, later, halved_from=0)
    assert plain(halves) == plain(whole)
    assert told == sorted(told)


def test_a_copy_of_this_process_may_look_through_the_second_half(tmp_path: Path) -> None:
    """What it finds is the same."""
    (tmp_path / "log").write_bytes(LOGS["as they come"])
    whole = plain_index(tmp_path / "log", lambda _: None)
    assert plain(plain_index(tmp_path / "log", lambda _: None, meanwhile, halved_from=0)) == plain(whole)
