"""The main job on a real Kafka: all that goes in is accounted for, and live says what backtest says."""

import asyncio

from tests.chaos.options import Options
from tests.chaos.run import run
from tests.chaos.traffic import Shape


def test_the_main_job() -> None:
    """200,000 mixed events: alerts as in backtest, bad ones byte for byte, metrics that add up."""
    shape = Shape(seed=3, events=200_000, partitions=4, span_ms=7_200_000)
    report = asyncio.run(run(Options(shape, workers=1, faults=0, seconds=20)))
    assert report["ok"], report["problems"]
    assert report["transitions"] > 50
    for topic in report["topics"]:
        produced = {kind: report["produced"][f"{topic} {kind}"] for kind in ("event", "duplicate", "bad")}
        counted = {
            o: report["counted"][f"{topic} {o}"] for o in ("accepted", "late", "duplicate", "rejected")
        }
        assert counted["rejected"] == produced["bad"]
        assert counted["duplicate"] == produced["duplicate"]
        assert counted["accepted"] + counted["late"] == produced["event"]
