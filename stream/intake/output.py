"""What an intake has to say about records that it was fed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stream.messages.outcomes import Reason, RecordOutcome, Reject, Remark
from stream.messages.tallies import TallyMessage

Sections = list[list[TallyMessage]]
"""Messages by the judge that they are for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOutput:
    """What one feed came to.

    `outcomes` are exclusive and add up to the records taken.  `sections` has a list per shard: one CLOSED
    section each when panes have closed, even where it has no rows, else none (more of them where a record
    had to be left out).  `folded` says by dimension how many events count as `(other)`, as they came
    beyond the limits, and `ahead` how many have timestamps that wait for witnesses.  Times are event time,
    None before the first event.  `remarks` are of records that were taken.
    """

    rejects: Sequence[Reject]
    outcomes: Mapping[RecordOutcome, int]
    reasons: Mapping[Reason, int]
    sections: Sections
    watermark_ms: int | None
    newest_event_ms: int | None
    folded: Mapping[str, int] = field(default_factory=dict)
    ahead: int = 0
    remarks: Mapping[Remark, int] = field(default_factory=dict)


def refused(
    reject: Reject, sections: Sections, watermark_ms: int | None, newest_event_ms: int | None
) -> IntakeOutput:
    """What one record came to that was refused."""
    outcomes = {RecordOutcome.REJECTED: 1}
    return IntakeOutput(
        rejects=[reject],
        outcomes=outcomes,
        reasons={reject.reason: 1},
        sections=sections,
        watermark_ms=watermark_ms,
        newest_event_ms=newest_event_ms,
    )


def together(outputs: Sequence[IntakeOutput]) -> IntakeOutput:
    """What parts came to that were fed one after the other; at least one."""
    if len(outputs) == 1:
        return outputs[0]
    outcomes: Counter[RecordOutcome] = Counter()
    reasons: Counter[Reason] = Counter()
    remarks: Counter[Remark] = Counter()
    sections: Sections = [[] for _ in outputs[0].sections]
    folded: Counter[str] = Counter()
    for output in outputs:
        outcomes.update(output.outcomes)
        reasons.update(output.reasons)
        folded.update(output.folded)
        remarks.update(output.remarks)
        sections = beside(sections, output.sections)
    rejects = [reject for output in outputs for reject in output.rejects]
    last = outputs[-1]
    return IntakeOutput(
        rejects=rejects,
        outcomes=outcomes,
        reasons=reasons,
        sections=sections,
        watermark_ms=last.watermark_ms,
        newest_event_ms=last.newest_event_ms,
        folded=folded,
        ahead=sum(each.ahead for each in outputs),
        remarks=remarks,
    )


def beside(left: Sections, right: Sections) -> Sections:
    """The sections of both, shard by shard."""
    return [known + more for known, more in zip(left, right, strict=True)]
