"""Whose fault it is.  The operator's errors end a command with exit code 2; anything else is ours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

UNREADABLE: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
"""What reading somebody else's bytes may raise.  Text that is not UTF-8 is a ValueError, and JSON that is
nested too deeply a RecursionError; neither is msgspec's own."""

SECRET: Final = re.compile(
    r"(?P<kind>whsec_|xox[a-z]-)[A-Za-z0-9+/=_-]{8,}|(?<=://)[^\s/@]+:[^\s/@]+(?P<end>@)"
)
"""Keys of webhooks, tokens of Slack, and names with passwords in addresses."""


class OperatorError(Exception):
    """Something that whoever runs Tocsin can put right: a setting, a file, a command line."""


class SettingsError(OperatorError):
    """An option, environment variable or file of settings is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file: where, what was wanted and what was found.

    `line` and `column` count from 1.  `path` is where in the document, such as `rules[2].window`.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}:{self.column}: {place}{without_secrets(self.message)}"


def without_secrets(text: str) -> str:
    """The text without what looks like a secret, wherever somebody has written it."""
    return SECRET.sub(lambda found: f"{found['kind'] or ''}…{found['end'] or ''}", text)


class RulebookError(OperatorError):
    """A rules file is wrong; carries every problem found, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
