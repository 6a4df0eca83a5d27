"""What is committed: a broker that does not tell is asked again, or another one is."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.protocol.commit import OffsetFetchRequest, OffsetFetchResponse_v1, OffsetFetchResponse_v3
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from stream.transport.committed import heed_refusals

READ = TopicPartition("cx.feedback", 0)
TOLD = [("cx.feedback", [(0, 5, "rules", 0)])]


@dataclass
class Group:
    """As much of the client's coordinator as asking takes; answers in order."""

    answers: list[Any]
    group_id: str = "tocsin"
    coordinator_id: int | None = 1
    dead: int = 0
    asked: list[Any] = field(default_factory=list)
    _retry_backoff_ms: float = 0.001
    fetch = GroupCoordinator.fetch_committed_offsets
    _do_fetch_commit_offsets = GroupCoordinator._do_fetch_commit_offsets

    async def ensure_coordinator_known(self) -> None:
        """It is."""

    async def _send_req(self, request: Any) -> Any:
        self.asked.append(request)
        return self.answers.pop(0)

    def coordinator_dead(self) -> None:
        """Another one is to be found."""
        self.dead += 1


def found(group: Group) -> dict[TopicPartition, OffsetAndMetadata]:
    """What the client makes of the answers."""
    heed_refusals(group)
    answer: dict[TopicPartition, OffsetAndMetadata] = asyncio.run(group.fetch([READ]))
    return answer


@pytest.mark.parametrize(("code", "moved"), [(14, 0), (15, 1), (16, 1)])
def test_a_refusal_is_not_taken_for_no_commit(code: int, moved: int) -> None:
    """The coordinator is loading, is going, or is another: it is asked again, until one tells."""
    group = Group([OffsetFetchResponse_v3(0, [], code), OffsetFetchResponse_v3(0, TOLD, 0)])
    assert found(group) == {READ: OffsetAndMetadata(5, "rules")}
    assert (len(group.asked), group.dead) == (2, moved)
    assert all(isinstance(each, OffsetFetchRequest) for each in group.asked)


def test_what_the_broker_tells_is_believed() -> None:
    """Also by those that are too old to have an error beside the partitions."""
    assert found(Group([OffsetFetchResponse_v1(TOLD)])) == {READ: OffsetAndMetadata(5, "rules")}
    assert found(Group([OffsetFetchResponse_v3(0, [], 0)])) == {}


def test_who_may_not_ask_is_told_so() -> None:
    """Asking again does not help."""
    with pytest.raises(GroupAuthorizationFailedError):
        found(Group([OffsetFetchResponse_v3(0, [], 30)]))
