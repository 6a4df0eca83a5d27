"""`tocsin sources`: check a file, try a body."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli import tocsin
from tests.webhooks import WEBHOOKS, Webhook

(RATING,) = (webhook for webhook in WEBHOOKS if webhook.title == "a rating")


def run(*arguments: str, body: bytes = b"", secret: str = "") -> Result:
    """What the command prints; an operator's mistake is its exception."""
    return CliRunner().invoke(tocsin, ["sources", *arguments], input=body, env={"SECRET": secret})


def test_check_says_what_there_is(tmp_path: Path) -> None:
    """And what may not be meant, secrets that are not there included."""
    file = tmp_path / "s.yaml"
    file.write_text(
        "sources:\n- {name: a, kind: zendesk, secret_env: SECRET}\n- {name: b, kind: hotjar, path: /in/x}\n"
    )
    done = run("check", str(file))
    assert done.exit_code == 0, done.output
    assert "a: zendesk, signed, first counts\n" in done.output
    assert "warning: a: want a secret in the environment variable SECRET, got nothing\n" in done.output
    assert "warning: b: nothing but the path tells who sends" in done.output
    assert done.output.endswith("s.yaml: 2 sources, sound\n")
    assert run("check", str(file), "--strict").exit_code == 2


def test_check_of_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, with places."""
    from stream.cli import main  # noqa: PLC0415

    file = tmp_path / "s.yaml"
    file.write_text("sources:\n- {name: a, kind: zendex}\n")
    with pytest.raises(SystemExit) as ended:
        main(["sources", "check", str(file)])
    assert ended.value.code == 2
    assert "s.yaml:2:19: sources[0].kind: want one of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("score", "sound"),
    [("4", True), ("7", True), ('"7/10"', True), ('"yes"', True), ("0", True)]
    + [(score, False) for score in ("11", "1.5", "-1", '""', '"\U0001f4a9"', '"NaN"')],
)
def test_try_of_a_score_that_is_on_no_scale(score: str, sound: bool) -> None:  # noqa: FBT001
    """Without a scale the rules say which: any of the indicator's will do; what is on none is told here."""
    answer = f'{{"id":"1","at":1772442900,"channel":"web","indicator":"csat","score":{score}}}'
    done = run("try", "events", answer)
    assert done.exit_code == (0 if sound else 1)
    assert ("dead letter: score_off_scale" in done.stderr) is not sound


def test_try_believes_of_two_headers_the_first() -> None:
    """As the gateway does."""
    twice = ["--header=Content-Encoding:identity", "--header=content-encoding:gzip"]
    done = run("try", "events", "[]", *twice)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("kind", ["zendesk", "events", "cloudevents"])
@pytest.mark.parametrize("body", ["[]", '{"events": []}'])
def test_try_of_a_batch_without_a_message_says_so(kind: str, body: str) -> None:
    """As of an empty body: silence would look like an event that went somewhere."""
    done = run("try", kind, body, "--header=Content-Type:application/cloudevents-batch+json")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "1 × no event: test\n" in done.stderr


@pytest.mark.parametrize(
    "webhook", [each for each in WEBHOOKS if not each.settings], ids=lambda each: each.kind
)
def test_try_prints_events(webhook: Webhook) -> None:
    """One JSON object a line, nothing else on stdout; the signature is checked where the secret is known."""
    headers = [f"--header={name}:{value}" for name, value in webhook.signed(1_700_000_000).items()]
    done = run(
        "try", webhook.kind, "-", *headers, "--secret-env", "SECRET", body=webhook.raw, secret=webhook.secret
    )
    assert done.exit_code == 0, done.output
    assert [json.loads(line) for line in done.stdout.splitlines()] == webhook.events
    assert ("no event" in done.stderr) is (not webhook.events)


def test_try_takes_a_source(tmp_path: Path) -> None:
    """With its tables and secret."""
    (tmp_path / "s.yaml").write_text(
        "sources:\n- name: desk\n  kind: zendesk\n  secret_env: SECRET\n"
        "  topics: {topic_billing: billing}\n  teams: {'98738': second line}\n"
    )
    (tmp_path / "body.json").write_bytes(RATING.raw)
    given = ["try", "desk", str(tmp_path / "body.json"), "--sources", str(tmp_path / "s.yaml")]
    headers = [f"--header={name}:{value}" for name, value in RATING.signed(1_700_000_000).items()]
    done = run(*given, *headers, secret=RATING.secret)
    assert done.exit_code == 0, done.output
    assert [json.loads(line) for line in done.stdout.splitlines()] == RATING.events
    assert "believed" in done.stderr
    (tmp_path / "body.json").write_bytes(RATING.raw.replace(b"BAD", b"bad"))
    changed = run(*given, *headers, secret=RATING.secret)
    assert changed.exit_code == 1
    assert "not believed: bad_signature" in changed.stderr
    assert "not verified: want a secret" in run(*given).stderr


def test_try_takes_a_body_as_it_is() -> None:
    """For a quick look."""
    done = run("try", "events", '{"id":"1","at":2000000000,"channel":"web"}')
    assert done.stdout == '{"id":"1","at":2000000000,"channel":"web"}\n'


def test_try_says_why_not() -> None:
    """A message that cannot be mapped, with exit code 1."""
    done = run("try", "zendesk", "-", body=b'{"hello": 1}')
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr == "dead letter: unmappable: foreign: type: not as in this system's messages\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["try", "zendex", "-"], "KIND: want one of amplitude"),
        (["try", "zendesk", "/nowhere"], "BODY: want a file that can be read"),
        (["try", "zendesk", "-", "--header", "x"], "--header: want NAME:VALUE"),
        (
            ["try", "zendesk", "-", "--header", "Content-Encoding: br"],
            "want Content-Encoding gzip or deflate",
        ),
        (
            ["try", "zendesk", "-", "--header", "Content-Encoding: gzip"],
            "BODY: body: want what its Content-Encoding says, all of it",
        ),
        (["try", "zendesk", "-", "--secret-env", "NONE"], "--secret-env: want a secret in NONE"),
    ],
)
def test_mistakes_of_the_operator(arguments: list[str], message: str) -> None:
    """Are told in one line."""
    done = run(*arguments, body=b"x")
    assert message in str(done.exception)
