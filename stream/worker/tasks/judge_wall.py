"""The wall around a judge: a section that it fails on costs neither the worker nor the other sections.

What can be wrong with a section is looked at before a judge learns anything from it (`tally_checks`).  A
fault that nobody foresaw comes later, and leaves windows half filled.  They are too large to be copied before
every batch; so the judge is given up, and its task makes it anew from its snapshot and the records since.
The records on which it failed are suspects then: they are fed by halves, each half on a copy of the state
before it, until the record that is to blame stands alone.  It is refused as `internal`, and all others count.

For example a judge fails on the records 40 to 43, and 42 is to blame.  Made anew and fed up to 39, it is
copied; 40 to 43 fail, and it goes back to the copy; 40 and 41 pass; 42 and 43 fail, then 42 alone: refused;
43 passes.  Whoever feeds the same log from whatever snapshot finds the same.
"""

from stream.kafka.reader import Records


class TornState(Exception):  # noqa: N818  # reads as what it says
    """A processor failed half-way and must be made anew; its cause is the fault.

    Processors of the same partition that are made later do not raise it for the same records.
    """


class JudgeWall:
    """The records that judges of one shard have failed on; outlives each judge of the shard."""

    def __init__(self) -> None:
        self._suspects: list[tuple[int, int]] = []

    def suspect(self, records: Records) -> None:
        """A judge failed on some records, one after the other in the log."""
        self._suspects.append(_span(records))

    def suspects(self, records: Records) -> bool:
        """Whether one of these is among records that a judge has failed on."""
        first, last = _span(records)
        return any(first <= until and since <= last for since, until in self._suspects)


def _span(records: Records) -> tuple[int, int]:
    return records[0].offset, records[-1].offset
