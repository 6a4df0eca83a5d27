"""A `tocsin gateway` of a test: started, killed, started again on its port."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
WAIT_S: Final = 60.0


class GatewayProcess:
    """A gateway; what it logs goes to `log`."""

    def __init__(
        self,
        broker: str,
        sources: Path,
        log: Path,
        secrets: Mapping[str, str],
        port: int = 0,
        options: Sequence[str] = (),
    ) -> None:
        self._again = (broker, sources, log, secrets)
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "stream", "gateway", "--broker", broker),
                    *("--sources", str(sources), "--port", str(port), *options),
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env={**os.environ, **secrets, "PYTHONUNBUFFERED": "1"},
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, log.read_text()

    def ready(self) -> "GatewayProcess":
        """Wait until it can write."""
        until = time.monotonic() + WAIT_S
        while self.ask("GET", "/readyz")[0] != 200:
            assert time.monotonic() < until, "the gateway did not get ready"
            time.sleep(0.05)
        return self

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of an answer; 0 when nobody answers."""
        request = urllib.request.Request(self.url + path, body, dict(headers or {}), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # http, ours
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def rss_mb(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()

    def again(self) -> "GatewayProcess":
        """The same once more, on the same port."""
        return GatewayProcess(*self._again, port=int(self.url.rpartition(":")[2]))


@contextmanager
def gateway(
    broker: str, sources: Path, log: Path, secrets: Mapping[str, str], *options: str
) -> Iterator[GatewayProcess]:
    """A gateway that is gone at the end of the block."""
    started = GatewayProcess(broker, sources, log, secrets, options=options)
    try:
        yield started.ready()
    finally:
        started.kill()
