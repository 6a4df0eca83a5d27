"""What a topic takes on a broker's disk."""

from pathlib import Path


def used_kb(data: Path, topic: str) -> int:
    """Room that the topic's records take."""
    total = 0
    for file in _files(data, topic):
        try:
            total += file.stat().st_blocks // 2
        except FileNotFoundError:  # deleted meanwhile, as it should be
            continue
    return total


def has_rolled(data: Path, topic: str) -> bool:
    """Whether the broker has deleted the first file of some partition."""
    oldest: dict[Path, int] = {}
    for file in _files(data, topic):
        oldest[file.parent] = min(oldest.get(file.parent, 1 << 62), int(file.stem))
    return any(oldest.values())


def _files(data: Path, topic: str) -> list[Path]:
    return [file for folder in data.glob(f"{topic}-[0-9]*") for file in folder.glob("*.log")]
