"""Customers: what a CRM knows fills what events lack, from a file and from a topic, within bounds."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from alerts.errors import OperatorError
from stream.gateway import crm
from stream.gateway.crm import Crm
from stream.gateway.customer_file import load_customers
from stream.gateway.customer_topic import CustomerTopic
from stream.gateway.customers import Customers, Directory
from stream.gateway.source_file import load_sources
from stream.gateway.sources import receive
from stream.kafka.settings import ClientSettings
from tests.unit.gateway.test_kinds import source_of
from tests.webhooks import delighted

YAML = """
customers:
  c-1: {segment: business, country: FR}
  "42": {segment: private}
"""


def directory(**customers: dict[str, str]) -> Directory:
    """A file's customers."""
    found = Customers()
    for name, known in customers.items():
        found.put(name.replace("_", "-"), known)
    return Directory(found)


def events(source: Any, body: bytes, known: Directory) -> list[dict[str, Any]]:
    """What a body becomes."""
    return [orjson.loads(event.value) for event in receive(source, {}, body, 1e9, known).events]


def test_events_get_what_they_lack() -> None:
    """Their own word goes first, then the CRM's, then the source's."""
    known = directory(c_1={"segment": "business", "country": "FR"})
    source = source_of("events", set={"segment": "other", "team": "one"})
    body = b'{"id":"1","at":2000000000,"channel":"web","customer":"c-1","country":"DE"}'
    (event,) = events(source, body, known)
    assert (event["segment"], event["country"], event["team"]) == ("business", "DE", "one")
    (other,) = events(source, body.replace(b"c-1", b"c-2"), known)
    assert (other["segment"], other["country"]) == ("other", "DE")


def test_an_event_that_lacks_nothing_stays_as_it_came() -> None:
    """Byte for byte."""
    body = b'{ "id":"1", "at":2000000000, "channel":"web", "customer":"c-1", "segment":"x"}'
    found = receive(source_of("events"), {}, body, 1e9, directory(c_1={"segment": "business"}))
    assert found.events[0].value == body


def test_messages_of_vendors_are_filled_too() -> None:
    """By the customer that the mapping finds."""
    (event,) = events(
        source_of("delighted"), orjson.dumps(delighted("nps", 3)), directory(**{"42": {"segment": "vip"}})
    )
    assert event["segment"] == "vip"


def test_a_yaml_file(tmp_path: Path) -> None:
    """Customer to dimensions."""
    file = tmp_path / "customers.yaml"
    file.write_text(YAML)
    found = load_customers(file)
    assert found.known("c-1") == {"segment": "business", "country": "FR"}
    assert found.known("42") == {"segment": "private"}
    assert found.known("43") == found.known(None) == {}


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_csv_file_with_another_mark(tmp_path: Path, mark: str) -> None:
    """As a spreadsheet saves it where commas part decimals."""
    file = tmp_path / "customers.csv"
    file.write_text(f'"segment"{mark}"customer"\nbig, and bold{mark}c-1\n', encoding="utf-8-sig")
    assert load_customers(file).known("c-1") == {"segment": "big, and bold"}


def test_a_csv_file(tmp_path: Path) -> None:
    """As a CRM exports it; empty cells say nothing."""
    file = tmp_path / "customers.csv"
    file.write_text("\ufeffcustomer,segment,country\nc-1,business,\n\nc-2,,FR\n", encoding="utf-8")
    found = load_customers(file)
    assert (found.known("c-1"), found.known("c-2")) == ({"segment": "business"}, {"country": "FR"})


def test_ids_of_a_spreadsheet_are_those_of_events(tmp_path: Path) -> None:
    """Which an import, and each kind, has as they were before a spreadsheet saw them."""
    file = tmp_path / "customers.csv"
    file.write_text('customer,segment\n="0042",="vip"\n4711.0,business\n,\n\x1a')
    found = load_customers(file)
    assert (found.known("0042"), found.known("4711")) == ({"segment": "vip"}, {"segment": "business"})
    assert len(found) == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "c.yaml",
            "customers: {c-1: {segmnt: x}}",
            'c.yaml:1:19: customers.c-1.segmnt: unknown field "segmnt"',
        ),
        ("c.yaml", "customers: {c-1: {channel: x}}", 'unknown field "channel"'),
        ("c.yaml", "customers: []", "want a mapping, got a list"),
        ("c.yaml", 'customers: {c-1: {segment: ""}}', "want 1 to 128 characters"),
        ("c.csv", "", "want a column customer"),
        ("c.csv", "customer,colour\n", "got customer, colour"),
        ("c.csv", "customer,segment\na\n", "c.csv:2: want 2 columns, got 1"),
        ("c.csv", "customer,segment\na," + "x" * 200 + "\n", "c.csv:2: want at most 128 characters"),
        ("c.csv", "customer,team,team\n", "c.csv:1: want each column once, got team twice"),
        (
            "c.csv",
            "customer,team\n1,a\n1.18E+11,b\n",
            'c.csv:3: customer: want an id, got "1.18E+11", spoiled',
        ),
        ("C.CSV", "customer,team\na\n", "C.CSV:2: want 2 columns, got 1"),
        ("none.yaml", None, "--customers: want a file that can be read"),
    ],
)
def test_mistakes_are_told(name: str, text: str | None, message: str, tmp_path: Path) -> None:
    """With their place."""
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(OperatorError) as caught:
        load_customers(file)
    assert message in str(caught.value)


def test_customers_are_bounded_and_knowledge_is_shared() -> None:
    """A million people in three segments are three facts."""
    found = Customers(most=3)
    for number in range(5):
        found.put(f"c-{number}", {"segment": "business"})
    assert (len(found), found.refused) == (3, 2)
    assert found.known("c-0") is found.known("c-2")
    found.put("c-0", {"segment": "private"})
    assert found.known("c-0") == {"segment": "private"}
    found.forget("c-0")
    assert found.known("c-0") == {}


class Sent:
    """A record of cx.customers."""

    def __init__(self, key: bytes | None, value: bytes | None) -> None:
        self.key = key
        self.value = value


def test_the_topic_tells_and_forgets() -> None:
    """The latest word per customer; what cannot be read is counted."""
    found = Customers()
    topic = CustomerTopic(ClientSettings(), found)
    topic.take(Sent(b"c-1", b'{"segment":"business","age":7,"country":5,"team":""}'))
    topic.take(Sent(b"c-2", b'{"segment":"private"}'))
    topic.take(Sent(b"c-2", None))
    for key, value in ((b"c-3", b"{"), (None, b"{}"), (b"c-3", b"[]")):
        topic.take(Sent(key, value))
    assert found.known("c-1") == {"segment": "business"}
    assert (len(found), topic.unreadable) == (1, 3)


@pytest.mark.parametrize(
    "deep", [b'{"a":' + b"[" * 100_000, b'{"a":' * 100_000, b'{"a":"\xff"}', b'{"a":1e999999}x']
)
def test_nothing_on_the_topic_ends_what_follows_it(deep: bytes) -> None:
    """What is nested without end, or no text, is passed over as any other, and so is a key of any length."""
    found = Customers()
    topic = CustomerTopic(ClientSettings(), found)
    for key, value in ((b"c-1", deep), (b"k" * 600, b"{}"), (b"c-2", b'{"segment":"private"}')):
        topic.take(Sent(key, value))
    assert (len(found), topic.unreadable, found.known("c-2")) == (1, 2, {"segment": "private"})


def test_the_topics_word_goes_before_the_files() -> None:
    """Field by field."""
    both = directory(c_1={"segment": "private", "country": "FR"})
    both.topic.put("c-1", {"segment": "business"})
    assert both.known("c-1") == {"segment": "business", "country": "FR"}
    assert len(both) == 2


def test_a_file_that_changes_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that has become wrong changes nothing."""
    monkeypatch.setattr(crm, "LOOK_S", 0.01)
    file = tmp_path / "customers.yaml"
    file.write_text(YAML)

    async def scene() -> None:
        known = Crm(file)
        assert known.why_not_ready() is None
        known.start()
        file.write_text("customers: [")
        await asyncio.sleep(0.1)
        assert known.directory.known("c-1")["segment"] == "business"
        file.write_text(YAML.replace("business", "partner"))
        async with asyncio.timeout(10):
            while known.directory.known("c-1")["segment"] != "partner":  # noqa: ASYNC110  # a file tells nobody
                await asyncio.sleep(0.01)
        await known.stop()

    asyncio.run(scene())


def test_before_the_topic_is_read_nothing_is_promised() -> None:
    """Events would lack what the CRM knows, and replay would not know it either."""
    assert Crm(kafka=ClientSettings()).why_not_ready() == "cx.customers has not been read to its end"


@pytest.mark.parametrize("load", [load_customers, load_sources])
def test_a_file_without_end_is_refused(load: Callable[[Path], object]) -> None:
    """A device or a wrong file is read up to its bound, not until memory is gone."""
    with pytest.raises(OperatorError, match=r"/dev/zero: more than 16 MiB"):
        load(Path("/dev/zero"))


@pytest.mark.parametrize("cell", ['"' + "x" * 200_000, "x" * 200_000])
def test_a_cell_beyond_measure_is_a_sentence(tmp_path: Path, cell: str) -> None:
    """A quote that is never closed makes one cell of all that follows."""
    path = tmp_path / "crm.csv"
    path.write_text(f"customer,segment\nc-1,business\nc-2,{cell}\n", "utf-8")
    with pytest.raises(OperatorError, match=r"crm\.csv:3: want CSV, got: field larger"):
        load_customers(path)
