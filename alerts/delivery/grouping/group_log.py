"""What is written down of groups on cx.deliveries: the state of a group is a fold of these records.

A transition that is to be gathered is written to the partition that its group belongs to (`GroupNews`), so
that one worker has all of a group, whatever partitions of cx.alerts its alerts are on.  Before a message is
sent its members and key are written (`GroupPlan`), so that whoever goes on after a crash sends the same under
the same key; then how it ended (`GroupTold`).
"""

from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
import orjson

from alerts.delivery.notices.notice import Identity
from alerts.errors import UNREADABLE
from alerts.receivers.answers import Memory

MOST_TIME_S: Final = 4_102_444_800.0
"""2100-01-01: what is later was written by nobody of ours."""
Ids = list[tuple[str, int]]
"""Alert id and seq of transitions."""
Moment = Annotated[float, msgspec.Meta(ge=0, le=MOST_TIME_S)]
"""Unix time."""


class GroupNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="group_record", tag="news"):
    """A transition for a group.  `follow`: only where the group has told of the alert before.

    `owed`: an end that is told all the same, as what was told before is no longer kept.
    `value` is the cx.alerts value; `at_s` is when it was written (Unix time).
    """

    group: Identity
    receiver: str
    place: str
    labels: dict[str, str]
    value: dict[str, Any]
    follow: bool = False
    owed: bool = False
    at_s: Moment


class GroupPlan(msgspec.Struct, frozen=True, kw_only=True, tag_field="group_record", tag="plan"):
    """A message is about to be sent, of these transitions, under this key.

    `anew`: it had been held back, so that an escalation waits from here.
    """

    group: Identity
    key: Identity
    members: Ids
    at_s: Moment
    anew: bool = False


class GroupTold(msgspec.Struct, frozen=True, kw_only=True, tag_field="group_record", tag="told"):
    """A message has ended; `sent`: at least one attempt was made."""

    group: Identity
    key: Identity
    members: Ids
    receiver: str
    outcome: str
    reason: str
    attempts: int
    status: int | None
    sent: bool
    memory: Memory = ""
    at_s: Moment


GroupRecord = GroupNews | GroupPlan | GroupTold

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(GroupRecord)


def encode_group(record: GroupRecord) -> bytes:
    """The value of a cx.deliveries record."""
    return _ENCODER.encode(record)


def decode_group(value: bytes | None) -> GroupRecord | None:
    """The reverse; None for anything else."""
    try:
        record: GroupRecord = _DECODER.decode(value or b"")
    except UNREADABLE:
        return None
    return record


def group_id(receiver: str, place: str, labels: dict[str, str]) -> str:
    """A group's name: a function of receiver, route and labels."""
    named = orjson.dumps([receiver, place, labels], option=orjson.OPT_SORT_KEYS)
    return "g" + sha256(named).hexdigest()[:19]


def message_key(group: str, members: Ids, at_s: float) -> str:
    """The idempotency key of a message."""
    named = orjson.dumps([sorted(members), round(at_s * 1000)])
    return f"{group}.{sha256(named).hexdigest()[:12]}"
