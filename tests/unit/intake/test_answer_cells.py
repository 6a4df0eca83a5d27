"""Answers: numbers and words, on every scale."""

import pytest

from stream.indicators.cells import CELLS, SCALES, SCALES_OF
from stream.intake.decoding.answer_cells import KNOWN_ANSWERS, ScaleLevels
from stream.intake.decoding.vocabulary import folded
from stream.messages.outcomes import Reason, RecordError

LEVELS = ScaleLevels({"csat": {"scale": "1-5"}, "ces": {"scale": "1-7", "direction": "effort"}})

WORDS = (
    ("csat", "yes-no", "Yes", 1), ("csat", "yes-no", " OUI ", 1), ("csat", "yes-no", "non", 0),
    ("csat", "yes-no", "true", 1), ("csat", "yes-no", "1", 1), ("csat", "yes-no", "0", 0),
    ("csat", "1-5", "very satisfied", 5), ("csat", "1-5", "Satisfied", 4), ("csat", "1-5", "neutral", 3),
    ("csat", "1-5", "Dissatisfied", 2), ("csat", "1-5", "very_dissatisfied", 1), ("csat", "1-5", "4", 4),
    ("csat", "1-5", "Très satisfaite", 5), ("csat", "1-5", "satisfait", 4), ("csat", "1-5", "neutre", 3),
    ("csat", "1-5", "insatisfaite", 2), ("csat", "1-5", "très insatisfait", 1),
    ("csat", "1-7", "very satisfied", 7), ("csat", "1-7", "satisfied", 6), ("csat", "1-7", "neutral", 4),
    ("csat", "1-7", "dissatisfied", 2), ("csat", "1-7", "very dissatisfied", 1),
    ("csat", "1-10", "satisfied", 8), ("csat", "1-10", "dissatisfied", 3), ("csat", "0-10", "satisfied", 8),
    ("csat", "0-10", "neutral", 5), ("csat", "0-10", "dissatisfied", 2),
    ("csat", "0-10", "very satisfied", 10),
    ("ces", "1-7", "very easy", 1), ("ces", "1-7", "difficile", 6), ("ces", "1-7", "very difficult", 7),
    ("ces", "1-5", "facile", 2), ("nps", "0-10", "10", 10), ("nps", "0-10", " 0 ", 0),
    ("sentiment", "neg-neu-pos", "négatif", -1), ("sentiment", "neg-neu-pos", "NEUTRAL", 0),
    ("sentiment", "neg-neu-pos", "Positive", 1), ("sentiment", "neg-neu-pos", "négative", -1),
    ("sentiment", "neg-neu-pos", "-1", -1),
)  # fmt: skip


@pytest.mark.parametrize(("indicator", "scale", "text", "level"), WORDS)
def test_words_mean_levels(indicator: str, scale: str, text: str, level: int) -> None:
    """English and French answers, with or without accents, capitals and feminine endings."""
    assert CELLS[LEVELS.cell(indicator, scale, text)] == f"{indicator}/{scale}/{level}"


@pytest.mark.parametrize("indicator", SCALES_OF)
def test_every_level_of_every_scale_is_a_score(indicator: str) -> None:
    """Numbers are their own levels."""
    for scale in SCALES_OF[indicator]:
        for level in SCALES[scale]:
            assert CELLS[LEVELS.cell(indicator, scale, float(level))] == f"{indicator}/{scale}/{level:g}"


OFF = (
    ("csat", "1-5", 0), ("csat", "1-5", 6), ("csat", "1-5", 4.5), ("csat", "1-5", "perhaps"),
    ("csat", "1-5", "9"), ("csat", "1-5", "yes"), ("csat", "yes-no", "neutral"),
    ("nps", "0-10", "very satisfied"), ("nps", "0-10", 11), ("sentiment", "neg-neu-pos", "angry"),
    ("ces", "1-7", "satisfied"), ("csat", "1-5", "4.5"), ("csat", "1-5", ""), ("csat", "1-5", "²"),
    ("nps", "0-10", "1⁰"), ("nps", "0-10", "1₀"),
    ("csat", "1-5", "very satisfied " * 20),
)  # fmt: skip


@pytest.mark.parametrize(("indicator", "scale", "score"), OFF)
def test_what_names_no_level_is_off_the_scale(indicator: str, scale: str, score: float | str) -> None:
    """Also numbers between the levels, and words of another question."""
    with pytest.raises(RecordError) as caught:
        LEVELS.cell(indicator, scale, score)
    assert caught.value.reason is Reason.SCORE_OFF_SCALE


def test_the_declared_scale_is_the_default() -> None:
    """Without a scale of its own an answer is on the one that the rules file declares, or the catalogue's."""
    declared = ScaleLevels({"csat": {"scale": "1-10"}})
    assert CELLS[declared.cell("csat", None, 9.0)] == "csat/1-10/9"
    assert CELLS[declared.cell("nps", None, 9.0)] == "nps/0-10/9"
    assert CELLS[declared.cell("csat", "1-5", 5.0)] == "csat/1-5/5"


def test_ease_turns_effort_words_round() -> None:
    """Where the scale measures ease, very easy is the top of it."""
    ease = ScaleLevels({"ces": {"scale": "1-7", "direction": "ease"}})
    assert CELLS[ease.cell("ces", None, "very easy")] == "ces/1-7/7"
    assert CELLS[ease.cell("ces", None, "difficult")] == "ces/1-7/2"


def test_what_was_looked_up_is_known() -> None:
    """The codec asks the memory first; a flood of spellings does not fill it without end."""
    levels = ScaleLevels({})
    assert levels.known(("csat", None, 4.0)) is None
    cell = levels.cell("csat", None, 4.0)
    assert levels.known(("csat", None, 4.0)) == cell
    for number in range(2 * KNOWN_ANSWERS):
        capitals = f"{number:014b}"
        letters = zip("very satisfied", capitals, strict=True)
        levels.cell(
            "csat", None, "".join(letter.upper() if bit == "1" else letter for letter, bit in letters)
        )
    assert levels.known(("csat", None, 5.0)) is None
    assert levels.cell("csat", None, 5.0) == cell + 1
    assert levels.known(("csat", None, 5.0)) is None


def test_folding_leaves_plain_words() -> None:
    """Accents, case, joints and feminine endings go."""
    assert folded("  Très-Satisfaite ") == "tres satisfait"
