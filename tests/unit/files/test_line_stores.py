"""Lines that are packed anew come back as they were."""

import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.columnar.timestamps import NO_TIME
from stream.files.line_stores import SpooledLines

texts = st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"")), min_size=1, max_size=60)


@given(texts, st.randoms(), st.integers(1, 200), st.integers(1, 60), st.booleans())
def test_every_line_comes_back(lines: list[bytes], dice: object, chunk: int, piece: int, as_is: bool) -> None:  # noqa: FBT001
    """Whatever the order, the chunks and the pieces, and however they are asked for."""
    times = [dice.choice([5, 7, 9, NO_TIME]) for _ in lines]  # type: ignore[attr-defined]
    with tempfile.TemporaryFile() as file:
        spool = SpooledLines(file, as_is=as_is, chunk_bytes=chunk, piece_bytes=piece)
        for at in range(0, len(lines), 7):
            spool.add(lines[at : at + 7], np.array(times[at : at + 7], np.int64))
        spool.finish()
        order = list(range(len(lines)))
        dice.shuffle(order)  # type: ignore[attr-defined]
        assert spool.lines(np.array(order)) == [lines[place] for place in order]


@pytest.mark.parametrize("count", [200_000])
def test_disk_holds_about_as_much_as_the_packed_log(count: int) -> None:
    """Lines that are alike are not unfolded onto it."""
    with tempfile.TemporaryFile() as file:
        spool = SpooledLines(file)
        spool.add([b'{"id":"x","at":1700000000,"channel":"web"}'] * count, np.zeros(count, np.int64))
        spool.finish()
        assert file.seek(0, 2) < count * 43 / 50
