"""Records of files: columns that look like records."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.messages.records import FileRecord, FileRecords


@given(
    first=st.integers(0, 9),
    values=st.lists(st.binary(max_size=2), max_size=9),
    piece=st.slices(9),
)
def test_columns_of_lines_are_a_sequence_of_records(first: int, values: list[bytes], piece: slice) -> None:
    """Whole, in pieces and one by one, from either end."""
    wanted = [FileRecord(first + place, value) for place, value in enumerate(values)]
    records = FileRecords(first, values, np.zeros(len(values), np.int64))
    assert list(records) == wanted
    assert records[piece] == wanted[piece]
    assert [records[-1 - place] for place in range(len(values))] == wanted[::-1]
