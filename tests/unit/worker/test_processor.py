"""Processors: what leaves because of records, and what is left unsaid."""

from collections.abc import Iterable
from dataclasses import replace

import orjson
import pytest
from aiokafka import ConsumerRecord

from alerts.rules import Rule, Rulebook, Threshold, Timing
from alerts.transitions import encode as encode_transition
from stream.indicators.plan import Plan
from stream.intake.intake import Intake
from stream.judge.judge import Judge
from stream.kafka.offsets import TP
from stream.kafka.outbox import Outgoing
from stream.messages.pieces import Assembly
from stream.messages.records import Stream
from stream.messages.tallies import Kind, TallyMessage, decode, encode
from stream.monitoring.metrics import Metrics
from stream.worker.tasks.intake_processor import IntakeProcessor, MessageLimits
from stream.worker.tasks.judge_processor import MOST_REASONS, JudgeProcessor
from stream.worker.tasks.processor import Work
from stream.worker.tasks.stride import Stride
from tests.fake_kafka import Record, record

FEEDBACK = TP("cx.feedback", 0)
TALLIES = TP("cx.tallies", 0)
START_S = 1_767_571_200
RULE = Rule(
    name="low",
    indicator="csat",
    by=("channel",),
    detect=Threshold(window_ms=600_000, warning=80, critical=50, min_answers=1, confidence=0),
)
BOOK = Rulebook(
    rules=(RULE,),
    indicators={"csat": {"scale": "1-5", "positive_from": None}},
    timing=Timing(idle_after_ms=3_000),
)
PLAN = Plan(BOOK, 1)


def answers(first: int, count: int) -> list[Record]:
    """Unhappy answers, one a second of event time."""
    return [_answer(number, START_S + number) for number in range(first, first + count)]


def _answer(number: int, at_s: int) -> Record:
    event = {"id": f"{number}", "at": at_s, "channel": "phone", "indicator": "csat", "score": 1}
    return record(FEEDBACK, number, orjson.dumps(event), at_s * 1_000)


def intake() -> tuple[IntakeProcessor, Metrics]:
    """An intake that was just assigned."""
    metrics = Metrics(BOOK)
    processor = IntakeProcessor(Intake(PLAN, 0), metrics)
    processor.assigned()
    return processor, metrics


def sections(messages: Iterable[Outgoing]) -> list[TallyMessage]:
    """The sections among messages."""
    return [decode(each.value or b"", each.partition or 0) for each in messages if each.topic == "cx.tallies"]


def quiet_for(processor: IntakeProcessor, seconds: range) -> list[Outgoing]:
    """Look every second; what was said last."""
    said: list[Outgoing] = []
    for now_s in seconds:
        said = processor.look(dict.fromkeys(Stream, True), float(now_s))
    return said


def counted(metrics: Metrics, name: str) -> float:
    """Sum of a counter."""
    text = metrics.exposition()[0]().decode()
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))


def test_first_records_are_announced() -> None:
    """Judges may hold the input idle, so they hear that it is not, before anything else."""
    processor, _ = intake()
    first = processor.work("cx.feedback", answers(0, 40))
    assert [each.kind for each in sections(first.messages)] == [Kind.ACTIVE, Kind.CLOSED]
    then = processor.work("cx.feedback", answers(40, 40))
    assert [each.kind for each in sections(then.messages)] == [Kind.CLOSED]
    assert processor.next_offsets() == {"cx.interactions": 0, "cx.feedback": 80}


def test_sections_go_to_their_judge() -> None:
    """The partition of cx.tallies is the shard."""
    processor = IntakeProcessor(Intake(Plan(BOOK, 3), 0), Metrics(BOOK))
    messages = processor.work("cx.feedback", answers(0, 40)).messages
    assert [each.partition for each in messages] == [0, 1, 2, 0, 1, 2]
    assert {each.key for each in messages} == {b"feedback/0"}


def test_bad_records_become_dead_letters() -> None:
    """Byte for byte, with their place and reason; the rest is counted."""
    processor, metrics = intake()
    bad = record(FEEDBACK, 1, b"{nonsense")
    messages = processor.work("cx.feedback", [*answers(0, 1), bad, *answers(2, 1)]).messages
    [letter] = [each for each in messages if each.topic == "cx.dead-letters"]
    assert (letter.key, letter.value) == (b"k", b"{nonsense")
    headers = dict(letter.headers)
    assert (headers["tocsin-topic"], headers["tocsin-offset"]) == (b"cx.feedback", b"1")
    assert counted(metrics, "tocsin_events_total") == 3
    assert counted(metrics, "tocsin_rejected_total") == 1


def test_keys_are_looked_at() -> None:
    """A sender that does not key by customer shows in a metric."""
    processor, metrics = intake()
    processor.work("cx.feedback", answers(0, 40))
    assert counted(metrics, "tocsin_sampled_keys_total") == 1


def test_feeding_again_is_silent() -> None:
    """What was counted and said before is not counted again."""
    processor, metrics = intake()
    processor.feed("cx.feedback", answers(0, 40))
    assert processor.next_offsets()["cx.feedback"] == 40
    assert counted(metrics, "tocsin_events_total") == 0


def test_a_snapshot_goes_on_where_it_was() -> None:
    """The restored processor knows its offsets and says what the other would have said."""
    processor, metrics = intake()
    processor.feed("cx.feedback", answers(0, 25))
    again = IntakeProcessor(Intake.restore(PLAN, 0, processor.snapshot()), metrics)
    one, other = (each.work("cx.feedback", answers(25, 25)) for each in (processor, again))
    assert again.next_offsets() == processor.next_offsets()
    assert one.messages == other.messages


def test_open_panes_are_said_once_per_quiet() -> None:
    """Quiet inputs repeat that they are quiet, but not what lies open, until it changes or is old news."""
    processor, _ = intake()
    processor.work("cx.feedback", answers(0, 25))
    assert quiet_for(processor, range(3)) == []
    first = sections(quiet_for(processor, range(3, 4)))
    assert {each.source: len(each.rows) > 0 for each in first} == {
        "interactions/0": False,
        "feedback/0": True,
    }
    again = sections(quiet_for(processor, range(4, 5)))
    assert [(each.kind, len(each.rows)) for each in again] == [(Kind.IDLE, 0)] * 2
    assert [each.quiet_ms for each in again] == [4_000, 4_000]
    late = sections(quiet_for(processor, range(5, 604)))
    assert any(len(each.rows) for each in late)
    processor.work("cx.feedback", answers(25, 1))
    changed = sections(quiet_for(processor, range(604, 608)))
    assert any(len(each.rows) for each in changed)


def judged(work: Work) -> list[str]:
    """States of the transitions among messages."""
    return [orjson.loads(each.value or b"")["state"] for each in work.messages if each.topic == "cx.alerts"]


def log_of(processor: IntakeProcessor, *batches: list[Record]) -> list[Record]:
    """cx.tallies, after an intake has worked off batches and then been quiet."""
    messages = [each for batch in batches for each in processor.work("cx.feedback", batch).messages]
    for now_s in range(40):
        messages += processor.look(dict.fromkeys(Stream, True), float(now_s))
    return [record(TALLIES, n, each.value, 1_000 * n) for n, each in enumerate(messages)]


def test_a_judge_tells_transitions_with_its_batch() -> None:
    """Keyed by alert, so that each alert's are in order; and how long it took is measured."""
    processor, metrics = intake()
    log = log_of(processor, answers(0, 60), answers(60, 60))
    judge = JudgeProcessor(Judge(PLAN, 0), metrics)
    work = judge.work("cx.tallies", log)
    assert judged(work) == ["firing"]
    message = next(iter(work.messages))
    assert message.key == orjson.loads(message.value or b"")["id"].encode()
    assert judge.next_offsets() == {"cx.tallies": len(log)}
    assert judge.work("cx.tallies", log).messages == []
    work.on_durable(START_S + 100.0)
    assert counted(metrics, "tocsin_alert_latency_seconds_count") == 1


def test_a_judge_gives_the_loop_back_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog is taken at once and judged step by step: what is said comes to the same as in one go."""
    monkeypatch.setattr(Stride, "took", lambda *_: None)
    processor, metrics = intake()
    log = log_of(processor, *(answers(first, 600) for first in range(0, 6_000, 600)))
    slow, quick = JudgeProcessor(Judge(PLAN, 0), metrics), Judge(PLAN, 0)
    slow._stride.panes = 100
    works = [slow.work("cx.tallies", log), *slow.rest()]
    assert len(works) > 3
    told = quick.feed_all((decode(each.value or b""), each.timestamp) for each in log)
    said = [each for work in works for each in work.messages]
    assert [each.value for each in said] == list(map(encode_transition, told))
    assert slow.judge.current_scores() == quick.current_scores()


def test_a_judge_tells_what_its_log_has_lost(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that acknowledged a record and lost it: an error in the log, and the metric of an alert."""
    processor, metrics = intake()
    log = log_of(processor, *(answers(first, 60) for first in range(0, 300, 60)))
    whole, lacking = JudgeProcessor(Judge(PLAN, 0), metrics), JudgeProcessor(Judge(PLAN, 0), metrics)
    whole.work("cx.tallies", log)
    assert counted(metrics, "tocsin_missing_records_total{") == 0
    closing = [number for number, each in enumerate(log) if decode(each.value or b"").kind is Kind.CLOSED]
    lost = [each for number, each in enumerate(log) if number != closing[len(closing) // 2]]
    lacking.work("cx.tallies", lost)
    assert not [each for work in lacking.rest() for each in work.messages]
    assert counted(metrics, "tocsin_missing_records_total{") == 1
    assert "tallies are gone partition=0 source=feedback/0" in caplog.text


def test_scores_leave_by_themselves() -> None:
    """Those that changed, each under its own key."""
    processor, metrics = intake()
    judge = JudgeProcessor(Judge(PLAN, 0), metrics)
    judge.feed("cx.tallies", log_of(processor, answers(0, 60)))
    keys = [each.key for each in judge.scores()]
    assert b"csat|channel=phone|600" in keys
    assert list(judge.scores()) == []


def test_a_judge_comes_back() -> None:
    """With its place in the log; what it had told, it does not tell again."""
    processor, metrics = intake()
    log = log_of(processor, answers(0, 60), answers(60, 60))
    judge = JudgeProcessor(Judge(PLAN, 0), metrics)
    judge.feed("cx.tallies", log[:-5])
    again = JudgeProcessor(
        Judge.restore(PLAN, 0, judge.snapshot()), metrics, judge.next_offsets()["cx.tallies"]
    )
    assert judged(again.work("cx.tallies", log)) == judged(judge.work("cx.tallies", log))


def test_what_is_no_section_is_passed_over() -> None:
    """Somebody else's record on cx.tallies stops nobody."""
    _, metrics = intake()
    judge = JudgeProcessor(Judge(PLAN, 0), metrics)
    assert judge.work("cx.tallies", [record(TALLIES, 0, b"hello"), record(TALLIES, 1, None)]).messages == []
    assert judge.next_offsets() == {"cx.tallies": 2}


def test_sections_beyond_what_a_topic_takes_come_in_pieces() -> None:
    """No message is larger than the limit, and judges hear the same, whatever comes between the pieces."""
    limits = MessageLimits(piece_bytes=200)
    small = IntakeProcessor(Intake(PLAN, 0), Metrics(BOOK), limits)
    large = IntakeProcessor(Intake(PLAN, 0), Metrics(BOOK))
    fed = answers(0, 300)
    cut = [each for each in small.work("cx.feedback", fed).messages if each.topic == "cx.tallies"]
    whole = sections(large.work("cx.feedback", fed).messages)
    assert max(len(each.value or b"") for each in cut) <= 200
    assembly, again = Assembly(), []
    for offset, each in enumerate(cut):
        own = ConsumerRecord("t", 0, offset, 0, 0, each.key, each.value, None, 1, 1, tuple(each.headers))
        value = assembly.take(own)
        again += [] if value is None else [decode(value)]
    assert len(cut) > len(again) == len(whole)
    assert [(each.through, each.rows.count.tolist()) for each in again] == [
        (each.through, each.rows.count.tolist()) for each in whole
    ]


def test_a_judge_that_waits_for_pieces_begins_with_the_first_again() -> None:
    """What it claims to have read is before them, so a snapshot loses none."""
    small = IntakeProcessor(Intake(PLAN, 0), Metrics(BOOK), MessageLimits(piece_bytes=100))
    cut = small.work("cx.feedback", answers(0, 300)).messages
    fed = [
        ConsumerRecord("t", 0, offset, 0, 0, each.key, each.value, None, 1, 1, tuple(each.headers))
        for offset, each in enumerate(cut)
    ]
    first = next(offset for offset, each in enumerate(fed) if each.headers)
    whole, judge = (JudgeProcessor(Judge(PLAN, 0), Metrics(BOOK)) for _ in range(2))
    whole.work("cx.tallies", fed)
    judge.work("cx.tallies", fed[: first + 1])
    assert judge.next_offsets() == {"cx.tallies": first}
    restored = JudgeProcessor(Judge.restore(PLAN, 0, judge.snapshot()), Metrics(BOOK), first)
    restored.work("cx.tallies", fed[first:])
    assert restored.next_offsets() == whole.next_offsets() == {"cx.tallies": len(fed)}
    assert restored.judge.judged_through_ms == whole.judge.judged_through_ms
    assert restored.judge.current_scores() == whole.judge.current_scores()


def test_a_record_with_neither_key_nor_value_is_a_letter_that_can_be_sent() -> None:
    """Kafka's clients refuse to send nothing at all."""
    processor, metrics = intake()
    null = ConsumerRecord("cx.feedback", 0, 0, 0, 0, None, None, None, -1, -1, ())
    (letter,) = [
        each for each in processor.work("cx.feedback", [null]).messages if each.topic == "cx.dead-letters"
    ]
    assert letter.value == b""
    assert dict(letter.headers)["tocsin-form"] == b"null"
    assert counted(metrics, "tocsin_rejected_total") == 1


def test_stamps_that_the_log_contradicts_are_told() -> None:
    """A copy of a section with a clock of its own is counted as what no worker of ours has written."""
    made = IntakeProcessor(Intake(PLAN, 0), Metrics(BOOK)).work("cx.feedback", answers(0, 300)).messages
    value = next(each.value for each in made if each.topic == "cx.tallies")
    metrics = Metrics(BOOK)
    judge = JudgeProcessor(Judge(PLAN, 0), metrics)
    stamps = (1_800_000_000_000, 1_800_003_600_000, 1_800_000_001_000)
    log = [
        ConsumerRecord("cx.tallies", 0, offset, at, 0, b"k", value, None, 1, 1, ())
        for offset, at in enumerate(stamps)
    ]
    judge.work("cx.tallies", log)
    assert counted(metrics, "tocsin_unreadable_records_total") == 1
    judge.work("cx.tallies", log)
    assert counted(metrics, "tocsin_unreadable_records_total") == 1


def test_sections_of_a_worker_with_another_pane_are_told_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the way out; every one of them is counted."""
    other = Plan(replace(BOOK, timing=Timing(pane_ms=60_000, idle_after_ms=3_000)), 1)
    metrics = Metrics(BOOK)
    processor = JudgeProcessor(Judge(PLAN, 0), metrics)
    theirs = IntakeProcessor(Intake(other, 0), Metrics(BOOK))
    theirs.assigned()
    values = [each.value for each in theirs.work("cx.feedback", answers(0, 600)).messages if each.value]
    closed = [value for value in values if decode(value).kind is Kind.CLOSED]
    for number in range(130):
        processor.feed("cx.tallies", [record(TALLIES, number, closed[0], (START_S + 600 + number) * 1_000)])
    lines = [each.getMessage() for each in caplog.records if "not a section" in each.getMessage()]
    why = "its panes are of 1m, ours of 10s: workers of a group want the same timing.pane"
    assert [why in line for line in lines] == [True] * 3
    assert [", and 0 before" in lines[0], ", and 59 before" in lines[1]] == [True, True]
    assert counted(metrics, "tocsin_unreadable_records_total") == 130


def test_reasons_that_sections_are_passed_over_for_are_remembered_up_to_a_bound(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever forges sections may write as many as there are lengths of panes."""
    processor = JudgeProcessor(Judge(PLAN, 0), Metrics(BOOK))
    clock_ms = START_S * 1_000
    panes_ms = [86_400_000 // number for number in range(2_000, 2_000 + 2 * MOST_REASONS)]
    forged = [
        encode(
            TallyMessage(
                kind=Kind.CLOSED,
                source="feedback/0",
                position=1,
                through=clock_ms // pane_ms - 1,
                clock_ms=clock_ms,
            )
        )
        for pane_ms in panes_ms
    ]
    for number, value in enumerate([*forged, forged[-1], forged[0]]):
        processor.feed("cx.tallies", [record(TALLIES, number, value, clock_ms + 60_000)])
    told = [each.getMessage() for each in caplog.records if "its panes are of" in each.getMessage()]
    assert len(told) == len(forged) + 1  # the latest is remembered, the first is told again
    assert told[-1].rpartition("reason: ")[2] == told[0].rpartition("reason: ")[2]
