"""What a service says on stdout, whoever reads it."""

import subprocess
import sys

SAYS = "from stream.cli.terminal.announcing import announce; announce(['here']); print('more')"


def test_a_service_goes_on_where_nobody_reads() -> None:
    """A worker and a gateway ended with a traceback where a pipe was closed, or the disk full."""
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    reader.wait()
    told = subprocess.run(
        [sys.executable, "-c", SAYS], stdout=reader.stdin, stderr=subprocess.PIPE, check=True
    )
    assert told.stderr == b"what is said on stdout is lost: Broken pipe\n"
