"""Answers: which level of its scale a score stands for, whether it is sent as a number or in words."""

import math
from collections.abc import Mapping
from typing import Final

from stream.indicators.catalogue import NPS_SCALE, OPTIONS
from stream.indicators.cells import CELL, SCALES, SCALES_OF
from stream.intake.decoding.answer_numbers import numbered
from stream.intake.decoding.vocabulary import (
    EFFORT,
    LISTED,
    LISTED_EFFORT,
    SATISFACTION,
    SENTIMENT,
    YES_NO,
    folded,
)
from stream.messages.outcomes import Reason, RecordError

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
        met = self.known((indicator, scale, score))
        if met is not None:
            return met
        chosen = self._scale[indicator] if scale is None else scale
        if chosen not in SCALES_OF[indicator]:
            raise RecordError(Reason.BAD_SCALE, _bad_scale(indicator, chosen))
        level = self._level(indicator, chosen, score)
        if level not in SCALES[chosen]:
            raise RecordError(Reason.SCORE_OFF_SCALE, _off_scale(indicator, chosen, score))
        cell = CELL[f"{indicator}/{chosen}/{level:g}"]
        if len(self._cells) < KNOWN_ANSWERS:
            self._cells[indicator, scale, score] = cell
        return cell

    def _level(self, indicator: str, scale: str, score: float | str) -> float | None:
        """The level that a score stands for, None where it stands for none.

        A text is taken for a number first, then for a word.  A number with a label, such as
        `5 - Very satisfied`, is refused where its label lies on the other half of the scale: the survey then
        counts the other way round.
        """
        if not isinstance(score, str):
            return score + 0.0  # what rounding leaves of -0.3 is -0.0, which is spelled otherwise than 0
        if len(score) > TEXT_CHARS:
            return None
        levels = SCALES[scale]
        found = numbered(score)
        if found is None:
            return self._of_words(indicator, scale, folded(score))
        if found.top is not None and found.top != levels[-1]:
            return None
        if len(levels) == _TWO and (found.is_stars or score.lstrip().startswith("+")):
            return None  # one star of five is no yes, and beside +1 there are -1
        said = self._of_words(indicator, scale, folded(found.words)) if found.words else None
        middle = (levels[0] + levels[-1]) / 2
        if said is not None and (said - middle) * (found.level - middle) < 0:
            return None
        return found.level

    def _of_words(self, indicator: str, scale: str, text: str) -> float | None:
        if scale == "neg-neu-pos":
            return SENTIMENT.get(text)
        if len(SCALES[scale]) == _TWO and text in YES_NO:
            return YES_NO[text]
        share = self._share(indicator, text)
        if share is None:
            return None
        if len(SCALES[scale]) == _TWO:
            return None if share == _HALF else float(share > _HALF)
        return _nearest(share, SCALES[scale])

    def _share(self, indicator: str, text: str) -> float | None:
        """How far up the scale a word lies; words of another question are not known."""
        if indicator == "csat":
            return SATISFACTION.get(text)
        if indicator != "ces":
            return None
        effort = EFFORT.get(text)
        if effort is None:
            return None
        return 1 - effort if self._ease else effort


_TWO: Final = 2
_HALF: Final = 0.5


def _nearest(share: float, levels: tuple[float, ...]) -> float:
    """The level that lies `share` of the way up; half-way cases go away from the middle of the scale."""
    steps = share * (len(levels) - 1)
    return levels[math.floor(steps + 0.5) if share >= 0.5 else math.ceil(steps - 0.5)]


def _bad_scale(indicator: str, scale: str) -> str:
    """Only scales that are known by name are shown: another text may be anything."""
    wanted = ", ".join(SCALES_OF[indicator])
    if indicator == "nps" and scale in SCALES:
        return f"scale: want 0-10, got {scale}: {NPS_SCALE} on {scale}"
    return f"scale: want one of {wanted} for {indicator}, got {scale if scale in SCALES else 'another'}"


def _off_scale(indicator: str, scale: str, score: float | str) -> str:
    levels = SCALES[scale]
    want = f"score: want a level of {scale} ({levels[0]:g} to {levels[-1]:g})"
    if not isinstance(score, str):
        found = (
            repr(score) if float(f"{score:g}") in levels else f"{score:g}"
        )  # long ones may be a telephone's
        return f"{want}, got {found}"
    words = {"csat": f", or {LISTED}", "ces": f", or {LISTED_EFFORT}"}.get(indicator, "")
    return f"{want}{words}, got a text that names none"
