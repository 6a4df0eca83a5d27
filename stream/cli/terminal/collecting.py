"""The garbage collector, for commands that go through a file once."""

import gc
from typing import Final

_COLLECT_AFTER: Final = 50_000
"""Objects that are made before the first look for cycles: a log makes many, and hardly any in cycles."""


def collect_rarely() -> None:
    """What was imported stays, and what is made is looked at less often: a quarter of an import's time."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
