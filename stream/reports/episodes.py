"""Episodes: the transitions of a run put together again, one per alert, for reports and comparisons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.rules import Severity
from alerts.states import State
from alerts.transitions import Transition, unix_ms

FIRING: Final = State.FIRING.word
RESOLVED: Final = State.RESOLVED.word
STALE: Final = State.STALE.word
TOLD: Final = frozenset({FIRING, RESOLVED, STALE})
"""States of which people get notices."""


@dataclass(slots=True, kw_only=True)
class EpisodeStory:
    """One alert from its first transition on.  Times are Unix milliseconds of event time.

    `fired_ms` is the first time it fired, None if it never got further than pending; `ended_ms` the time of
    its resolve, None while it goes on.
    """

    id: str
    rule: str
    scope: Mapping[str, str]
    began_ms: int
    transitions: list[Transition] = field(default_factory=list)
    fired_ms: int | None = None
    ended_ms: int | None = None

    @property
    def severity(self) -> str:
        """The highest severity at which it fired, or else is pending."""
        fired = [step.severity for step in self.transitions if step.state == FIRING]
        found = fired or [step.severity for step in self.transitions]
        return Severity.CRITICAL.value if Severity.CRITICAL.value in found else Severity.WARNING.value

    @property
    def first(self) -> Transition:
        """Where it first fired, or else its first transition."""
        return next((step for step in self.transitions if step.state == FIRING), self.transitions[0])

    @property
    def worst(self) -> Transition:
        """Where it first fired at its highest severity, or else its first transition."""
        fired = (step for step in self.transitions if step.state == FIRING and step.severity == self.severity)
        return next(fired, self.transitions[0])

    @property
    def last(self) -> Transition:
        """Where it has come to."""
        return self.transitions[-1]

    def take(self, step: Transition) -> None:
        """Add the next transition."""
        self.transitions.append(step)
        if step.state == FIRING and self.fired_ms is None:
            self.fired_ms = unix_ms(step.at)
        self.ended_ms = unix_ms(step.at) if step.state == RESOLVED else None

    @property
    def notices(self) -> int:
        """How many notices people got of it: every transition but that to pending."""
        return sum(step.state in TOLD for step in self.transitions)

    def open_ms(self, end_ms: int) -> int:
        """From its first firing to its resolve; `end_ms` is where the run ends."""
        if self.fired_ms is None:
            return 0
        return (end_ms if self.ended_ms is None else self.ended_ms) - self.fired_ms

    def stale_ms(self, end_ms: int) -> int:
        """For how long of that nothing came in, so that nobody knew whether it still fired."""
        total, since = 0, None
        for step in self.transitions:
            at_ms = unix_ms(step.at)
            total += 0 if since is None else at_ms - since
            since = at_ms if step.state == STALE else None
        return total + (0 if since is None else max(end_ms - since, 0))

    def firing_ms(self, end_ms: int) -> int:
        """How long it fired, stale stretches apart."""
        return self.open_ms(end_ms) - self.stale_ms(end_ms)


def episodes(transitions: Iterable[Transition]) -> list[EpisodeStory]:
    """The episodes that ever fired, in the order of their firing, then of rule and scope."""
    found: dict[str, EpisodeStory] = {}
    for step in transitions:
        if step.id not in found:
            found[step.id] = EpisodeStory(
                id=step.id, rule=step.rule, scope=step.scope, began_ms=unix_ms(step.started_at)
            )
        found[step.id].take(step)
    fired = [episode for episode in found.values() if episode.fired_ms is not None]
    return sorted(fired, key=lambda each: (each.fired_ms or 0, each.rule, sorted(each.scope.items())))
