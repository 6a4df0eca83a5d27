"""What is said of the records that a run has read."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Final

from alerts.errors import SettingsError
from stream.backtest.engine import RecordCounts
from stream.messages.outcomes import Reason, RecordOutcome, Remark
from stream.reports.timeline import local

REMARKS: Final = {
    Remark.BEYOND_HORIZON: "older than ids are remembered (dedup_horizon): sent twice, they count twice",
    Remark.UNTIMED: "resolved, but not timed: without opened_at, no contact of its case and customer "
    "before (or longer ago than ttr.case_horizon); with it, opened after it was resolved",
}
"""What is said of records that were taken."""


NO_EVENTS: Final = (Reason.NOT_JSON, Reason.NOT_OBJECT, Reason.TOO_LARGE)
"""Why all lines of a file are refused that has no event on each: a list on one line is too large."""


def fate_lines(fate: RecordCounts, zone: tzinfo) -> Iterable[str]:
    """What became of the records that were read."""
    until = "" if fate.last_ms is None else f", the last of {local(fate.last_ms, zone):%Y-%m-%d %H:%M:%S}"
    counts = ", ".join(f"{count:,} {outcome.value}" for outcome, count in fate.outcomes.items() if count)
    yield f"{fate.read:,} events read{until}: {counts or 'none'}"
    for remark, count in fate.remarks.items():
        yield f"  {count:,} {REMARKS[remark]}"
    for reason, count in fate.reasons.most_common():
        yield f"  {count:,} × {reason.value}"
    for where, _, detail in fate.first:
        yield f"  {where}: {detail}"
    rest = fate.reasons.total() - len(fate.first)
    if rest > 0:
        yield f"  … and {rest:,} more"
    if fate.read and sum(fate.reasons[reason] for reason in NO_EVENTS) == fate.read:
        yield "  want one JSON object a line: of CSV, or of a list, `tocsin import` makes such events"


def check_taken(fate: RecordCounts, source: str) -> None:
    """See that there was an event to judge, if there was anything at all: else it is not what was meant.

    Raises:
        SettingsError: all that was read is refused.
    """
    if fate.read and fate.outcomes[RecordOutcome.REJECTED] == fate.read:
        raise SettingsError(f"{source}: want an event that can be used, got none in {fate.read:,}")


def named(files: Sequence[str]) -> str:
    """Files as a message names them."""
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1:,} more"
