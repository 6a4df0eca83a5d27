"""The vocabulary of answers is whole: every word with its opposite, on every scale."""

import re
from collections.abc import Mapping

import pytest

from stream.indicators.cells import CELLS, SCALES, SCALES_OF
from stream.indicators.formulas import POSITIVE_FROM
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.answer_numbers import Numbered, numbered
from stream.intake.decoding.vocabulary import (
    EFFORT,
    EFFORT_PAIRS,
    MIDDLE,
    NO,
    PAIRS,
    SATISFACTION,
    YES,
    folded,
)
from stream.messages.outcomes import Reason, RecordError

LEVELS = ScaleLevels({})
EASE = ScaleLevels({"ces": {"direction": "ease"}})
GRADED = [scale for scale in SCALES_OF["csat"] if len(SCALES[scale]) > 2]
TWO = [scale for scale in SCALES_OF["csat"] if len(SCALES[scale]) == 2]


def place(indicator: str, scale: str, text: str, levels: ScaleLevels = LEVELS) -> int:
    """Which level from the bottom, from 0, an answer is."""
    level = float(CELLS[levels.cell(indicator, scale, text)].split("/")[2])
    return SCALES[scale].index(level)


def refused(indicator: str, scale: str | None, score: float | str) -> RecordError:
    """Why an answer is refused."""
    with pytest.raises(RecordError) as caught:
        LEVELS.cell(indicator, scale, score)
    return caught.value


@pytest.mark.parametrize("scale", GRADED)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[2][0])
def test_every_word_has_its_opposite(
    pair: tuple[float, tuple[str, ...], tuple[str, ...]], scale: str
) -> None:
    """As far below the middle as the other is above; no survey is understood by half."""
    share, low, high = pair
    assert low
    assert high
    top = len(SCALES[scale]) - 1
    for bad in low:
        for good in high:
            assert place("csat", scale, bad) + place("csat", scale, good) == top
            gap = place("csat", scale, good) - place("csat", scale, bad)
            assert gap > 0 or (gap == 0 and top == 2 and share < 0.7)


SIDES = (
    "satisfied/dissatisfied", "satisfait/insatisfait", "zufrieden/unzufrieden", "satisfecho/insatisfecho",
    "satisfeito/insatisfeito", "soddisfatto/insoddisfatto", "tevreden/ontevreden", "happy/unhappy",
    "content/mecontent", "agree/disagree", "pleased/displeased", "helpful/unhelpful", "good/bad",
    "gut/schlecht", "bon/mauvais", "bien/mal", "easy/difficult", "facile/difficile", "einfach/schwierig",
    "facil/dificil",
)  # fmt: skip
TURNED = re.compile(
    r"(not|pas|nicht|no|non|nao|niet|nada|niente|nulla|peu|poco|pouco|weniger|wenig|kaum|hardly|un|ne|ni|noch|nem"
    r"|weder|neither|moyennement|matig|too)( |$)"
)


@pytest.mark.parametrize("words", [SATISFACTION, EFFORT])
def test_whatever_is_said_of_one_side_may_be_said_of_the_other(words: Mapping[str, float]) -> None:
    """`vollkommen unzufrieden` was no answer, beside `vollkommen zufrieden`: that scores too well."""
    others = dict(pair.split("/") for pair in SIDES) | dict(pair.split("/")[::-1] for pair in SIDES)
    for said, share in words.items():
        how, _, word = said.rpartition(" ")
        if word in others and not TURNED.search(f"{how} "):
            other = f"{how} {others[word]}".strip()
            assert words.get(other) == pytest.approx(1 - share), (said, other)


@pytest.mark.parametrize("scale", ["1-3", "1-4", "1-5", "1-6", "1-7"])
def test_plain_words_count_as_they_read(scale: str) -> None:
    """Satisfied is positive and dissatisfied is not, whatever the scale."""
    positive = SCALES[scale].index(POSITIVE_FROM[scale])
    for good, bad in (("satisfied", "dissatisfied"), ("good", "bad"), ("👍", "👎"), ("content", "mécontent")):
        assert place("csat", scale, good) >= positive > place("csat", scale, bad)


@pytest.mark.parametrize("scale", TWO)
@pytest.mark.parametrize("pair", [*PAIRS, (1.0, NO, YES)], ids=lambda pair: pair[2][0])
def test_two_steps_take_either_side(pair: tuple[float, tuple[str, ...], tuple[str, ...]], scale: str) -> None:
    """Good is yes and bad is no; a middle there is not."""
    assert {place("csat", scale, word) for word in pair[1]} == {0}
    assert {place("csat", scale, word) for word in pair[2]} == {1}
    for word in MIDDLE:
        assert refused("csat", scale, word).reason is Reason.SCORE_OFF_SCALE


@pytest.mark.parametrize("scale", SCALES_OF["ces"])
@pytest.mark.parametrize("pair", EFFORT_PAIRS, ids=lambda pair: pair[2][0])
def test_words_of_effort_have_their_opposites(
    pair: tuple[float, tuple[str, ...], tuple[str, ...]], scale: str
) -> None:
    """And turn round where the scale measures ease."""
    top = len(SCALES[scale]) - 1
    for easy in pair[1]:
        for hard in pair[2]:
            assert place("ces", scale, easy) + place("ces", scale, hard) == top
            gap = place("ces", scale, hard) - place("ces", scale, easy)
            assert gap > 0 or (gap == 0 and top == 2 and pair[0] < 0.7)
            assert gap == place("ces", scale, easy, EASE) - place("ces", scale, hard, EASE)


def test_words_are_listed_as_they_are_folded() -> None:
    """Or they would never be found; and no word is on two sides."""
    sides = [word for _, low, high in (*PAIRS, *EFFORT_PAIRS) for word in (*low, *high)]
    assert len(sides) == len(set(sides))
    for word in (*sides, *MIDDLE, *YES, *NO):
        assert folded(word) == word
        assert folded(word.upper()) == word
    assert not set(SATISFACTION) & {*YES, *NO}


SAME = (
    ("1-5", 4, ("4", "4.0", " 4,00 ", "4/5", "4 / 5", "4 out of 5", "4 sur 5", "4 of 5", "4 stars",
                "4 étoiles",
                "★★★★☆", "★★★★", "⭐⭐⭐⭐", "⭐️⭐️⭐️⭐️", "4 - Satisfied", "4: good", "4 – Satisfait",
                "4. Good",
                "Satisfied (4)", "4 (satisfied)", "4 = agree", "4️⃣", "４", "4 - Somewhere up there",
                "(4) Satisfied", "[4] good", "Satisfied - 4", "good: 4",
                "4 out of 5 stars", "4 stars out of 5", "4/5 étoiles", "+4",
                "٤", "۴", "४", "٤٫٠", "٤/٥", "\u200f٤", "4\u200b", "\ufeff4")),
    ("1-5", 5, ("5 - Very satisfied", "VERY SATISFIED", "Excellent!", "😍", "Tout à fait satisfaite",
                "« Très satisfait »", "TRÈS_SATISFAIT", "tout à fait d’accord", "Strongly agree",
                "Très satisfait(e)", "très satisfait·e", "Très satisfait.e.s", "ravi(e)s")),
    ("1-5", 4, ("👍", "👍🏽", "👍\ufe0f", "Thumbs-Up", ":-)", "=)", ";o)", "🙂", "☺️", "satisfied",
                "plutôt satisfait")),
    ("1-5", 5, (":D", ":-D", ";-))", "😎", "satisfied\u200b (5)")),
    ("1-5", 1, (":'(", ":-((", "😖")),
    ("1-5", 2, ("👎", "👎🏿", "BAD", "poor", "☹️", ":(", "plutôt insatisfait", "peu satisfaite", "Disagree")),
    ("1-5", 3, ("😐", "Neutral", "OK", "neither satisfied nor dissatisfied", "moyen")),
    ("1-10", 10, ("10", "10/10", "10.0", "Very satisfied")),
    ("1-4", 1, ("pas du tout satisfait", "very dissatisfied", "1/4", "😡")),
    ("1-4", 2, ("plutôt insatisfait", "dissatisfied")),
    ("1-4", 3, ("plutôt satisfait", "satisfied")),
    ("1-7", 5, ("somewhat agree", "somewhat satisfied")),
    ("1-7", 6, ("agree", "satisfied")),
    ("thumbs", 1, ("👍", "up", "1", "yes", "good")),
    ("thumbs", 0, ("👎", "down", "0", "no", "bad", "-0", "-0.0")),
    ("yes-no", 1, ("✅", "Oui", "satisfied", "GOOD")),
    ("0-10", 0, ("0 - Not at all likely", "Not at all likely - 0", "-0", "0.0", "0/10")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "level", "text"), [(scale, level, text) for scale, level, texts in SAME for text in texts]
)
def test_one_answer_has_many_spellings(scale: str, level: float, text: str) -> None:
    """Numbers with their tops and labels, capitals, accents, signs in all their looks."""
    assert place("csat", scale, text) == SCALES[scale].index(level)


@pytest.mark.parametrize(("level", "texts"), [(2, ("+1", "١", "1")), (0, ("-1", "\u22121", "-١"))])
def test_of_two_signs_both_are_known(level: int, texts: tuple[str, ...]) -> None:
    """+1 was refused beside -1, and a minus that is no hyphen beside 1: one side alone was counted."""
    assert {place("sentiment", "neg-neu-pos", text) for text in texts} == {level}
    assert refused("csat", "thumbs", "+1").reason is Reason.SCORE_OFF_SCALE  # as -1 is


OFF = ("4.5", "4/10", "1 - Very satisfied", "5 - Very dissatisfied", "★★★☆", "6 stars", "yes", "perhaps",
       "1-5",
       "-", "☆", "4 good reasons", "not bad", "", " ", "\ufe0f", "0", "٦", "٤٫٥", "4/5/6",
       "+1-5", "½", "(1) Very satisfied",
       "(5", "good(ish)", "5-Apr", "05. Mai", "04-avr.", "3/Mar", "Apr-05", "--5",
       "Very satisfied - 1")  # fmt: skip


@pytest.mark.parametrize("text", OFF)
def test_what_may_mean_two_things_is_refused(text: str) -> None:
    """Half levels, other tops, labels of the other end, and words that nobody wrote down."""
    assert refused("csat", "1-5", text).reason is Reason.SCORE_OFF_SCALE


def test_a_refusal_says_what_is_known() -> None:
    """The words of a survey that is not understood are not guessed."""
    known = "words in English or six other languages from dissatisfied to satisfied"
    assert known in refused("csat", None, "meh").detail
    assert "from easy to difficult" in refused("ces", None, "meh").detail
    assert "meh" not in refused("csat", None, "meh").detail


def test_nps_has_one_scale() -> None:
    """The sentence says why, and what to do instead."""
    error = refused("nps", "1-10", 10)
    assert error.reason is Reason.BAD_SCALE
    assert "NPS is asked on 0-10" in error.detail
    assert error.detail.endswith("or count these answers as csat on 1-10")
    assert refused("nps", "a customer's name", 10).detail == "scale: want one of 0-10 for nps, got another"


def test_minus_zero_is_zero() -> None:
    """JSON can write it, and no scale has two zeros."""
    assert LEVELS.cell("nps", None, -0.0) == LEVELS.cell("nps", None, 0.0) == LEVELS.cell("nps", None, "-0")


def test_numbers_are_found_in_text() -> None:
    """With the top of their scale and the words beside them."""
    assert numbered("4/5") == Numbered(4, 5)
    assert numbered("5 - Very Satisfied") == Numbered(5, None, "very satisfied")
    assert numbered("three") == Numbered(3)
    assert numbered("1 star") == Numbered(1, is_stars=True)
    assert numbered("thirteen") is None


@pytest.mark.parametrize("scale", TWO)
@pytest.mark.parametrize("text", ["★", "1 star", "⭐", "one star", "★☆☆☆☆"])
def test_one_star_is_no_yes(scale: str, text: str) -> None:
    """Of reviews on five stars that were declared as yes or no, the worst alone would count, as satisfied."""
    assert refused("csat", scale, text).reason is Reason.SCORE_OFF_SCALE
