"""Runs scenarios through the worker's own engine, and compares the alert states with those expected."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson

from alerts.errors import SettingsError
from alerts.readings import Reading, Scope
from alerts.rules import Severity, Silence
from alerts.states import State
from alerts.transitions import Transition
from stream.columnar.timestamps import NO_TIME, read_time
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.judge.evaluation.explained import Explained
from stream.judge.judge import Judge
from stream.messages.records import FileRecord, Stream
from stream.messages.tallies import TallyMessage
from stream.scenarios.scenario import Expected, ExpectedMoment, Scenario, WantedState
from stream.scenarios.synthesis import Happening, happenings


@dataclass(frozen=True, slots=True)
class SeenState:
    """Where an alert was after one pane, and the reading if a reading was what moved it."""

    at_ms: int
    state: State
    severity: Severity | None
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One moment: what was wanted and what was seen."""

    moment: ExpectedMoment
    got: WantedState
    reading: Reading | None

    @property
    def passed(self) -> bool:
        """Whether the state is the wanted one, and the severity where one is asked for."""
        wanted = self.moment.wanted
        return wanted.state is self.got.state and wanted.severity in {None, self.got.severity}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one rule in one scope."""

    expected: Expected
    moments: Sequence[Compared]

    @property
    def passed(self) -> bool:
        """Whether every moment is as wanted."""
        return all(moment.passed for moment in self.moments)


def run(scenario: Scenario) -> list[Result]:
    """Feed the scenario to intake and judge, and compare.

    Raises:
        SettingsError: an event of the scenario would be rejected.
    """
    stage = _Stage(_plan(scenario))
    if scenario.events:
        _play_events(stage, scenario)
    else:
        for step in range(scenario.steps):
            stage.play(happenings(scenario, step), {})
            stage.close(scenario.start_ms + (step + 1) * scenario.step_ms)
    return [Result(expected, list(stage.compare(expected))) for expected in scenario.expected]


def _plan(scenario: Scenario) -> Plan:
    """What the scenario asks about, and the silences, which turn other alerts stale; no scores."""
    asked = {expected.rule for expected in scenario.expected}
    rules = [r for r in scenario.rulebook.rules if r.name in asked or isinstance(r.detect, Silence)]
    return Plan(replace(scenario.rulebook, rules=tuple(rules)), publishes=False)


def _play_events(stage: "_Stage", scenario: Scenario) -> None:
    """All events in the order of time; each moment is judged before what comes after it."""
    placed = sorted(
        ((_happening(value), place) for place, value in scenario.events), key=lambda p: p[0].at_ms
    )
    moments = [moment.at_ms for expected in scenario.expected for moment in expected.moments]
    ends = sorted({at_ms for at_ms in moments if at_ms is not None})
    timing = scenario.rulebook.timing
    ends.append(max([*ends, placed[-1][0].at_ms]) + timing.lateness_ms + timing.pane_ms)
    start = 0
    for end_ms in ends:
        stop = bisect_right(placed, end_ms - 1, key=lambda pair: pair[0].at_ms)
        batch = placed[start:stop]
        stage.play([happening for happening, _ in batch], dict(enumerate(place for _, place in batch)))
        stage.close(end_ms)
        start = stop


def _happening(value: bytes) -> Happening:
    """An event as it was written; one that cannot be read goes first, and is then rejected with a reason."""
    try:
        event = orjson.loads(value)
        at = event["at"]
        at_ms = read_time(at) if isinstance(at, (str, int, float)) else NO_TIME
        stream = Stream.FEEDBACK if "indicator" in event else Stream.INTERACTIONS
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Happening(NO_TIME, Stream.INTERACTIONS, value)
    return Happening(at_ms, stream, value)


class _Stage:
    """One intake and one judge, and a record of where every alert has been."""

    def __init__(self, plan: Plan) -> None:
        self._lateness_ms: Final = plan.rulebook.timing.lateness_ms
        self._intake: Final = Intake(plan, 0)
        self._judge: Final = Judge(plan, 0, self._observe)
        self._seen: dict[tuple[str, Scope], list[SeenState]] = {}

    def play(self, batch: Sequence[Happening], places: dict[int, str]) -> None:
        """Feed events; `places` says where each stands in the file, for the message when it is rejected."""
        for stream in Stream:
            chosen = [(number, one) for number, one in enumerate(batch) if one.stream is stream]
            first = self._intake.next_offset(stream)
            records = [FileRecord(first + offset, one.value) for offset, (_, one) in enumerate(chosen)]
            output = self._intake.feed(stream, records)
            for reject in output.rejects:
                place = places.get(chosen[reject.offset - first][0], "scenario")
                raise SettingsError(
                    f"{place}: want an event that is accepted, got {reject.reason}: {reject.detail}"
                )
            self._take(output.sections)

    def close(self, end_ms: int) -> None:
        """Judge every pane that ends by then, whether or not anything came in."""
        for stream in Stream:
            self._take(self._intake.feed(stream, (), end_ms + self._lateness_ms).sections)

    def compare(self, expected: Expected) -> Iterator[Compared]:
        """Each moment beside what was seen."""
        seen = _joined(self._seen.get((expected.rule, expected.scope), []))
        start = 0
        for moment in expected.moments:
            if moment.at_ms is None:
                yield _always(moment, seen)
                continue
            stop = bisect_right(seen, moment.at_ms, key=lambda one: one.at_ms)
            yield _at(moment, seen[stop - 1] if stop else None, seen[start:stop])
            start = stop

    def _observe(self, explained: Explained) -> None:
        seen = SeenState(explained.at_ms, explained.state, explained.alert_severity, explained.reading)
        self._seen.setdefault((explained.rule.name, explained.scope), []).append(seen)

    def _take(self, sections: Sequence[Sequence[TallyMessage]]) -> None:
        for section in sections[0]:
            for transition in self._judge.feed(section, 0):
                scope = tuple(transition.scope.items())
                self._seen.setdefault((transition.rule, scope), []).append(_told(transition))


def _told(transition: Transition) -> SeenState:
    """A transition as something seen; its state word names the state."""
    reading = Reading(transition.value, transition.n, transition.low, transition.high)
    state = State[transition.state.upper()]
    return SeenState(read_time(transition.at), state, Severity(transition.severity), reading)


def _joined(seen: Sequence[SeenState]) -> list[SeenState]:
    """In the order of time; a severity holds until the next one of the same episode."""
    found: list[SeenState] = []
    severity: Severity | None = None
    for one in sorted(seen, key=lambda each: each.at_ms):
        severity = None if one.state is State.INACTIVE else one.severity or severity
        found.append(replace(one, severity=severity))
    return found


def _at(moment: ExpectedMoment, last: SeenState | None, since: Sequence[SeenState]) -> Compared:
    """What holds after `last`: resolved where an episode has ended `since` the moment before."""
    if last is None:
        return Compared(moment, WantedState(State.INACTIVE), None)
    if last.state not in {State.INACTIVE, State.RESOLVED}:
        return Compared(moment, WantedState(last.state, last.severity), last.reading)
    ended = [one for one in since if one.state is State.RESOLVED]
    got = WantedState(State.RESOLVED, ended[-1].severity) if ended else WantedState(State.INACTIVE)
    return Compared(moment, got, last.reading)


def _always(moment: ExpectedMoment, seen: Sequence[SeenState]) -> Compared:
    """The first thing seen that is not as wanted, or else what is."""
    compared = [Compared(moment, WantedState(one.state, one.severity), one.reading) for one in seen]
    compared = compared or [Compared(moment, WantedState(State.INACTIVE), None)]
    return next((one for one in compared if not one.passed), compared[-1])
