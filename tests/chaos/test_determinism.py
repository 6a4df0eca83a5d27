"""The same events on a real Kafka say the same, however many partitions and workers share them."""

import asyncio

import pytest

from tests.chaos.options import read_options
from tests.chaos.run import run

FORM = ("--events", "20000", "--hours", "1", "--seconds", "12", "--faults", "0", "--seed", "21")


@pytest.mark.kafka
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("partitions", "workers"), [(1, 1), (8, 4)])
def test_same_alerts(partitions: int, workers: int) -> None:
    """Tallies are the oracle's, and cx.alerts is word for word what a backtest says of the events."""
    form = ("--partitions", str(partitions), "--workers", str(workers))
    report = asyncio.run(run(read_options([*FORM, *form])))
    assert report["ok"], report["problems"]
    assert report["transitions"] > 20
