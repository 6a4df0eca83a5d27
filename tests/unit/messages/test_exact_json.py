"""JSON with its long integers as they stand."""

import orjson
import pytest

from stream.importing.rows.json_rows import json_rows
from stream.messages.exact_json import exactly


@pytest.mark.parametrize("number", ["18446744073709551616", "-9223372036854775809", "1" * 128])
@pytest.mark.parametrize("json", ['{"a":1.5,"id":%s}', '{"a":1.5,"id": %s}', '{"a":1.5,"id" :  %s }'])
def test_long_integers_keep_their_digits(json: str, number: str) -> None:
    """As numbers of 64 bits they would be those of others, too."""
    text = json % number
    assert exactly(text) == exactly(text.encode()) == {"a": 1.5, "id": int(number)}
    (row,) = json_rows(exactly(text))
    assert row["id"] == number


@pytest.mark.parametrize("json", ['{"id": 18446744073709551616', '{"id": 1' + "0" * 400 + "}"])
def test_what_is_no_json_is_none_here(json: str) -> None:
    """The error is the one that readers know."""
    with pytest.raises(orjson.JSONDecodeError):
        exactly(json)
