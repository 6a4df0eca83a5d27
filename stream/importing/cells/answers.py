"""Answers on scales that no indicator has: two and three steps become yes or no.

Zendesk asks with 2, 3 or 5 options, Help Scout with three faces, thumbs have two.  Only the top step is
satisfied, as in Zendesk's own count.  Three steps counted from 1 are a scale, `1-3`, and stay as they are.
"""

from collections.abc import Mapping
from typing import Final

from stream.importing.cells.columns import Value
from stream.importing.cells.faults import Fault, RowError

STEPPED: Final[Mapping[str, tuple[int, ...]]] = {
    "0-1": (0, 1),
    "1-2": (1, 2),
    "0-2": (0, 1, 2),
}
"""Scales of two and three steps, worst first."""

LIVE: Final[Mapping[str, tuple[int, ...]]] = {**STEPPED, "1-3": (1, 2, 3)}
"""Those of messages: three faces on a page are a yes or no, so that one channel is one scale."""


def stepped(event: dict[str, Value], scales: Mapping[str, tuple[int, ...]] = STEPPED) -> dict[str, Value]:
    """The event with a score on one of some stepped scales told as yes or no; any other as it is.

    Raises:
        RowError: the score is not on its stepped scale.
    """
    if "scale" not in event:
        return event
    steps = scales.get(str(event["scale"]))
    if steps is None or event.get("indicator") == "ces":  # effort is no yes or no
        return event
    score = event.get("score")
    try:
        level = float(str(score))
    except ValueError:
        level = float("nan")
    if level not in steps:
        raise RowError(Fault.NUMBER, f"score: want one of {', '.join(map(str, steps))}, got another")
    return {**event, "score": "yes" if level == steps[-1] else "no", "scale": "yes-no"}
