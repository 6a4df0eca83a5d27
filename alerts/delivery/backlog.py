"""The notices that wait for one receiver: in order per alert, and never more than so many.

The notices of one alert form a chain, of which only the first may be sent; chains do not wait for each
other.  Pure: the time is an argument, in seconds.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from alerts.delivery.notices.notice import Notice


def never() -> bool:
    """No later news waits elsewhere."""
    return False


def unheard() -> None:
    """Nobody waits for the end of a delivery."""


@dataclass(slots=True, eq=False, kw_only=True)
class Delivery:
    """One notice on its way to one receiver.

    `partition` is where its transition was read and `written_s` when that was written (Unix time);
    `finished` is called once it is settled, if somebody waits for that.  `due_s` is when it may be tried
    (again).  `status` is that of the last answer; `reached`: the receiver may have got it.  `message` is what
    a notice is only the cover of, such as a group's; `memory` is what the receiver's channel wants back with
    the next notice of the alert.  `superseded` says whether later news waits elsewhere than behind it;
    `held`: it waits until it may be told, not for the receiver.
    """

    notice: Notice
    partition: int
    written_s: float
    finished: Callable[[], None] = unheard
    attempts: int = 0
    due_s: float = 0.0
    status: int | None = None
    reached: bool = False
    message: object = None
    memory: str = ""
    superseded: Callable[[], bool] = never
    held: bool = False


class Backlog:
    """Deliveries to one receiver; those that were taken stay in it until they are settled."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chains: dict[str, deque[Delivery]] = {}
        self._taken: set[Delivery] = set()
        self._heads: list[tuple[float, int, Delivery]] = []
        self._order = count()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, delivery: Delivery) -> Delivery | None:
        """Append to its alert's chain; returns what had to give way: the oldest that is not being sent."""
        chain = self._chains.setdefault(delivery.notice.alert, deque())
        chain.append(delivery)
        self._size += 1
        first = chain[0]
        if first is delivery:
            self._offer(first)
        else:
            self._look_again_at(first)  # it was put off while it was the latest news, which it no longer is
        return self._shed() if self._size > self._limit else None

    def take(self, now_s: float) -> Delivery | None:
        """A delivery that is due; it must be given back by `settle` or `retry`."""
        due_s = self.due_s()
        if due_s is None or due_s > now_s:
            return None
        _, _, delivery = heappop(self._heads)
        self._taken.add(delivery)
        self._tidy()
        return delivery

    def due_s(self) -> float | None:
        """When the next delivery is due; None when nothing waits."""
        return self._heads[0][0] if self._heads else None

    def waits(self, alert: str) -> bool:
        """Whether there is news of an alert."""
        return alert in self._chains

    def look_again(self) -> None:
        """What is held back may be told now: somebody has said something."""
        for chain in self._chains.values():
            self._look_again_at(chain[0])

    def _look_again_at(self, delivery: Delivery) -> None:
        if delivery.held and delivery not in self._taken:
            delivery.held, delivery.due_s = False, 0.0
            self._offer(delivery)

    def followed(self, delivery: Delivery) -> bool:
        """Whether later news of the same alert, or group, waits."""
        return len(self._chains.get(delivery.notice.alert, ())) > 1 or delivery.superseded()

    def retry(self, delivery: Delivery, due_s: float) -> None:
        """Put a taken delivery back until `due_s`."""
        self._taken.discard(delivery)
        delivery.due_s = due_s
        if self._first(delivery):
            self._offer(delivery)

    def settle(self, delivery: Delivery) -> None:
        """Remove a delivery that was taken; the next of its alert is due."""
        self._taken.discard(delivery)
        if self._first(delivery):
            self._drop_first(delivery.notice.alert)

    def forget(self, partition: int) -> None:
        """Drop everything that was read from a partition; what is being sent may still end."""
        for alert, chain in list(self._chains.items()):
            kept = deque(each for each in chain if each.partition != partition)
            self._size -= len(chain) - len(kept)
            if not kept:
                del self._chains[alert]
                continue
            self._chains[alert] = kept
            if kept[0] is not chain[0]:
                self._offer(kept[0])
        self._tidy()

    def _shed(self) -> Delivery | None:
        for alert, chain in self._chains.items():
            if chain[0] not in self._taken:
                oldest = chain[0]
                self._drop_first(alert)
                return oldest
            if len(chain) > 1:
                oldest = chain[1]
                del chain[1]
                self._size -= 1
                return oldest
        return None  # everything is being sent: over the limit by what came last

    def _drop_first(self, alert: str) -> None:
        chain = self._chains[alert]
        chain.popleft()
        self._size -= 1
        if chain:
            self._offer(chain[0])
        else:
            del self._chains[alert]
            self._tidy()

    def _offer(self, delivery: Delivery) -> None:
        heappush(self._heads, (delivery.due_s, next(self._order), delivery))
        self._tidy()

    def _tidy(self) -> None:
        """Keep the heap's first entry one that holds; those behind it are looked at when they come first."""
        while self._heads and not self._waits(self._heads[0][2], self._heads[0][0]):
            heappop(self._heads)

    def _first(self, delivery: Delivery) -> bool:
        chain = self._chains.get(delivery.notice.alert)
        return chain is not None and chain[0] is delivery

    def _waits(self, delivery: Delivery, due_s: float) -> bool:
        """Whether an entry of the heap still holds."""
        return self._first(delivery) and delivery not in self._taken and delivery.due_s == due_s
