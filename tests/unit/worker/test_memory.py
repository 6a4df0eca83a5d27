"""Giving memory back to the system."""

import asyncio
import gc
import weakref

import pytest

from stream.worker import memory
from stream.worker.memory import GROWN_BYTES, MemoryTrim, glibc_trim, resident_bytes


class Process:
    """Has `resident` bytes, of which `free` go when they are asked for."""

    def __init__(self) -> None:
        self.resident = 100 * GROWN_BYTES
        self.free = 0
        self.trimmed = 0

    def trim(self) -> None:
        """Give back."""
        self.resident, self.free = self.resident - self.free, 0
        self.trimmed += 1


def test_memory_is_given_back_when_it_has_grown() -> None:
    """Once for each time that it grows, from what was left the last time, or from less."""
    process = Process()
    trimmed = MemoryTrim(process.trim, lambda: process.resident)
    trimmed.look()
    process.resident += GROWN_BYTES - 1
    trimmed.look()
    assert process.trimmed == 1
    process.resident, process.free = process.resident + 1, GROWN_BYTES
    trimmed.look()
    assert process.trimmed == 2
    process.resident -= 5 * GROWN_BYTES
    trimmed.look()
    process.resident += GROWN_BYTES
    trimmed.look()
    assert process.trimmed == 3


def test_a_burst_leaves_nothing() -> None:
    """Blocks that are freed between blocks that stay are with the system again, not with the C library."""
    trim = glibc_trim()
    assert trim is not None
    small = [b"%06d" % number * 500 for number in range(20_000)]
    full = resident_bytes()
    kept = small[::20]
    del small
    trim()
    assert full - resident_bytes() > 20_000 * 3000 // 4
    assert len(kept) == 1000


class Node:
    """Holds itself."""

    def __init__(self) -> None:
        self.held = self


@pytest.mark.parametrize("has_stayed", [False, True])
def test_what_holds_itself_goes_too(has_stayed: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """However few objects are made: what is young soon, what has stayed for long sometime."""
    monkeypatch.setattr(memory, "LOOK_S", 0.0)
    monkeypatch.setattr(memory, "LOOKS_PER_FULL", 3)
    node = Node()
    held = weakref.ref(node)
    if has_stayed:
        gc.collect()

    async def follow() -> None:
        following = asyncio.create_task(MemoryTrim(lambda: None).follow())
        async with asyncio.timeout(10):
            while held() is not None:  # noqa: ASYNC110  # the collector tells nobody
                await asyncio.sleep(0.001)
        following.cancel()

    gc.disable()
    try:
        del node
        asyncio.run(follow())
    finally:
        gc.enable()


def test_a_process_that_can_open_nothing_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread, or no file for its module, is to be had: giving memory back is no reason to end a worker."""
    looks = []

    async def none_left(_: object) -> None:
        looks.append(1)
        if len(looks) == 3:
            raise asyncio.CancelledError
        raise (
            OSError(24, "Too many open files") if len(looks) == 1 else RuntimeError("can't start new thread")
        )

    monkeypatch.setattr(memory, "LOOK_S", 0.0)
    monkeypatch.setattr(asyncio, "to_thread", none_left)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(MemoryTrim(lambda: 0, lambda: 0).follow())
    assert len(looks) == 3
