"""The latest transition of every alert, whatever order and repeats they come in.

Transitions of one alert are numbered; the greatest number stands.  Of more alerts than are remembered, those
give way first that are over, or pending, and have not moved for longest: that a pending alert has come to
nothing is not told, so with a rule that waits there are ever more of them.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

from alerts.states import State


class NumberedNews(Protocol):
    """What a transition must say: of which alert, the how many-th, when, and how it stands then."""

    @property
    def id(self) -> str:
        """The alert's id."""
        ...

    @property
    def rule(self) -> str:
        """The rule's name."""
        ...

    @property
    def scope(self) -> Mapping[str, str]:
        """Dimension to value."""
        ...

    @property
    def seq(self) -> int:
        """Transitions of the alert so far."""
        ...

    @property
    def at(self) -> str:
        """RFC 3339, UTC."""
        ...

    @property
    def state(self) -> str:
        """A state's word."""
        ...


NewsT = TypeVar("NewsT", bound=NumberedNews)


class LatestNews(Generic[NewsT]):
    """Where alerts stand.  `most` are remembered (None: all); `forgotten` hears of those that give way."""

    def __init__(self, most: int | None = None, forgotten: Callable[[NewsT], None] | None = None) -> None:
        self._most = most
        self._forgotten = forgotten
        self._latest: OrderedDict[str, NewsT] = OrderedDict()
        self._quiet: OrderedDict[str, None] = OrderedDict()
        """Those that are open for nobody: over, or pending."""

    def apply(self, news: NewsT) -> bool:
        """Take a transition into account; whether it is news, and no repeat."""
        known = self._latest.get(news.id)
        if known is not None and known.seq >= news.seq:
            return False
        self._latest[news.id] = news
        self._latest.move_to_end(news.id)
        self._quiet.pop(news.id, None)
        if news.state in {State.RESOLVED.word, State.PENDING.word}:
            self._quiet[news.id] = None
        if self._most is not None and len(self._latest) > self._most:
            self._forget()
        return True

    def of(self, alert: str) -> NewsT | None:
        """How an alert stands."""
        return self._latest.get(alert)

    def all(self) -> list[NewsT]:
        """Every alert, those that moved last first."""
        return sorted(self._latest.values(), key=lambda each: (each.at, each.id), reverse=True)

    def open(self) -> list[NewsT]:
        """Alerts that are not over: pending, firing, stale.

        What was pending has come to nothing where its rule and scope have moved since with another alert.
        """
        found, met = [], set()
        for each in self.all():
            place = each.rule, frozenset(each.scope.items())
            pending = each.state == State.PENDING.word
            if each.state != State.RESOLVED.word and not (pending and place in met):
                found.append(each)
            met.add(place)
        return found

    def named(self, start: str) -> list[NewsT]:
        """The alerts whose id begins so; one by its whole id."""
        if start in self._latest:
            return [self._latest[start]]
        return [each for each in self._latest.values() if each.id.startswith(start)]

    def _forget(self) -> None:
        alert = next(iter(self._quiet or self._latest))
        self._quiet.pop(alert, None)
        gone = self._latest.pop(alert)
        if self._forgotten is not None:
            self._forgotten(gone)
