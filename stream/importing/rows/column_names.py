"""Names of columns: told apart where two are alike, and found where they are spelled with other blanks."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from alerts.foreign_text import UNSEEN

_UNSEEN: Final = re.compile(f"[{UNSEEN}\u200c\u200d\u00ad]")
"""Letters that nobody sees."""


def distinct(names: Sequence[str]) -> list[str]:
    """The names stripped; the second column of the same name is `name.2`, and so on."""
    seen: dict[str, int] = {}
    result = []
    for raw in names:
        name = raw.strip()
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return result


def spelled_otherwise(wanted: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """Columns to the wanted names that look the same: French puts a narrow blank before a question mark."""
    there = {_as_seen(column): column for column in reversed(columns)}
    absent = [name for name in wanted if name not in columns]
    return {there[seen]: name for name in absent if (seen := _as_seen(name)) in there}


def _as_seen(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", name)).split())
