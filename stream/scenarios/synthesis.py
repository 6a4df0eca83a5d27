"""Scores made flesh: the events whose score is the one that a scenario asks for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

import orjson

from alerts.rules import SECOND_MS
from alerts.transitions import utc_text
from stream.indicators.cells import SCALES
from stream.messages.records import Stream
from stream.scenarios.scenario import Scenario, Series

Fields = dict[str, object]
"""What an event has beside id, time and dimensions."""
Options = Mapping[str, object]

OPENED_S: Final = "opened_s"
"""Stands in for `opened_at` until the event has its time: how long before it the case was opened."""


@dataclass(frozen=True, slots=True)
class Mix:
    """`share` of the events are `these`, the others are `those`."""

    these: Fields
    those: Fields
    share: float


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a scenario, ready to be fed."""

    at_ms: int
    stream: Stream
    value: bytes


def happenings(scenario: Scenario, step: int) -> list[Happening]:
    """The events of one step in all scopes, in the order of time, spread evenly."""
    found: list[Happening] = []
    for number, series in enumerate(scenario.series):
        for indicator, row in series.scores.items():
            score = row[step]
            if score is not None:
                name = f"{number}-{indicator}-{step}"
                found += _events(scenario, series, name, indicator, score, step)
    return sorted(found, key=lambda happening: happening.at_ms)


def _events(  # a loop's body, moved out
    scenario: Scenario, series: Series, name: str, indicator: str, score: float, step: int
) -> Iterator[Happening]:
    mix = mixture(indicator, score, scenario.rulebook.indicators)
    count = int(score) if indicator in COUNTS else series.answers[step]
    first_ms = scenario.start_ms + step * scenario.step_ms
    dims = {dim: value for dim, value in series.dims.items() if value}
    these = round(count * mix.share)
    for place in range(count):
        at_ms = first_ms + (2 * place + 1) * scenario.step_ms // (2 * count)
        chosen = mix.these if (place + 1) * these // count > place * these // count else mix.those
        event = {"id": f"{name}-{place}", "at": utc_text(at_ms), **dims, **chosen}
        if OPENED_S in event:
            event["opened_at"] = utc_text(at_ms - round(cast("float", event.pop(OPENED_S)) * SECOND_MS))
        if event.get("customer") is not None:
            event["customer"] = f"{name}-{place}"
        stream = Stream.FEEDBACK if "indicator" in event else Stream.INTERACTIONS
        yield Happening(at_ms, stream, orjson.dumps(event))


def mixture(indicator: str, score: float, indicators: Mapping[str, Options]) -> Mix:
    """What must come in so that the indicator scores just so."""
    return MIXES[indicator](score, indicators)


def _csat(score: float, indicators: Mapping[str, Options]) -> Mix:
    levels = _levels(indicators["csat"])
    return Mix(_answer("csat", levels[-1]), _answer("csat", levels[0]), score / 100)


def _mean(indicator: str) -> Callable[[float, Mapping[str, Options]], Mix]:
    def mix(score: float, indicators: Mapping[str, Options]) -> Mix:
        levels = _levels(indicators[indicator])
        above = next(level for level in levels if level >= score)
        below = max((level for level in levels if level < score), default=above - 1)
        share = (score - below) / (above - below)
        return Mix(_answer(indicator, above), _answer(indicator, max(below, levels[0])), share)

    return mix


def _nps(score: float, indicators: Mapping[str, Options]) -> Mix:  # noqa: ARG001  # as the others
    return Mix(_answer("nps", 10), _answer("nps", 0), (score + 100) / 200)


def _fcr(score: float, indicators: Mapping[str, Options]) -> Mix:  # noqa: ARG001
    contact: Fields = {"customer": "new"}
    return Mix(contact, {**contact, "event": "reopened"}, score / 100)


def _ttr(score: float, indicators: Mapping[str, Options]) -> Mix:  # noqa: ARG001
    resolved: Fields = {"event": "resolved", OPENED_S: score}
    return Mix(resolved, resolved, 1)


def _ttr_within(score: float, indicators: Mapping[str, Options]) -> Mix:
    late_s = 2 * _target_s(indicators["ttr"])
    return Mix({"event": "resolved", OPENED_S: 0}, {"event": "resolved", OPENED_S: late_s}, score / 100)


def _abandonment(score: float, indicators: Mapping[str, Options]) -> Mix:  # noqa: ARG001
    return Mix({"outcome": "abandoned"}, {"outcome": "unresolved"}, score / 100)


def _wait(score: float, indicators: Mapping[str, Options]) -> Mix:
    return Mix({"wait_s": 0}, {"wait_s": 2 * _target_s(indicators["wait"])}, score / 100)


def _sentiment(score: float, indicators: Mapping[str, Options]) -> Mix:  # noqa: ARG001
    return Mix(_answer("sentiment", -1), _answer("sentiment", 1), score / 100)


def _answer(indicator: str, score: float) -> Fields:
    return {"indicator": indicator, "score": score}


def _levels(options: Options) -> tuple[float, ...]:
    return SCALES[cast("str", options["scale"])]


def _target_s(options: Options) -> float:
    return cast("int", options["target"]) / SECOND_MS


def _all(of: Callable[[Mapping[str, Options]], Fields]) -> Callable[[float, Mapping[str, Options]], Mix]:
    """Of a volume: every event is the same."""
    return lambda _, indicators: Mix(of(indicators), {}, 1)


MIXES: Final[Mapping[str, Callable[[float, Mapping[str, Options]], Mix]]] = {
    "csat": _csat,
    "csat_mean": _mean("csat"),
    "ces": _mean("ces"),
    "nps": _nps,
    "fcr": _fcr,
    "ttr": _ttr,
    "ttr_median": _ttr,
    "ttr_p90": _ttr,
    "ttr_within": _ttr_within,
    "abandonment": _abandonment,
    "wait": _wait,
    "sentiment": _sentiment,
    "contacts": _all(lambda _: {}),
    "answers": _all(lambda indicators: _answer("csat", _levels(indicators["csat"])[-1])),
    "mentions": _all(lambda _: _answer("sentiment", 0)),
    "negative_mentions": _all(lambda _: _answer("sentiment", -1)),
}
"""By indicator; what one leaves open (the mean score under a CSAT share) is at the scale's ends."""

COUNTS: Final = frozenset({"contacts", "answers", "mentions", "negative_mentions"})
"""Volumes: as many events as the score says."""

ONE_OF: Final = (
    ("csat", "csat_mean"),
    ("ttr", "ttr_median", "ttr_p90", "ttr_within"),
    ("contacts", "fcr", "abandonment", "wait"),
    ("sentiment", "mentions", "negative_mentions"),
    *(("answers", name) for name in ("csat", "csat_mean", "ces", "nps")),
)
"""Rows that cannot stand in one scope, as the events of one would change the score of the other."""
