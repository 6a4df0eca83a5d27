"""The short form of `make harden`: one seed of hostile records through a real broker and a real worker."""

import asyncio
from pathlib import Path

from tests.harden.run import hardened
from tests.kafka.broker import running_broker


def test_hostile_records_change_nothing_for_the_sound_ones(tmp_path: Path) -> None:
    """The worker lives; tallies, dead letters and alerts are what the pure intake makes of the records."""
    with running_broker() as broker:
        report = asyncio.run(hardened(broker.bootstrap, tmp_path, 4000, seed=3))
    assert report["wrong"] == []
    assert report["refused"] > 500
    assert len(report["reasons"]) > 8
