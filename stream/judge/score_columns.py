"""Scores of one indicator and window in many scopes, by columns: as objects, and as cx.scores carries them.

There may be ten thousand scopes with a dozen scores each.  So numbers are put into JSON a column at a time,
and of a score's text what does not change is spelled once: by scope, and for the whole of a column.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import orjson

from alerts.transitions import Score
from stream.judge.evaluation.scopes import PublishedScope

_RECORD: Final = b'%b%b%b%b,"n":%b,"low":%b,"high":%b,"status":%b}'


class EncodedScore(NamedTuple):
    """A record of cx.scores."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreColumns:
    """At least one score; what is one after the other differs by score, the rest they have in common."""

    indicator: str
    definition: Mapping[str, object]
    window_s: float
    at: str
    scopes: Sequence[PublishedScope]
    value: Sequence[float | None]
    n: Sequence[int]
    low: Sequence[float | None]
    high: Sequence[float | None]
    status: Sequence[str]

    def scores(self) -> Iterator[Score]:
        """Each as an object."""
        columns = (self.scopes, self.value, self.n, self.low, self.high, self.status)
        for scope, value, n, low, high, status in zip(*columns, strict=True):
            yield Score(
                indicator=self.indicator, definition=self.definition, scope=scope.fields,
                window_s=self.window_s, at=self.at,
                value=value, n=n, low=low, high=high, status=status,
            )  # fmt: skip

    def encoded(self) -> Iterator[EncodedScore]:
        """Each as a record, to the byte as `transitions.encode` has its object."""
        before = _json({"indicator": self.indicator, "definition": self.definition})[:-1] + b',"scope":'
        between = b"," + _json({"window_s": self.window_s, "at": self.at})[1:-1] + b',"value":'
        first, last = f"{self.indicator}|".encode(), f"|{self.window_s:g}".encode()
        columns = map(_texts, (self.value, self.n, self.low, self.high, self.status))
        for scope, value, n, low, high, status in zip(self.scopes, *columns, strict=True):
            record = _RECORD % (before, scope.json, between, value, n, low, high, status)
            yield EncodedScore(first + scope.text + last, record)


def _json(fields: Mapping[str, object]) -> bytes:
    return orjson.dumps(msgspec.to_builtins(fields))


def _texts(column: Sequence[float | str | None]) -> list[bytes]:
    """Numbers and plain words as JSON has them, none of which has a comma."""
    return orjson.dumps(column)[1:-1].split(b",")
