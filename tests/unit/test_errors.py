"""What complaints show of what was written."""

import pytest

from alerts.errors import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('got "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"', 'got "whsec_…"'),
        ("got https://ann:secret@example.com/x", "got https://…@example.com/x"),
        ("xoxb-17653672481-19874698323", "xoxb-…"),
        ("want https://longer-example.com/hook, got 5", "want https://longer-example.com/hook, got 5"),
        ("want a secret such as whsec_… (base64)", "want a secret such as whsec_… (base64)"),
    ],
)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    """Wherever in a rules file somebody has put one."""
    assert without_secrets(text) == shown
