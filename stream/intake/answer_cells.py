"""Answers: which level of its scale a score stands for, whether it is sent as a number or in words."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from stream.indicators.catalogue import OPTIONS
from stream.indicators.cells import CELL, SCALES, SCALES_OF
from stream.messages.outcomes import Reason, RecordError

YES_NO: Final[Mapping[str, float]] = {
    **dict.fromkeys(("yes", "y", "true", "oui", "o", "vrai"), 1.0),
    **dict.fromkeys(("no", "n", "false", "non", "faux"), 0.0),
}
SENTIMENT: Final[Mapping[str, float]] = {
    **dict.fromkeys(("positive", "pos", "positif", "positives", "positifs"), 1.0),
    **dict.fromkeys(("neutral", "neu", "neutre", "mixed", "mixte"), 0.0),
    **dict.fromkeys(("negative", "neg", "negatif", "negatives", "negatifs"), -1.0),
}
SATISFACTION: Final[Mapping[str, float]] = {
    **dict.fromkeys(
        ("very dissatisfied", "very unsatisfied", "tres insatisfait", "pas du tout satisfait", "very poor"),
        0.0,
    ),
    **dict.fromkeys(("dissatisfied", "unsatisfied", "insatisfait", "peu satisfait", "poor"), 0.25),
    **dict.fromkeys(
        ("neutral", "neither satisfied nor dissatisfied", "neutre", "ni satisfait ni insatisfait", "fair"),
        0.5,
    ),
    **dict.fromkeys(("satisfied", "satisfait", "plutot satisfait", "good"), 0.75),
    **dict.fromkeys(("very satisfied", "tres satisfait", "tout a fait satisfait", "excellent"), 1.0),
}
"""How far up the scale an answer of five grades lies; accents, case and feminine forms are folded first."""
EFFORT: Final[Mapping[str, float]] = {
    **dict.fromkeys(("very easy", "tres facile"), 0.0),
    **dict.fromkeys(("easy", "facile"), 0.25),
    **dict.fromkeys(("neutral", "neither easy nor difficult", "neutre", "ni facile ni difficile"), 0.5),
    **dict.fromkeys(("difficult", "hard", "difficile"), 0.75),
    **dict.fromkeys(("very difficult", "very hard", "tres difficile"), 1.0),
}
"""How much effort; turned round where the rules file says that the scale measures ease."""

WHOLE: Final = re.compile(r"-?[0-9]{1,3}")
TEXT_CHARS: Final = 64
"""No known answer is longer, so longer texts are not looked at."""
KNOWN_ANSWERS: Final = 4_096
"""Spellings of answers remembered per codec; all real ones fit, and a flood of junk costs no memory."""


class ScaleLevels:
    """Cell numbers of answers, remembered per (indicator, scale, score) as they were spelled."""

    def __init__(self, indicators: Mapping[str, Mapping[str, object]]) -> None:
        options = {name: indicators.get(name, {}) for name in SCALES_OF}
        self._scale = {
            name: str(options[name].get("scale") or OPTIONS[name]["scale"].default) for name in SCALES_OF
        }
        self._ease = options["ces"].get("direction") == "ease"
        self._cells: dict[tuple[str, str | None, float | str], int] = {}
        self.known = self._cells.get

    def cell(self, indicator: str, scale: str | None, score: float | str) -> int:
        """The cell that the answer is counted in.

        Raises:
            RecordError: the scale does not suit the indicator, or the score is not on the scale.
        """
        chosen = self._scale[indicator] if scale is None else scale
        if chosen not in SCALES_OF[indicator]:
            wanted = ", ".join(SCALES_OF[indicator])
            raise RecordError(Reason.BAD_SCALE, f"scale: want one of {wanted} for {indicator}, got another")
        level = self._level(indicator, chosen, score)
        if level not in SCALES[chosen]:
            raise RecordError(Reason.SCORE_OFF_SCALE, _off_scale(chosen, score))
        cell = CELL[f"{indicator}/{chosen}/{level:g}"]
        if len(self._cells) < KNOWN_ANSWERS:
            self._cells[indicator, scale, score] = cell
        return cell

    def _level(self, indicator: str, scale: str, score: float | str) -> float | None:
        if not isinstance(score, str):
            return score + 0.0  # what rounding leaves of -0.3 is -0.0, which is spelled otherwise than 0
        if len(score) > TEXT_CHARS:
            return None
        if WHOLE.fullmatch(score.strip()):  # a number that was sent in quotes
            return float(score) + 0.0
        text = folded(score)
        if scale == "yes-no":
            return YES_NO.get(text)
        if scale == "neg-neu-pos":
            return SENTIMENT.get(text)
        grades = EFFORT if indicator == "ces" else SATISFACTION if indicator == "csat" else {}
        share = grades.get(text)
        if share is None:
            return None
        return _nearest(1 - share if indicator == "ces" and self._ease else share, SCALES[scale])


def folded(text: str) -> str:
    """Lower case, single spaces, no accents, no feminine -e of `satisfaite`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    words = plain.lower().replace("_", " ").replace("-", " ").split()
    return " ".join(_FEMININE.get(word, word) for word in words)


_FEMININE: Final = {"satisfaite": "satisfait", "insatisfaite": "insatisfait"}


def _nearest(share: float, levels: tuple[float, ...]) -> float:
    """The level that lies `share` of the way up; half-way cases go away from the middle of the scale."""
    steps = share * (len(levels) - 1)
    return levels[math.floor(steps + 0.5) if share >= 0.5 else math.ceil(steps - 0.5)]


def _off_scale(scale: str, score: float | str) -> str:
    levels = SCALES[scale]
    if isinstance(score, str):
        return f"score: want a level of {scale} ({levels[0]:g} to {levels[-1]:g}), got a text that names none"
    return f"score: want a level of {scale} ({levels[0]:g} to {levels[-1]:g}), got {score:g}"
