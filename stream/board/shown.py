"""Scores and alerts as the page gets them: short, and no more than it draws."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.readings import scope_text
from alerts.transitions import Score, Transition
from stream.board.history import ScoreHistory

MOST_TEXT: Final = 200
MOST_SUMMARY: Final = 1_000

Shown = dict[str, Any]


@dataclass(slots=True)
class Tile:
    """The latest score of one indicator in one scope and window, and what goes with it."""

    key: str
    score: Score
    limits: Mapping[str, float]
    version: int = 0
    history: ScoreHistory | None = None
    scope: str = field(init=False)
    text: str = field(init=False)
    """What it can be found by."""

    def __post_init__(self) -> None:
        self.scope = scope_text(tuple(self.score.scope.items()))
        self.text = found_by(self.score.scope, self.score.indicator)


def found_by(scope: Mapping[str, str], *names: str) -> str:
    """What a thing of a scope can be found by, in small letters."""
    where = " ".join(scope.values()) or "all channels"
    return " ".join((where, *names)).casefold()


def place_of(tile: Tile) -> Shown:
    """Which score it is."""
    score = tile.score
    scope = {name: text[:MOST_TEXT] for name, text in score.scope.items()}
    return {"indicator": score.indicator, "scope": scope, "window_s": score.window_s}


def shown_score(tile: Tile, *, whole: bool) -> Shown:
    """A score; with `whole` its course too, which the browser goes on with by itself."""
    score = tile.score
    found = place_of(tile) | {
        "unit": str(score.definition.get("unit", "")),
        "direction": str(score.definition.get("direction", "")),
        "at": score.at,
        "value": _short(score.value),
        "n": score.n,
        "low": _short(score.low),
        "high": _short(score.high),
        "status": score.status,
        "limits": tile.limits,
    }
    if whole and tile.history is not None:
        found |= {"day": tile.history.day(), "week": tile.history.week()}
    return found


def alert_mark(news: Transition) -> Shown:
    """As much of an alert as marks the score that it is of."""
    return {
        "severity": news.severity,
        "state": news.state,
        "indicator": news.indicator,
        "scope": {name: text[:MOST_TEXT] for name, text in news.scope.items()},
        "window_s": news.window_s,
        "started_at": news.started_at,
    }


def shown_alert(news: Transition) -> Shown:
    """An alert as it stands."""
    return alert_mark(news) | {
        "id": news.id,
        "rule": news.rule,
        "at": news.at,
        "summary": news.summary[:MOST_SUMMARY],
        "cause": news.cause,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
