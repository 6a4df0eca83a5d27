"""Patterns on text, matched in time linear in the text: RE2, which never goes back, instead of `re`."""

from unicodedata import normalize

import re2

from alerts.rulebook.yaml_nodes import Node

LONGEST = 500
"""Characters of a pattern; real ones have a few dozen."""


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str) -> None:
        """Compiles it.

        Raises:
            ValueError: it is not one that RE2 knows; looking back and references to groups are not.
        """
        options = re2.Options()
        options.log_errors = False
        try:
            self._compiled = re2.compile(normalize("NFC", text), options)
        except re2.error as error:
            raise ValueError(_reason(error)) from None
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def found_in(self, text: str) -> bool:
        """Whether it matches anywhere in the text."""
        return self._compiled.search(printable(text)) is not None

    @property
    def groups(self) -> int:
        """How many groups it has."""
        return int(self._compiled.groups)

    def cut(self, text: str) -> str | None:
        """What its first group matched, or all of it where it has no group; None where it does not match."""
        found = self._compiled.search(printable(text))
        if found is None:
            return None
        cut: str | None = found.group(1 if self._compiled.groups else 0)
        return cut


def printable(text: str) -> str:
    """The text with a mark for bytes that were none, which RE2 does not take, and accents in one coding."""
    return text if text.isascii() else normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def pattern(node: Node) -> Pattern:
    """A pattern such as `reviewId=([^&]+)`.

    Raises:
        Wrong: it is not one.
    """
    want = "a pattern such as reviewId=([^&]+), in RE2's syntax"
    text = node.text(want)
    if len(text) > LONGEST:
        raise node.wrong(f"a pattern of at most {LONGEST} characters")
    try:
        return Pattern(text)
    except ValueError as error:
        raise node.wrong(f"{want} ({error})") from None


def cutting(node: Node) -> Pattern:
    """A pattern of which one part is cut out.

    Raises:
        Wrong: it is none, or has several groups, of which it does not say which is meant.
    """
    found = pattern(node)
    if found.groups > 1:
        raise node.wrong("a pattern with one group, which is cut out, and (?:…) around anything else")
    return found


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "unknown"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
