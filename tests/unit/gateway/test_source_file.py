# ruff: noqa: E501  # sources as people write them
"""`sources.yaml`: what it may say, and where it is wrong."""

from pathlib import Path

import pytest

from alerts.errors import RulebookError, SettingsError
from stream.gateway.source_file import load_sources, parse_sources, resolved
from stream.gateway.sources import Answers
from stream.gateway.verification import Refusal

ISSUE = """
sources:
  - {name: helpdesk, kind: zendesk,  path: /in/8f3c0d52a7e14b6c, secret_env: ZENDESK_SECRET, topics: {topic_billing: billing}}
  - {name: site,     kind: hotjar,   path: /in/41ab0d52a7e14b6c, surveys: {812345: {indicator: csat, channel: web, stage: checkout}}}
  - {name: product,  kind: amplitude, path: /in/77de0d52a7e14b6c, header: {X-Token: {env: AMPLITUDE_TOKEN}}, surveys: {"12345/2": {indicator: csat, scale: 1-5}}}
  - {name: ours,     kind: events,   path: /in/0d020d52a7e14b6c, token_env: TOCSIN_TOKEN}
  - {name: other,    mapping: my-system.yaml, verify: {algorithm: hmac-sha256, header: X-Sig, timestamp: X-Time, signed: "{timestamp}.{body}", secret_env: SECRET}}
"""
SECRETS = {"ZENDESK_SECRET": "z", "AMPLITUDE_TOKEN": "a", "TOCSIN_TOKEN": "t", "SECRET": "s"}
MAPPING = """
format: ndjson
fields: {id: id, at: {time: at}, channel: {constant: web}}
"""


def problems(text: str, folder: Path = Path()) -> list[str]:
    """Every mistake, as the command prints it."""
    with pytest.raises(RulebookError) as caught:
        parse_sources(text, "s.yaml", folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_file(tmp_path: Path) -> None:
    """As the documents show it."""
    (tmp_path / "my-system.yaml").write_text(MAPPING)
    (tmp_path / "sources.yaml").write_text(ISSUE)
    sources = resolved(load_sources(tmp_path / "sources.yaml"), SECRETS)
    assert [source.name for source in sources] == ["helpdesk", "site", "product", "ours", "other"]
    assert [source.kind.name for source in sources] == ["zendesk", "hotjar", "amplitude", "events", "mapping"]
    assert sources[4].path == "/in/other"
    assert sources[0].answers is Answers.FIRST
    assert sources[3].verifier.refusal({"Authorization": "Bearer t"}, b"", 0) is None
    assert sources[3].verifier.refusal({"Authorization": "t"}, b"", 0) is Refusal.BAD_TOKEN
    assert sources[4].verifier.refusal({}, b"", 0) is Refusal.NO_SIGNATURE
    assert "0d52a7e14b6c" not in repr(sources)


def test_missing_secrets_are_told_all_at_once(tmp_path: Path) -> None:
    """By source and variable, when the gateway starts."""
    (tmp_path / "my-system.yaml").write_text(MAPPING)
    declared = parse_sources(ISSUE, "s.yaml", tmp_path)
    with pytest.raises(SettingsError) as caught:
        resolved(declared, {**SECRETS, "SECRET": "", "TOCSIN_TOKEN": ""})
    assert str(caught.value).splitlines() == [
        "sources.ours: want a secret in the environment variable TOCSIN_TOKEN, got nothing",
        "sources.other: want a secret in the environment variable SECRET, got nothing",
    ]


def test_a_secret_of_the_wrong_form_is_told() -> None:
    """Before the first request is refused."""
    declared = parse_sources("sources: [{name: a, kind: formbricks, secret_env: F}]", "s.yaml", Path())
    with pytest.raises(SettingsError, match="whsec_ and base64"):
        resolved(declared, {"F": "not base64!"})


def test_secrets_may_stand_in_files(tmp_path: Path) -> None:
    """As container platforms hand them over."""
    (tmp_path / "secret").write_text("s3cr3t\n")
    text = f"sources: [{{name: a, kind: typeform, secret_file: {tmp_path}/secret}}]"
    (source,) = resolved(parse_sources(text, "s.yaml", Path()), {})
    assert source.verifier.secrets == ("s3cr3t",)
    (tmp_path / "secret").unlink()
    with pytest.raises(SettingsError, match="No such file"):
        resolved(parse_sources(text, "s.yaml", Path()), {})


def test_secrets_that_are_changed_stand_beside_the_new_ones() -> None:
    """Of signatures, tokens and headers; each must be there, and none at all is no way to say that."""
    text = """sources:
      - {name: a, kind: typeform, secret_env: [NEW, OLD]}
      - {name: b, kind: events, token_env: [NEW, OLD], header: {X: [{env: NEW}, {env: OLD}]}}"""
    a, b = resolved(parse_sources(text, "s.yaml", Path()), {"NEW": "n", "OLD": "o"})
    assert a.verifier.secrets == ("n", "o")
    assert b.verifier.tokens == {"Authorization": ("Bearer n", "Bearer o"), "X": ("n", "o")}
    with pytest.raises(SettingsError, match="variable OLD, got nothing"):
        resolved(parse_sources(text, "s.yaml", Path()), {"NEW": "n"})
    with pytest.raises(RulebookError, match="want at least one value, got none"):
        parse_sources("sources: [{name: a, kind: typeform, secret_env: []}]", "s.yaml", Path())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sources: []\n", "s.yaml:1:10: sources: want at least one source"),
        ("source: []\n", 's.yaml:1:1: source: unknown field "source" (did you mean "sources"?)'),
        ("sources:\n- {kind: hotjar, path: /in/x}\n", "s.yaml:2:3: sources[0].name: missing, want a name"),
        (
            "sources:\n- {name: A b, kind: hotjar, path: /in/x}\n",
            "s.yaml:2:10: sources[0].name: want a name of",
        ),
        (
            "sources:\n- {name: a, kind: zendex, path: /in/x}\n",
            'got "zendex" (did you mean "zendesk"?)',
        ),
        (
            "sources:\n- {name: a, path: /in/x}\n",
            "s.yaml:2:3: sources[0].kind: missing, want one of amplitude",
        ),
        ("sources:\n- {name: a, kind: hotjar}\n", "sources[0].path: missing, want a path with a secret part"),
        (
            "sources:\n- {name: a, kind: hotjar, path: in}\n",
            "s.yaml:2:33: sources[0].path: want a path such as",
        ),
        ("sources:\n- {name: a, kind: hotjar, path: /metrics}\n", "that is not the gateway's own"),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x}\n- {name: a, kind: hotjar, path: /in/x}\n",
            's.yaml:3:10: sources[1].name: want each name once, got "a" again',
        ),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x}\n- {name: b, kind: hotjar, path: /in/x}\n",
            "s.yaml:3:33: sources[1].path: want each path once",
        ),
        (
            "sources:\n- {name: a, kind: zendesk, path: /in/x, answers: finished}\n",
            "zendesk has no word for finished answers",
        ),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x, topics: {a: b}}\n",
            'unknown field "topics"',
        ),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x, surveys: {1: {indicator: cast}}}\n",
            "s.yaml:2:65: sources[0].surveys.1.indicator: want one of csat, ces, nps, sentiment",
        ),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x, surveys: {1: {scale: 1-9}}}\n",
            "surveys.1.scale: want one of 1-5",
        ),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x, surveys: {1: Ignore}}\n",
            'surveys.1: want fields such as {indicator: csat, scale: 1-5}, or ignore, got "Ignore"',
        ),
        (
            "sources:\n- {name: a, kind: hotjar, path: /in/x, surveys: {1: {indicator: nps, scale: 1-10}}}\n",
            'surveys.1.scale: want one of 0-10 for nps, got "1-10"',
        ),
        (
            'sources:\n- {name: a, kind: zendesk, secret_env: "s3cr3t/AB=="}\n',
            "secret_env: want the name of an environment variable, of letters, digits and _, as text",
        ),
        (
            "sources:\n- {name: a, kind: events, header: {X Token: {env: A}}}\n",
            "header.X Token: want the name of a header, of letters, digits and -",
        ),
        (
            'sources:\n- {name: a, kind: events, verify: {header: S, signed: "{ts}.{body}", secret_env: A}}\n',
            "verify.signed: want {body}, {timestamp} and {id} alone, got {ts}",
        ),
        ("sources:\n- {name: a, kind: zendesk, secret: x}\n", 'unknown field "secret"'),
        (
            "sources:\n- {name: a, kind: zendesk, secret_env: A, secret_file: B}\n",
            "want either secret_env or secret_file",
        ),
        (
            "sources:\n- {name: a, kind: amplitude, header: {X: t0ken}}\n",
            "header.X: want {env: VARIABLE}: secrets do not stand in this file",
        ),
        ("sources:\n- {name: a, kind: amplitude, header: {X: {}}}\n", "want {env: VARIABLE} or {file: PATH}"),
        (
            "sources:\n- {name: a, kind: zendesk, path: /x, verify: off}\n",
            "sources[0].verify: want one of none",
        ),
        (
            "sources:\n- {name: a, kind: events, verify: {header: S, signed: x, secret_env: A}}\n",
            "verify.signed: want {body} in it",
        ),
        (
            'sources:\n- {name: a, kind: events, verify: {header: S, signed: "{timestamp}{body}", secret_env: A}}\n',
            "verify.timestamp: missing, want the header that {timestamp} stands for",
        ),
        (
            "sources:\n- {name: a, kind: events, verify: {header: S, timestamp: T, secret_env: A}}\n",
            "a stamp that is not signed proves nothing",
        ),
        (
            "sources:\n- {name: a, kind: events, verify: {header: S, algorithm: md5, secret_env: A}}\n",
            "verify.algorithm: want one of hmac-sha256",
        ),
        (
            "sources:\n- {name: a, kind: events, verify: {secret_env: A}}\n",
            "verify.header: missing, want the header with the signature",
        ),
        ("sources:\n- {name: a, mapping: nowhere.yaml, path: /in/x}\n", "want a mapping file (nowhere.yaml"),
        (
            "sources:\n- {name: a, mapping: bank-calls, path: /in/x}\n",
            "want a mapping whose format is ndjson",
        ),
        (
            "sources:\n- {name: a, mapping: m.yaml, kind: hotjar, path: /in/x}\n",
            "want either a kind or a mapping",
        ),
    ],
)
def test_mistakes_have_a_place(text: str, problem: str, tmp_path: Path) -> None:
    """Line and column, what was wanted, what was found."""
    (tmp_path / "m.yaml").write_text(MAPPING)
    assert any(problem in found for found in problems(text, tmp_path)), problems(text, tmp_path)


def test_mistakes_in_a_mapping_have_their_own_place(tmp_path: Path) -> None:
    """In the mapping's file."""
    (tmp_path / "m.yaml").write_text("format: ndjson\nfields: {id: id}\n")
    (found,) = problems("sources: [{name: a, mapping: m.yaml, path: /in/x}]", tmp_path)
    assert "m.yaml:2:9: fields: missing at, channel" in found


@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        ("kind: hotjar, path: /in/short", "16 random characters"),
        ("kind: zendesk, path: /in/0123456789abcdef", "this system signs"),
        ("kind: amplitude, path: /in/0123456789abcdef", "surveys has no entries"),
        ("kind: zendesk, path: /in/0123456789abcdef, verify: none", ""),
        ("kind: zendesk, secret_env: Z", ""),
    ],
)
def test_what_may_not_be_meant_is_told(entry: str, advice: str) -> None:
    """It is sound all the same."""
    (declared,) = parse_sources(f"sources: [{{name: a, {entry}}}]", "s.yaml", Path())
    assert (advice in " ".join(declared.advice)) if advice else declared.advice == ()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """By the option that names it."""
    with pytest.raises(SettingsError, match="--sources: want a file that can be read"):
        load_sources(tmp_path / "none.yaml")


def test_entries_that_a_mapping_of_ones_own_looks_at_mean_something(tmp_path: Path) -> None:
    """Be it only whether there is one."""
    mapping = "fields: {id: id, at: {time: at}, channel: {constant: web}}\ntables: {vip: {by: id}}\nformat: ndjson\n"
    for when, sound in (
        ("{any_present: [vip, other]}", True),
        ("{column: vip, present: true}", True),
        ("", False),
    ):
        (tmp_path / "own.yaml").write_text(f"{mapping}events: [{{when: [{when}]}}]\n")
        text = "sources: [{name: a, mapping: own.yaml, path: /in/x, vip: {c-1: gold}}]"
        if sound:
            assert parse_sources(text, "s.yaml", tmp_path)
        else:
            with pytest.raises(RulebookError, match="want fields such as"):
                parse_sources(text, "s.yaml", tmp_path)


@pytest.mark.parametrize(
    ("path", "sound"),
    [
        *(("/in/x", True), ("/x", True), ("/in/x/", True), ("/in/.x", True), ("/in/x..y", True)),
        *(("/in/../x", False), ("/in/./x", False), ("/in/..", False), ("//in/x", False), ("/in//x", False)),
        *(("/in/" + "x" * 252, True), ("/in/" + "x" * 253, False)),
    ],
)
def test_a_path_that_clients_make_another_of_is_none(tmp_path: Path, path: str, sound: bool) -> None:  # noqa: FBT001
    """They leave out what leads nowhere before they ask, and would be told 404."""
    text = f"sources: [{{name: a, kind: events, path: {path}, token_env: A}}]"
    if sound:
        assert parse_sources(text, "s.yaml", tmp_path)[0].source.path == path
    else:
        with pytest.raises(RulebookError, match=r"without //, /\. and"):
            parse_sources(text, "s.yaml", tmp_path)
