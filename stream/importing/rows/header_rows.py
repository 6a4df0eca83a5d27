"""Headers of several rows, as Qualtrics and SurveyMonkey write them.

Qualtrics: the columns' names, the questions, and a row of JSON that may name the time zone.  SurveyMonkey:
the questions, each over its first column only, and what each column holds of them:

    Respondent ID,How satisfied are you with,,Why?
    ,Price,Service,Open-Ended Response

are the columns `Respondent ID`, `How satisfied are you with: Price`, `How satisfied are you with: Service`,
`Why?`.  Where a column says that it holds the response, it has the question's own name, and comments stand
beside it.  Choices may have a column each, too, of which the chosen one is filled (`questions`).
"""

import json
from collections.abc import Sequence
from typing import Final

ZONE: Final = "#timeZone"
"""A column that every row has where the header names a time zone."""
IMPORT_ID: Final = "ImportId"


def named(heads: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns: the first row's, or of what stands under a question that is over several."""
    if not heads:
        return []
    over = questions_over(heads)
    return [
        f"{over[place]}: {_below(heads, place)}" if over[place] else text.strip()
        for place, text in enumerate(heads[0])
    ]


def questions_over(heads: Sequence[Sequence[str]]) -> list[str]:
    """By column, the question of which it is one of several; "" where it is all of it, or asks nothing."""
    if not heads or len(heads) == 1 or _is_qualtrics(heads):
        return ["" for _ in (heads[0] if heads else ())]
    over: list[str] = []
    question = ""
    for place, text in enumerate(heads[0]):
        question = text.strip() or question
        below = _below(heads, place)
        follows = place + 1 < len(heads[0]) and not heads[0][place + 1].strip() and _below(heads, place + 1)
        is_whole = text.strip() and (not follows or below.casefold() in RESPONSE)
        over.append("" if is_whole or not below else question)
    return over


def _below(heads: Sequence[Sequence[str]], place: int) -> str:
    return heads[1][place].strip() if place < len(heads[1]) else ""


RESPONSE: Final = frozenset({
    "", "response", "open-ended response", "réponse", "antwort", "respuesta", "resposta", "risposta",
})  # fmt: skip
"""What SurveyMonkey writes under a question that one column answers."""


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
