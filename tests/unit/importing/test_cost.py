"""What a row costs to import, in calls of functions: the same on every machine, whatever else it does."""

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from stream.importing.importer import Importer
from stream.importing.mapping_file.reader import load
from stream.importing.rows.tables import blocks
from stream.intake.decoding.vouching import Vouching
from tests.bench.files import CALL_COLUMNS, bank_calls

ROWS = 4_000


@contextmanager
def calls() -> Iterator[list[int]]:
    """Counts the functions of Python's that are called, in the one number of a list."""
    count = [0]

    def hear(frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG001  # as Python calls it
        count[0] += event == "call"

    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        yield count
    finally:
        sys.setprofile(before)


def bank() -> str:
    """Calls of a bank, nearly each at a second of its own."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t")
    writer.writerows([CALL_COLUMNS, *bank_calls(ROWS)])
    return text.getvalue()


def desk() -> str:
    """Updates of tickets, five of each."""
    columns = "number,caller_id,sys_updated_at,contact_type,category,assignment_group,priority,reopen_count"
    head = f"{columns},resolved_at,opened_at,made_sla\n"
    rows = (
        f"{row // 5},{row % 97},{1 + row % 28}/2/2016 0{row % 10}:{row % 60:02},Phone,{row % 7},{row % 9},"
        "3,0,1/3/2016 09:15,1/2/2016 01:16,true\n"
        for row in range(ROWS)
    )
    return head + "".join(rows)


@pytest.mark.parametrize(("kind", "text", "most"), [("bank-calls", bank(), 20), ("incidents", desk(), 20)])
def test_a_row_costs_few_calls(kind: str, text: str, most: int) -> None:
    """Columns are read at once: read cell by cell, a row took fifty."""
    mapping = load(kind)
    importer = Importer(mapping, Vouching().refused)
    log = io.BytesIO(text.encode())
    with calls() as count:
        lines = [line for lines in importer.lines(blocks(log, mapping.format, "log")) for line in lines]
    assert importer.tale.rows == ROWS
    assert not importer.tale.bad
    assert len(lines) > ROWS // 5
    assert count[0] / ROWS < most
