"""Which limits a score is held to: those of the threshold rules that watch its scope."""

from collections import defaultdict
from typing import Final

from alerts.rules import Rule, Rulebook, Threshold
from alerts.transitions import Score, seconds
from stream.judge.evaluation.matchers import watches

_Place = tuple[str, frozenset[str], float]
"""Indicator, dimensions and window (seconds) of a score: what a rule has limits on."""


class RuleLimits:
    """Looked up by a score's place, then by the rules' `where`."""

    def __init__(self, rulebook: Rulebook) -> None:
        rules: defaultdict[_Place, list[tuple[Rule, Threshold]]] = defaultdict(list)
        for rule in rulebook.rules:
            if isinstance(rule.detect, Threshold):
                place = (rule.indicator, frozenset(rule.by), seconds(rule.detect.window_ms))
                rules[place].append((rule, rule.detect))
        self._rules: Final = dict(rules)

    def of(self, score: Score) -> dict[str, float]:
        """By severity; of several rules on the same, the first one's."""
        found: dict[str, float] = {}
        place = (score.indicator, frozenset(score.scope), score.window_s)
        for rule, detect in self._rules.get(place, ()):
            if watches(rule, tuple(score.scope.items())):
                for name, limit in (("warning", detect.warning), ("critical", detect.critical)):
                    if limit is not None:
                        found.setdefault(name, limit)
        return found
