"""What the board knows: the latest score of every scope and the latest transition of every alert.

Pure: values of cx.scores and cx.alerts go in, in any order and with repeats; what the page shows comes out.
Everything has a bound, and what is over it is counted and said, not dropped in silence.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from alerts.errors import UNREADABLE
from alerts.readings import scope_text
from alerts.rules import Rulebook, Threshold
from alerts.transitions import Score, Transition, seconds
from stream.board.history import ScoreHistory
from stream.messages.topic_names import ALERTS, SCORES

MOST_SCORES: Final = 50_000
MOST_ALERTS: Final = 2_000
MOST_HISTORIES: Final = 2_000
"""Only scopes of one channel have a sparkline; each takes up to 20 kB."""
MOST_SHOWN: Final = 300
"""Tiles on one page; the ones that fire come first."""
MOST_TEXT: Final = 200

_SCORE: Final = msgspec.json.Decoder(Score)
_TRANSITION: Final = msgspec.json.Decoder(Transition)
_OVER: Final = "resolved"

Shown = dict[str, Any]
_Place = tuple[str, frozenset[str], float]
"""Indicator, dimensions and window (seconds) of a score: what a rule has limits on."""


@dataclass(slots=True)
class _Tile:
    score: Score
    version: int
    history: ScoreHistory | None


@dataclass(slots=True)
class BoardMemory:
    """Latest scores and alerts, numbered by `version` so that a page can ask for what is new."""

    rulebook: Rulebook
    version: int = 0
    scores_left_out: int = 0
    _tiles: dict[str, _Tile] = field(default_factory=dict)
    _home: list[_Tile] = field(default_factory=list)
    """Those of single channels, and of all together, which is what the first page shows."""
    _alerts: dict[str, Transition] = field(default_factory=dict)
    _limits: dict[_Place, dict[str, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._limits = _limits_of(self.rulebook)

    def take(self, topic: str, _partition: int, value: bytes | None) -> None:
        """Take a record of cx.scores or cx.alerts into account; anything unreadable changes nothing."""
        try:
            if topic == SCORES:
                self._take_score(_SCORE.decode(value or b""))
            elif topic == ALERTS:
                self._take_alert(_TRANSITION.decode(value or b""))
        except UNREADABLE:
            return

    def _take_score(self, score: Score) -> None:
        at_s = datetime.fromisoformat(score.at).timestamp()
        key = f"{score.indicator}|{_text_of(score.scope)}|{score.window_s:g}"[: 4 * MOST_TEXT]
        tile = self._tiles.get(key)
        if tile is None:
            if len(self._tiles) >= MOST_SCORES:
                self.scores_left_out += 1
                return
            tile = self._tiles[key] = self._new_tile(score)
        elif score.at < tile.score.at:
            return
        self.version += 1
        tile.score, tile.version = score, self.version
        if tile.history is not None and score.value is not None:
            tile.history.add(at_s, score.value)

    def _new_tile(self, score: Score) -> _Tile:
        if list(score.scope) not in ([], ["channel"]):
            return _Tile(score, 0, None)
        tile = _Tile(score, 0, ScoreHistory() if len(self._home) < MOST_HISTORIES else None)
        self._home.append(tile)
        return tile

    def _take_alert(self, news: Transition) -> None:
        known = self._alerts.get(news.id)
        if known is not None and known.seq >= news.seq:
            return
        self.version += 1
        self._alerts[news.id] = news
        if len(self._alerts) > MOST_ALERTS:
            over = [each for each in self._alerts.values() if each.state == _OVER]
            oldest = min(over or self._alerts.values(), key=lambda each: each.at)
            del self._alerts[oldest.id]

    def home(self, since: int = 0) -> Shown:
        """Channels and what fires; of the scores only those that changed after version `since`."""
        return self._page(self._home, self._alerts.values(), since)

    def channel(self, name: str) -> Shown:
        """Everything of one channel: its stages, topics, teams, its alerts."""
        tiles = [tile for tile in self._tiles.values() if tile.score.scope.get("channel") == name]
        alerts = [each for each in self._alerts.values() if each.scope.get("channel") == name]
        return self._page(tiles, alerts, 0)

    def _page(self, tiles: list[_Tile], alerts: Collection[Transition], since: int) -> Shown:
        firing = {(each.indicator, _text_of(each.scope)) for each in alerts if each.state != _OVER}

        def urgency(tile: _Tile) -> tuple[bool, str, str]:
            scope = _text_of(tile.score.scope)
            return (tile.score.indicator, scope) not in firing, scope, tile.score.indicator

        first = sorted(tiles, key=urgency)[:MOST_SHOWN]
        newest = sorted(alerts, key=lambda each: each.at, reverse=True)
        return {
            "scores": [self._shown(tile) for tile in first if tile.version > since],
            "alerts": [_alert(each) for each in newest if each.state != _OVER][:MOST_SHOWN],
            "past": [_alert(each) for each in newest if each.state == _OVER][:50],
            "left_out": max(0, len(tiles) - MOST_SHOWN) + self.scores_left_out,
        }

    def _shown(self, tile: _Tile) -> Shown:
        score = tile.score
        return {
            "indicator": score.indicator,
            "unit": str(score.definition.get("unit", "")),
            "direction": str(score.definition.get("direction", "")),
            "scope": {name: text[:MOST_TEXT] for name, text in score.scope.items()},
            "window_s": score.window_s,
            "at": score.at,
            "value": score.value,
            "n": score.n,
            "low": score.low,
            "high": score.high,
            "status": score.status,
            "limits": self._limits.get(_place(score), {}),
            "day": [] if tile.history is None else tile.history.day(),
            "week": [] if tile.history is None else tile.history.week(),
        }


def _limits_of(rulebook: Rulebook) -> dict[_Place, dict[str, float]]:
    """The limits that threshold rules have on scores; of several rules on the same, the first one's."""
    found: dict[_Place, dict[str, float]] = {}
    for rule in rulebook.rules:
        if isinstance(detect := rule.detect, Threshold):
            own = found.setdefault((rule.indicator, frozenset(rule.by), seconds(detect.window_ms)), {})
            for name, limit in (("warning", detect.warning), ("critical", detect.critical)):
                if limit is not None:
                    own.setdefault(name, limit)
    return found


def _place(score: Score) -> _Place:
    return score.indicator, frozenset(score.scope), score.window_s


def _text_of(scope: Mapping[str, str]) -> str:
    return scope_text(tuple(scope.items()))


def _alert(news: Transition) -> Shown:
    return {
        "id": news.id,
        "rule": news.rule,
        "severity": news.severity,
        "state": news.state,
        "indicator": news.indicator,
        "scope": {name: text[:MOST_TEXT] for name, text in news.scope.items()},
        "at": news.at,
        "started_at": news.started_at,
        "summary": news.summary[: 5 * MOST_TEXT],
        "cause": news.cause,
    }
