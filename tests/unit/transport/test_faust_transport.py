"""Transport: the contract with the one Faust and aiokafka that it was written for."""

import inspect

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.record.default_records import DefaultRecord
from faust.transport.drivers import by_url
from yarl import URL

from stream.transport.assignor import Assignor
from stream.transport.faust_transport import (
    FAUST_VERSION,
    RELIED_ON,
    Consumer,
    ConsumerThread,
    Transport,
    prepare,
)


def test_faust_finds_the_transport() -> None:
    """By the scheme of the broker's address, from the installed entry point or from `prepare`."""
    prepare()
    assert by_url(URL("tocsin://127.0.0.1:9092")) is Transport


def test_another_faust_is_refused() -> None:
    """Private methods are overridden: what was not tried is not run."""
    assert faust.__version__ == FAUST_VERSION
    with pytest.raises(RuntimeError, match=r"0\.15\.3, found 0\.15\.4"):
        prepare("0.15.4")


@pytest.mark.parametrize(("ours", "theirs"), [(Consumer, RELIED_ON[0][0]), (ConsumerThread, RELIED_ON[1][0])])
def test_overridden_methods_are_there_and_called_alike(ours: type, theirs: type) -> None:
    """Every method that we override exists in Faust, and takes what Faust gives."""
    own = {name for name, value in vars(ours).items() if inspect.isfunction(value)}
    overridden = [name for name in own if hasattr(theirs, name) and name != "__init__"]
    assert len(overridden) >= 3
    for name in overridden:
        want = [p.name for p in inspect.signature(getattr(theirs, name)).parameters.values()]
        got = inspect.signature(getattr(ours, name)).parameters
        loose = any(p.kind is p.VAR_POSITIONAL for p in got.values())
        assert loose or set(got) >= set(want) or len(got) == len(want), name


def test_what_is_touched_in_aiokafka() -> None:
    """The attributes that let records through as they were decoded, and positions be read."""
    assert "_consumer_record" in vars(PartitionRecords)
    assert "self._partition_records" in inspect.getsource(FetchResult.__init__)
    assert "self._records" in inspect.getsource(Fetcher.__init__)
    assert "self._consumer_record(tp, record)" in inspect.getsource(PartitionRecords._unpack_records)
    for name in ("offset", "timestamp", "key", "value", "headers"):
        assert hasattr(DefaultRecord, name)
    assert callable(AIOKafkaConsumer.seek)


def test_the_assignor_has_the_shape_that_aiokafka_asks_for() -> None:
    """An instance instead of a class, with the same methods."""
    for name in AbstractPartitionAssignor.__abstractmethods__:
        assert hasattr(Assignor, name)
