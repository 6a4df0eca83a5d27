"""Giving memory back to the system."""

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
    memory = MemoryTrim(process.trim, lambda: process.resident)
    memory.look()
    process.resident += GROWN_BYTES - 1
    memory.look()
    assert process.trimmed == 1
    process.resident, process.free = process.resident + 1, GROWN_BYTES
    memory.look()
    assert process.trimmed == 2
    process.resident -= 5 * GROWN_BYTES
    memory.look()
    process.resident += GROWN_BYTES
    memory.look()
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
