"""Why a row of a foreign log cannot be turned into events."""

from enum import StrEnum


class Fault(StrEnum):
    """Why a row could not be turned into events."""

    COLUMNS = "columns"  # more or fewer than the header names
    MISSING = "missing"  # no value for a field that every event must have
    TIME = "time"  # not in the format that the mapping declares
    NUMBER = "number"
    LOOKUP = "lookup"  # not in the mapping's table, which has no `otherwise`
    SYNTAX = "syntax"  # not a line of the declared format
    ENCODING = "encoding"  # bytes that are not text
    SAME_ID = "same_id"  # two events of one row that the worker takes for one
    TOO_LONG = "too_long"  # a line, or an object, of more than a mebibyte
    SPOILED = "spoiled"  # an id that a spreadsheet took for a number
    LIST = "list"  # several values where a field takes one
    REFUSED = "refused"  # the worker would not take the event
    FOREIGN = "foreign"  # not a message of the system that the mapping is for


class RowError(Exception):
    """One row cannot be used; the sender's fault, counted by its reason."""

    def __init__(self, fault: Fault, detail: str) -> None:
        self.fault = fault
        super().__init__(detail)
