"""Which series a panel selects: label matchers that every dashboard shares.

Worker and gateway are told apart by job; several clusters can share a Prometheus.
"""

from typing import Final

OURS: Final = 'job=~"$job",instance=~"$instance"'
RECORDED: Final = 'job=~"$job"'
"""Of recorded series: they are of a whole group, and have no instance."""

BESIDE_CHANNEL: Final = ("stage", "segment", "topic", "team", "product", "country", "variant")
"""The dimensions that split a channel further."""

_WHOLE: Final = ",".join(f'{name}=""' for name in BESIDE_CHANNEL)
BY_CHANNEL: Final = f'{OURS},channel=~"$channel",{_WHOLE}'
"""Scores and alerts of whole channels: an absent label counts as empty."""
ONE_CHANNEL: Final = f'{OURS},channel="$channel",{_WHOLE}'
"""The same of the one channel that a page is about."""
RECORDED_CHANNEL: Final = f'{RECORDED},channel="$channel"'


def split_by(dimension: str) -> str:
    """Scores of the one channel, split by one other dimension and no further."""
    rest = ",".join(f'{name}=""' for name in BESIDE_CHANNEL if name != dimension)
    return f'{OURS},channel="$channel",{dimension}!="",{rest}'


def rate(counter: str, more: str = "") -> str:
    """Increase of a counter per second, at whatever zoom."""
    return f"rate({counter}{{{OURS}{more}}}[$__rate_interval])"


def quantile(share: float, histogram: str) -> str:
    """A quantile of a histogram over the last hour: alerts are rare, a shorter time would be empty."""
    return f"histogram_quantile({share}, sum by (le) (increase({histogram}_bucket{{{OURS}}}[1h])))"
