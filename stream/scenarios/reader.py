"""Scenario files: read and found sound, or every problem with its place.

    rule: {indicator: csat, by: [channel], window: 5m, critical: 70, for: 10m, min_answers: 20}
    step: 5m                  # "_" is a step without answers, "82*3" three steps at 82
    csat:   "82       64      61      58     _      75         77"
    expect: "inactive pending pending firing stale  firing     resolved"

Several scopes go under `series:`, single events under `events:`; `docs/testing.md` has the whole form.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from alerts.errors import SettingsError
from alerts.notation import duration_text
from alerts.rulebook.description import windows_ms
from alerts.rulebook.reader import SHORTEST_PANE_MS, Default, compose, rule_list
from alerts.rulebook.values import duration
from alerts.rulebook.yaml_nodes import Fields, Node, read_document
from alerts.rules import DAY_MS, Rulebook, Timing
from stream.columnar.timestamps import UNTIL_MS
from stream.files.rule_files import load, read_text
from stream.indicators.catalogue import CATALOGUE
from stream.scenarios.events import read_events, read_moments, read_time_ms
from stream.scenarios.scenario import Expected, Scenario, Series
from stream.scenarios.series import SeriesReader

START_MS: Final = 1_767_571_200_000
"""2026-01-05T00:00:00Z, a Monday: when scenarios start that do not say."""
LONGEST_STEP_MS: Final = 31 * DAY_MS
ONLY_RULE: Final = "rule"
"""Name of a scenario's only rule where it has none."""
SOURCES: Final = ("rule", "rules", "rules_file")


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file.

    Unless scenario or rules file say what the pane is, it is the longest that step, windows and `for` are
    multiples of, so that one step is one reading where that can be.

    Raises:
        RulebookError: the scenario, or a file that it names, is wrong.
        SettingsError: a file cannot be read.
    """
    text = read_text(path)
    found = _read(text, path, SHORTEST_PANE_MS)
    if found.rulebook.timing.pane_ms != SHORTEST_PANE_MS:
        return found
    return _read(text, path, _pane_ms(found))


def _pane_ms(scenario: Scenario) -> int:
    usual_ms = Timing().pane_ms
    if not scenario.step_ms:
        return usual_ms
    lengths = [DAY_MS, scenario.step_ms]
    for rule in scenario.rulebook.rules:
        lengths += [*windows_ms(rule.detect), rule.for_ms]
    pane_ms = math.gcd(*lengths)
    return max(pane_ms, usual_ms)


def _read(text: str, path: Path, pane_ms: int) -> Scenario:
    document = read_document(text, str(path))
    reader = _Reader(path, pane_ms)
    found = document.attempt(
        lambda node: reader.scenario(node.fields("a mapping with rule, step and expect"))
    )
    document.notes.settle()
    return found[0]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file; paths in it start from its folder."""

    path: Path
    pane_ms: int

    def scenario(self, root: Fields) -> Scenario:
        """The scenario; what is wrong is noted."""
        rulebook = self._rulebook(root)
        start_ms = root.get_or("start", read_time_ms, START_MS)
        empty = Scenario(file=str(self.path), rulebook=rulebook, start_ms=start_ms, expected=())
        found = self._events(root, empty) if "events" in root else _series(root, empty)
        root.close()
        return found

    def _rulebook(self, root: Fields) -> Rulebook:
        given = [name for name in SOURCES if name in root]
        if len(given) != 1:
            root.node.note(f"want one of {', '.join(SOURCES)}, got {' and '.join(given) or 'none'}")
        file = root.get("rules_file", lambda node: node.text("the path of a rules file"))
        if file is not None:
            try:
                return load(self.path.parent / file)
            except SettingsError as error:
                raise SettingsError(f"{self.path}: rules_file: {error}") from None
        single = root.find("rule")
        rules = rule_list(root) if single is None else [single]
        timing = Timing(pane_ms=self.pane_ms)
        return compose(root, CATALOGUE, rules, Default(timing, None if single is None else ONLY_RULE))

    def _events(self, root: Fields, empty: Scenario) -> Scenario:
        events = root.get("events", lambda node: read_events(node, self.path.parent))
        read = read_moments(empty.rulebook.rules, events or ())
        expected = root.require("expect", read, "a list of states such as {at: …, state: firing}")
        if events is not None and not events:
            root.note("events", "want at least one event")
        return replace(empty, events=events or (), expected=expected or ())


def _series(root: Fields, empty: Scenario) -> Scenario:
    """The form with scores per step, of one scope at the root or of several under `series`."""
    pane_ms = empty.rulebook.timing.pane_ms
    step_ms = (
        root.require("step", duration(pane_ms, LONGEST_STEP_MS), 'how long a step is, such as "5m"')
        or pane_ms
    )
    if step_ms % pane_ms:
        root.note("step", f"want a multiple of the pane, {duration_text(pane_ms)}")
    reader = SeriesReader(empty.rulebook, empty.start_ms, step_ms, root)
    series: list[Series] = []
    expected: list[Expected] = []
    listed = root.get("series", lambda node: node.each(_series_fields))
    parts = [root] if listed is None else listed
    for fields in parts:
        one, states = reader.read(fields)
        if any(each.dims == one.dims and each.scores.keys() & one.scores for each in series):
            fields.note("scope", "want each scope once: the scores of one that is there again are mixed")
        series.append(one)
        expected += states
        if fields is not root:
            fields.close()
    if empty.start_ms + reader.steps * step_ms > UNTIL_MS:
        root.note("start", f"want {reader.steps} steps of {duration_text(step_ms)} that end before 2100")
    if not any(name in fields for fields in parts for name in CATALOGUE):
        root.node.note('want scores per step such as csat: "82 64 _ 77", a list of series, or events')
    elif not any("expect" in fields for fields in parts) or not (expected or root.node.notes.found):
        root.node.note("want states to expect")
    return replace(empty, expected=expected, step_ms=step_ms, steps=reader.steps, series=series)


def _series_fields(node: Node) -> Fields:
    return node.fields("a series with scope, scores and expect")
