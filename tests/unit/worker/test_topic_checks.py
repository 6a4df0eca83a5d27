"""Layout: what fits goes on, what does not is told with its fix."""

import logging
from dataclasses import replace

import pytest

from alerts.errors import OperatorError
from stream.kafka.offsets import TP
from stream.kafka.topic_specs import specs
from stream.kafka.topics import UNSEEN, Mismatch, TopicState
from stream.messages.topic_names import GroupTopics
from stream.worker.tasks.intake_processor import USUAL_LIMITS
from stream.worker.topic_checks import (
    message_limits,
    only_ours_missing,
    partitions,
    still_missed,
    unread,
)

FIX = "tocsin topics"
NAMES = {
    "interactions": "cx.interactions",
    "feedback": "cx.feedback",
    "tallies": "cx.tallies",
    "intakes": "g-intake-snapshots",
    "judges": "g-judge-snapshots",
    "scores": "cx.scores",
    "customers": "cx.customers",
}


def states(**wrong: TopicState) -> list[TopicState]:
    """Topics of four partitions, but for those given."""
    return [wrong.get(key, TopicState(name, 4, created=False)) for key, name in NAMES.items()]


def off(name: str, what: str, found: int) -> TopicState:
    """A topic with one thing wrong."""
    return TopicState(name, found, created=False, mismatches=(Mismatch(what, "4", str(found), FIX),))


def taking(name: str, most_bytes: int) -> TopicState:
    """A topic with four partitions that takes messages of so many bytes."""
    wrong = Mismatch("max.message.bytes", "at least 10485760", str(most_bytes), FIX)
    return TopicState(name, 4, created=False, mismatches=(wrong,))


def test_all_as_it_should_be() -> None:
    """The inputs say how many partitions there are."""
    assert partitions(states(), "g") == 4


def test_missing_topics_are_all_told() -> None:
    """Every one, with the command that creates it."""
    missing = {name: off(f"cx.{name}", "topic", 0) for name in ("feedback", "scores")}
    with pytest.raises(OperatorError) as raised:
        partitions(states(**missing), "g")
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == ["cx.feedback", "cx.scores"]
    assert FIX in str(raised.value)


@pytest.mark.parametrize("key", ["feedback", "tallies", "intakes", "judges"])
def test_numbers_that_must_agree(key: str) -> None:
    """Inputs, tallies and snapshots go partition by partition."""
    with pytest.raises(OperatorError, match="partitions: want 4, found 3"):
        partitions(states(**{key: off(NAMES[key], "partitions", 3)}), "g")


def test_what_can_be_lived_with(caplog: pytest.LogCaptureFixture) -> None:
    """Another number of partitions of an output, or another setting, is only logged."""
    with caplog.at_level(logging.WARNING):
        assert partitions(states(scores=off("cx.scores", "partitions", 3)), "g") == 4
        assert partitions(states(tallies=taking("cx.tallies", 100_000)), "g") == 4
    assert len(caplog.records) == 2


def unseen(name: str) -> TopicState:
    """A topic that ACLs hide."""
    return TopicState(name, 0, created=False, mismatches=(Mismatch("topic", "the right", UNSEEN, "grant"),))


def test_a_topic_that_may_not_be_seen_is_not_made() -> None:
    """It may be there: the right is asked for.  What only the gateway reads is not missed."""
    found = states(scores=unseen("cx.scores"))
    assert not only_ours_missing(found)
    with pytest.raises(OperatorError, match=f"cx.scores: topic: want the right, found {UNSEEN}; grant"):
        partitions(found, "g")
    assert partitions(states(customers=unseen("cx.customers")), "g") == 4


def test_compaction_loses_tallies_and_refuses_snapshots() -> None:
    """The worker ended at its first snapshot, or judged what was left of the tallies."""
    for key in ("tallies", "judges"):
        wrong = Mismatch("cleanup.policy", "delete", "compact", FIX)
        compacted = TopicState(NAMES[key], 4, created=False, mismatches=(wrong,))
        with pytest.raises(
            OperatorError, match=f"{NAMES[key]}: cleanup.policy: want delete, found compact; "
        ):
            partitions(states(**{key: compacted}), "g")
        assert partitions(states(scores=replace(compacted, name="cx.scores")), "g") == 4


def test_messages_are_no_larger_than_topics_take() -> None:
    """Letters, pieces of tallies, and chunks of snapshots: the smaller of the two topics that have them."""
    small = {"tallies": 50_000, "judges": 100_000}
    found = states(**{key: taking(NAMES[key], most) for key, most in small.items()})
    limits = message_limits(found, "g")
    assert limits == replace(USUAL_LIMITS, piece_bytes=50_000 - 8192, chunk_bytes=100_000 - 8192)


@pytest.mark.parametrize("key", ["scores", "tallies"])
def test_a_topic_that_takes_next_to_nothing(key: str) -> None:
    """What is to be written does not fit into it: the worker would end again and again."""
    with pytest.raises(OperatorError, match=f"{NAMES[key]}: max.message.bytes: .*found 500; tocsin topics"):
        partitions(states(**{key: taking(NAMES[key], 500)}), "g")


@pytest.mark.parametrize(
    ("missing", "created"),
    [((), False), (("intakes", "judges"), True), (("interactions", "judges"), False), (("feedback",), False)],
)
def test_only_our_own_topics_are_created(missing: tuple[str, ...], created: bool) -> None:  # noqa: FBT001
    """A new group's snapshots and missing outputs are made; without the inputs nothing is."""
    found = states(**{key: off(NAMES[key], "topic", 0) for key in missing})
    assert only_ours_missing(found) is created


def test_a_deleted_topic_ends_the_worker() -> None:
    """At the second look: a broker that has just started may not know all of its topics yet."""
    found = {spec.name: spec.partitions for spec in specs(4, "g")}
    assert still_missed(frozenset(), found, "g", 4) == frozenset()
    del found["cx.tallies"]
    found["cx.feedback"] = 2
    missed = still_missed(frozenset(), found, "g", 4)
    assert missed == {"cx.tallies", "cx.feedback"}
    with pytest.raises(OperatorError, match=r"^cx\.feedback, cx\.tallies: deleted under the worker"):
        still_missed(missed, found, "g", 4)
    assert still_missed(frozenset({"cx.scores"}), found, "g", 4) == missed


def test_a_topic_that_no_worker_uses_may_be_deleted() -> None:
    """All workers ended when somebody deleted what the gateway alone reads."""
    trial = GroupTopics("trial.")
    found = {spec.name: spec.partitions for spec in specs(4, "g", trial)}
    del found["cx.customers"], found["trial.redrives"]
    assert still_missed(frozenset(), found, "g", 4, trial) == frozenset()


def test_partitions_that_were_added_to_inputs_are_found() -> None:
    """More of an output does no harm."""
    found = {spec.name: spec.partitions for spec in specs(4, "g")}
    assert unread(found, 4) == frozenset()
    assert unread({**found, "cx.feedback": 6, "cx.scores": 9}, 4) == {
        TP("cx.feedback", 4),
        TP("cx.feedback", 5),
    }
