"""Identity: what makes two records one event, beside their source."""

from collections.abc import Sequence
from typing import Final, cast

from stream.columnar.hashing import hashed
from stream.columnar.hashtable import Keys
from stream.messages.events import INDICATORS, Feedback, Interaction

_INDICATOR_PLACE: Final = {name: place for place, name in enumerate(INDICATORS)}
_INDICATOR_KEYS: Final = hashed(INDICATORS) ^ hashed(INDICATORS[:1])
"""What tells the answers of one form apart.  Nought for csat, so that its ids are what they always were."""


def identities(events: Sequence[Interaction] | Sequence[Feedback], ids: Keys) -> Keys:
    """What events are known by: their id; for answers with the indicator, as one form may ask for several."""
    if not events or not isinstance(events[0], Feedback):
        return ids
    answers = cast("Sequence[Feedback]", events)
    return ids ^ _INDICATOR_KEYS[[_INDICATOR_PLACE[answer.indicator] for answer in answers]]
