"""CPU time of some work, for ratios: the least of several times, as whatever else runs only adds to it."""

import time
from collections.abc import Callable


def least_cpu_s(work: Callable[[], object], times: int = 3) -> float:
    """The least that the work took."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)
