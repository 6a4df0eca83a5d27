"""Rules files on disk: bytes in, a sound rulebook out."""

import codecs
from importlib.resources import files
from pathlib import Path
from typing import Final

from alerts.errors import Problem, RulebookError, SettingsError
from alerts.rulebook.reader import read_rulebook
from alerts.rules import Rulebook
from stream.indicators.catalogue import CATALOGUE

MOST_BYTES: Final = 16 * 2**20
"""Of an operator's file; a device such as /dev/zero never ends."""
WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What UTF-16 begins with, as PowerShell writes it."""
STARTER: Final = "rules/starter.yaml"
"""The rules of whoever gives none, shipped in the package."""


def load(path: str | Path) -> Rulebook:
    """The rulebook in a file.

    Raises:
        RulebookError: the file is wrong; carries every problem.
        SettingsError: there is no such file, or it cannot be read.
    """
    return parse(read_text(path), path)


def parse(text: str, path: str | Path) -> Rulebook:
    """The rulebook in the text of a file.

    Raises:
        RulebookError: it is wrong; carries every problem.
    """
    return read_rulebook(text, str(path), CATALOGUE)


def starter() -> Rulebook:
    """The shipped starter rules."""
    return read_rulebook(files("stream").joinpath(STARTER).read_text("utf-8"), STARTER, CATALOGUE)


def read_text(path: str | Path) -> str:
    """The text of an operator's file, which must be UTF-8.

    Raises:
        RulebookError: other bytes, with their place.
        SettingsError: there is no such file, it cannot be read, or it is too large.
    """
    content = _read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        got = "UTF-16" if content.startswith(WIDE) else f"byte 0x{content[error.start]:02x}"
        message = f"want UTF-8 text, got {got}: save it as UTF-8"
        problem = Problem(str(path), before.count(b"\n") + 1, column, "", message)
        raise RulebookError([problem]) from None


def _read_bytes(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path}: want a file that can be read, got: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise SettingsError(f"{path}: want at most {MOST_BYTES >> 20} MiB, got more")
    return content
