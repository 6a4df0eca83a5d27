"""Headway: how far a simulation is, in hours of scopes."""

from collections.abc import Callable
from typing import Final

from alerts.rules import HOUR_MS

Told = Callable[[int], None]
"""Hears how many hours of scopes have been lived through."""


class Headway:
    """Adds up the time of all scopes, and tells whoever wants to know."""

    def __init__(self, told: Told) -> None:
        self._told: Final = told
        self._done_ms = 0

    def on(self, rows: int, time_ms: int) -> None:
        """So many scopes have lived so much longer."""
        self._done_ms += rows * time_ms
        self._told(self._done_ms // HOUR_MS)
