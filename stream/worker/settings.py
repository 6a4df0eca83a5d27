"""What `tocsin worker` is told by its options and its environment."""

from dataclasses import dataclass
from pathlib import Path

from stream.kafka.settings import ClientSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What `tocsin worker` is told.

    `rules` None: the starter rules, which do not change.  `dry_run`: nobody is told of alerts.
    """

    kafka: ClientSettings
    rules: Path | None
    group: str
    host: str
    port: int
    session_timeout_s: float
    watchdog_s: float
    trim_snapshots: bool
    command_keys: tuple[bytes, ...] = ()
    token: str = ""
    """Of whoever may acknowledge and silence over HTTP; "" makes it read-only."""
    public_url: str = ""
    """The web server as those who read notices reach it."""
    dry_run: bool = False
