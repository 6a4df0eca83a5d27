"""Keep Kafka's classes as a JVM has them once it has loaded them: a broker starts in two thirds of the time.

For a run that starts dozens of brokers.  It does nothing where there is no Java, or they are kept already.
"""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from stream.demo.brokers import jars
from tests.kafka.broker import NoKafka, class_archive, java_broker


def main() -> None:
    """Start a broker that writes its classes down when it is stopped."""
    if (libs := jars.at_hand()) and class_archive(libs).exists():
        return
    with tempfile.TemporaryDirectory() as scratch, suppress(NoKafka):
        archive = Path(scratch) / "classes.jsa"
        broker = java_broker(options=[f"-XX:ArchiveClassesAtExit={archive}"])
        broker.start()
        broker.stop()
        broker.close()
        if libs := jars.at_hand():
            with suppress(OSError):  # nowhere to keep them
                part = class_archive(libs).with_suffix(".part")
                shutil.move(archive, part)
                part.rename(class_archive(libs))  # whole, for whoever starts brokers beside us


if __name__ == "__main__":
    main()
