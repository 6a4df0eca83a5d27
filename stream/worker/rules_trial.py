"""Whether a worker could start with other rules, tried in the one that runs before it gives way to them.

A rules file may be well written and still not work here: a secret's variable is not set, a value is beyond
what a formula bears, a name cannot be encoded.  So everything that a start makes of the rules is made of
them, and an hour of made-up events is judged.
"""

from collections.abc import Iterator
from itertools import product
from typing import Final

import orjson

from alerts.rules import Rulebook
from stream.backtest.engine import Engine
from stream.indicators.plan import Plan
from stream.messages.records import FileRecord, Stream
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.task_specs import fingerprint

START_S: Final = 1_767_571_200
PANES: Final = 40
"""Enough for windows to open and alerts to move, little enough to take no second."""
SCORES: Final = {"csat": (1, 5), "ces": (7, 1), "nps": (0, 10), "sentiment": ("negative", "positive")}


def try_rules(rulebook: Rulebook) -> None:
    """Make and judge what a start would.

    Raises:
        Exception: whatever goes wrong with these rules.
    """
    plan = Plan(rulebook, 1)
    fingerprint(plan)
    encode, _ = Metrics(rulebook).exposition()
    encode()
    engine = Engine(plan)
    step_s = max(1.0, rulebook.timing.pane_ms / 1000)
    for stream in Stream:
        events = list(_events(stream, step_s))
        engine.feed(0, stream, [FileRecord(number, event) for number, event in enumerate(events)])
    for judge in engine.judges:
        judge.current_scores()
        judge.take_scores()
        judge.snapshot()


def _events(stream: Stream, step_s: float) -> Iterator[bytes]:
    """Some of each kind in every pane, bad at first and good in the end."""
    for pane, place in product(range(PANES), range(4)):
        at = START_S + (pane + place / 4) * step_s
        event = {"at": at, "channel": "phone", "customer": f"c{pane % 7}"}
        if stream is Stream.INTERACTIONS:
            yield orjson.dumps(
                {**event, "id": f"i{pane}-{place}", "outcome": "resolved", "wait_s": 9 * place}
            )
            continue
        for indicator, (bad, good) in SCORES.items():
            score = bad if pane < PANES // 2 else good
            yield orjson.dumps(
                {**event, "id": f"{indicator}{pane}-{place}", "indicator": indicator, "score": score}
            )
