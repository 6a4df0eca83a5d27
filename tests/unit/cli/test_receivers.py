"""`tocsin receivers` and `tocsin routes`: tried against a server on this machine."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from stream.cli.receivers import command as receivers
from stream.cli.routes import command as routes
from stream.ops.schemas import load


@contextmanager
def _server(status: int) -> Iterator[tuple[str, list[bytes]]]:
    """A server in a thread of its own, which answers one status."""
    got: list[bytes] = []
    ready, stop = threading.Event(), asyncio.Event()
    place: list[str] = []
    loop = asyncio.new_event_loop()

    async def handle(request: web.Request) -> web.Response:
        got.append(await request.read())
        return web.Response(status=status, text="that is my answer")

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/{rest:.*}", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        place.append(f"http://127.0.0.1:{runner.addresses[0][1]}/s3cret")
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield place[0], got
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def _rules(folder: Path, receiver: str, more: str = "") -> str:
    file = folder / "rules.yaml"
    file.write_text(
        f"rules: [{{name: low, indicator: csat, owner: ann}}]\nreceivers:\n  - {receiver}\n{more}"
    )
    return str(file)


@pytest.mark.parametrize(("status", "code"), [(202, 0), (400, 1), (503, 1)])
def test_a_sample_is_sent_and_shown(tmp_path: Path, status: int, code: int) -> None:
    """What was sent and answered is printed, without the secrets among it."""
    with _server(status) as (url, got):
        receiver = f"{{name: pd, pagerduty: {{routing_key: K3Y, url: '{url}'}}, allow_private: true}}"
        result = CliRunner().invoke(receivers, ["test", "pd", "--rules", _rules(tmp_path, receiver)])
    assert result.exit_code == code, result.output
    assert orjson.loads(got[0])["payload"]["summary"].startswith("[test] ")
    assert "that is my answer" in result.output
    assert f"HTTP {status}" in result.output
    assert "K3Y" not in result.output
    assert "s3cret" not in result.output


@pytest.mark.parametrize("kind", ["alertmanager: {urls: [URL]}", "webhook: {url: URL, format: alertmanager}"])
def test_a_sample_in_alertmanagers_words_says_that_it_is_one(tmp_path: Path, kind: str) -> None:
    """It has no title: whoever is called reads the annotations."""
    with _server(200) as (url, got):
        receiver = f"{{name: am, {kind.replace('URL', url)}, allow_private: true}}"
        result = CliRunner().invoke(receivers, ["test", "am", "--rules", _rules(tmp_path, receiver)])
    assert result.exit_code == 0, result.output
    body = orjson.loads(got[0])
    (alert,) = body["alerts"] if isinstance(body, dict) else body
    assert alert["annotations"]["summary"].startswith("[test] ")


@pytest.mark.parametrize(
    ("rule", "value", "begins"),
    [
        ("{name: low, indicator: csat}", 41.5, "csat."),
        ("{name: lost, indicator: abandonment, warning: 15}", 58.5, "abandonment."),
        (None, 41.5, "csat."),
    ],
)
def test_a_sample_is_what_the_schema_says(
    tmp_path: Path, rule: str | None, value: float, begins: str
) -> None:
    """With the definition of the rule's indicator, and past its limit on the side that is bad."""
    rules = tmp_path / "rules.yaml"
    with _server(202) as (url, got):
        receivers_ = f"receivers: [{{name: hook, webhook: {{url: '{url}'}}, allow_private: true}}]"
        rules.write_text(f"rules: [{rule}]\n{receivers_}" if rule else receivers_)
        result = CliRunner().invoke(receivers, ["test", "hook", "--rules", str(rules)])
    assert result.exit_code == 0, result.output
    data = orjson.loads(got[0])["data"]
    Draft202012Validator(load("cx.alerts")).validate(data)
    assert data["value"] == value
    assert data["definition"]["formula"].startswith(begins)


def test_the_end_is_told_on_demand(tmp_path: Path) -> None:
    """So that nothing stays open."""
    with _server(202) as (url, got):
        receiver = f"{{name: pd, pagerduty: {{routing_key: k, url: '{url}'}}, allow_private: true}}"
        CliRunner().invoke(receivers, ["test", "pd", "--resolve", "--rules", _rules(tmp_path, receiver)])
    assert [orjson.loads(each)["event_action"] for each in got] == ["trigger", "resolve"]
    assert len({orjson.loads(each)["dedup_key"] for each in got}) == 1


TREE = """routes:
  - {receiver: a, matchers: ['severity="critical"'], escalate: [{after: 15m, receiver: b}]}
  - {receiver: b, group_by: [rule], repeat_interval: 4h}
"""


def test_routes_say_who_is_told_and_when(tmp_path: Path) -> None:
    """Receiver, route, waits and escalation; the owner follows from the rule."""
    hook = "webhook: {url: 'http://x.example'}"
    file = _rules(tmp_path, f"{{name: a, {hook}}}\n  - {{name: b, {hook}}}", TREE)
    result = CliRunner().invoke(routes, ["test", file, "rule=low", "severity=critical", "channel=phone"])
    first, step, second = result.output.splitlines()
    assert first.split()[:2] == ["a", "routes[0]"]
    assert "b, after 15m" in step
    assert "after 30s, gathered by rule, news every 5m, again every 4h" in second
    told = CliRunner().invoke(routes, ["test", file, "rule=low", "severity=warning", "--json"])
    assert orjson.loads(told.output)["labels"]["owner"] == "ann"
    assert [each["receiver"] for each in orjson.loads(told.output)["told"]] == ["b"]
