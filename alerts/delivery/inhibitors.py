"""Which firing alert keeps another from being told: looked up by the labels that must be equal.

Each notice asks, and in a storm of alerts each would look through all that fire.

As in Alertmanager, of two alerts that both are source and target of a rule neither keeps the other quiet:
each would wait for the other, and nobody would hear of either.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from alerts.paging import Inhibition, Matcher

_Place = tuple[int, bool, tuple[str, ...]]
"""A rule by its number, whether its alerts are its target too, and the values of its equal labels."""


class Inhibitors:
    """The alerts that fire, by the rules whose source they are."""

    def __init__(self, rules: Sequence[Inhibition]) -> None:
        self._rules: Final = tuple(rules)
        self._firing: Final[defaultdict[_Place, dict[str, None]]] = defaultdict(dict)
        self._places: Final[dict[str, list[_Place]]] = {}

    def fires(self, alert: str, labels: Mapping[str, str]) -> None:
        """An alert fires, with these labels from now on."""
        self.ends(alert)
        places = [
            (number, _holds(rule.target, labels), _equal(rule, labels))
            for number, rule in enumerate(self._rules)
            if _holds(rule.source, labels)
        ]
        for place in places:
            self._firing[place][alert] = None
        if places:
            self._places[alert] = places

    def ends(self, alert: str) -> None:
        """An alert fires no more."""
        for place in self._places.pop(alert, ()):
            del self._firing[place][alert]
            if not self._firing[place]:
                del self._firing[place]

    def of(self, alert: str, labels: Mapping[str, str]) -> str:
        """The id of an alert that keeps one with these labels from being told; "" for none."""
        for number, rule in enumerate(self._rules):
            if _holds(rule.target, labels):
                kinds = (False,) if _holds(rule.source, labels) else (False, True)
                places = [(number, kind, _equal(rule, labels)) for kind in kinds]
                others = (other for place in places for other in self._firing.get(place, ()))
                if found := next((other for other in others if other != alert), ""):
                    return found
        return ""


def _holds(side: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    return all(each.holds(labels) for each in side)


def _equal(rule: Inhibition, labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in rule.equal)
