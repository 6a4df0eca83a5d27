"""A client that asks the brokers for nothing any more, without an error: its worker is ended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from stream.worker.watchdog import EXIT
from tests.kafka.broker import Broker, running_broker
from tests.kafka.worker_process import WorkerProcess, create_topics

PATIENCE_S: Final = 30
LOADED: Final = 5
"""On a machine with much else to do the watchdog has as many times the patience."""


@pytest.fixture
def kafka() -> Iterator[Broker]:
    """A broker with the topics of a group."""
    with running_broker() as broker:
        create_topics(broker.bootstrap, "deaf", 1)
        yield broker


@pytest.mark.timeout(400)
def test_a_client_that_asks_for_nothing_any_more(kafka: Broker, tmp_path: Path) -> None:
    """By its last answer all was worked off, so no lag would tell; others are answered, and that does."""
    log, deaf = tmp_path / "log", tmp_path / "deaf"
    entry = ("-m", "tests.kafka.deaf_worker", str(deaf))
    worker = WorkerProcess(kafka.bootstrap, "deaf", log, "--watchdog", str(PATIENCE_S), entry=entry)
    try:
        worker.ready()
        deaf.touch()
        worker.until(lambda: "no broker told of" in worker.get("readyz")[1], "the silence")
        assert worker.process.wait(LOADED * PATIENCE_S) == EXIT
        assert "none of it gets done" in log.read_text()
    finally:
        worker.kill()
