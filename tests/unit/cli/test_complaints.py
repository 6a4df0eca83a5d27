"""Complaints: what a command says of an operator's mistake."""

from alerts.errors import SettingsError
from stream.cli.terminal.complaints import LINE_CHARS, complaint


def test_each_line_is_bounded_and_printable() -> None:
    """Columns of a wide table are not all listed, and a name moves no cursor."""
    said = complaint(SettingsError("a.csv: got " + "column, " * 20_000 + "\nb.csv: got \x1b[31m"))
    first, second = said.split("\n")
    assert first == "a.csv: got " + ("column, " * 20_000)[: LINE_CHARS - len("a.csv: got ")] + "…"
    assert second == "b.csv: got \\x1b[31m"
