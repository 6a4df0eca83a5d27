"""Files that an operator names on the command line: text, and no more of it than such a file ever has."""

from pathlib import Path

from alerts.errors import SettingsError


def read_text(path: Path, option: str, most_mib: int) -> str:
    """The text of the file that `option` names; a byte order mark before it is no part of it.

    Raises:
        SettingsError: it cannot be read, is not UTF-8, or has more than `most_mib`: a device never ends.
    """
    most_bytes = most_mib << 20
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) <= most_bytes:
            return content.decode("utf-8-sig")
        reason = f"more than {most_mib} MiB"
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text: save it as UTF-8"
    raise SettingsError(f"{option}: want a file that can be read, got {path}: {reason}")
