"""What every command does before it begins."""

import subprocess
import sys
from typing import Final

from stream.cli import COMMANDS

STARTED: Final = """
import os
import sys
from stream.cli import main

assert "numpy" not in sys.modules, "numpy reads its number of threads when it is first imported"
try:
    main(["--version"])
except SystemExit:
    print(os.environ["OPENBLAS_NUM_THREADS"])
"""


def test_numpy_gets_one_thread_and_comes_after_that_was_said() -> None:
    """A product of 500 scopes' counts takes two threads, which wait for each other, up to 6 ms, one 0.05."""
    started = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert started.stdout.splitlines()[-1] == "1"


HELPED: Final = """
import sys
from stream.cli import main

try:
    main(["--help"])
except SystemExit:
    assert "numpy" not in sys.modules
"""


def test_help_begins_at_once_and_has_a_line_for_each_command() -> None:
    """Each command's own module would take a second or two to read, together with all that it calls."""
    helped = subprocess.run([sys.executable, "-c", HELPED], capture_output=True, text=True, check=True)
    lines = helped.stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(len(line) < 80 and not line.endswith("...") for line in lines)
