"""Links of a rules file that lead to what a notice is about: `{channel}` in a URL is the alert's channel."""

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import quote

from alerts.rules import DIMENSIONS

PLACES: Final = frozenset({"rule", "severity", "indicator", "owner", *DIMENSIONS})
"""What may stand in braces: an alert's labels."""
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


def unknown_places(url: str) -> Collection[str]:
    """What stands in braces and is no label."""
    return [name for name in _PLACE.findall(url) if name not in PLACES]


def led_to(url: str, labels: Mapping[str, str]) -> str:
    """The URL for some labels, encoded for any part of it; a label that is not there is empty."""
    return _PLACE.sub(lambda found: quote(labels.get(found[1], ""), safe=""), url)
