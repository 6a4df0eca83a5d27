"""What to do with a delivery after each attempt: it has arrived, it is given up, or it is tried again.

Retried is what may pass: no answer, 408, 425, 429 and 5xx, after a wait with full jitter (AWS Architecture
Blog, "Exponential Backoff and Jitter"), or as long as the receiver asks, within reason.  Any other answer
will not get better by itself.  A notice that is late beyond its deadline would mislead, so it is dropped.
"""

from dataclasses import dataclass
from enum import StrEnum

from alerts.receivers.answers import Answer, Fate


class DeliveryOutcome(StrEnum):
    """How a delivery ended: the closed list of cx.deliveries and metrics."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # an answer that a repetition would not change
    DISABLED = "disabled"  # the receiver has said 410: it wants nothing any more
    EXPIRED = "expired"  # the deadline passed before the receiver took it
    DROPPED = "dropped"  # outdated or shed before it was sent
    SILENCED = "silenced"  # somebody asked not to be told
    REPEATED = "repeated"  # settled before; a restarted judge wrote the transition again


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient deliveries are; all in seconds but the counts."""

    timeout_s: float = 15.0
    base_s: float = 1.0
    cap_s: float = 60.0
    retry_after_cap_s: float = 300.0
    deadline_s: float = 3600.0
    in_flight: int = 8
    """Requests to one receiver at a time."""
    pace: float = 1.0
    """Multiplies the pace that vendors ask for; tests are in a hurry."""
    waiting: int = 10_000
    """Notices kept per receiver; beyond that the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Settled:
    """No more attempts."""

    outcome: DeliveryOutcome
    reason: str


@dataclass(frozen=True, slots=True)
class Retry:
    """One more attempt after so long."""

    after_s: float


def next_step(answer: Answer, attempts: int, age_s: float, jitter: float, policy: Policy) -> Settled | Retry:
    """What follows an answer, when `attempts` (this one included) were made on a notice that is `age_s` old.

    `jitter` is uniform in [0, 1).  The last attempt is made at the deadline, never after it.
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
    left_s = policy.deadline_s - age_s
    if left_s <= 0:
        return Settled(DeliveryOutcome.EXPIRED, answer.text)
    return Retry(min(_wait_s(answer, attempts, jitter, policy), left_s))


def _wait_s(answer: Answer, attempts: int, jitter: float, policy: Policy) -> float:
    doubled = policy.base_s * 2.0 ** min(attempts - 1, 32)
    asked_s = min(answer.retry_after_s or 0.0, policy.retry_after_cap_s)
    return max(jitter * min(policy.cap_s, doubled), asked_s)


def outdated(age_s: float, *, followed: bool, policy: Policy) -> bool:
    """Whether to drop a notice unsent, as news of what is over: it is late, and more news waits behind it.

    `followed`: a later notice of the same alert waits.  The latest news is tried at least once, however
    late it is.
    """
    return followed and age_s >= policy.deadline_s
