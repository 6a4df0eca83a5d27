"""What was said and done about alerts, in lines."""

from alerts.delivery.grouping.group_log import GroupTold, encode_group
from stream.ops.alert_records import told_line


def test_a_message_of_a_group_is_told_in_utc_whatever_the_machines_zone() -> None:
    """As all other times are, and one alert is one alert."""
    told = GroupTold(
        group="g1", key="g1.2", members=[("a1", 1)], receiver="am", outcome="delivered", reason="HTTP 200",
        attempts=1, status=200, sent=True, at_s=1_764_410_400.25,
    )  # fmt: skip
    line = told_line(encode_group(told), "a1")
    assert line == "2025-11-29T10:00:00.250Z  am  delivered  HTTP 200  [g1.2, 1 alert]"
    assert told_line(encode_group(told), "b2") == ""
