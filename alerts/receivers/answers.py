"""What came of one attempt, in one language for all kinds: taken, later perhaps, never, gone."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Final

import msgspec

RETRIED: Final = frozenset({408, 425, 429})
GONE: Final = 410
MOST_MEMORY: Final = 1_000
Memory = Annotated[str, msgspec.Meta(max_length=MOST_MEMORY)]
"""What a kind wants back with the next notice.  It is written with each, and must leave room in a message."""


class Fate(Enum):
    """What an answer means for the notice that was sent."""

    TAKEN = "taken"
    LATER = "later"  # it may pass: worth another attempt
    REFUSED = "refused"  # a repetition would not change it
    GONE = "gone"  # the receiver wants nothing any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one attempt.  `status` None: no answer in numbers, and `error` says why.

    `reached` is False where the receiver certainly has not got it, since there was no connection.
    `verdict` is given where the status alone would be misread, as with SMTP, whose 4xx may pass.  `body` is
    what was answered, up to a bound.  `memory` is what the kind wants back with the next notice of the same
    thread, such as the place of a chat message; "" for nothing new.
    """

    status: int | None
    error: str = ""
    retry_after_s: float | None = None
    verdict: Fate | None = None
    memory: Memory = ""
    reached: bool = True
    body: bytes = field(default=b"", repr=False, compare=False)

    @property
    def text(self) -> str:
        """For logs: the status or the error."""
        if self.status is None:
            return self.error
        astray = " (redirects are not followed)" if 300 <= self.status < 400 else ""
        return f"HTTP {self.status}{astray}"

    @property
    def fate(self) -> Fate:
        """What follows: as the kind says, or as HTTP has it."""
        if self.verdict is not None:
            return self.verdict
        if self.status is None or self.status in RETRIED or self.status >= 500:
            return Fate.LATER
        if self.status == GONE:
            return Fate.GONE
        return Fate.TAKEN if 200 <= self.status < 300 else Fate.REFUSED
