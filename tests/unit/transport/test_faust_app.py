"""The Faust app: settings on which exactness rests, and agents that pass batches on."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from mode.supervisors import CrashingSupervisor

from stream.kafka.offsets import TP, OffsetTracker
from stream.kafka.settings import ClientSettings
from stream.messages.topic_names import GroupTopics
from stream.transport.faust_app import FAMILIES, REBALANCE_TIMEOUT_S, Agents, build, consumer_options
from stream.transport.faust_transport import STEP_S, Consumer
from stream.transport.link import Link, RecordBatch
from tests.fake_kafka import record


class Nobody:
    """An owner of nothing."""

    async def release(self) -> None:
        """Nothing in work."""

    async def keep(self) -> None:
        """Nothing to keep."""

    def assigned(self, tps: Any) -> None:
        """Nothing to restore."""


async def _ignore(_: RecordBatch) -> None:
    """Take a batch."""


def built() -> Any:
    """An app that will not be started."""

    async def inside() -> Any:
        link = Link(
            consumer_options={},
            made_for="rules",
            families=dict.fromkeys(FAMILIES, 1),
            topics=GroupTopics(),
            slots=OffsetTracker(lambda _: 4),
            owner=Nobody(),
        )
        app = build("g", ["127.0.0.1:9092", "[::1]:9093"], link, Agents(_ignore, _ignore, _ignore))
        return app, app.consumer, app.conf

    return asyncio.run(inside())


def test_settings() -> None:
    """An agent's error ends the worker; nothing of Faust's own creates topics, tables or servers."""
    app, consumer, conf = built()
    assert isinstance(consumer, Consumer)
    assert conf.id == "g"
    assert [(url.scheme, url.host, url.port) for url in conf.broker] == [
        ("tocsin", "127.0.0.1", 9092),
        ("tocsin", "::1", 9093),
    ]
    assert conf.agent_supervisor is CrashingSupervisor
    assert not conf.web_enabled
    assert not conf.topic_allow_declare
    assert conf.stream_wait_empty
    assert sorted(app.agents) == ["intake", "judge", "notify"]


def test_nothing_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed leaves no folder behind, and one without a disk to write on starts."""
    for name in ("TMPDIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    built()[0]._create_directories()
    assert not list(tmp_path.iterdir())


def test_two_apps_are_two_members() -> None:
    """One URL for both would make Faust take them for one."""
    assert built()[2].canonical_url != built()[2].canonical_url


def test_time_to_leave() -> None:
    """All steps before partitions go are over before the group's patience is."""
    options = consumer_options(ClientSettings(), 10.0)
    assert 3 * STEP_S < REBALANCE_TIMEOUT_S == options["rebalance_timeout_ms"] / 1000
    assert options["heartbeat_interval_ms"] * 3 <= options["session_timeout_ms"] == 10_000


def test_a_log_that_is_shorter_than_what_was_read_is_taken_from_its_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Faust would drop what is below its own count; commits go back as well, and it is told once."""
    app, consumer, _ = built()
    tp = TP("cx.alerts", 0)

    async def read(*offsets: int) -> list[int]:
        consumer._fetch = lambda _: _answer({tp: [record(tp, offset, b"") for offset in offsets]})
        taken = []
        async for faust_tp, message in consumer.getmany(0.1):
            if message.offset >= (consumer._read_offset[faust_tp] or 0):  # as Faust goes by it
                taken.append(message.offset)
                message.value.slot.finish()
                consumer._read_offset[faust_tp] = message.offset
        return taken

    async def play() -> list[int]:
        consumer.resume_flow()
        slots = app.link.slots
        slots.assign([tp])
        slots.open(tp)
        taken = await read(7, 8)
        slots.committed(slots.committable().items())
        taken += [*await read(0, 1), *await read(2)]
        assert slots.committable() == {tp: 3}
        return taken

    assert asyncio.run(play()) == [8, 1, 2]
    (told,) = [each.message for each in caplog.records if "shorter" in each.message]
    assert "topic=cx.alerts partition=0 read=8 found=1" in told


async def _answer(found: Any) -> Any:
    return found
