"""The problems that were found in one file, and what the author of a misspelt word may have meant."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Protocol

from alerts.errors import Problem, RulebookError

HINTED: Final = 100
"""Problems of a file that are told with what may have been meant."""
LONGEST_WORD: Final = 40


class Mark(Protocol):
    """A place in a file, counted from 0: what YAML gives with every value."""

    @property
    def line(self) -> int:
        """Lines above."""
        ...

    @property
    def column(self) -> int:
        """Characters to the left."""
        ...


@dataclass(slots=True)
class Notes:
    """The problems found in one file so far."""

    file: str
    found: dict[Problem, None] = field(default_factory=dict)

    def add(self, mark: Mark, path: str, message: str) -> None:
        """Note a problem; the same one at the same place (through an alias) counts once."""
        self.found.setdefault(Problem(self.file, mark.line + 1, mark.column + 1, path, message))

    def take(self, problems: Iterable[Problem]) -> None:
        """Note problems that were found elsewhere in the file."""
        self.found.update(dict.fromkeys(problems))

    @property
    def hints(self) -> bool:
        """Whether misspelt words are still guessed: in a file that is all mistakes it would take long."""
        return len(self.found) < HINTED

    def settle(self) -> None:
        """End the reading.

        Raises:
            RulebookError: something was noted.
        """
        if self.found:
            raise RulebookError(sorted(self.found, key=lambda problem: (problem.line, problem.column)))


def did_you_mean(word: str, known: Iterable[str], notes: Notes) -> str:
    """A hint in brackets, with a space before it: the known word that `word` is nearly; "" for none."""
    if not notes.hints or len(word) > LONGEST_WORD:
        return ""
    words = sorted({name for name in known if name.isidentifier()})
    close = get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""
