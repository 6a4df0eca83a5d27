"""Surveys with a column for each question: every answer of a row becomes a row of its own.

    ResponseId,EndDate,Q1,Q1_NPS_GROUP,Why      ResponseId,EndDate,#question,#answer,#number,#group
    R_1,2026-03-02,9,Promoter,fast        is    R_1,2026-03-02,Q1,9,1,Promoter
                                                R_1,2026-03-02,Why,fast,2,

Where choices have a column each (`over`), the one that is filled is the answer to the question above them:

    How was it?: Bad,How was it?: Good          #question,#answer
    ,Good                                is     How was it?,Good

In place of the choice its number may stand there, or a 1 where 0 or nothing is at the others.

Empty answers make no row.  `#group` is what Qualtrics writes beside its own NPS questions.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from stream.importing.cells.text import Row

QUESTION, ANSWER, NUMBER, GROUP = "#question", "#answer", "#number", "#group"
OF_ANSWERS: Final = (QUESTION, ANSWER, NUMBER, GROUP)
GROUPED: Final = "_NPS_GROUP"


class Questions:
    """The questions of a survey: all of its columns but those that stand `apart`."""

    def __init__(self, names: Sequence[str], apart: Sequence[str], over: Sequence[str]) -> None:
        others = {name.casefold() for name in apart}
        self._shared = [name for name in names if name.casefold() in others]
        self.asked = [
            name for name in names if name and name.casefold() not in others and not name.endswith(GROUPED)
        ]
        self._over = {name: question for name, question in zip(names, over, strict=False) if question}
        numbers = {name: str(number) for number, name in enumerate(self.asked, 1)}
        first = {question: numbers.get(name, "") for name, question in reversed(self._over.items())}
        self._numbers = numbers | first
        self._choices: dict[str, list[str]] = {}
        for name, question in self._over.items():
            self._choices.setdefault(question, []).append(name)

    def rows(self, row: Row) -> Iterator[Row]:
        """A row for each answer."""
        shared = {name: row[name] for name in self._shared}
        for name in self.asked:
            if answer := row[name].strip():
                group = row.get(name + GROUPED, "")
                question = self._over.get(name, "")
                asked = question if question and name == f"{question}: {answer}" else name
                yield {
                    **shared,
                    QUESTION: asked,
                    ANSWER: row[name],
                    NUMBER: self._numbers[asked],
                    GROUP: group,
                }
        for question, names in self._choices.items():
            chosen = _chosen(row, names)
            answer = chosen.removeprefix(f"{question}: ")
            if chosen and row[chosen].strip() != answer:
                number = self._numbers[question]
                yield {**shared, QUESTION: question, ANSWER: answer, NUMBER: number, GROUP: ""}


def _chosen(row: Row, names: Sequence[str]) -> str:
    """The one column of some choices in which its number stands, counted from 0 or 1, or a mark; or none."""
    texts = [row[name].strip() for name in names]
    filled = [place for place, text in enumerate(texts) if text and text != "0"] or [
        place for place, text in enumerate(texts) if text
    ]
    if len(filled) != 1 or len(names) < FEWEST_CHOICES:
        return ""
    place = filled[0]
    return names[place] if texts[place] in {"1", str(place), str(place + 1), *MARKS} else ""


FEWEST_CHOICES: Final = 2
MARKS: Final = ("x", "X", "✓", "✔", "TRUE", "true", "True")
"""What stands beside numbers and texts where something was chosen."""
