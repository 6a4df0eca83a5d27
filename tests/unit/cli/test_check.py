"""`tocsin check`, as an operator meets it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.check import command

SOUND = "rules:\n  - {name: csat-low, indicator: csat}\n"
DOUBTFUL = "rules:\n  - {name: deep, indicator: csat, by: [channel, stage, topic]}\n"
WRONG = "rules:\n  - {name: csat-low, indicator: csat, window: 30 minutes, critical: 101}\n"


def run(*arguments: str | Path) -> Result:
    """`tocsin check ARGUMENTS`."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def written(folder: Path, name: str, text: str) -> Path:
    """A file with that text."""
    path = folder / name
    path.write_text(text)
    return path


def test_a_sound_file_is_summed_up(tmp_path: Path) -> None:
    """One line per rule, exit 0."""
    result = run(written(tmp_path, "r.yaml", SOUND))
    assert result.exit_code == 0
    assert "r.yaml: OK: 1 rule, pane 10s, lateness 10s\n" in result.output
    assert "  csat-low  csat below 80 (warning), 50 (critical) over 30m" in result.output


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    """On stderr, with place, exit 2; the sound file beside it is still summed up."""
    wrong = written(tmp_path, "wrong.yaml", WRONG)
    result = run(wrong, tmp_path / "absent.yaml", written(tmp_path, "r.yaml", SOUND))
    assert result.exit_code == 2
    assert f"{wrong}:2:47: rules[0].window: want a duration" in result.stderr
    assert f"{wrong}:2:69: rules[0].critical: want a limit within csat's range" in result.stderr
    assert "absent.yaml:1:1: want a file that can be read, got: No such file" in result.stderr
    assert "r.yaml: OK: 1 rule" in result.stdout


@pytest.mark.parametrize(("strict", "code"), [((), 0), (("--strict",), 2)])
def test_warnings_fail_only_when_strict(tmp_path: Path, strict: tuple[str, ...], code: int) -> None:
    """A warning says what is doubtful, and ends with 2 only under `--strict`."""
    result = run(*strict, written(tmp_path, "r.yaml", DOUBTFUL))
    assert result.exit_code == code
    assert "r.yaml: warning: rules.deep: 3 dimensions" in result.stderr


def test_json_tells_the_same(tmp_path: Path) -> None:
    """Problems, warnings and rules as one object on stdout."""
    result = run("--json", written(tmp_path, "r.yaml", WRONG), written(tmp_path, "s.yaml", SOUND))
    assert result.exit_code == 2
    wrong, sound = json.loads(result.stdout)["files"]
    assert [(found["line"], found["column"], found["path"]) for found in wrong["problems"]] == [
        (2, 47, "rules[0].window"),
        (2, 69, "rules[0].critical"),
    ]
    assert sound["rules"] == [
        {
            "name": "csat-low",
            "indicator": "csat",
            "detect": "threshold",
            "by": ["channel"],
            "windows_s": [1800],
        }
    ]
