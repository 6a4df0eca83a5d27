"""Episodes: one run of an alert, from its first breach to its end, and what is told of it."""

from dataclasses import dataclass
from hashlib import blake2b

from alerts.states import State

Cell = tuple[int, int]
"""Row and column of a board."""


@dataclass(slots=True)
class Episode:
    """One run of an alert.  `started_at_ms` is the end of the pane with its first breach.

    `seq` counts the transitions so far; `due_ms` is when it must be stepped again even if nothing new
    comes in (None: never).  `healthy_ms` is since when a firing that is held open has heard of health
    and of no breach (None: it has not).
    """

    started_at_ms: int
    severity: int
    seq: int = 0
    due_ms: int | None = None
    healthy_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A transition: a change of state, or of the severity of what fires.

    `times` says the how manieth episode this is, in its rule and scope, that fired within 24 hours up to
    now; 1 for the first.
    """

    row: int
    column: int
    state: State
    severity: int
    started_at_ms: int
    seq: int
    times: int = 1


def alert_id(rule: str, scope_text: str, started_at_ms: int) -> str:
    """The id of an episode: a function of rule, scope and start alone."""
    text = "\x1f".join((rule, scope_text, str(started_at_ms)))
    return blake2b(text.encode(), digest_size=12).hexdigest()
