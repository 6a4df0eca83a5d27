"""What ends a command from outside: a reader that has gone, Ctrl-C, a full disk, streams that are closed."""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from alerts.errors import SettingsError
from stream.cli.terminal.endings import outer_endings

TOCSIN: Final = f"{sys.executable} -m stream"
FULL: Final = Path("/dev/full")


def shell(line: str) -> tuple[int, str]:
    """Exit code and stderr of a shell's line."""
    ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("words", ["import --list", "import --help"])
def test_a_reader_that_has_gone_ends_a_command_in_silence(words: str) -> None:
    """With the code by which shells tell of SIGPIPE."""
    reader = "import os; os.close(0)"
    assert shell(f"{{ {TOCSIN} {words}; echo $? >&2; }} | {sys.executable} -c '{reader}'") == (0, "141\n")


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", ["import --list", "--version"])
def test_no_room_for_the_output_is_told(words: str) -> None:
    """Of whatever command, with exit code 2."""
    told = "stdout: want room for what is written, got: No space left on device\n"
    assert shell(f"{TOCSIN} {words} >{FULL}") == (2, told)


def test_streams_may_be_closed() -> None:
    """They have nothing in them, and nobody hears what goes there."""
    assert shell(f"{TOCSIN} import --list <&- >&- 2>&-") == (0, "")
    assert shell(f"{TOCSIN} backtest - <&- >&-") == (0, "")


@pytest.mark.parametrize(("encoding", "option"), [("ascii", "--explain"), ("latin-1", "")])
def test_a_terminal_need_not_have_all_letters(tmp_path: Path, encoding: str, option: str) -> None:
    """Which a channel's name ended in a traceback for."""
    rule = "{name: low, indicator: csat, by: [channel], window: 10m, critical: 50, min_answers: 5}"
    (tmp_path / "rules.yaml").write_text(f"rules:\n  - {rule}\n")
    event = {"channel": "phone \u260e", "indicator": "csat", "score": 1}
    lines = [json.dumps({"id": f"{n}", "at": f"2026-11-01T10:{n}:00Z", **event}) for n in range(10, 60)]
    (tmp_path / "events.ndjson").write_text("\n".join(lines))
    files = f"--rules {tmp_path}/rules.yaml --events {tmp_path}/events.ndjson"
    command = f"PYTHONIOENCODING={encoding} {TOCSIN} backtest {option} {files}"
    ended = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)
    assert rb"phone \u260e" in ended.stdout


def test_ctrl_c_has_the_code_of_shells() -> None:
    """And says nothing."""
    with pytest.raises(SystemExit) as ended, outer_endings():
        raise KeyboardInterrupt
    assert ended.value.code == 130


def test_ctrl_c_while_the_command_line_is_read_in_is_as_silent() -> None:
    """It takes longer than a finger that has slipped."""
    impatient = (
        "class Impatient:\n def find_spec(self, name, *_):\n  if name == 'click': raise KeyboardInterrupt\n"
    )
    script = f"import sys\n{impatient}sys.meta_path.insert(0, Impatient())\nimport stream.cli"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "")


def test_other_errors_are_ours() -> None:
    """What is not about room for the output is not swallowed."""
    with pytest.raises(PermissionError), outer_endings():
        raise PermissionError(errno.EACCES, "no", "/file")
    with pytest.raises(OSError, match="/file") as caught, outer_endings():
        raise OSError(errno.EIO, "broken", "/file")
    assert not isinstance(caught.value, SettingsError)
