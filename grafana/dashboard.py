"""Writes the dashboards: `python grafana/dashboard.py [--board URL] [--to FOLDER]`.

Classic JSON, which Grafana 11 to 13 provision from files.  Tests keep the files equal to what this writes,
every metric to what worker and gateway export, and every expression to what a real Prometheus answers.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

import alerting
import channel
import overview
import pipeline
from variables import BOARD

FILES: Final = {
    "overview": overview.PAGE, "channel": channel.PAGE, "alerts": alerting.PAGE, "pipeline": pipeline.PAGE,
}  # fmt: skip


def write(folder: Path, board: str) -> None:
    """All of them, as files of `folder`; links to the board lead to `board`."""
    for name, page in FILES.items():
        text = json.dumps(page.at(board).json(), indent=2)
        (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    options = ArgumentParser(description="Write Tocsin's dashboards for Grafana.")
    options.add_argument("--board", default=BOARD, help="where the board is, for those who read dashboards")
    options.add_argument("--to", type=Path, default=Path(__file__).parent / "dashboards", help="folder")
    given = options.parse_args()
    write(given.to, given.board)
