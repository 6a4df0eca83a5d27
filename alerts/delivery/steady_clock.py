"""The wall clock for waits: it goes on where that is set back, or whoever waits would wait as long again."""

from collections.abc import Callable


class SteadyClock:
    """Seconds that never fall: a clock's own, and by how much it was set back since."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_s = clock()
        self._back_s = 0.0

    def __call__(self) -> float:
        """Now."""
        now_s = self._clock()
        self._back_s += max(0.0, self._last_s - now_s)
        self._last_s = now_s
        return now_s + self._back_s
