"""Surge: more volume than the learned rhythm allows, with a budget of false pages.

The rhythm's upper bound takes in that volumes vary more than Poisson's law says (see `weekly_profile`).  Bets
on 1.5, 2 and 4 times that bound raise the alarm (see `volume_bets`).  The breach stands until the volume is
convincingly back within the bound (see `VolumeRun.back`): against the mildest bet, as what is bad enough
to begin a breach must not be good enough to end it.
"""

from typing import Final

from alerts.detect.volumes.volume import VolumeWatch, Watched
from alerts.detect.volumes.volume_run import Side
from alerts.rules import Surge

TOO_HIGH: Final = Side(too_low=False, rates=(1.5, 2.0, 4.0), weights=(0.3, 0.4, 0.3), likely=1.5)


class SurgeDetector(VolumeWatch):
    """One rule of the kind; a row per scope."""

    def __init__(self, detect: Surge, pane_ms: int) -> None:
        rule = Watched(detect.learn_ms, detect.false_pages, detect.hours, detect.severity)
        super().__init__(TOO_HIGH, rule, pane_ms)
