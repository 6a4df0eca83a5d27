"""Threshold rules that read the same score, judged together in all scopes of their grouping.

Such rules share a window, an indicator and a confidence, so one score per scope serves all of them.  How a
reading is judged is in `threshold_scale`, what is told beforehand in `threshold_foresight`; here the verdicts
meet the board on which the alerts stand.  Arrays are `(rows, rules)`: a row per scope, ascending, and a
column per rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

import numpy as np

from alerts.board import Board
from alerts.detect.findings import SEVERITIES, Codes, Flags, Floats, Ints
from alerts.detect.threshold import Judged
from alerts.episodes import Move
from alerts.intervals import PUBLISHED_CONFIDENCE
from alerts.readings import Reading
from alerts.rules import Threshold
from alerts.states import Verdict
from stream.indicators.formulas import Formula
from stream.judge.evaluation.explained import Explained, Observer
from stream.judge.evaluation.matchers import ScopeMatchers
from stream.judge.evaluation.moves import AlertMove, Ranked, alert_severity, limit_of
from stream.judge.evaluation.scopes import ScopeTable
from stream.judge.evaluation.threshold_foresight import ThresholdForesight
from stream.judge.evaluation.threshold_scale import ThresholdScale
from stream.judge.windows.layout import Readout
from stream.judge.windows.lookahead import Ahead, Trajectory
from stream.judge.windows.sliding import Window

A_LOOK: Final = 1000
"""Readings that could be judged in the time that one more look at a few takes, beside the few."""
FEW: Final = 2
"""Where no more than one of so many scopes is in reach of a limit, the others are left out."""
MOST_KNOWN: Final = 500_000
"""Readings times rules of a block whose verdicts are kept at most."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One judging of some rows, ascending: at which pane's end, which, and who watches."""

    pane: int
    at_ms: int
    rows: Ints
    muted: Flags | None
    observer: Observer | None


class ThresholdRules:
    """Rules with one indicator, window and confidence; columns of the board are the rules."""

    def __init__(
        self, window: Window, formula: Formula, ranked: Sequence[Ranked], scopes: ScopeTable
    ) -> None:
        self.window: Final = window
        self.ranked: Final = tuple(ranked)
        self.board: Final = Board.of([each.rule for each in ranked])
        detects = [each.rule.detect for each in ranked if isinstance(each.rule.detect, Threshold)]
        self.scale: Final = ThresholdScale(formula, detects)
        self.foresight: Final = ThresholdForesight(self.scale, window.layout)
        self.reach: Final = ScopeMatchers([each.rule for each in ranked], scopes)
        self._scopes: Final = scopes

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        self.board.grow(rows)

    def next_pane(self, judged: int, pane_ms: int) -> int | None:
        """The pane after `judged` at whose end some alert must be stepped, whatever comes."""
        due_ms = self.board.due_ms()
        if due_ms is None:
            return None
        return self.window.open_pane(max(-(-due_ms // pane_ms) - 1, judged + 1))

    def step(self, scene: Scene, readout: Readout) -> Iterator[AlertMove]:
        """Judge the readings of the scene's rows, which are the readout's, and step the alerts."""
        scale, sums = self.scale, readout.of(self.scale.formula.name)
        value, n, question = scale.scored(scale.formula, sums)
        if scene.observer is None and not question.any() and self.board.quiet(scene.rows):
            return
        judged = scale.judged(scale.formula, sums, value, n, question)
        verdict = judged.verdict
        if not self.window.is_open(scene.pane):  # as it just fell silent, or is heard again
            verdict = np.full_like(verdict, Verdict.INSUFFICIENT)
        verdict = self._overruled(scene.rows, scene.muted, verdict)
        moves = list(self.board.step(scene.at_ms, scene.rows, verdict, judged.severity, judged.held))
        for move in moves:
            place = int(np.searchsorted(scene.rows, move.row))
            yield self._told(move, scale.reading(readout, place))
        if scene.observer is not None:
            self._explain(scene, readout, judged, verdict)

    def would_move(self, rows: Ints, ahead: Floats) -> Flags:
        """`(readings,)`: True where stepping this reading would change an alert of its row.

        `ahead` has their sums, `(readings, sums)`, as `foresight.read` makes them; `rows` may repeat.  No
        scope is taken for silenced.  True may be said of a reading that changes nothing, but only where the
        foresight is vague; False never of one that changes something.
        """
        return self.moved_by(rows, self.foresight.judged(ahead))

    def moved_by(self, rows: Ints, known: tuple[Flags, Judged | None]) -> Flags:
        """The same of readings of which the foresight has told."""
        question, judged = known
        if judged is None:
            return question | self.board.live()[rows]
        verdict = self._overruled(rows, None, judged.verdict)
        return self.board.would_move(rows, verdict, judged.severity, judged.held)

    def _overruled(self, rows: Ints, muted: Flags | None, judged: Codes) -> Codes:
        """A copy of verdicts, where scopes outside a rule's `where` are clear and silenced ones are stale."""
        verdict = judged.copy()
        if muted is not None:
            verdict[muted[rows]] = Verdict.STALE
        if not self.reach.whole:
            verdict[~self.reach.of(rows)] = Verdict.CLEAR
        return verdict

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes."""
        self.board.clear(rows)
        self.reach.forget(rows)

    def _told(self, move: Move, reading: Reading) -> AlertMove:
        limit = limit_of(self.scale.detects[move.column], SEVERITIES[move.severity])
        confidence = self.scale.confidence or PUBLISHED_CONFIDENCE
        return AlertMove(
            ranked=self.ranked[move.column],
            move=move,
            reading=reading,
            limit=limit,
            confidence=confidence,
            window_ms=self.window.window_ms,
            evidence={},
        )

    def _explain(self, scene: Scene, readout: Readout, judged: Judged, verdict: Codes) -> None:
        watched = self.reach.of(scene.rows)
        for place, row in enumerate(scene.rows.tolist()):
            shown = self.scale.reading(readout, place)
            for column, each in enumerate(self.ranked):
                if watched[place, column]:
                    severity = SEVERITIES[int(judged.severity[place, column])]
                    given = Verdict(int(verdict[place, column]))
                    told = Explained(
                        rule=each.rule,
                        scope=self._scopes.scope(row),
                        at_ms=scene.at_ms,
                        reading=shown,
                        limit=limit_of(self.scale.detects[column], severity),
                        verdict=given,
                        severity=severity if given is Verdict.BREACH else None,
                        state=self.board.state(row, column),
                        reason=self.scale.reason(column, shown, given, severity),
                        alert_severity=alert_severity(self.board, row, column),
                    )
                    cast("Observer", scene.observer)(told)


class ThresholdPath:
    """What some threshold rules will read in a block; see `crossings.Path`.

    Readings are only made where the range of their scores leaves a breach possible, or an alert is watched.
    Where that is so of few scopes, readings are made of these alone.
    Alerts that move often are looked at often.  Once that has taken as long as to judge all readings at once,
    all are judged, and the verdicts kept.
    """

    lasts: Final = True

    def __init__(self, rules: ThresholdRules, ahead: Ahead, *, every: bool) -> None:
        """With `every` readings are made of all scopes, as somebody asks for those of calm ones."""
        self._rules: Final = rules
        self._ahead: Final = ahead
        self._judged = 0  # readings that were judged one look at a time, and what the looks took
        self._known: tuple[Flags, Judged | None] | None = None  # what is known of all of them
        self._every: Final = every

    @cached_property
    def _few(self) -> Ints | None:
        """Scopes in reach of a limit and those with an alert, where these are few of those that change."""
        foresight, window = self._rules.foresight, self._rules.window
        if self._every or foresight.has_grid(window, self._ahead):
            return None  # all readings are made in a few steps
        near, changing = foresight.in_reach(window, self._ahead)
        near = np.union1d(near, self._rules.board.live_rows())
        return near if len(near) * FEW <= changing else None

    @cached_property
    def _path(self) -> Trajectory:
        foresight, window = self._rules.foresight, self._rules.window
        if self._few is None:
            return foresight.path(window, self._ahead)
        return foresight.of_rows(window, self._ahead, self._few)

    @property
    def _sums(self) -> Floats:
        return self._path.sums

    @property
    def rows(self) -> Ints:
        """The row of each reading."""
        return self._path.rows

    @cached_property
    def panes(self) -> Ints:
        """The pane of each reading."""
        return self._path.panes(self._rules.window)

    def suspects(self) -> Ints:
        """The rows, ascending, of which some reading may be a breach, and those with an alert."""
        live = self._rules.board.live_rows()
        foresight = self._rules.foresight
        if self._every and not len(self.rows):  # they are made before windows are slid
            return live
        if foresight.surely_none(self._rules.window, self._ahead) or not len(self.rows):
            return live
        risky = self.rows[foresight.may_breach(self._sums)]
        return np.union1d(risky, live) if len(risky) else live

    def would_move(self, places: Ints) -> Flags:
        """Which of the readings at some places may move an alert of their row from where it is now."""
        self._judged += len(places) + A_LOOK
        every = len(self.rows)
        if self._known is None and self._judged > every and every * len(self._rules.ranked) <= MOST_KNOWN:
            self._known = self._rules.foresight.judged(self._sums)
        if self._known is None:
            return self._rules.would_move(self.rows[places], self._sums[places])
        question, judged = self._known
        part = None if judged is None else judged.of(places)
        return self._rules.moved_by(self.rows[places], (question[places], part))
