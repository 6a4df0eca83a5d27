"""What the board knows: the latest score of every scope and the latest transition of every alert.

Pure: values of cx.scores and cx.alerts go in, in any order and with repeats; what the page shows comes out.
Everything has a bound, and what is over it is counted and said, not dropped in silence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

import msgspec
import orjson

from alerts.errors import UNREADABLE
from alerts.hours import ALWAYS
from alerts.latest import LatestNews
from alerts.readings import scope_text
from alerts.rules import Rule, Rulebook
from alerts.transitions import Score, Transition, encode
from stream.board.history import ScoreHistory
from stream.board.limits import RuleLimits
from stream.board.shown import Shown, Tile, alert_mark, found_by, place_of, shown_alert, shown_score
from stream.messages.topic_names import ALERTS, SCORES

MOST_SCORES: Final = 50_000
"""Of channels, and as many of finer scopes; as many more are counted."""
MOST_ALERTS: Final = 2_000
MOST_HISTORIES: Final = 5_000
"""Only scopes of one channel have a sparkline; each takes up to 10 kB."""
MOST_SHOWN: Final = 200
"""Scores on one page, so that it stays under 300 kB; those of what fires come first."""
MOST_ALERTS_SHOWN: Final = 100
MOST_PAST_SHOWN: Final = 20
MOST_KEY: Final = 800

News = TypeVar("News", Score, Transition)
_SCORE: Final = msgspec.json.Decoder(Score)
_TRANSITION: Final = msgspec.json.Decoder(Transition)
_OVER: Final = "resolved"
_RANK: Final = {"firing": 0, "stale": 1}
"""The loudest come first; what is pending fires for nobody yet."""
NOTHING_SEEN: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows at one version: scores in their order, and what is left out of them.

    `well` is how many channels there are, shown or not, of which no alert fires.
    """

    version: int
    tiles: tuple[Tile, ...]
    left_out: int
    well: int


@dataclass(slots=True, kw_only=True)
class BoardMemory:
    """Latest scores and alerts, numbered by `version` so that a page can ask for what is new."""

    rulebook: Rulebook
    version: int = 0
    alerts_version: int = 0
    """The version at which an alert has changed last."""
    _left_out: set[int] = field(default_factory=set)
    """Hashes of the keys of scores that there is no place for: each is told of again and again."""
    _tiles: dict[str, Tile] = field(default_factory=dict)
    _home: list[Tile] = field(default_factory=list)
    """Those of single channels, and of all together, which is what the first page shows."""
    _channels: set[str] = field(default_factory=set)
    _alerts: LatestNews[Transition] = field(default_factory=lambda: LatestNews(MOST_ALERTS))
    _limits: RuleLimits = field(init=False)
    _rules: Mapping[str, Rule] = field(init=False)
    _pages: dict[str, Page] = field(default_factory=dict)
    """The pages of the current version, by what is sought."""

    def __post_init__(self) -> None:
        self._limits = RuleLimits(self.rulebook)
        self._rules = {rule.name: rule for rule in self.rulebook.rules}

    def take(self, topic: str, _partition: int, value: bytes | None) -> None:
        """Take a record of cx.scores or cx.alerts into account; anything unreadable changes nothing."""
        try:
            if topic == SCORES:
                self._take_score(_shown(_SCORE.decode(value or b"")))
            elif topic == ALERTS:
                self._take_alert(_shown(_TRANSITION.decode(value or b"")))
        except (*UNREADABLE, orjson.JSONEncodeError):
            return

    def _take_score(self, score: Score) -> None:
        at_s = datetime.fromisoformat(score.at).timestamp()
        key = f"{score.indicator}|{_text_of(score.scope)}|{score.window_s:g}"[:MOST_KEY]
        tile = self._tiles.get(key)
        if tile is None:
            if self._is_full(score):
                if len(self._left_out) < MOST_SCORES:
                    self._left_out.add(hash(key))
                return
            tile = self._tiles[key] = self._new_tile(key, score)
        elif score.at < tile.score.at:
            return
        self.version += 1
        tile.score, tile.version = score, self.version
        if tile.history is not None and score.value is not None:
            tile.history.add(at_s, score.value)

    def _is_full(self, score: Score) -> bool:
        """Whether there is no place: finer scopes, of which there may be very many, take none of channels."""
        home = len(self._home)
        return (home if _is_of_home(score) else len(self._tiles) - home) >= MOST_SCORES

    def _new_tile(self, key: str, score: Score) -> Tile:
        limits = self._limits.of(score)
        tile = Tile(key, score, limits)
        if _is_of_home(score):
            tile.history = ScoreHistory() if len(self._home) < MOST_HISTORIES else None
            self._home.append(tile)
            self._channels |= set(score.scope.values())
        return tile

    def _take_alert(self, news: Transition) -> None:
        datetime.fromisoformat(news.at)
        if self._alerts.apply(news):
            self.version += 1
            self.alerts_version = self.version

    def home(self, since: int = 0, seen: Collection[str] = NOTHING_SEEN, find: str = "") -> Shown:
        """Channels and what fires, as far as it is news.

        Of the scores those that changed after version `since`, and those not `seen` (by key) before, whose
        course comes along; the alerts if one has changed.  `find` narrows to scores whose channel or
        indicator has one of its lines.  Where others have taken the places of some that were `seen`, `shown`
        names those that the page has now: of the rest there is no news any more.
        """
        page = self._home_page(find)
        found: Shown = {
            "scores": [
                shown_score(tile, whole=tile.key not in seen)
                for tile in page.tiles
                if tile.version > since or tile.key not in seen
            ],
            "left_out": page.left_out,
            "well": page.well,
        }
        if since and page.left_out and self.home_keys(find) != seen:
            found["shown"] = [place_of(tile) for tile in page.tiles]
        return found | (self._shown_alerts(page, find=find) if self.alerts_version > since else {})

    def home_keys(self, find: str = "") -> frozenset[str]:
        """Keys of the scores that the first page shows now."""
        return frozenset(tile.key for tile in self._home_page(find).tiles)

    def keys_of_a_known_page(self, find: str = "") -> frozenset[str]:
        """What a browser surely shows that connects again: nothing where others may have had the places."""
        return NOTHING_SEEN if self._home_page(find).left_out else self.home_keys(find)

    def channel(self, name: str) -> Shown:
        """Everything of one channel: its stages, topics, teams, its alerts."""
        tiles = [tile for tile in self._tiles.values() if tile.score.scope.get("channel") == name]
        page = self._first(tiles)
        return {
            "scores": [shown_score(tile, whole=True) for tile in page.tiles],
            "left_out": page.left_out,
            "well": page.well,
            **self._shown_alerts(page, channel=name),
        }

    def _home_page(self, find: str) -> Page:
        """Reckoned once per version, however many look."""
        page = self._pages.get(find)
        if page is None or page.version != self.version:
            sought = find.casefold().split("\n")
            tiles = [tile for tile in self._home if any(each in tile.text for each in sought)]
            page = self._first(tiles)
            if any(each.version != self.version for each in self._pages.values()) or len(self._pages) > 64:
                self._pages.clear()
            self._pages[find] = page
        return page

    def _first(self, tiles: list[Tile]) -> Page:
        """As many as a page has room for: those of what fires, then by name."""
        fires = [each for each in self._alerts.open() if each.state in _RANK]
        firing = {(each.indicator, _text_of(each.scope)) for each in fires}
        scopes = {scope for _, scope in firing}
        well = len(self._channels - {each.scope.get("channel") for each in fires})

        def urgency(tile: Tile) -> tuple[bool, bool, str]:
            return (tile.scope not in scopes, (tile.score.indicator, tile.scope) not in firing, tile.key)

        first = sorted(tiles, key=urgency)[:MOST_SHOWN]
        return Page(self.version, tuple(first), len(tiles) - len(first) + len(self._left_out), well)

    def _shown_alerts(self, page: Page, *, channel: str | None = None, find: str = "") -> Shown:
        """Of one channel, or all; `also` is of what fires beyond those the marks of scores on the page."""

        def here(alerts: Sequence[Transition]) -> list[Transition]:
            return [each for each in alerts if channel is None or each.scope.get("channel") == channel]

        going = sorted(
            here(self._alerts.open()),
            key=lambda each: (_RANK.get(each.state, len(_RANK)), each.severity != "critical"),
        )
        fires = [each for each in going if each.state in _RANK]
        over = [each for each in here(self._alerts.all()) if each.state == _OVER]
        scopes = {tile.scope for tile in page.tiles}
        others = [each for each in fires[MOST_ALERTS_SHOWN:] if _text_of(each.scope) in scopes]
        listed = going[:MOST_ALERTS_SHOWN] + _sought(going[MOST_ALERTS_SHOWN:], find)[:MOST_ALERTS_SHOWN]
        return {
            "alerts": [{**shown_alert(each), "waits_s": self._waits_s(each)} for each in listed],
            "also": [alert_mark(each) for each in others[:MOST_SHOWN]],
            "alerts_left_out": len(going) - len(listed),
            "firing": len(fires),
            "troubles": len({_text_of(each.scope) for each in fires}),
            "past": [shown_alert(each) for each in over[:MOST_PAST_SHOWN]],
        }

    def _waits_s(self, news: Transition) -> float | None:
        """How long an alert may be pending, in event time; None for a rule with hours: closed time waits.

        Later it has come to nothing, which is not told.  A long window is judged at the ends of its steps.
        """
        rule = self._rules.get(news.rule)
        if rule is None:
            return 0.0
        if rule.detect.hours != ALWAYS:
            return None
        return rule.for_ms / 1000 + (news.window_s or 0.0) / 30 + 60


def _is_of_home(score: Score) -> bool:
    """Whether the first page shows it: of a single channel, or of all together."""
    return list(score.scope) in ([], ["channel"])


def _shown(news: News) -> News:
    """What can be shown: not numbers of more than 64 bits, which only one of two JSON libraries takes."""
    encode(news)
    return news


def _sought(alerts: Sequence[Transition], find: str) -> list[Transition]:
    """Those whose scope, rule or indicator has a line of what is sought; none where nothing is."""
    if not find:
        return []
    lines = find.casefold().split("\n")
    texts = (found_by(each.scope, each.rule, each.indicator) for each in alerts)
    return [each for each, text in zip(alerts, texts, strict=True) if any(line in text for line in lines)]


def _text_of(scope: Mapping[str, str]) -> str:
    return scope_text(tuple(scope.items()))
