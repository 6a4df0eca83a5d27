"""How wide the slots of a window are."""

from typing import Final

from alerts.rules import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

MOST_SLOTS: Final = 200
FEW_SLOTS: Final = 48
"""A window of fewer slots would slide in jumps that people notice; rather more than `MOST_SLOTS` then."""
LADDER_MS: Final = (
    10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS,
    HOUR_MS, 6 * HOUR_MS, DAY_MS,
)  # fmt: skip
"""Slots that people can follow: `30m` slides by 10 s, `24h` by 10 min, `7d` by 1 h."""


def slot_ms(window_ms: int, pane_ms: int) -> int:
    """Width of the slots of a window, both whole panes."""
    if window_ms <= MOST_SLOTS * pane_ms:
        return pane_ms
    for width in LADDER_MS:
        if width % pane_ms == 0 and window_ms % width == 0 and window_ms <= MOST_SLOTS * width:
            return width
    panes = window_ms // pane_ms
    widths = [width for width in range(1, panes // FEW_SLOTS + 1) if panes % width == 0]
    fine = [width for width in widths if panes // width <= MOST_SLOTS]
    return pane_ms * (fine[0] if fine else widths[-1])
