"""Banks: threshold rules that read the same score, judged together in all scopes of their grouping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from alerts.board import Board, Move
from alerts.detect.findings import SEVERITIES, Codes, Flags, Floats, Ints
from alerts.detect.threshold import Judged, calm_of, in_question, judge, limits, past_some_limit
from alerts.intervals import PUBLISHED_CONFIDENCE, normal_quantile
from alerts.readings import Reading
from alerts.rules import Direction, Family, Severity, Threshold
from alerts.states import Verdict
from stream.indicators.formulas import Formula, Sums, interval, score
from stream.judge.evaluation.explained import Explained, Observer
from stream.judge.evaluation.matchers import ScopeMatchers
from stream.judge.evaluation.moves import AlertMove, Ranked, limit_of, reading, recover_of
from stream.judge.evaluation.scopes import ScopeTable
from stream.judge.windows.coarse import coarse, weights
from stream.judge.windows.layout import Readout
from stream.judge.windows.lookahead import Trajectory
from stream.judge.windows.sliding import Window

MOST_EDGES: Final = 48
"""Limits of one bank that a quantile is told apart by beforehand: each takes 8 bytes of every change."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One judging of some rows of a bank, ascending: at which pane's end, which, and who watches."""

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
        self.formula: Final = formula
        self.ranked: Final = tuple(ranked)
        self.board: Final = Board.of([each.rule for each in ranked])
        self._scopes: Final = scopes
        self._detects: Final = [cast("Threshold", each.rule.detect) for each in ranked]
        self._confidence: Final = self._detects[0].confidence
        self._z: Final = normal_quantile(self._confidence)
        self._limits: Final = limits(self._detects, formula.direction)
        edges = [
            edge
            for each in self._detects
            for edge in (each.warning, each.critical, each.recover, calm_of(each))
        ]
        self._edges: Final = {edge for edge in edges if edge is not None}
        self._coarse, bucket = self._ahead()
        self.weights: Final = weights(window.layout, self._coarse, bucket)
        """Columns of the window by the sums from which a breach can be told beforehand."""
        self.reach: Final = ScopeMatchers([each.rule for each in ranked], scopes)

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        self.board.grow(rows)

    def next_pane(self, judged: int, pane_ms: int) -> int | None:
        """The pane after `judged` at whose end some alert must be stepped, whatever comes."""
        due_ms = self.board.due_ms()
        if due_ms is None:
            return None
        return self.window.open_pane(max(-(-due_ms // pane_ms) - 1, judged + 1))

    def _ahead(self) -> tuple[Formula, Ints | None]:
        """The formula by which readings are judged beforehand, and which of its buckets each one goes to."""
        if self.formula.info.family is not Family.QUANTILE:
            return self.formula, None
        return coarse(
            self.formula, [self._limits.mildest * self._limits.sign] if self._vague else self._edges
        )

    @property
    def _vague(self) -> bool:
        """Whether no more is known beforehand than which readings are past the mildest limit.

        The interval of a mean duration takes all buckets, and very many limits as many coarse ones.
        """
        if self.formula.info.family is Family.QUANTILE:
            return len(self._edges) > MOST_EDGES
        return self._z > 0 and self.formula.info.family is Family.DURATION

    def may_breach(self, ahead: Floats) -> Flags:
        """Readings, rows of sums by `weights`, that some rule may find in breach; `step` finds no others."""
        sums = self._sums(ahead)
        value, n = score(self._coarse, sums)
        found = in_question(self._limits, value)
        if found.any() and not self._vague:
            low, high = value[found], value[found]
            if self._z:
                low, high = interval(self._coarse, sums.of(found), self._z)
            found[found] = past_some_limit(self._limits, n[found], low, high)
        return found

    def step(self, scene: Scene, readout: Readout) -> Iterator[AlertMove]:
        """Judge the readings of the scene's rows, which are the readout's, and step the alerts."""
        sums = readout.of(self.formula.name)
        value, n = score(self.formula, sums)
        question = in_question(self._limits, value)
        if scene.observer is None and not question.any() and self.board.quiet(scene.rows):
            return
        judged = self._judged(self.formula, sums, value, n, question)
        if not self.window.is_open(scene.pane):  # as it just fell silent, or is heard again
            judged.verdict[:] = Verdict.INSUFFICIENT
        verdict = self._overruled(scene.rows, scene.muted, judged)
        moves = list(self.board.step(scene.at_ms, scene.rows, verdict, judged.severity, judged.held))
        for move in moves:
            place = int(np.searchsorted(scene.rows, move.row))
            yield self._told(move, self._reading(readout, place))
        if scene.observer is not None:
            self._explain(scene, readout, judged, verdict)

    def would_move(self, rows: Ints, ahead: Floats) -> Flags:
        """Which readings may move an alert of their row from where it is, were nothing silenced.

        `ahead` has their sums by `weights`.  No others do; those do for certain whose interval is known.
        """
        sums = self._sums(ahead)
        value, n = score(self._coarse, sums)
        question = in_question(self._limits, value)
        if self._vague:
            return question | self.board.live()[rows]
        judged = self._judged(self._coarse, sums, value, n, question)
        verdict = self._overruled(rows, None, judged)
        return self.board.would_move(rows, verdict, judged.severity, judged.held)

    def _sums(self, ahead: Floats) -> Sums:
        return Sums(ahead[:, :3], ahead[:, 3:] if ahead.shape[1] > 3 else None)

    def _judged(self, of: Formula, sums: Sums, value: Floats, n: Ints, question: Flags) -> Judged:
        low, high = value.copy(), value.copy()
        if self._z and question.any():
            low[question], high[question] = interval(of, sums.of(question), self._z)
        return judge(self._limits, value, n, low, high)

    def _overruled(self, rows: Ints, muted: Flags | None, judged: Judged) -> Codes:
        """Verdicts, where scopes outside a rule's `where` are clear and silenced ones are stale."""
        verdict = judged.verdict
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
        ranked = self.ranked[move.column]
        severity = SEVERITIES[move.severity]
        limit = limit_of(self._detects[move.column], severity)
        confidence = self._confidence or PUBLISHED_CONFIDENCE
        return AlertMove(ranked, move, reading, limit, confidence, self.window.window_ms, {})

    def _reading(self, readout: Readout, place: int) -> Reading:
        return reading(self.formula, readout, place, self._confidence or PUBLISHED_CONFIDENCE)

    def _explain(self, scene: Scene, readout: Readout, judged: Judged, verdict: Codes) -> None:
        watched = self.reach.of(scene.rows)
        for place, row in enumerate(scene.rows.tolist()):
            shown = self._reading(readout, place)
            for column, each in enumerate(self.ranked):
                if watched[place, column]:
                    severity = SEVERITIES[int(judged.severity[place, column])]
                    given = Verdict(int(verdict[place, column]))
                    told = Explained(
                        each.rule,
                        self._scopes.scope(row),
                        scene.at_ms,
                        shown,
                        limit_of(self._detects[column], severity),
                        given,
                        severity if given is Verdict.BREACH else None,
                        self.board.state(row, column),
                        self._reason(self._detects[column], shown, given, severity),
                    )
                    cast("Observer", scene.observer)(told)

    def _reason(self, detect: Threshold, shown: Reading, verdict: Verdict, severity: Severity | None) -> str:
        side = "below" if self.formula.direction is Direction.LOW_IS_BAD else "above"
        match verdict:
            case Verdict.STALE:
                return "no answers in the window" if not shown.n else "silenced: nothing comes in"
            case Verdict.BREACH:
                sure = "the whole interval is" if detect.confidence else "it is"
                return f"{sure} {side} the {severity} limit {limit_of(detect, severity):g}"
            case Verdict.CLEAR:
                return f"at or on the healthy side of {recover_of(detect):g}"
            case Verdict.INSUFFICIENT:
                if shown.n < detect.min_answers:
                    return f"{shown.n} answers, want {detect.min_answers}"
                return f"neither surely {side} a limit nor back at {recover_of(detect):g}"


class ThresholdPath:
    """What some threshold rules will read in a block; see `crossings.Path`."""

    def __init__(self, bank: ThresholdRules, path: Trajectory) -> None:
        self.rows: Final = path.rows
        self.panes: Final = path.panes(bank.window)
        self._sums: Final = path.sums
        self._bank: Final = bank

    def suspects(self) -> Ints:
        """The rows, ascending, of which some reading may be a breach, and those with an alert."""
        risky = self.rows[self._bank.may_breach(self._sums)] if len(self.rows) else self.rows
        return np.union1d(risky, self._bank.board.live_rows())

    def would_move(self, places: Ints) -> Flags:
        """Which of the readings at some places may move an alert of their row from where it is now."""
        return self._bank.would_move(self.rows[places], self._sums[places])
