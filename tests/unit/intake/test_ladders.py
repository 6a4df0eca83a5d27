"""Labels of one side: which step each of them is."""

import orjson
import pytest

from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.ladders import LADDERS, Answer, steps_of, with_steps

SCALES = {"csat": "1-5", "ces": "1-7", "nps": "0-10"}


def asked(*labels: object, name: str = "csat", scale: str | None = None) -> list[Answer]:
    """Answers to one question."""
    return [(name, scale, label) for label in labels]


@pytest.mark.parametrize("ladder", LADDERS, ids=" ".join)
def test_every_label_is_a_step_and_an_answer(ladder: tuple[str, ...]) -> None:
    """One that is no answer by itself would have been refused before all labels are known."""
    assert [*steps_of(asked(*ladder), SCALES).values()] == [1, 2, 3, 4, 5]
    for label in ladder:
        ScaleLevels({}).cell("csat", "1-5", label)


def test_only_whole_ladders_on_five_steps_count() -> None:
    """Other labels, other scales and other indicators say nothing of it."""
    known = ("Good", "Very good", "Excellent")
    assert steps_of(asked(*known), SCALES) == dict(zip(asked(*known), (3, 4, 5), strict=True))
    assert not steps_of(asked(*known[:2]), SCALES)
    assert not steps_of(asked(*known, "Bad"), SCALES)
    assert not steps_of(asked(*known, scale="1-7"), SCALES)
    assert not steps_of(asked(*known), {"csat": "1-7"})
    assert not steps_of(asked(*known, name="ces"), {"ces": "1-5"})
    both = [*asked(*known, "Bad"), *asked(*known, scale="1-5")]
    assert {scale for _, scale, _ in steps_of(both, SCALES)} == {"1-5"}


def test_a_survey_has_a_ladder_for_each_question() -> None:
    """A second one to the same indicator, or one in stars, took its steps from the first: 40 % became 60."""
    satisfied, good, fair = LADDERS[1], LADDERS[11], LADDERS[12]
    assert [*steps_of(asked(*satisfied, *good), SCALES).values()] == [1, 2, 3, 4, 5] * 2
    assert [*steps_of(asked(*good, 4, "5"), SCALES).items()] == [*steps_of(asked(*good), SCALES).items()]
    assert not steps_of(asked(*good, *fair), SCALES)  # six labels
    assert [*steps_of(asked(*good, *LADDERS[0][:-1]), SCALES)] == []


def test_a_ladder_from_end_to_end_is_one_beside_another_question() -> None:
    """Slightly and moderately satisfied were as good as satisfied: two fifths too many were."""
    ladder, two_sides = LADDERS[0], ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied")
    assert steps_of(asked(*ladder, *two_sides), SCALES) == dict(zip(asked(*ladder[1:3]), (2, 3), strict=True))
    assert not steps_of(asked(*ladder, *two_sides, "Slightly dissatisfied"), SCALES)
    assert not steps_of(asked(*ladder[1:], *two_sides), SCALES)
    assert not steps_of(asked(*LADDERS[11], "Bad", "Very bad"), SCALES)  # good is of either


def test_labels_become_numbers_and_all_else_stays() -> None:
    """To the byte, where nothing has to change."""
    steps = steps_of(asked("Good", "Very good", "Excellent"), SCALES)
    line = b'{"id":"1","indicator":"csat","score":"Good","comment":"\xc3\xa9"}'
    others = [b'{"id":"2", "score":4}', b'{"id":"3", "indicator":"nps","score":"Good"}', b'{"id":"4"}']
    first, *rest = with_steps([line, *others], steps)
    assert orjson.loads(first) == {"id": "1", "indicator": "csat", "score": 3, "comment": "é"}
    assert rest == others
    assert with_steps([line], {}) == [line]
