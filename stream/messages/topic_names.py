"""Names of the topics."""

from typing import Final

TALLIES: Final = "cx.tallies"
SCORES: Final = "cx.scores"
ALERTS: Final = "cx.alerts"
DEAD_LETTERS: Final = "cx.dead-letters"
DELIVERIES: Final = "cx.deliveries"
COMMANDS: Final = "cx.commands"
REDRIVES: Final = "cx.redrives"
COMMAND_ANSWERS: Final = "cx.command-answers"
CUSTOMERS: Final = "cx.customers"


def intake_snapshots(group: str) -> str:
    """Topic with the intakes' snapshots of one consumer group."""
    return f"{group}-intake-snapshots"


def judge_snapshots(group: str) -> str:
    """Topic with the judges' snapshots of one consumer group."""
    return f"{group}-judge-snapshots"
