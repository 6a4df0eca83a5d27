"""Exactness through faults: a short run of the chaos suite, compared with its oracle and with backtest."""

import asyncio

from tests.chaos.run import Options, run
from tests.chaos.traffic import Shape


def test_exact_through_faults() -> None:
    """Killed, frozen and leaving workers change no tally, no alert and no dead letter."""
    shape = Shape(seed=4, events=20_000, partitions=3, span_ms=3_600_000)
    report = asyncio.run(run(Options(shape, workers=2, faults=3, seconds=40)))
    assert report["ok"], report["problems"]
    assert report["transitions"] > 0
