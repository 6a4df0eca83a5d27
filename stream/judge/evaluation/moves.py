"""Moves of alerts that threshold rules cause: which verdict ranks highest, and what is then told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from alerts.board import Board
from alerts.detect.findings import SEVERITIES
from alerts.episodes import Move
from alerts.intervals import normal_quantile
from alerts.readings import Reading
from alerts.rules import Rule, Severity, Threshold
from alerts.states import State
from stream.indicators.formulas import Formula, interval, score
from stream.judge.windows.layout import Readout


@dataclass(frozen=True, slots=True)
class Ranked:
    """A rule and its place in the rulebook, by which transitions of one pane are ordered; what it asks."""

    place: int
    rule: Rule
    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMove:
    """A move that everyone must hear of, with the reading that caused it.

    `evidence` is what the detector saw beside the window's counts, which the teller adds.
    """

    ranked: Ranked
    move: Move
    reading: Reading
    limit: float | None
    confidence: float
    window_ms: int | None
    evidence: dict[str, object]


def firing(board: Board, ranked: Sequence[Ranked]) -> Iterator[tuple[Ranked, Severity, int]]:
    """The alerts of a board that fire: rule, severity, row."""
    for (row, column), episode in board.episodes().items():
        severity = SEVERITIES[episode.severity]
        if severity is not None and board.state(row, column) is State.FIRING:
            yield ranked[column], severity, row


def alert_severity(board: Board, row: int, column: int) -> Severity | None:
    """The severity of an alert that is pending, open or known; None for any other."""
    episode = board.episodes().get((row, column))
    return None if episode is None else SEVERITIES[episode.severity]


def reading(formula: Formula, readout: Readout, place: int, confidence: float) -> Reading:
    """The reading of the readout's scope at `place`, as it is published."""
    sums = readout.of(formula.name).of(slice(place, place + 1))
    value, n = score(formula, sums)
    low, high = interval(formula, sums, normal_quantile(confidence))
    return Reading(number(value[0]), int(n[0]), number(low[0]), number(high[0]))


def number(value: float) -> float | None:
    """None for what is not a number or has no end."""
    return float(value) if np.isfinite(value) else None


def limit_of(detect: Threshold, severity: Severity | None) -> float | None:
    """The limit of a severity; the mildest there is for none."""
    if severity is Severity.CRITICAL or detect.warning is None:
        return detect.critical
    return detect.warning


def recover_of(detect: Threshold) -> float | None:
    """What a score must get back to."""
    return limit_of(detect, None) if detect.recover is None else detect.recover
