"""Headers of several rows, as Qualtrics and SurveyMonkey write them.

Qualtrics: the columns' names, the questions, and a row of JSON that may name the time zone.  SurveyMonkey:
the questions, each over its first column only, and what each column holds of them:

    Respondent ID,How satisfied are you with,,Why?
    ,Price,Service,Open-Ended Response

are the columns `Respondent ID`, `How satisfied are you with`, `How satisfied are you with: Service`, `Why?`.
"""

import json
from collections.abc import Sequence
from typing import Final

ZONE: Final = "#timeZone"
"""A column that every row has where the header names a time zone."""
IMPORT_ID: Final = "ImportId"


def named(heads: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns: the first row's, and where it has none, of the question to the left."""
    if not heads:
        return []
    if len(heads) == 1 or _is_qualtrics(heads):
        return list(heads[0])
    below = heads[1]
    names: list[str] = []
    question = ""
    for place, text in enumerate(heads[0]):
        question = text.strip() or question
        part = below[place].strip() if place < len(below) else ""
        names.append(question if text.strip() or not part else f"{question}: {part}")
    return names


def zone_column(heads: Sequence[Sequence[str]]) -> dict[str, str]:
    """The column with the time zone that Qualtrics' third row names, if it does."""
    if not _is_qualtrics(heads):
        return {}
    zones = {str(found["timeZone"]) for cell in heads[-1] if "timeZone" in (found := _object(cell))}
    return {ZONE: zones.pop()} if len(zones) == 1 else {}


def _is_qualtrics(heads: Sequence[Sequence[str]]) -> bool:
    return len(heads) > 1 and any(IMPORT_ID in _object(cell) for cell in heads[-1])


def _object(cell: str) -> dict[str, object]:
    """The small object that a cell holds, if it does."""
    if not cell.startswith("{") or len(cell) > _LONGEST:
        return {}
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_LONGEST: Final = 1_000
