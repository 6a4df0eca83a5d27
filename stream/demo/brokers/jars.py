"""Kafka's jars: those at hand, or those that Maven fetches, once per machine."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from stream.demo.brokers.java import Java

KAFKA: Final = "4.1.1"
LEAST_JARS: Final = 40
"""kafka_2.13 and what it needs are 46 jars; far fewer mean a copy that was cut short."""
PATIENCE_S: Final = 300.0
POM: Final = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tocsin</groupId><artifactId>broker</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version>
</dependency><dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
<version>1.7.36</version></dependency></dependencies></project>
"""


class NoJars(Exception):  # noqa: N818  # reads as what it says
    """There is no way to Kafka's jars; says why."""


def at_hand() -> Path | None:
    """The folder of `$TOCSIN_KAFKA_LIBS`, or the one that was filled before; None for neither."""
    given = os.environ.get("TOCSIN_KAFKA_LIBS")
    for libs in (Path(given) if given else None, _cache()):
        if libs is not None and len(list(libs.glob("*.jar"))) >= LEAST_JARS:
            return libs
    return None


def fetched(java: Java) -> Path:
    """Let Maven copy the jars to the cache: 43 MB, some seconds.

    Raises:
        NoJars: Maven is not there, or does not get them.
    """
    maven, cache = shutil.which("mvn"), _cache()
    if maven is None:
        raise NoJars("no Maven that could fetch Kafka")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as scratch:
            (Path(scratch) / "pom.xml").write_text(POM, "utf-8")
            _copy(maven, java, Path(scratch))
            with suppress(OSError):  # somebody else was faster; theirs is as good
                (Path(scratch) / "libs").rename(cache)
    except OSError as error:
        raise NoJars(f"no place for Kafka's jars: {error}") from error
    return cache


def _copy(maven: str, java: Java, scratch: Path) -> None:
    goal = [maven, "-B", "-q", "dependency:copy-dependencies", f"-DoutputDirectory={scratch / 'libs'}"]
    environment = {"JAVA_HOME": str(java.home), **os.environ}
    try:
        done = subprocess.run(  # noqa: S603  # the user's own Maven
            goal,
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        raise NoJars(f"Maven did not fetch Kafka {KAFKA} within {PATIENCE_S:g} s") from None
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines() or ["it does not say why"]
        raise NoJars(f"Maven could not fetch Kafka {KAFKA}: {lines[0][:300]}")


def _cache() -> Path:
    home = os.environ.get("TOCSIN_CACHE") or Path.home() / ".cache" / "tocsin"
    return Path(home) / f"kafka-{KAFKA}"
