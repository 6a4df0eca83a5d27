"""Rules with a detector of their own, one input and one board each."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from alerts.board import Board
from alerts.detect.findings import NONE, SEVERITIES, SEVERITY_CODE, Codes, Findings, Flags, Ints
from alerts.detect.open_time import NEVER, OpenSlots
from alerts.detect.volumes.silence import SilenceDetector
from alerts.detect.volumes.surge import SurgeDetector
from alerts.episodes import Move
from alerts.hours import ALWAYS
from alerts.intervals import PUBLISHED_CONFIDENCE
from alerts.readings import Reading
from alerts.rules import Burn, Gap, Relative, Rule, Silence, Sudden, SuddenRelative, Surge, Threshold
from alerts.states import Verdict
from stream.indicators.formulas import formula
from stream.indicators.needs import WindowSpan, rule_window
from stream.indicators.plan import Plan
from stream.judge.evaluation.crossings import Forecast
from stream.judge.evaluation.detector_inputs import Alerts, BlockContext, DetectorInput, View
from stream.judge.evaluation.explained import Explained, Observer
from stream.judge.evaluation.gap_inputs import GapInput, UsualGapInput
from stream.judge.evaluation.heard_inputs import SuddenInput, VolumeInput
from stream.judge.evaluation.matchers import ScopeMatchers
from stream.judge.evaluation.moves import AlertMove, Ranked, alert_severity, number
from stream.judge.evaluation.reasons import SILENCED, reason
from stream.judge.evaluation.scopes import ScopeTable
from stream.judge.evaluation.usual_input import UsualInput
from stream.judge.evaluation.window_inputs import BurnInput
from stream.judge.windows.sliding import Window


class DetectorRule:
    """One rule, what its detector is shown, and its alerts.  The board has one column."""

    def __init__(
        self, ranked: Ranked, shown: DetectorInput, scopes: ScopeTable, hours: OpenSlots | None
    ) -> None:
        """`hours` are the panes that count; None where all do, and where the detector keeps its own."""
        self.ranked: Final = ranked
        self.input: Final = shown
        self.board: Final = Board.of([ranked.rule])
        self._scopes: Final = scopes
        self._hours: Final = hours
        self._reach: Final = ScopeMatchers([ranked.rule], scopes)

    @property
    def rule(self) -> Rule:
        """The rule that is watched."""
        return self.ranked.rule

    @property
    def mutes(self) -> bool:
        """Whether its alerts say that nothing comes in, so that scores cannot be judged."""
        return isinstance(self.rule.detect, Silence)

    def grow(self, rows: int) -> None:
        """Make room for row numbers below `rows`."""
        self.board.grow(rows)
        self.input.grow(rows)

    def clear(self, rows: Ints) -> None:
        """Forget rows that are about to stand for other scopes."""
        self.board.clear(rows)
        self._reach.forget(rows)
        self.input.clear(rows)

    def foresee(self, of: BlockContext, pane_ms: int) -> Forecast | None:
        """Where in a block its alerts have to be judged; None: nothing is gained by finding out."""
        severity = getattr(self.rule.detect, "severity", None)
        code = NONE if severity is None else SEVERITY_CODE[severity]
        return self.input.foresee(of, Alerts(self.board, code, self.watched), pane_ms)

    def open_pane(self, pane: int) -> int | None:
        """The first pane at or after one that counts, and ends a step of a window; None: there is none."""
        if self.input.windows:
            ends = [window.open_pane(pane) for window in self.input.windows]
            return min((end for end in ends if end is not None), default=None)
        found = pane if self._hours is None else self._hours.next(pane)
        return None if found == NEVER else found

    def step(self, view: View, muted: Flags | None, observer: Observer | None) -> Iterator[AlertMove]:
        """Ask the detector, and step the alerts of the rows that it judged."""
        found = self.input.look(view, self.watched)
        if found is None or not len(found.rows):
            return
        quiet = self.board.quiet(found.rows) and not (found.verdict == Verdict.BREACH).any()
        if quiet and observer is None:
            return
        verdict = found.verdict.copy()
        if not self._is_open(view.pane):  # as it just fell silent, or is heard again
            verdict[:] = Verdict.INSUFFICIENT
        if muted is not None and not self.mutes:
            verdict[muted[found.rows]] = Verdict.STALE
        watched = self.watched(found.rows)
        verdict[~watched] = Verdict.CLEAR
        codes = (verdict[:, None], found.severity[:, None], found.held[:, None])
        for move in list(self.board.step(view.end_ms, found.rows, *codes)):
            yield self._told(move, found, int(np.searchsorted(found.rows, move.row)))
        if observer is not None:
            self._explain(view.end_ms, found, verdict, observer, watched)

    def _is_open(self, pane: int) -> bool:
        """Whether what a pane's end brings is judged: the pane counts, or the slot of a window does."""
        if self._hours is None:
            return True
        windows = self.input.windows
        return any(each.is_open(pane) for each in windows) if windows else self._hours.next(pane) == pane

    def watched(self, rows: Ints) -> Flags:
        """Which of the rows the rule watches."""
        watched: Flags = self._reach.of(rows)[:, 0]
        return watched

    def silent(self, rows: int) -> Flags:
        """Rows, of so many, whose alert fires."""
        firing = self.board.firing()[:rows]
        return np.pad(firing, (0, rows - len(firing)))

    def budgets(self, rows: Ints) -> list[tuple[int, float]]:
        """The rows that it watches with the share of their budget that is left; none if it has no budget."""
        rows = rows[self.watched(rows)]
        left = self.input.remaining(rows)
        return [] if left is None else list(zip(rows.tolist(), left.tolist(), strict=True))

    def _told(self, move: Move, found: Findings, place: int) -> AlertMove:
        evidence = dict(found.evidence.get(move.row, {}))
        return AlertMove(
            ranked=self.ranked,
            move=move,
            reading=_reading(found, place),
            limit=number(found.limit[place]),
            confidence=PUBLISHED_CONFIDENCE,
            window_ms=_window_ms(self.rule, evidence),
            evidence=evidence,
        )

    def _explain(
        self, at_ms: int, found: Findings, verdict: Codes, observer: Observer, watched: Flags
    ) -> None:
        for place, row in enumerate(found.rows.tolist()):
            if watched[place]:
                given = Verdict(int(verdict[place]))
                shown = _reading(found, place)
                silenced = given is Verdict.STALE and found.verdict[place] != Verdict.STALE
                evidence = found.evidence.get(row, {}) if given is Verdict.BREACH else _usual(found, place)
                severity = SEVERITIES[int(found.severity[place])] if given is Verdict.BREACH else None
                observer(
                    Explained(
                        rule=self.rule,
                        scope=self._scopes.scope(row),
                        at_ms=at_ms,
                        reading=shown,
                        limit=number(found.limit[place]),
                        verdict=given,
                        severity=severity,
                        state=self.board.state(row, 0),
                        reason=SILENCED if silenced else reason(self.rule.detect, given, shown, evidence),
                        alert_severity=alert_severity(self.board, row, 0),
                    )
                )


def watch(
    plan: Plan, ranked: Ranked, windows: Mapping[WindowSpan, Window], scopes: ScopeTable
) -> DetectorRule | None:
    """The rule with its detector; None for threshold rules, which are judged together."""
    shown = _input(plan, ranked.rule, windows, scopes)
    detect = ranked.rule.detect
    closes = detect.hours.limited and not isinstance(detect, Silence | Surge)
    slots = OpenSlots(detect.hours, plan.rulebook.timing.pane_ms) if closes else None
    return None if shown is None else DetectorRule(ranked, shown, scopes, slots)


def _input(
    plan: Plan, rule: Rule, windows: Mapping[WindowSpan, Window], scopes: ScopeTable
) -> DetectorInput | None:
    of, pane_ms = formula(rule.indicator, plan.keeps), plan.rulebook.timing.pane_ms
    match rule.detect:
        case Threshold():
            return None
        case Relative() as detect:
            return UsualInput(detect, of, windows[rule_window(rule)], pane_ms)
        case Sudden() | SuddenRelative() as detect:
            return SuddenInput(detect, of, pane_ms)
        case Burn() as detect:
            return BurnInput(detect, of, windows)
        case Gap() as detect if detect.against is not None:
            return UsualGapInput(detect, of, windows[rule_window(rule)], scopes, pane_ms)
        case Gap() as detect:
            return GapInput(detect, of, windows[rule_window(rule)], scopes)
        case Silence() as detect:
            # It mutes rules for the night as well, so it hears then that something comes in again.
            return VolumeInput(SilenceDetector(detect, pane_ms), of, ALWAYS, pane_ms)
        case Surge() as detect:
            return VolumeInput(SurgeDetector(detect, pane_ms), of, detect.hours, pane_ms)


def _reading(found: Findings, place: int) -> Reading:
    return Reading(
        number(found.value[place]), int(found.n[place]), number(found.low[place]), number(found.high[place])
    )


def _usual(found: Findings, place: int) -> Mapping[str, object]:
    """What a volume that is no breach was expected and allowed to be; nothing for what is no volume."""
    expected = None if found.expected is None else number(found.expected[place])
    allowed = number(found.limit[place])
    return {} if expected is None or allowed is None else {"usual": expected, "allowed": allowed}


def _window_ms(rule: Rule, evidence: Mapping[str, object]) -> int | None:
    match rule.detect:
        case Threshold() | Relative() | Gap():
            return rule.detect.window_ms
        case Burn():
            long_s = evidence.get("long_s")
            # Where none burns the reading is of the shortest window with enough answers, of whichever pair.
            return next((pair.long_ms for pair in rule.detect.pairs if pair.long_ms / 1000 == long_s), None)
        case _:
            return None
