"""What a log's text is in, told from its beginning where that is surer than what the mapping says."""

import codecs
from typing import IO, Final

WIDE: Final = {
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}
"""Marks of text whose characters have more bytes than one; the wider one first, as it begins alike."""
LOOKED_AT: Final = 1 << 16
"""Bytes of a log that are looked at, at the most."""
HEAD: Final = 1024
ONE_BYTE: Final = ("cp12", "cp4", "cp8", "iso8859", "mac", "koi8")
"""What encodings begin with in which any bytes are text, so that nobody sees that it was UTF-8."""
FEW: Final = 0.1
"""Of the letters of a table that are of ASCII, as commas and digits are in any language."""


def beginning_of(stream: IO[bytes]) -> bytes:
    """The first bytes of a log, which stay to be read; none where that cannot be."""
    peek = getattr(stream, "peek", None)
    return b"" if peek is None else bytes(peek(LOOKED_AT)[:LOOKED_AT])


def encoding_of(beginning: bytes, declared: str) -> str:
    """The encoding of a log that begins so, for which the mapping says another one or the same."""
    if declared == "utf-8":
        marked = next((wide for wide, marks in WIDE.items() if beginning.startswith(marks)), None)
        return marked or _wide(beginning) or declared
    if declared == "utf-16" and not beginning.startswith(WIDE[declared]):
        # Often it was saved anew.
        return _wide(beginning) or ("utf-16-le" if b"\0" in beginning[:HEAD] else "utf-8")
    return "utf-8" if declared.startswith(ONE_BYTE) and _is_utf8(beginning) else declared


def _wide(beginning: bytes) -> str | None:
    """UTF-16 without a mark: one of two bytes is nought where letters are of ASCII.

    The other one is so too of a few letters, as of the one that is Japanese and Chinese for one.
    """
    head = beginning[:HEAD]
    high, low = head[1::2].count(0), head[::2].count(0)
    if max(high, low) <= FEW * len(head) / 2 or 2 * min(high, low) > max(high, low):
        return None
    return "utf-16-le" if high > low else "utf-16-be"


def _is_utf8(beginning: bytes) -> bool:
    """Whether all letters that are not of ASCII are UTF-8: of other text hardly one is by chance."""
    if beginning.isascii():
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True
