"""Labels that are the steps of one side, from not at all to extremely or from poor to excellent.

By itself a label means what it says, between dissatisfied and satisfied.  All labels of a log together may
show that it was asked otherwise, and then each is the step that it is among them:

                          by itself   among these five
    Extremely satisfied       5              5            Excellent
    Very satisfied            5              4            Very good
    Somewhat satisfied        4              3            Good
    Not so satisfied          2              2            Fair
    Not at all satisfied      1              1            Poor
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import Final

import orjson

from stream.intake.decoding.vocabulary import folded

SCALE: Final = "1-5"
LADDERS: Final = (
    ("not at all satisfied", "slightly satisfied", "moderately satisfied", "very satisfied",
     "extremely satisfied"),
    ("not at all satisfied", "not so satisfied", "somewhat satisfied", "very satisfied",
     "extremely satisfied"),
    ("not at all satisfied", "not very satisfied", "somewhat satisfied", "very satisfied",
     "extremely satisfied"),
    ("uberhaupt nicht zufrieden", "nicht so zufrieden", "einigermassen zufrieden", "sehr zufrieden",
     "ausserst zufrieden"),
    ("pas du tout satisfait", "pas tres satisfait", "plutot satisfait", "tres satisfait",
     "extremement satisfait"),
    ("pas du tout satisfait", "peu satisfait", "assez satisfait", "tres satisfait", "extremement satisfait"),
    ("nada satisfecho", "no tan satisfecho", "algo satisfecho", "muy satisfecho",
     "extremadamente satisfecho"),
    ("nada satisfecho", "poco satisfecho", "algo satisfecho", "muy satisfecho", "extremadamente satisfecho"),
    ("nada satisfeito", "pouco satisfeito", "um pouco satisfeito", "muito satisfeito",
     "extremamente satisfeito"),
    ("per niente soddisfatto", "poco soddisfatto", "abbastanza soddisfatto", "molto soddisfatto",
     "estremamente soddisfatto"),
    ("helemaal niet tevreden", "niet zo tevreden", "enigszins tevreden", "zeer tevreden",
     "uiterst tevreden"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("poor", "average", "good", "very good", "excellent"),
    ("poor", "satisfactory", "good", "very good", "excellent"),
    ("mauvais", "passable", "bon", "tres bon", "excellent"),
    ("mauvais", "moyen", "bon", "tres bon", "excellent"),
    ("mauvais", "moyenne", "bon", "tres bon", "excellent"),
    ("schlecht", "mittelmassig", "gut", "sehr gut", "ausgezeichnet"),
    ("schlecht", "mittel", "gut", "sehr gut", "ausgezeichnet"),
    ("slecht", "matig", "goed", "zeer goed", "uitstekend"),
    ("slecht", "voldoende", "goed", "zeer goed", "uitstekend"),
    ("scarso", "sufficiente", "buono", "molto buono", "ottimo"),
    ("insufficiente", "sufficiente", "buono", "molto buono", "ottimo"),
    ("malo", "regular", "bueno", "muy bueno", "excelente"),
    ("ruim", "regular", "bom", "muito bom", "excelente"),
)  # fmt: skip
"""Five labels each, from the worst on, as surveys offer them."""
TOP: Final = 2
"""The best labels of a ladder that must both be there: one alone is that of any survey."""

Answer = tuple[str, str | None, object]
"""Indicator, scale where the row names one, and what was answered."""


def steps_of(answers: Iterable[Answer], scales: Mapping[str, str]) -> dict[Answer, int]:
    """The step of each answer whose labels are together those of a ladder; `scales` go without saying."""
    found: dict[Answer, int] = {}
    for (name, scale), own in groupby(sorted(answers, key=_asked), key=_asked):
        labels = {answer: folded(str(answer[2])) for answer in own}
        if name == "csat" and (scale or scales[name]) == SCALE:
            steps = _steps({label for label in labels.values() if not label.isdecimal()})
            found |= {answer: steps[label] for answer, label in labels.items() if label in steps}
    return found


def _steps(labels: AbstractSet[str]) -> dict[str, int]:
    """The step of each label where all are of ladders, of which a survey may have one for each question."""
    known: dict[Sequence[str], Sequence[str]] = {}
    for ladder in LADDERS:
        top = ladder[-TOP:]
        if labels >= {*top} and len(labels & {*ladder}) > len(labels & {*known.get(top, ())}):
            known[top] = ladder
    steps = {label: step for ladder in known.values() for step, label in enumerate(ladder, 1)}
    return steps if labels <= steps.keys() else _among_others(labels, known.values())


def _among_others(labels: AbstractSet[str], ladders: Iterable[Sequence[str]]) -> dict[str, int]:
    """The middle steps of ladders that are there from end to end, beside labels of another question.

    None else asks so: `slightly satisfied` is of two sides where `slightly dissatisfied` is, `good` wherever
    it is.  What is very satisfied is satisfied in either.
    """
    found: dict[str, int] = {}
    for ladder in ladders:
        middle = ladder[1:-TOP]
        others = {label.partition(" ")[0] for label in labels - {*ladder}}
        if labels >= {*ladder} and all(" " in label for label in middle):
            own = others.isdisjoint(label.partition(" ")[0] for label in middle)
            found |= {label: step for step, label in enumerate(middle, 2) if own}
    return found


def _asked(answer: Answer) -> tuple[str, str]:
    return answer[0], answer[1] or ""


def with_steps(lines: Sequence[bytes], steps: Mapping[Answer, int]) -> Sequence[bytes]:
    """Events as JSON, with the number of its step in place of each label that has one."""
    if not steps:
        return lines
    return [_with_step(line, steps) if b'"score":"' in line else line for line in lines]


def _with_step(line: bytes, steps: Mapping[Answer, int]) -> bytes:
    event = orjson.loads(line)
    step = steps.get((event.get("indicator"), event.get("scale"), event["score"]))
    return line if step is None else orjson.dumps({**event, "score": step})
