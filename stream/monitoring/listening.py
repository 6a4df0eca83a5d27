"""What is said of where a web server of ours listens, or cannot."""

import errno
import socket

from alerts.errors import SettingsError


def base_url(host: str, port: int) -> str:
    """What its pages begin with."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def cannot_listen(host: str, port: int, error: OSError | OverflowError) -> SettingsError:
    """The complaint, by the option that is at fault: the host is none of ours, or the port is not free."""
    told = getattr(error, "strerror", None) or error
    if isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
        return SettingsError(f"--host: want an address of this machine, got {host!r}: {told}")
    return SettingsError(f"--port: want a free port of {host}, got {port}: {told}")
