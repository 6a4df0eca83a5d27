"""Why a receiver could not be reached, in words: without address and URL, which may hold a secret."""

import os
import socket
import ssl

from alerts.receivers.addresses import PrivateAddressError
from alerts.receivers.answers import Answer, Fate


def failed(error: Exception, cause: Exception, *, reached: bool) -> Answer:
    """What came of an attempt that ended with an error; `cause` is what lies below it, or the same."""
    if isinstance(cause, PrivateAddressError):
        return Answer(status=None, error=str(cause), verdict=Fate.REFUSED, reached=False)
    told = ": ".join(filter(None, (type(error).__name__, _reason(cause))))
    return Answer(status=None, error=told, reached=reached)


def _reason(cause: Exception) -> str:
    """In the words of TLS, the resolver or the system, but for names of hosts; "" where they have none."""
    match cause:
        case ssl.SSLCertVerificationError():
            return cause.verify_message.partition(",")[0]  # which name it has comes after
        case ssl.SSLError():  # its numbers are OpenSSL's own, and mean something else to the system
            return (cause.reason or "").replace("_", " ").lower()
        case socket.gaierror():
            return cause.strerror or ""
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
    return ""
