r"""Foreign text made safe to show: on a terminal, in a log line, in a notice, in a cell of a spreadsheet.

A channel's name may hold the codes that move a terminal's cursor, set its title or fill its clipboard, and
those that turn the direction of the text around them; a line break forges a line.  All of them are written
out, as in `\x1b[31m`, so that one sees what is there.
"""

import codecs
from typing import Final

HARMLESS: Final = frozenset("\u00a0\u202f\u200c\u200d\u200e\u200f\u061c")
"""Blanks that do not break, joiners and marks of direction, which scripts and emoji need, though Python calls
them unprintable."""
UNSEEN: Final = "\u061c\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Blanks without a width, and marks of the direction of writing, which come along where texts are copied: as
around a telephone number of Windows' address book, and between the parts of dates that browsers write."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet takes a cell for a formula; the wide ones in Japanese and Chinese versions."""

for _name in ("unicode_escape", "utf-16-be"):
    codecs.lookup(
        _name
    )  # read from disk the first time: a log line may have to tell that no file can be opened


def printable(text: str) -> str:
    """The text with everything written out that a terminal would obey and a reader would not see."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in HARMLESS else char.encode("unicode_escape").decode()
        for char in text
    )


def printable_json(data: bytes) -> bytes:
    r"""The same JSON, with everything written as `\u001b` that a terminal would obey."""
    text = data.decode()
    if text.isprintable():
        return data
    return "".join(
        char if char.isprintable() or char in HARMLESS or char == "\n" else _json_escape(char)
        for char in text
    ).encode()


def _json_escape(char: str) -> str:
    """Two escapes where one holds no more than sixteen bits."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def spreadsheet_cell(text: str) -> str:
    """The text as a cell that no spreadsheet computes: a formula gets an apostrophe before it.

    Numbers are left as they are, negative ones too.
    """
    if not text.startswith(FORMULA) or _number(text):
        return text
    return f"'{text}"


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text and text.strip() == text
