"""Which firing alert keeps another from being told: looked up by the labels that must be equal.

Each notice asks, and in a storm of alerts each would look through all that fire.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from alerts.paging import Inhibition

_Place = tuple[int, tuple[str, ...]]
"""A rule by its number, and the values of its equal labels."""


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
            _place(number, rule, labels)
            for number, rule in enumerate(self._rules)
            if all(each.holds(labels) for each in rule.source)
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
            if all(each.holds(labels) for each in rule.target):
                others = self._firing.get(_place(number, rule, labels), ())
                if found := next((other for other in others if other != alert), ""):
                    return found
        return ""


def _place(number: int, rule: Inhibition, labels: Mapping[str, str]) -> _Place:
    return number, tuple(labels.get(name, "") for name in rule.equal)
