"""Which addresses notices may go to: those of the public internet, unless a receiver allows others.

What is decided on is the address of the socket that is about to connect, after every name was resolved; so
a name that points at a private address, today or from tomorrow on, does not get in.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import socket
from typing import Any, Final

NAT64: Final = IPv6Network("64:ff9b::/96")
"""Carries an IPv4 address in its last four bytes (RFC 6052)."""

AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it."""


class PrivateAddressError(OSError):
    """The address belongs to this machine or to a private network, which the receiver does not allow."""


def is_public(address: str) -> bool:
    """Whether an IP address, in text, is one of the public internet's; false for anything that is none."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    ip = _within(ip)
    return ip.is_global and not ip.is_multicast


def _within(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip


def public_socket(info: AddressInfo) -> socket:
    """A socket for an address that is public.

    Raises:
        PrivateAddressError: it is not.
    """
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PrivateAddressError("private address; allow_private is not set")
    return socket(family, kind, protocol)
