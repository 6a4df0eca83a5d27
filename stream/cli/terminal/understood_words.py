"""What `tocsin import` says of how it understood a log, so that a wrong guess is seen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from stream.cli.terminal.event_words import of_events
from stream.importing.cells.times import UNKNOWN, Time
from stream.importing.understood import Score, Understood, is_open, levels
from stream.indicators.cells import CELLS, SCALES, SCALES_OF
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.ladders import steps_of
from stream.intake.decoding.vocabulary import folded

SHOWN: Final = 11
"""Answers of an indicator that are shown: as many as its longest scale has."""
AGREEMENT: Final = frozenset(
    {
        "agree",
        "disagree",
        "accord",
        "desaccord",
        "stimme",
        "trifft",
        "acuerdo",
        "concordo",
        "discordo",
        "eens",
    }
)
"""Words of labels of agreement, folded, in the languages that answers are known in."""
FEW: Final = 20
"""Fewer answers say nothing of their scale."""
MOST_OF: Final = 0.7
"""How far up a scale the best answers reach, at the least, where it is the right one."""
OFF_SHARE: Final = 0.02
"""Of which share of answers that are off the scale another one is thought of."""

MANY_OFF: Final = 0.1
"""Of which share of answers that are off every scale they are perhaps percents, shares, or groups."""


def understood(told: Understood) -> Iterator[str]:
    """How times and answers were read, and what is odd about them; nothing where there are no events."""
    if told.first:
        yield f"  times: {_formats(told.times)}{told.first}Z to {told.last}Z"
        yield from _odd_times(told)
    yield from of_events(told)
    asked = dict.fromkeys((name, scale) for name, scale, _ in (*told.scores, *told.off_scale))
    for name, scale in asked:
        own, off = _of(told.scores, name, scale), _of(told.off_scale, name, scale)
        steps = {str(score): step for (*key, score), step in told.steps.items() if key == [name, scale]}
        known = _Asked(name, scale or told.scales[name], told.is_ease, ScaleLevels(told.options), steps)
        yield from _answers(known, own, off)
        yield from _of_steps(known, steps_of(own, told.scales), own)


def _formats(times: Sequence[Time]) -> str:
    formats = dict.fromkeys(_format(time) for time in times)
    return "".join(f"{each}, " for each in formats)


def _format(time: Time) -> str:
    if time.pattern == "unix" or "%z" in time.pattern:
        return time.pattern
    may_say = time.pattern == "iso" or "%Z" in time.pattern or time.row_zone is not None
    order = _order(time.pattern) if is_open(time.pattern) else ""
    if time.zone is UNKNOWN:
        return f"{time.pattern}{order} in the zone that the log names"
    return f"{time.pattern}{order} in {time.zone}{' unless they name a zone' if may_say else ''}"


def _order(pattern: str) -> str:
    return f" ({'day' if pattern.index('%d') < pattern.index('%m') else 'month'} first)"


def _odd_times(told: Understood) -> Iterator[str]:
    ahead = told.events.ahead
    if ahead:
        yield (
            f"  {ahead:,} {'event is' if ahead == 1 else 'events are'} yet to come by our clock: "
            "are day, month and zone read as the log has them? workers refuse what is ahead, as `future`"
        )
    if told.is_swapped():
        yield (
            "  no day is later than the 12th, and with day and month the other way round the dates are much "
            "nearer to each other: which of them comes first?"
        )
    if told.is_of_twelve_hours():
        yield (
            "  no time of day is before 1:00 or after 12:59: a clock of twelve hours without AM and PM? "
            "its afternoons were read as mornings"
        )
    if told.is_of_swapped_years():
        yield (
            "  with day and year the other way round the dates are much nearer to each other: "
            "which of them comes first?"
        )
    never = list(told.never())
    if never:
        local, zone = never[0]
        yield (
            f'  "{local}" never came in {zone}, as clocks skipped that hour; it was read as an hour later '
            f"({len(never):,} such {'time' if len(never) == 1 else 'times'}): is that the log's zone?"
        )


def _of(scores: Mapping[Score, int], name: str, scale: str | None) -> Mapping[Score, int]:
    return {score: count for score, count in scores.items() if score[:2] == (name, scale)}


class _Asked(NamedTuple):
    """What was asked for: an indicator on a scale; `is_ease`: most of CES is the least effort."""

    name: str
    scale: str
    is_ease: bool
    levels: ScaleLevels
    steps: Mapping[str, int]

    def __str__(self) -> str:
        """As people are told."""
        best = "ease" if self.is_ease else "effort, unless `direction: ease` is in the rules"
        side = f" (the most is the most {best})" if self.name == "ces" else ""
        return f"{self.name} on {self.scale}{side}"

    def level(self, answer: object) -> float:
        """The level that an answer was taken for."""
        if str(answer) in self.steps:
            return float(self.steps[str(answer)])
        score = answer if isinstance(answer, (str, float)) else float(str(answer))
        return float(CELLS[self.levels.cell(self.name, self.scale, score)].rpartition("/")[2])


def _answers(asked: _Asked, own: Mapping[Score, int], off: Mapping[Score, int]) -> Iterator[str]:
    found = Counter({score: count for (_, _, score), count in own.items()})
    taken = sorted((asked.level(answer), str(answer), count) for answer, count in found.most_common(SHOWN))
    shown = ", ".join(f"{_labelled(text, level)} × {count:,}" for level, text, count in taken)
    more = f", and {len(found) - SHOWN:,} other texts" if len(found) > SHOWN else ""
    yield f"  {asked}: {shown or 'no answer'}{more}"
    yield from _one_level(asked, taken)
    yield from _agreed(asked, found)
    yield from _of_numbers(asked, levels({**own, **off}) or {}, sum(off.values()))


def _of_numbers(asked: _Asked, numbers: Mapping[float, int], off: int) -> Iterator[str]:
    """What is odd of answers that are all numbers; `off` are no levels of their scale."""
    none = {number: count for number, count in numbers.items() if number in _FOR_NONE}
    if none and asked.name != "sentiment" and set(numbers) - none.keys() <= {*SCALES["0-10"]}:
        yield from _of_none(none)
        numbers = {number: count for number, count in numbers.items() if number not in none}
        off -= sum(none.values())
    if numbers:
        codes = tuple(_codes(asked.name, asked.scale, numbers))
        yield from codes or _other_scale(asked.name, asked.scale, numbers, off)


def _of_steps(asked: _Asked, steps: Mapping[Score, int], own: Mapping[Score, int]) -> Iterator[str]:
    if steps:
        others = any(not str(answer).isdecimal() for _, _, answer in own.keys() - steps.keys())
        some = f"{' and '.join(str(answer) for _, _, answer in steps)}, beside those of another question,"
        as_is = "" if asked.steps else ", but with --as-is they were read one by one: leave it out"
        which = some if others else "these labels together"
        yield f"  {which} are steps of one side, from the worst to the best{as_is}"


def _labelled(text: str, level: float) -> str:
    """An answer, and what it was taken for where it is no number by itself."""
    return text if text.removesuffix(".0") == f"{level:g}" else f"{text} ({level:g})"


def _agreed(asked: _Asked, answers: Iterable[object]) -> Iterator[str]:
    """Whoever agrees that it was easy has had little effort: the usual question, and the other way round."""
    if (
        asked.name == "ces"
        and not asked.is_ease
        and any(AGREEMENT & set(folded(str(each)).split()) for each in answers)
    ):
        yield (
            '  these labels agree or disagree: asked whether it was easy, "agree" is ease, and the '
            "rules want `ces: {direction: ease}`"
        )


def _one_level(asked: _Asked, taken: Sequence[tuple[float, str, int]]) -> Iterator[str]:
    """Labels that are taken for the same level, as of a scale from not at all to extremely."""
    if len(SCALES.get(asked.scale, ())) < FEWEST_STEPS:
        return
    labels: dict[tuple[float, str], dict[str, str]] = {}
    for level, text, _ in taken:
        plain = folded(text)
        if plain and not any(map(str.isdigit, text)):
            labels.setdefault((level, plain.split()[-1]), {})[plain] = f'"{text}"'
    same = [" and ".join(found.values()) for found in labels.values() if len(found) > 1]
    if same:
        yield f"  {'; '.join(same)}: taken for the same level; where they are two, `map` says which is which"


FEWEST_STEPS: Final = 4
"""Scales of fewer have one level for all that is good."""


def _codes(name: str, scale: str, numbers: Mapping[float, int]) -> Iterator[str]:
    """Numbers that are perhaps no levels: they stand for yes and no, or say that something was chosen."""
    answers, there = sum(numbers.values()), {*numbers}
    if answers < FEW or len(SCALES.get(scale, ())) < FEWEST_STEPS:
        return
    if there == {1}:
        yield f"  all {answers:,} answers are 1: a mark that something was chosen, and no level?"
    elif there <= {0, 1, 2} and len(there) == len(_YES_AND_NO) and name == "csat":
        low, high = sorted(f"{number:g}" for number in there)
        yield (
            f"  all answers are {low} or {high}: yes and no? `scale: {{constant: yes-no}}` in the mapping, "
            f'and `map: {{"{low}": …, "{high}": …}}` to "yes" and "no", count them as such'
        )
    elif name == "nps" and min(there) == 1 and numbers[1] >= max(FEWEST_ONES, OFF_SHARE * answers):
        yield f"  {numbers[1]:,} answers are 1, and none is 0: were they asked on 1-10? {_NOT_NPS}"


def _of_none(codes: Mapping[float, int]) -> Iterator[str]:
    """Numbers that surveys write where somebody has not answered; they were refused."""
    count, shown = sum(codes.values()), [f"{code:g}" for code in sorted(codes)]
    codes_shown = ", ".join(f'"{code}"' for code in shown)
    yield (
        f"  {count:,} {'answer is' if count == 1 else 'answers are'} {' or '.join(shown)}: a code for no "
        f"answer? `when: [{{column: …, is_not: [{codes_shown}]}}]` of the answers leaves it out"
    )


_FOR_NONE: Final = frozenset(
    {-1, -7, -8, -9, *(sign * (high - low) for sign in (1, -1) for high in (99, 999) for low in range(4))}
    | {77, 88, -77, -88, 777, 888, 9999}
)
"""Far off every scale, so that nobody takes them for levels: not applicable, not known, not said."""
_YES_AND_NO: Final = ("yes", "no")
FEWEST_ONES: Final = 5
"""Whoever would never recommend answers 0 rather than 1, where there is a 0."""


def _other_scale(name: str, scale: str, numbers: Mapping[float, int], off: int) -> Iterator[str]:
    """On which other scale the answers may have been asked."""
    answers, most = sum(numbers.values()), max(numbers)
    fitting = [
        other
        for other in _LIKELY
        if other != scale and set(numbers) <= {*SCALES[other]} and most >= MOST_OF * SCALES[other][-1]
    ]
    exact = [other for other in fitting if most == SCALES[other][-1]]
    reach = f"answers are from {min(numbers) + 0.0:g} to {most:g}"
    if not fitting and off >= MANY_OFF * answers:
        yield (
            f"  {reach}, and {off:,} of {answers:,} are levels of no scale: only those count that happen to "
            f"be levels of {scale}. `{{number: …, times: …}}` or `map` makes levels of them"
        )
    if not fitting or scale not in SCALES:
        return
    if off >= max(1, OFF_SHARE * answers) or (answers >= FEW and most < MOST_OF * SCALES[scale][-1]):
        known = " or ".join(exact or fitting)
        way_out = "`scale` in the mapping says so" if set(fitting) & {*SCALES_OF[name]} else _NOT_NPS
        yield f"  {reach}: were they asked on {known}? {way_out}"


_LIKELY: Final = ("1-5", "1-7", "1-10", "0-10", "1-3", "1-4", "1-6")
_NOT_NPS: Final = "NPS is asked on 0-10; on another scale it is csat"
