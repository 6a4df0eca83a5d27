"""Announcements: from an alert's move to the transition that goes out, with its words, evidence and cause."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from alerts.detect.findings import SEVERITIES
from alerts.episodes import alert_id
from alerts.facts import Facts, Further, Terms
from alerts.readings import Reading, Scope, scope_object, scope_text
from alerts.rules import Severity, Threshold
from alerts.states import State
from alerts.summary import summary
from alerts.transitions import EPOCH, Transition, rounded, seconds, utc_text
from stream.indicators.catalogue import CATALOGUE, direction
from stream.indicators.cells import further_cells
from stream.indicators.definitions import definition
from stream.indicators.formulas import score
from stream.indicators.levels import evidence
from stream.indicators.plan import Plan
from stream.judge.evaluation.groups import Group
from stream.judge.evaluation.moves import AlertMove, recover_of
from stream.judge.judged_period import Period, counts, since_pane, slide
from stream.judge.root_cause import Causes


class Teller:
    """Renders the moves of one plan's alerts."""

    def __init__(self, plan: Plan, causes: Causes) -> None:
        self._options: Final = plan.keeps
        self._pane_ms: Final = plan.rulebook.timing.pane_ms
        self._causes: Final = causes
        self._definitions: Final[dict[str, Mapping[str, object]]] = {}

    def definition(self, indicator: str) -> Mapping[str, object]:
        """What the indicator means under the plan."""
        if indicator not in self._definitions:
            self._definitions[indicator] = definition(indicator, self._options)
        return self._definitions[indicator]

    def slide(self, told: AlertMove, group: Group, pane: int) -> None:
        """Slide what a move's transition quotes to a pane's end; every alert must have been stepped there."""
        period = self._period(told)
        slide(group, period, pane)
        if told.move.state is State.FIRING:
            self._causes.slide(period, told.limit, pane)

    def prepare(self, moves: Sequence[tuple[Group, AlertMove]]) -> None:
        """Sum up at once what the causes of several moves will be looked for in; `slide` has been called."""
        self._causes.prepare(
            (self._period(told), (group, told.move.row))
            for group, told in moves
            if told.move.state is State.FIRING and told.limit is not None
        )

    def tell(self, told: AlertMove, group: Group, pane: int) -> Transition:
        """The transition of a move in a group at a pane's end; `slide` has been called for it."""
        rule, move, reading = told.ranked.rule, told.move, told.reading
        scope = group.scopes.scope(move.row)
        severity = SEVERITIES[move.severity] or Severity.WARNING
        fires, at_ms = move.state is State.FIRING, (pane + 1) * self._pane_ms
        further = self._further(told, group)
        return Transition(
            id=alert_id(rule.name, scope_text(scope), move.started_at_ms),
            seq=move.seq,
            rule=rule.name,
            severity=severity.value,
            state=move.state.word,
            indicator=rule.indicator,
            definition=self.definition(rule.indicator),
            scope=scope_object(scope),
            window_s=None if told.window_ms is None else seconds(told.window_ms),
            at=utc_text(at_ms),
            started_at=utc_text(move.started_at_ms),
            value=rounded(reading.value),
            n=reading.n,
            low=rounded(reading.low),
            high=rounded(reading.high),
            limit=rounded(told.limit),
            summary=self._summary(told, scope, severity, at_ms, further),
            evidence=self._evidence(told, group, further),
            cause=self._cause(told, group) if fires else None,
        )

    def _summary(
        self, told: AlertMove, scope: Scope, severity: Severity, at_ms: int, further: Further | None
    ) -> str:
        rule, reading = told.ranked.rule, told.reading
        shown = Reading(rounded(reading.value), reading.n, rounded(reading.low), rounded(reading.high))
        recover = recover_of(rule.detect) if isinstance(rule.detect, Threshold) else told.limit
        return summary(
            Facts(
                indicator=rule.indicator,
                unit=CATALOGUE[rule.indicator].unit,
                detect=rule.detect,
                state=told.move.state,
                severity=severity,
                scope=scope,
                reading=shown,
                terms=Terms(
                    direction=direction(rule.indicator, self._options),
                    window_ms=told.window_ms,
                    limit=rounded(told.limit),
                    recover=rounded(recover),
                    confidence=told.confidence,
                ),
                evidence=told.evidence,
                times=told.move.times,
                at=EPOCH + timedelta(milliseconds=at_ms),
                further=further,
            )
        )

    def _further(self, told: AlertMove, group: Group) -> Further | None:
        """How much of what the rule reads comes from people who had answered just before."""
        rule = told.ranked.rule
        window, row = group.windows[self._period(told).span], told.move.row
        info = window.layout.formulas[rule.indicator].info
        cells = further_cells(info.configured_by)
        if not info.bounded or not len(cells):
            return None
        counts = np.maximum(window.counts(np.array([row]), window.layout.column_of[cells])[0], 0)
        _, n = score(window.layout.formulas[info.name], window.read(np.array([row])).of(info.name))
        return Further.noted(int(counts.sum()), int(n[0]), int(np.count_nonzero(counts)), window.window_ms)

    def _evidence(self, told: AlertMove, group: Group, further: Further | None) -> Mapping[str, object]:
        period = self._period(told)
        few = {} if further is None else {"further_answers": further.in_numbers()}
        if period.window_ms is None and period.since is None:  # no counts are those of the reading
            return {**few, **told.evidence}
        formula, found = counts(group, period, np.array([told.move.row]))
        return {**evidence(formula, found[0]), **few, **told.evidence}

    def _cause(self, told: AlertMove, group: Group) -> Mapping[str, object] | None:
        period = self._period(told)
        found = self._causes.of(period, (group, told.move.row), told.limit)
        if found is None or period.since is None:
            return found
        return {**found, "since": told.evidence["since"]}

    def _period(self, told: AlertMove) -> Period:
        rule = told.ranked.rule
        return Period(rule, told.window_ms, since_pane(rule, told.evidence, self._pane_ms))
