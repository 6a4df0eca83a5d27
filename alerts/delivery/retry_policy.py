"""What to do with a delivery after each attempt: it has arrived, it is given up, or it is tried again.

Retried is what may pass: no answer, 408, 425, 429 and 5xx, after a wait with full jitter (AWS Architecture
Blog, "Exponential Backoff and Jitter"), or as long as the receiver asks, within reason.  Any other answer
will not get better by itself.

A notice beyond its deadline gives way to later news of its alert, since what it says may be over.  While no
later news waits it says how things stand, however late, so it is tried for a day.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.paging import ReceiverPatience
from alerts.receivers.answers import Answer, Fate


class DeliveryOutcome(StrEnum):
    """How a delivery ended: the closed list of cx.deliveries and metrics."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # an answer that a repetition would not change
    DISABLED = "disabled"  # the receiver has said 410: it wants nothing any more
    EXPIRED = "expired"  # too late: its deadline passed while later news waited, or a day did
    DROPPED = "dropped"  # outdated or shed before it was sent
    SILENCED = "silenced"  # somebody asked not to be told
    REPEATED = "repeated"  # settled before; a restarted judge wrote the transition again


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient deliveries are; all in seconds but the counts."""

    timeout_s: float = 15.0
    base_s: float = 1.0
    cap_s: float = 60.0
    retry_after_cap_s: float = 300.0
    deadline_s: float = 3600.0
    give_up_s: float = 86_400.0
    """How long news is tried that nothing has followed."""
    in_flight: int = 8
    """Requests to one receiver at a time."""
    pace: float = 1.0
    """Multiplies the pace that vendors ask for; tests are in a hurry."""
    waiting: int = 10_000
    """Notices kept per receiver; beyond that the oldest are dropped."""

    def patient(self, patience: ReceiverPatience) -> "Policy":
        """This one, as patient as a receiver asks.  What nothing follows is tried for 24 deadlines."""
        asked = {
            "timeout_s": patience.timeout_ms,
            "cap_s": patience.max_backoff_ms,
            "retry_after_cap_s": None if patience.max_backoff_ms is None else 5 * patience.max_backoff_ms,
            "deadline_s": patience.deadline_ms,
            "give_up_s": None if patience.deadline_ms is None else 24 * patience.deadline_ms,
        }
        return replace(self, **{name: ms / 1000 for name, ms in asked.items() if ms is not None})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Settled:
    """No more attempts."""

    outcome: DeliveryOutcome
    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """One more attempt after so long.

    `news_again_s`: its age counts from then on (Unix time), if that is later than when it was written.
    """

    after_s: float
    news_again_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A notice after an attempt: how many were made, and how old it is (seconds).

    `followed`: later news of the same alert waits.
    """

    attempts: int
    age_s: float
    followed: bool = False


def next_step(answer: Answer, made: Attempted, jitter: float, policy: Policy) -> Settled | Retry:
    """What follows an answer; `jitter` is uniform in [0, 1).

    The last attempt is made at the deadline, never after it; a day after it was written where no later news
    waits.
    """
    match answer.fate:
        case Fate.TAKEN:
            return Settled(DeliveryOutcome.DELIVERED, answer.text)
        case Fate.GONE:
            return Settled(DeliveryOutcome.DISABLED, answer.text)
        case Fate.REFUSED:
            return Settled(DeliveryOutcome.REFUSED, answer.text)
        case Fate.LATER:
            pass
    left_s = (policy.deadline_s if made.followed else policy.give_up_s) - made.age_s
    if left_s <= 0:
        return Settled(DeliveryOutcome.EXPIRED, answer.text)
    return Retry(min(_wait_s(answer, made.attempts, jitter, policy), left_s))


def _wait_s(answer: Answer, attempts: int, jitter: float, policy: Policy) -> float:
    doubled = policy.base_s * 2.0 ** min(attempts - 1, 32)
    asked_s = min(answer.retry_after_s or 0.0, policy.retry_after_cap_s)
    return max(jitter * min(policy.cap_s, doubled), asked_s)


def outdated(age_s: float, *, followed: bool, policy: Policy) -> bool:
    """Whether a notice gives way to later news of its alert: it is late, and the later news waits.

    `followed`: a later notice of the same alert waits.  The latest news is tried at least once, however
    late it is.
    """
    return followed and age_s >= policy.deadline_s
