"""Links of a rules file lead to what a notice is about."""

from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from alerts.receivers.link_places import PLACES, led_to, unknown_places

DASHBOARD = "https://grafana.example/d/tocsin-channel?var-channel={channel}&var-rule={rule}"


def test_a_link_leads_to_the_channel_of_the_notice() -> None:
    """Encoded, whatever the channel's name has; what the alert has not is empty."""
    labels = {"channel": "phone & chat/é", "rule": "low"}
    found = led_to(DASHBOARD, labels)
    assert found == (
        "https://grafana.example/d/tocsin-channel?var-channel=phone%20%26%20chat%2F%C3%A9&var-rule=low"
    )
    assert led_to(DASHBOARD, {"rule": "low"}).endswith("?var-channel=&var-rule=low")
    assert led_to("https://grafana.example/d/tocsin", labels) == "https://grafana.example/d/tocsin"


@given(st.text(st.characters(codec="utf-8")))
def test_no_value_gets_out_of_its_place(value: str) -> None:
    """The host, the path and the other parameters stay what the rules file says."""
    found = urlsplit(led_to(DASHBOARD, {"channel": value, "rule": "low"}))
    assert (found.netloc, found.path, found.fragment) == ("grafana.example", "/d/tocsin-channel", "")
    asked = parse_qs(found.query, keep_blank_values=True)
    assert asked == {"var-channel": [value], "var-rule": ["low"]}


def test_only_labels_have_a_place() -> None:
    """What is measured, and what is misspelt, has none."""
    assert unknown_places("https://x.example/{chanel}/{value}/{}") == ["chanel", "value", ""]
    assert unknown_places("https://x.example/" + "".join("{" + each + "}" for each in PLACES)) == []
