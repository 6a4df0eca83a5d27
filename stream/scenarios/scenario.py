"""A scenario as a value: what comes in, and the alert states that should follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.readings import Scope
from alerts.rules import Rulebook, Severity
from alerts.states import State


@dataclass(frozen=True, slots=True)
class WantedState:
    """An expected state; severity None: any."""

    state: State
    severity: Severity | None = None

    @property
    def text(self) -> str:
        """As the scenario writes it."""
        return self.state.word + (f":{self.severity}" if self.severity else "")


@dataclass(frozen=True, slots=True)
class ExpectedMoment:
    """What should hold at the end of a pane; `at_ms` None: all the time."""

    at_ms: int | None
    wanted: WantedState


@dataclass(frozen=True, slots=True)
class Expected:
    """The states of one rule in one scope, in the order of time."""

    rule: str
    scope: Scope
    moments: tuple[ExpectedMoment, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Scores per step in one scope; None: nothing came in.

    `dims` are dimensions of every event; `answers` is how many there are per step, where the score itself
    is not a count.
    """

    dims: Mapping[str, str]
    scores: Mapping[str, tuple[float | None, ...]]
    answers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A sound scenario.  It has `series` of scores per step, or `events`: JSON objects and their places.

    `step_ms` and `steps` are 0 where there are events.
    """

    file: str
    rulebook: Rulebook
    start_ms: int
    expected: Sequence[Expected]
    step_ms: int = 0
    steps: int = 0
    series: Sequence[Series] = ()
    events: Sequence[tuple[str, bytes]] = ()
