"""How an alert moves: one small machine per rule and scope.

An alert is inactive until a reading breaches its limit.  It is then pending for as long as the rule's
`for` asks, and fires after that, at once where `for` is nothing.  A breach that does not last, or that
can no longer be shown, ends what is pending; nobody was told, so nobody needs to hear.

What fires resolves only on evidence of health: `CLEAR`, a reading with answers on the healthy side.
Too few answers, or a reading in doubt, change nothing.  No answers at all make it stale, which is neither
good nor bad news: silence never resolves.  When answers come back, a stale alert goes by what they say: it
resolves on evidence of health and fires on a breach.  Nobody is ever paged by a healthy reading.

The machine knows nothing of severities, scopes or time, but for one fact that the caller supplies:
whether what the reading says has lasted, a breach for as long as the rule's `for` asks, and health for as
long as its `keep_firing_for` does.  Resolved is the end of an episode; the next verdict starts from inactive.

Somebody may say of what fires that it is known.  Everyone hears that the alert is over, and it is known from
then on: nobody hears of that breach again until there has been health, or until it gets louder.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, Literal, get_args

Known = Literal["known", "new_normal"]
"""What somebody may say of an alert so that it ends, and is known."""
KNOWN: Final[tuple[Known, ...]] = get_args(Known)


class Verdict(IntEnum):
    """What one reading says about one rule.  The codes are kept in arrays."""

    CLEAR = 0  # at the limit of recovery, or on its healthy side
    INSUFFICIENT = 1  # too few answers, or neither bad nor good beyond doubt
    STALE = 2  # no answers at all
    BREACH = 3  # past the limit, as surely as the rule asks

    @property
    def word(self) -> str:
        """As people read it."""
        return self.name.lower()


class State(IntEnum):
    """Where an alert is.  The codes are kept in arrays and snapshots."""

    INACTIVE = 0
    PENDING = 1
    FIRING = 2
    RESOLVED = 3
    STALE = 4
    KNOWN = 5  # in breach, and somebody has said that it is known; never told

    @property
    def word(self) -> str:
        """As cx.alerts carries it."""
        return self.name.lower()


ON_VERDICT: Final[Mapping[State, Mapping[Verdict, State]]] = {
    State.INACTIVE: {
        Verdict.CLEAR: State.INACTIVE,
        Verdict.INSUFFICIENT: State.INACTIVE,
        Verdict.STALE: State.INACTIVE,
        Verdict.BREACH: State.PENDING,
    },
    State.PENDING: {
        Verdict.CLEAR: State.INACTIVE,
        Verdict.INSUFFICIENT: State.INACTIVE,
        Verdict.STALE: State.INACTIVE,
        Verdict.BREACH: State.PENDING,
    },
    State.FIRING: {
        Verdict.CLEAR: State.RESOLVED,
        Verdict.INSUFFICIENT: State.FIRING,
        Verdict.STALE: State.STALE,
        Verdict.BREACH: State.FIRING,
    },
    State.RESOLVED: {
        Verdict.CLEAR: State.INACTIVE,
        Verdict.INSUFFICIENT: State.INACTIVE,
        Verdict.STALE: State.INACTIVE,
        Verdict.BREACH: State.PENDING,
    },
    State.STALE: {
        Verdict.CLEAR: State.RESOLVED,
        Verdict.INSUFFICIENT: State.STALE,
        Verdict.STALE: State.STALE,
        Verdict.BREACH: State.FIRING,
    },
    State.KNOWN: {
        Verdict.CLEAR: State.INACTIVE,
        Verdict.INSUFFICIENT: State.KNOWN,
        Verdict.STALE: State.KNOWN,
        Verdict.BREACH: State.KNOWN,
    },
}
"""Moves that a verdict causes.  Total: every state answers every verdict."""

ON_LASTING_BREACH: Final[Mapping[State, State]] = {State.PENDING: State.FIRING}
"""Moves that follow a breach as soon as it has lasted for as long as the rule asks."""

TOLD: Final = frozenset({State.FIRING, State.STALE})
"""States of an alert that is open for whoever was told of it."""

ON_TOPIC: Final = tuple(state for state in State if state not in {State.INACTIVE, State.KNOWN})
"""States that transitions carry."""

LIVE: Final = TOLD | {State.PENDING, State.KNOWN}
"""States of an episode that goes on; the others need no memory."""


def after(state: State, verdict: Verdict, *, lasted: bool) -> State:
    """The next state.

    `lasted` says whether a breach has gone on for as long as `for` asks, or health for as long as
    `keep_firing_for` does; it matters for no other verdict.
    """
    moved = ON_VERDICT[state][verdict]
    if not lasted and (moved is State.RESOLVED or (state is State.KNOWN and verdict is Verdict.CLEAR)):
        return state
    if verdict is Verdict.BREACH and lasted:
        return ON_LASTING_BREACH.get(moved, moved)
    return moved
