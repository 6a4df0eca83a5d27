"""Assignor: both inputs of a partition meet in one worker, shares are even, and state stays put."""

from collections.abc import Mapping

import pytest
from aiokafka.coordinator import protocol
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.offsets import TP
from stream.transport.assignor import Assignor, decode_held, encode_held, made_for, share_out

INPUTS = ("cx.interactions", "cx.feedback")
TALLIES = ("cx.tallies",)
ALERTS = ("cx.alerts",)
MEMBERS = st.sets(st.text("abcdef", min_size=1, max_size=4), min_size=1, max_size=6)

Given = Mapping[str, Mapping[str, list[int]]]


def held(given_out: Given) -> dict[str, set[TP]]:
    """What each member holds after a round."""
    return {m: {TP(t, p) for t, ps in topics.items() for p in ps} for m, topics in given_out.items()}


def fresh(members: set[str]) -> dict[str, set[TP]]:
    """Members that have held nothing."""
    return {member: set() for member in members}


@given(MEMBERS, st.integers(1, 12), st.integers(1, 12))
def test_all_once_even_and_together(members: set[str], p: int, alerts: int) -> None:
    """Every partition has one owner, no member has two more of a topic, the inputs go in pairs."""
    out = share_out({INPUTS: p, TALLIES: p, ALERTS: alerts}, fresh(members))
    for topic, count in (("cx.interactions", p), ("cx.tallies", p), ("cx.alerts", alerts)):
        assert sorted(q for topics in out.values() for q in topics[topic]) == list(range(count))
        sizes = [len(topics[topic]) for topics in out.values()]
        assert max(sizes) - min(sizes) <= 1
    assert all(topics["cx.interactions"] == topics["cx.feedback"] for topics in out.values())


@given(MEMBERS, MEMBERS, st.integers(1, 12))
def test_moves_no_more_than_it_must(before: set[str], after: set[str], p: int) -> None:
    """A member that stays keeps its partitions up to its new share."""
    first = held(share_out({INPUTS: p}, fresh(before)))
    second = share_out({INPUTS: p}, {member: first.get(member, set()) for member in after})
    for member in before & after:
        had = {tp.partition for tp in first[member]}
        got = set(second[member]["cx.interactions"])
        assert len(had & got) == min(len(had), len(got))


def test_what_is_over_goes_to_whoever_has_least() -> None:
    """With one partition each, three workers share intake, judge and notifier."""
    out = share_out({INPUTS: 1, TALLIES: 1, ALERTS: 1}, fresh({"a", "b", "c"}))
    assert [sorted(t for t, ps in out[m].items() if ps) for m in "abc"] == [
        ["cx.feedback", "cx.interactions"],
        ["cx.tallies"],
        ["cx.alerts"],
    ]


@given(st.sets(st.tuples(st.text(max_size=5), st.integers(0, 99)).map(lambda t: TP(*t))))
def test_held_goes_over_the_wire(tps: set[TP]) -> None:
    """What a member holds is read back as it was written."""
    assert decode_held(encode_held(tps, "rules")) == tps
    assert made_for(encode_held(tps, "rules")) == "rules"


def test_strange_user_data_is_nothing_held() -> None:
    """Data of another version or program costs stickiness only."""
    for data in (None, b"", b"\xff", b"7", b"[1]", b'[["a"]]'):
        assert decode_held(data) == set()
        assert made_for(data) == ""


def test_as_aiokafka_calls_it() -> None:
    """The group's leader assigns; a member that rejoins says what it held."""

    class Cluster:
        """Metadata of two partitions for every topic."""

        def partitions_for_topic(self, topic: str) -> set[int]:
            assert topic
            return {0, 1}

    assignor = Assignor({INPUTS: 1, TALLIES: 1}, "rules", protocol)
    joined = assignor.metadata(["cx.tallies", *INPUTS])
    out = assignor.assign(Cluster(), {"m": protocol.ConsumerProtocolMemberMetadata.decode(joined.encode())})
    mine = protocol.ConsumerProtocolMemberAssignment.decode(out["m"].encode())
    assignor.on_assignment(mine)
    again = assignor.metadata(INPUTS)
    assert decode_held(again.user_data) == {
        TP(topic, p) for topic in (*INPUTS, *TALLIES) for p in (0, 1)
    }  # fmt: skip


@pytest.mark.parametrize("known", [None, set(), {0}, {0, 1, 2}])
def test_metadata_that_are_not_whole_hand_out_everything(known: set[int] | None) -> None:
    """A broker that has just come back leaves topics out: nobody may be given less than there is."""

    class Cluster:
        """What the client has heard of."""

        def partitions_for_topic(self, _topic: str) -> set[int] | None:
            return known

    assignor = Assignor({INPUTS: 3, TALLIES: 3}, "rules", protocol)
    joined = protocol.ConsumerProtocolMemberMetadata.decode(assignor.metadata(INPUTS).encode())
    out = assignor.assign(Cluster(), {"a": joined, "b": joined})
    given = [
        protocol.ConsumerProtocolMemberAssignment.decode(each.encode()).partitions() for each in out.values()
    ]
    assert sorted(TP(*tp) for tps in given for tp in tps) == sorted(
        TP(topic, p) for topic in (*INPUTS, *TALLIES) for p in range(3)
    )
