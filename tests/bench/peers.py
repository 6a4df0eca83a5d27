"""The peers, each run as a process of its own: `python -m tests.bench.peers NAME BROKER EVENTS GROUP`.

Each reads both input topics from the beginning, prints "first" when its first event has been handled and
"done" after the last one; the benchmark takes wall time and CPU seconds between the two.  What a peer keeps
on disk goes to $TMPDIR, which the benchmark makes anew for each run.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

TOPICS: Final = ("cx.interactions", "cx.feedback")


class _Count:
    """Says "first" and "done"."""

    def __init__(self, events: int) -> None:
        self.left = events
        self._begun = False

    def took(self, events: int) -> bool:
        """`events` more have been handled; whether that was the last."""
        if not self._begun:
            self._begun = True
            os.write(1, b"first\n")  # not print: Faust takes stdout for its log
        self.left -= events
        if self.left <= 0:
            os.write(1, b"done\n")
        return self.left <= 0


def bare(broker: str, events: int, group: str) -> None:
    """(a) aiokafka `getmany`, `orjson.loads`, a dict count."""
    asyncio.run(_bare(broker, events, group))


async def _bare(broker: str, events: int, group: str) -> None:
    import orjson  # noqa: PLC0415  # a peer loads only what it uses
    from aiokafka import AIOKafkaConsumer  # noqa: PLC0415

    consumer = AIOKafkaConsumer(
        *TOPICS, bootstrap_servers=broker, group_id=group, auto_offset_reset="earliest"
    )
    await consumer.start()
    count, scores = _Count(events), dict[tuple[str, Any], int]()
    while True:
        batches = await consumer.getmany(timeout_ms=500, max_records=5000)
        for records in batches.values():
            for record in records:
                event = orjson.loads(record.value)
                key = (event["channel"], event.get("score"))
                scores[key] = scores.get(key, 0) + 1
        if batches and count.took(sum(map(len, batches.values()))):
            break
    await consumer.stop()


def faust(broker: str, events: int, group: str) -> None:
    """(b) the obvious Faust app: one agent, one tumbling-window table write per event."""
    import faust as faust_streaming  # noqa: PLC0415
    import orjson  # noqa: PLC0415

    app = faust_streaming.App(
        group, broker=f"kafka://{broker}", web_enabled=False, topic_partitions=4, value_serializer="raw",
        datadir=Path(tempfile.gettempdir()) / "faust",
    )  # fmt: skip
    app.conf.table_standby_replicas = 0
    table = app.Table("scores", default=int, partitions=4).tumbling(60.0, expires=3600.0)
    count = _Count(events)

    async def tally(stream: Any) -> None:
        async for value in stream:
            event = orjson.loads(value)
            table[f"{event['channel']}|{event.get('score')}"] += 1
            count.took(1)

    app.agent(app.topic(*TOPICS, value_serializer="raw", key_serializer="raw"))(tally)
    app.finalize()
    faust_streaming.Worker(app, loglevel="error").execute_from_commandline()


def quix(broker: str, events: int, group: str) -> None:
    """(c) Quix Streams: tumbling-window count per channel and score."""
    from datetime import timedelta  # noqa: PLC0415

    from quixstreams import Application  # noqa: PLC0415

    app = Application(
        broker_address=broker, consumer_group=group, auto_offset_reset="earliest", loglevel="ERROR",
        state_dir=str(Path(tempfile.gettempdir()) / "quix"),
    )  # fmt: skip
    count = _Count(events)
    for name in TOPICS:
        rows = app.dataframe(app.topic(name, value_deserializer="json"))
        windows = rows.tumbling_window(timedelta(minutes=1)).reduce(_quix_count, lambda v: _quix_count({}, v))
        windows.current().update(lambda _: count.took(1))
    app.run()


def _quix_count(counts: dict[str, int], value: dict[str, Any]) -> dict[str, int]:
    key = f"{value['channel']}|{value.get('score')}"
    counts[key] = counts.get(key, 0) + 1
    return counts


PEERS: Final[dict[str, Callable[[str, int, str], None]]] = {"bare": bare, "faust": faust, "quix": quix}

if __name__ == "__main__":
    name, broker, events, group = sys.argv[1:]
    PEERS[name](broker, int(events), group)
    time.sleep(0.1)
