"""Programs that tests need and that may not be on somebody's own machine, with what to install."""

import shutil
from functools import cache
from typing import Final

from tests.kafka.broker import why_not
from tests.prometheus.programs import missing

BY_FOLDER: Final = {
    "kafka": ("Kafka",),
    "chaos": ("Kafka",),
    "prometheus": ("Prometheus",),
    "asyncapi": ("npm",),
}
BY_TEST: Final = {
    "test_every_expression.py": ("Kafka",),
    "test_brokers.py": ("Kafka",),
    "test_panels.py": ("Prometheus",),
    "test_board.py": ("chromium",),
    "test_board_page.py": ("chromium",),
    "test_board_live.py": ("chromium",),
    "test_kcat_prints_alerts": ("kcat",),
}
"""By the name of a file or of a test, beside what its folder needs."""


@cache
def lacking(need: str) -> str | None:
    """What to install when a program is not here; None when it is."""
    match need:
        case "Kafka":
            return why_not()
        case "Prometheus":
            packages = "prometheus prometheus-alertmanager docker-compose; and kubectl or kustomize"
            return (
                f"no {', '.join(missing())} here; Debian: apt-get install {packages}" if missing() else None
            )
        case _:
            return None if shutil.which(need) else f"no {need} here; Debian: apt-get install {need}"


def needs(folder: str, file: str, test: str) -> tuple[str, ...]:
    """The programs that a test needs."""
    return BY_FOLDER.get(folder, ()) + BY_TEST.get(file, ()) + BY_TEST.get(test, ())
