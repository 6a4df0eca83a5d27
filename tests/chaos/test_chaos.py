"""A short form of `make chaos`, and proof that it bites: each mechanism broken must be found out."""

import asyncio
import shutil

import pytest

from tests.chaos.options import read_options
from tests.chaos.run import run
from tests.chaos.saboteur import WAYS

SHORT = ("--events", "60000", "--partitions", "4", "--workers", "2", "--hours", "1")
KILLS = (
    "--events",
    "30000",
    "--seconds",
    "45",
    "--faults",
    "2",
    "--kinds",
    "kill",
    "--patience",
    "40",
    "--biting",
)


@pytest.mark.kafka
@pytest.mark.timeout(600)
def test_exact_through_faults() -> None:
    """Kills, freezes, joins and a broker restart: counts, alerts, dead letters and deliveries are exact.

    So are those of a trial beside it, whose worker is a victim too.
    """
    disturbed = ("--faults", "8", "--seconds", "50", "--seed", "7", "--trial", "1")
    report = asyncio.run(run(read_options([*SHORT, *disturbed])))
    assert report["ok"], report["problems"]
    assert sum(report["faults"].values()) == 8
    assert min(report["transitions"], *report["transitions_of_trials"]) > 20


@pytest.mark.kafka
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", sorted(WAYS))
def test_every_broken_mechanism_is_found_out(how: str) -> None:
    """A worker that commits early, drops, forgets or counts twice does not pass."""
    entry = f"-m tests.chaos.saboteur {how}"
    options = read_options([*SHORT, *KILLS, "--entry", entry])
    report = asyncio.run(run(options))
    assert report["faults"], "no worker was killed while it worked"
    # By what came out: a worker that cannot even start, or a run that breaks off, proves nothing.
    assert not report["ok"]
    assert report["problems"].keys() - {"run"}, report["problems"]
    shutil.rmtree(report["folder"])  # which is there
