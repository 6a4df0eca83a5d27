"""Rows of a scenario: `82 64 _ 77*3` as scores, `inactive pending firing:critical*3` as expected states."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from alerts.measures import Measure
from alerts.rulebook.yaml_nodes import NUMBER, Node
from alerts.rules import Severity
from alerts.states import ON_TOPIC, State
from stream.scenarios.scenario import WantedState

T = TypeVar("T")

TOKEN: Final = re.compile(r"(?P<word>[^*]+)(?:\*(?P<times>[1-9][0-9]{0,4}))?")
NOTHING: Final = "_"
MOST_STEPS: Final = 100_000
MOST_ANSWERS: Final = 1_000_000
"""Per step; more would only make the scenario slow."""
STATES: Final = {state.word: state for state in (State.INACTIVE, *ON_TOPIC)}


def scores(measure: Measure) -> Callable[[Node], tuple[float | None, ...]]:
    """A parser of scores per step, each within the indicator's range; None: nothing came in."""
    want = f'scores per step, {measure.range_text} or "{NOTHING}", such as "82 64 _ 77*3"'

    def score(word: str) -> float | None:
        if word == NOTHING:
            return None
        value = float(word) if NUMBER.fullmatch(word) else None
        if value is None or not measure.contains(value):
            raise ValueError
        return value

    return lambda node: _row(node, score, want)


def counts(node: Node) -> tuple[int, ...]:
    """Answers per step."""

    def count(word: str) -> int:
        if not re.fullmatch("[0-9]{1,7}", word) or int(word) > MOST_ANSWERS:
            raise ValueError
        return int(word)

    return _row(node, count, f"whole numbers per step, at most {MOST_ANSWERS}")


def states(node: Node) -> tuple[WantedState, ...]:
    """Expected states per step."""

    def state(word: str) -> WantedState:
        name, colon, severity = word.partition(":")
        return WantedState(STATES[name], Severity(severity) if colon else None)

    return _row(node, state, f'states per step ({", ".join(STATES)}, perhaps with ":critical")')


def _row(node: Node, parse: Callable[[str], T], want: str) -> tuple[T, ...]:
    """The words of a row, `*3` repeats one."""
    text = node.plain() or node.text(want)
    found: list[T] = []
    for token in text.split():
        match = TOKEN.fullmatch(token)
        try:
            value = parse(match["word"] if match else "")
        except (ValueError, KeyError):
            raise node.wrong(f'{want} (see "{token}")') from None
        found += [value] * int((match and match["times"]) or 1)
        if len(found) > MOST_STEPS:
            raise node.wrong(f"at most {MOST_STEPS} steps")
    if not found:
        raise node.wrong(want)
    return tuple(found)
