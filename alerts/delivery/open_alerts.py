"""What every worker knows of all alerts: how each stands, how it moved, how often it came lately.

A fold of all of cx.alerts, in whatever order partitions come; the latest transition of an alert counts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from alerts.delivery.inhibitors import Inhibitors
from alerts.delivery.notices.notice import NotATransition, TransitionNews, read_transition
from alerts.latest import LatestNews
from alerts.paging import NOTHING_MORE, Inhibition, RuleAbout
from alerts.states import State
from alerts.transitions import unix_s

MOST_ALERTS: Final = 20_000
"""Alerts that are remembered; of more, those go first that ended longest ago."""
DAY_S: Final = 86_400.0


class OpenAlerts:
    """All alerts, the latest transition of each."""

    def __init__(
        self,
        most: int = MOST_ALERTS,
        inhibit: Sequence[Inhibition] = (),
        about: Mapping[str, RuleAbout] | None = None,
    ) -> None:
        """`about` has the owners of rules, by which one alert may keep another from being told."""
        self._about = about or {}
        self._latest: LatestNews[TransitionNews] = LatestNews(most, self._forget)
        self._before: dict[str, TransitionNews] = {}
        self._inhibitors = Inhibitors(inhibit)
        self._fired_s: dict[str, float] = {}
        self._starts: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)

    def apply(self, value: bytes | None) -> None:
        """Take a cx.alerts value into account; what is none is passed over."""
        try:
            news = read_transition(value)
        except NotATransition:
            return
        known = self._latest.of(news.id)
        if not self._latest.apply(news):
            return
        if known is not None and known.state != State.PENDING.word:
            self._before[news.id] = known
        if news.state == State.FIRING.word:
            self._fired_s.setdefault(news.id, unix_s(news.at))
        if news.state in {State.FIRING.word, State.STALE.word}:
            about = self._about.get(news.rule, NOTHING_MORE)
            self._inhibitors.fires(news.id, about.labels(news.labels))
            self._starts[_place(news)][news.id] = unix_s(news.started_at or news.at)
        else:
            self._inhibitors.ends(news.id)

    def all(self) -> list[TransitionNews]:
        """Every alert, those that moved last first."""
        return self._latest.all()

    def open(self) -> list[TransitionNews]:
        """Alerts that are not over: pending, firing, stale."""
        return self._latest.open()

    def named(self, start: str) -> list[TransitionNews]:
        """The alerts whose id begins so; one by its whole id."""
        return self._latest.named(start)

    def of(self, alert: str) -> TransitionNews | None:
        """How the alert with this id stands."""
        return self._latest.of(alert)

    def knows(self, news: TransitionNews) -> bool:
        """Whether a transition, or a later one of its alert, has been taken into account."""
        latest = self.of(news.id)
        return latest is not None and latest.seq >= news.seq

    def before(self, alert: str) -> TransitionNews | None:
        """What was told of an alert before its latest transition."""
        return self._before.get(alert)

    def is_forgotten(self, news: TransitionNews) -> bool:
        """Whether an end is all that is left of an alert: it was open for longer than cx.alerts are kept."""
        latest = self.of(news.id)
        ended = latest is not None and latest.seq == news.seq > 1 and news.state == State.RESOLVED.word
        return ended and self.before(news.id) is None

    def fired_s(self, alert: str) -> float | None:
        """When an alert fired first (Unix time); None when it is not known to have fired."""
        return self._fired_s.get(alert)

    def times(self, news: TransitionNews) -> int:
        """The how many-th episode of its rule and scope this is within 24 h, itself included."""
        starts, now_s = self._starts.get(_place(news), {}), unix_s(news.started_at or news.at)
        return 1 + sum(
            1 for alert, at_s in starts.items() if alert != news.id and now_s - DAY_S < at_s <= now_s
        )

    def inhibitor(self, news: TransitionNews, labels: Mapping[str, str]) -> str:
        """The id of an alert that fires and keeps this one from being told; "" for none."""
        return self._inhibitors.of(news.id, labels)

    def _forget(self, gone: TransitionNews) -> None:
        self._before.pop(gone.id, None)
        self._inhibitors.ends(gone.id)
        self._fired_s.pop(gone.id, None)
        self._starts[_place(gone)].pop(gone.id, None)
        if not self._starts[_place(gone)]:
            del self._starts[_place(gone)]


def _place(news: TransitionNews) -> tuple[str, str]:
    return news.rule, "|".join(f"{name}={value}" for name, value in sorted(news.scope.items()))
