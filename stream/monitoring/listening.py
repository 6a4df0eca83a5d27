"""What is said when a web server of ours cannot listen."""

import errno
import socket

from alerts.errors import SettingsError


def cannot_listen(host: str, port: int, error: OSError | OverflowError) -> SettingsError:
    """The complaint, by the option that is at fault: the host is none of ours, or the port is not free."""
    told = getattr(error, "strerror", None) or error
    if isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
        return SettingsError(f"--host: want an address of this machine, got {host!r}: {told}")
    return SettingsError(f"--port: want a free port of {host}, got {port}: {told}")
