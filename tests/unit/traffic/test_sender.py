"""Sending: what leaves when, to Kafka or to a file, and what `tocsin send` makes of its options."""

import asyncio
import gzip
import sys
from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from alerts.errors import SettingsError
from alerts.rules import HOUR_MS, MINUTE_MS
from stream.cli.send import command
from stream.messages.records import Stream
from stream.traffic.generator import Message
from stream.traffic.pacing import Pace
from stream.traffic.profiles import SCENARIOS
from stream.traffic.sender import Play, SendLimits, limits, run_name, send, wall_ms, write

NOON = "2026-01-05T12:00:00Z"


class FakeProducer:
    """Takes messages like aiokafka's producer, and remembers them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.flushed = False

    async def send(self, messages: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Remember them."""
        self.sent += messages

    async def flush(self) -> None:
        """Remember that it was asked for."""
        self.flushed = True


def _messages(*due_ms: int) -> list[Message]:
    return [Message(at_ms, Stream.FEEDBACK, f"c{at_ms}", b'{"id":"%d"}' % at_ms) for at_ms in due_ms]


def _file(path: Path, *arguments: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(command, [*arguments, "--to", str(path)])
    assert done.exit_code == 0, done.output
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    return [orjson.loads(line) for line in text.splitlines()]


def test_what_is_due_goes_to_its_topic_under_its_key() -> None:
    """In order, and everything is acknowledged before the end."""
    producer, now_ms = FakeProducer(), wall_ms()
    messages = _messages(now_ms - 3, now_ms - 2, now_ms - 1)
    sent = asyncio.run(send(producer, messages, Pace(now_ms - 10, now_ms - 10, 1)))
    assert producer.sent == [("cx.feedback", m.value, m.key.encode()) for m in messages]
    assert producer.flushed
    assert sent == {Stream.FEEDBACK: 3}


def test_a_run_ends_at_an_event_time_or_after_a_number_of_messages() -> None:
    """Whichever comes first; without limits it never does."""
    messages = _messages(1, 2, 3, 4)
    assert [m.due_ms for m in SendLimits(until_ms=3).of(messages)] == [1, 2]
    assert [m.due_ms for m in SendLimits(messages=3).of(messages)] == [1, 2, 3]
    assert [m.due_ms for m in SendLimits(until_ms=3, messages=1).of(messages)] == [1]
    assert list(SendLimits().of(messages)) == messages


def test_seconds_are_seconds_of_life() -> None:
    """At 60 times the speed, two seconds are two minutes of event time."""
    assert limits(Pace(0, 0, 60), 2, None).until_ms == 2 * MINUTE_MS


def test_runs_are_named_after_scenario_and_moment() -> None:
    """Later runs have other names, so their ids are no duplicates."""
    now_ms = wall_ms()
    names = [run_name(SCENARIOS["day"], now_ms + step) for step in range(3)]
    assert len(set(names)) == 3
    assert all(name.startswith("day-") for name in names)


def test_a_messy_scenario_is_messed_with() -> None:
    """The scenario says so, and nobody has to ask for it."""
    play = Play(SCENARIOS["messy"], 20 * HOUR_MS, 50, 0, "t")
    bad = [m for m in islice(play.messages(), 5_000) if not _is_event(m.value)]
    assert bad


def _is_event(value: bytes) -> bool:
    try:
        return isinstance(orjson.loads(value), dict)
    except orjson.JSONDecodeError:
        return False


def test_a_file_has_one_event_a_line_and_is_repeatable(tmp_path: Path) -> None:
    """With a start and a seed the same file comes out again, compressed or not."""
    arguments = ("--scenario", "day", "--start", NOON, "--events", "200")
    plain = _file(tmp_path / "a.ndjson", *arguments)
    packed = _file(tmp_path / "b.ndjson.gz", *arguments)
    other = _file(tmp_path / "c.ndjson", *arguments, "--seed", "1")
    assert plain == packed != other
    assert len(plain) == 200
    assert all(str(event["at"]) >= "2026-01-05T12:00:00" for event in plain)


def test_a_file_covers_the_event_time_that_the_seconds_would_have(tmp_path: Path) -> None:
    """Ten seconds at 360 times the speed are an hour, in order."""
    arguments = ("--scenario", "day", "--start", NOON, "--seconds", "10", "--speed", "360", "--rate", "20")
    times = [str(event["at"]) for event in _file(tmp_path / "a.ndjson", *arguments)]
    assert all(one <= other for one, other in pairwise(times))
    assert "2026-01-05T12:5" in times[-1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--scenario: want one of day, incident, busy, messy, demo, got nothing"),
        (["--scenario", "day", "--start", "noon"], "--start: want a time such as"),
        (["--scenario", "day", "--start", "2026-01-05T12:00:00"], "--start: want a time such as"),
        (["--scenario", "day", "--to", "endless.ndjson"], "--to: want --seconds or --events beside it"),
        (
            ["--scenario", "day", "--to", "/dev/null/x", "--events", "1"],
            "--to: want a file that can be written",
        ),
    ],
)
def test_a_wrong_command_line_is_told_with_what_was_wanted(arguments: list[str], told: str) -> None:
    """The message names the option."""
    error = CliRunner().invoke(command, arguments).exception
    assert isinstance(error, SettingsError)
    assert told in str(error)


def test_the_list_explains_every_scenario() -> None:
    """One line each."""
    output = CliRunner().invoke(command, ["--list"]).output
    assert len(output.splitlines()) == len(SCENARIOS)
    assert all(scenario.help in output for scenario in SCENARIOS.values())


def test_stdout_takes_events_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`--to -`, for pipes."""
    with (tmp_path / "out").open("w+b") as out:
        monkeypatch.setattr(sys, "stdout", type("Out", (), {"buffer": out}))
        sent = write(Path("-"), _messages(1, 2))
        out.seek(0)
        assert out.read() == b'{"id":"1"}\n{"id":"2"}\n'
    assert _total(sent.values()) == 2


def _total(counts: Iterable[int]) -> int:
    return sum(counts)
