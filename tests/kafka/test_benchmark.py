"""The benchmark in small: fails only when the worker has become slower by far, beside a bare loop."""

from tests.bench.events import Load
from tests.bench.run import run_peer
from tests.bench.topics import prepare
from tests.kafka.broker import running_broker

ROUNDS = 2
DEAREST = 5.0
"""CPU seconds of the worker, with everything on, per CPU second of the bare loop: the goal is 2.5.
CPU time is compared, not wall time, which on a shared machine says more about its other guests."""


def test_the_worker_stays_near_the_bare_loop() -> None:
    """(e) costs at most five times what (a) does, the best of two rounds each in the same run."""
    load = Load(500_000, span_s=1800.0)
    with running_broker() as broker:
        prepare(broker.bootstrap, load)
        runs = {
            name: [run_peer(name, broker.bootstrap, load, {}) for _ in range(ROUNDS)]
            for name in ("bare", "tocsin")
        }
    cost = {name: min(each.cpu_per_million for each in rounds) for name, rounds in runs.items()}
    assert cost["tocsin"] <= DEAREST * cost["bare"], cost
