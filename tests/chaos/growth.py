"""Whether sizes that were looked at again and again went on growing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_RSS: Final = 1.08
MOST_ENTRIES: Final = 1.1
MOST_DISK: Final = 1.3
"""Growth from the second quarter to the last that still counts as none; files come and go as a whole."""


@dataclass(slots=True)
class Growth:
    """What became of sizes from the second quarter of the run to the last."""

    samples: Sequence[dict[str, Any]]
    seconds: float
    topics: Sequence[str]

    def problems(self, *, memory: bool) -> list[str]:
        """What grew; without `memory`, which a short run has no time to fill, its size is let pass."""
        if len(self._quarter(1)) < 2 or len(self._quarter(3)) < 2:  # else medians say nothing
            return ["too few samples"]
        found = []
        if memory and self._grew("rss_mb") > MOST_RSS:
            found.append(f"resident memory grew by {self._grew('rss_mb'):.2f}")
        for kind in self._quarter(3)[0]["entries"]:
            first, last = self._peaks(kind)
            if last > MOST_ENTRIES * first + 100:
                found.append(f"entries of {kind} grew from {first:.0f} to {last:.0f}")
        for topic in self.topics:
            first, last = (max(s["disk_kb"][topic] for s in self._quarter(q)) for q in (1, 3))
            if last > MOST_DISK * first + 4096:
                found.append(f"{topic} grew on disk from {first} to {last} kB")
        return found

    def figures(self) -> dict[str, Any]:
        """For the report: medians of the second and the last quarter, and peaks of entries."""
        if not self._quarter(1) or not self._quarter(3):
            return {}
        last = self.samples[-1]
        return {
            "rss_mb": self._medians("rss_mb"),
            "lag": [max(s["lag"] for s in self._quarter(q)) for q in (1, 3)],
            "worker_cores": self._cores(),
            "entries": {kind: self._peaks(kind) for kind in last["entries"]},
            "disk_kb": {topic: self._medians("disk_kb", topic) for topic in self.topics},
            "first_file_gone": last["first_file_gone"],
        }

    def _cores(self) -> float:
        """Processor time of the worker over the last quarter, per second."""
        first, last = self._quarter(3)[0], self._quarter(3)[-1]
        cores: float = (last["cpu_s"] - first["cpu_s"]) / max(1, last["at_s"] - first["at_s"])
        return round(cores, 3)

    def _quarter(self, number: int) -> list[dict[str, Any]]:
        return [s for s in self.samples if number <= s["at_s"] * 4 / self.seconds <= number + 1]

    def _grew(self, name: str) -> float:
        first, last = self._medians(name)
        return last / first

    def _peaks(self, kind: str) -> tuple[float, float]:
        """The most entries in the first half and in the second: tables are swept only when they are full."""
        halves = [
            [s for s in self.samples if half <= s["at_s"] * 2 / self.seconds <= half + 1] for half in (0, 1)
        ]
        first, last = (max(s["entries"].get(kind, 0) for s in samples) for samples in halves)
        return first, last

    def _medians(self, name: str, kind: str | None = None) -> tuple[float, float]:
        first, last = (
            sorted(s[name] if kind is None else s[name].get(kind, 0) for s in self._quarter(q))
            for q in (1, 3)
        )
        return first[len(first) // 2], last[len(last) // 2]
