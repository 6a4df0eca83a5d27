"""Runs of whole lines, none of which costs more than a mebibyte."""

import io

import pytest

from stream.files.line_blocks import BLOCK_BYTES, LONGEST, line_blocks

LENGTHS = (0, 1, LONGEST - 1, LONGEST, LONGEST + 1, LONGEST + BLOCK_BYTES, 3 * LONGEST + 7)


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("before", [0, 5, 100_000])
@pytest.mark.parametrize("length", LENGTHS)
def test_every_line_comes_out_or_its_beginning(length: int, before: int, end: bytes) -> None:
    """Lines around one of any length are whole, and no byte is unaccounted for."""
    lines = [
        *(b"%d" % number for number in range(before)),
        b"x" * length,
        b"after",
        b"",
        b"y" * length,
        b"last",
    ]
    content = b"\n".join(lines) + end
    blocks = list(line_blocks(io.BytesIO(content)))
    found = b"".join(block.text for block in blocks).split(b"\n")
    assert found == [line[: LONGEST + 1] for line in [*lines, *([b""] if end else [])]]
    assert sum(len(block.text) + block.skipped for block in blocks) == len(content)
    assert max(len(block.text) for block in blocks) <= LONGEST + BLOCK_BYTES + 2


def test_memory_is_that_of_a_block_whatever_the_line() -> None:
    """A line of a hundred mebibytes is dropped as it is read."""

    class Endless(io.RawIOBase):
        left = 100

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return b"x" * size if self.left >= 0 else b""

    (block,) = line_blocks(Endless())
    assert len(block.text) == LONGEST + 2
    assert block.skipped == 100 * BLOCK_BYTES - LONGEST - 1
