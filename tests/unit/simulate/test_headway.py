"""Headway: how far a simulation is."""

from alerts.rules import HOUR_MS, MINUTE_MS
from stream.simulate.headway import Headway


def test_hours_of_all_scopes_add_up() -> None:
    """Parts of hours are not lost."""
    told: list[int] = []
    headway = Headway(told.append)
    for _ in range(3):
        headway.on(2, 20 * MINUTE_MS)
    headway.on(1, 5 * HOUR_MS)
    assert told == [0, 1, 2, 7]
