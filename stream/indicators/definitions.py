"""What a score means: the definition that travels with every score and alert."""

from collections.abc import Mapping
from typing import Final, cast

from alerts.hours import OpenHours
from alerts.transitions import seconds
from stream.indicators.catalogue import CATALOGUE, direction
from stream.indicators.formulas import POSITIVE_FROM

FORMULAS: Final[Mapping[str, str]] = {
    "csat": "csat.positive_share",
    "csat_mean": "csat.mean_score",
    "ces": "ces.mean_effort",
    "nps": "nps.promoters_less_detractors",
    "fcr": "fcr.contacts_without_repeat_share",
    "ttr": "ttr.mean",
    "ttr_median": "ttr.median",
    "ttr_p90": "ttr.p90",
    "ttr_within": "ttr.within_target_share",
    "abandonment": "abandonment.abandoned_share",
    "wait": "wait.within_target_share",
    "sentiment": "sentiment.negative_share",
    "contacts": "contacts.count",
    "answers": "answers.count",
    "mentions": "mentions.count",
    "negative_mentions": "mentions.negative_count",
}
"""Formula ids, one per indicator; `docs/indicators.md` explains each."""

ONE_ANSWER: Final = ("one_answer_per", "keep")
"""Shown where a customer's answers within a duration are one."""

SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "csat": ("positive_from", *ONE_ANSWER),
    "csat_mean": ONE_ANSWER,
    "ces": ONE_ANSWER,
    "nps": ONE_ANSWER,
    "fcr": ("repeat_window", "match", "transfers", "abandoned", "satisfied", "charge"),
    "abandonment": ("ignore_under",),
    "ttr": ("open",),
    "ttr_median": ("open",),
    "ttr_p90": ("open",),
    "ttr_within": ("target", "open"),
    "wait": ("target", "open"),
}
"""Options that change what the number means, and so are shown with it."""


def definition(indicator: str, options: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    """Formula id, unit, scale, direction and clock of an indicator, and the criteria that were chosen.

    Durations are shown in seconds, under their option's name with `_s`.
    """
    info = CATALOGUE[indicator]
    chosen = options[info.configured_by]
    found: dict[str, object] = {
        "formula": _formula(indicator, chosen),
        "unit": info.unit,
        "scale": None if indicator == "answers" else chosen.get("scale"),
        "direction": direction(indicator, options).value,
        "clock": "event_time",
    }
    for name in SHOWN.get(indicator, ()):
        value = chosen.get(name, info.options[name].default)
        if name in ONE_ANSWER and chosen.get("one_answer_per") is None:
            continue
        if isinstance(value, OpenHours):
            if value.limited:
                found[name] = value.in_words()
        elif info.options[name].kind == "duration":
            found[f"{name}_s"] = seconds(cast("int", value))
        else:
            found[name] = _positive_from(chosen) if name == "positive_from" else value
    return found


def _formula(indicator: str, chosen: Mapping[str, object]) -> str:
    return "ces.mean_ease" if chosen.get("direction") == "ease" else FORMULAS[indicator]


def _positive_from(chosen: Mapping[str, object]) -> object:
    given = chosen["positive_from"]
    return POSITIVE_FROM[cast("str", chosen["scale"])] if given is None else given
