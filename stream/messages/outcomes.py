"""What became of a record: accepted, duplicate, late or rejected, and why."""

from dataclasses import dataclass
from enum import StrEnum


class RecordOutcome(StrEnum):
    """Exclusive: every record that is fed has exactly one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    LATE = "late"  # counted in scores all the same, but rewrites no alert
    REJECTED = "rejected"


class Remark(StrEnum):
    """What is worth saying of records that were taken; a record may have none."""

    BEYOND_HORIZON = "beyond_horizon"  # older than ids are remembered: if it came before, it counts again
    UNTIMED = "untimed"  # a resolution of a case of which nobody knows when it was opened


class Reason(StrEnum):
    """Why a record was rejected: the closed list of dead letters and metrics."""

    NULL_VALUE = "null_value"  # a tombstone: the record has no value
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"  # not UTF-8
    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"  # JSON, but not an object
    MISSING_FIELD = "missing_field"
    BAD_TYPE = "bad_type"
    BAD_VALUE = "bad_value"  # right type, but outside the field's closed list or range
    ID_TOO_LONG = "id_too_long"
    BAD_TIME = "bad_time"  # neither RFC 3339 with offset nor a number that is a time
    TOO_EARLY = "too_early"
    FUTURE = "future"  # too far past the record's own Kafka timestamp
    UNKNOWN_INDICATOR = "unknown_indicator"
    BAD_SCALE = "bad_scale"
    SCORE_OFF_SCALE = "score_off_scale"
    INTERNAL = "internal"  # an exception that nobody foresaw: a fault of ours, not the sender's
    UNMAPPABLE = "unmappable"  # a message to the gateway that its source's mapping makes no event of


class RecordError(Exception):
    """The sender's fault: the record is counted, dead-lettered, and stops nobody.

    `detail` says which field, what was wanted and what was found, without the customer's data.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was refused, by its offset in its partition."""

    offset: int
    reason: Reason
    detail: str
