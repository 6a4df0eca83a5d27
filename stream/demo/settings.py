"""What to play, and where its pages are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stream.kafka.settings import ClientSettings

GROUP: Final = "tocsin-demo"
PARTITIONS: Final = 2
METRICS_PORT: Final = 9108
LOG_PORT: Final = 9109
"""Where the board, the metrics and the webhook log are when these ports are free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """What to play.  `seconds` of traffic (None: until stopped), with files kept in `directory`.

    `kafka` is the user's own broker, if one is named; `opens`: the board opens in the user's browser.
    """

    directory: Path
    seconds: float | None
    as_json: bool
    rules: Path | None
    speed: float
    seed: int
    opens: bool = False
    kafka: ClientSettings | None = None
