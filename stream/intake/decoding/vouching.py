"""Vouching: whether the worker would take events that are not on Kafka yet, asked of its own decoder."""

from collections.abc import Mapping, Sequence

import numpy as np

from stream.columnar.timestamps import NO_TIME
from stream.intake.decoding.answer_cells import ScaleLevels
from stream.intake.decoding.decode import decode_feedback, decode_interactions
from stream.messages.outcomes import Reject
from stream.messages.records import FileRecords, Stream

NO_LIMIT_MS = 0
"""How far ahead of its record an event may be: records without a timestamp have no such limit."""


class Vouching:
    """The decoder of a worker with some rules' declared scales, or the catalogue's."""

    def __init__(self, indicators: Mapping[str, Mapping[str, object]] | None = None) -> None:
        self._levels = ScaleLevels(indicators or {})

    def refused(self, stream: Stream, lines: Sequence[bytes]) -> Mapping[int, Reject]:
        """Which events, by their place among the lines, would be refused, and why."""
        records = FileRecords(0, lines, np.full(len(lines), NO_TIME))
        rejects = (
            decode_feedback(records, NO_LIMIT_MS, self._levels).rejects
            if stream is Stream.FEEDBACK
            else decode_interactions(records, NO_LIMIT_MS).rejects
        )
        return {reject.offset: reject for reject in rejects}
