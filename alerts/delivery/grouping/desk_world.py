"""What is outside a desk of groups: the log, what keeps news from being told, receivers' queues, a clock."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from alerts.delivery.backlog import Delivery
from alerts.delivery.delivery_log import DeliveryLog
from alerts.delivery.mutes import Mute
from alerts.delivery.notices.notice import Notice


@dataclass(frozen=True, slots=True)
class GroupMutes:
    """What keeps news from being told: `why` says it of now, `ended_s` when a silence ended last (or 0)."""

    why: Callable[[Notice, float], Mute | None]
    ended_s: Callable[[Notice], float]


@dataclass(frozen=True, slots=True)
class DeskWorld:
    """What a desk needs: `send` puts a delivery into a receiver's queue, `clock` says Unix time (s)."""

    log: DeliveryLog
    mutes: GroupMutes
    send: Callable[[str, Delivery], Coroutine[Any, Any, None]]
    clock: Callable[[], float]


@dataclass(slots=True, eq=False)
class Ownership:
    """Stands for partitions as long as they belong to this worker; acted upon once it has `caught_up`."""

    caught_up: bool = False
