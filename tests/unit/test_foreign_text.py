"""Foreign text: shown as what it is, obeyed by nothing."""

import subprocess
import sys
import unicodedata

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.foreign_text import HARMLESS, printable, printable_json, spreadsheet_cell


@given(st.text(st.characters()))
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    """No control, no direction, no surrogate, no line break, whatever came in."""
    for char in printable(text):
        assert not unicodedata.category(char).startswith("C") or char in HARMLESS
        assert unicodedata.category(char) not in {"Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("téléphone 電話 👩‍👩‍👧", "téléphone 電話 👩‍👩‍👧"),
        ("\x1b]0;pwned\x07", "\\x1b]0;pwned\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("one\ntwo\r\u2028", "one\\ntwo\\r\\u2028"),
        ("\ud800", "\\ud800"),
        ("10\u202f000\u00a0€", "10\u202f000\u00a0€"),
    ],
)
def test_what_is_written_out(text: str, shown: str) -> None:
    """Sound text stays as it is; controls are seen."""
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-2+3", "'-2+3"), ("\t=1", "'\t=1"), ("＝1", "'＝1"),
        ("-2.5", "-2.5"), ("+3", "+3"), ("phone", "phone"), ("", ""), ("-1_0", "'-1_0"), ("-\n1", "'-\n1"),
    ],
)  # fmt: skip
def test_cells_are_never_formulas(text: str, cell: str) -> None:
    """What would be computed is quoted; numbers are numbers."""
    assert spreadsheet_cell(text) == cell


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_means_the_same(text: str) -> None:
    """Written otherwise, read alike, and nothing in it that a terminal obeys."""
    data = orjson.dumps({"name": text})
    assert orjson.loads(printable_json(data)) == {"name": text}
    assert printable(printable_json(data).decode()) == printable_json(data).decode()


NO_FILES = """
import resource
from alerts.foreign_text import printable, printable_json
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
assert printable("a\\x1b") == "a\\\\x1b"
printable_json(b'"\\x7f"')
"""


def test_a_line_can_be_written_where_no_file_can_be_opened() -> None:
    """That there are too many open files is itself such a line: the log had a traceback instead."""
    done = subprocess.run([sys.executable, "-c", NO_FILES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
