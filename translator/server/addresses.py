"""Which addresses of the network a client may make this server ask: those that are everybody's, and no others."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Allow = Callable[[str, int], bool]
"""Whether an address and a port may be connected to."""

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_NOBODYS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))  # not in every Python's table
_ISATAP = (0x00005EFE, 0x02005EFE)


class Forbidden(OSError):
    """An address that nobody may make this server ask."""


def is_public(host: str, port: int = 0) -> bool:
    """Whether an address belongs to the public network, in itself and in every address that it carries inside."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(one) for one in _within(address))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address) and any(address in network for network in _NOBODYS):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _within(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """An address and those inside it; what is but the form of another is told by that one alone."""
    if isinstance(address, IPv4Address):
        yield address
        return
    last = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    if address in _NAT64:
        yield last
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _COMPATIBLE or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield last


class GuardedResolver(AbstractResolver):
    """Another resolver, whose answer counts only where all of it may be connected to."""

    def __init__(self, resolver: AbstractResolver, allow: Allow) -> None:
        self._resolver = resolver
        self._allow = allow

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises Forbidden."""
        found = await self._resolver.resolve(host, port, family)
        if not all(self._allow(result["host"], port) for result in found):
            raise Forbidden
        return found

    async def close(self) -> None:
        """Close the other one."""
        await self._resolver.close()


def guarded_sockets(allow: Allow) -> Callable[[Any], socket.socket]:
    """Makes sockets for addresses that may be connected to; it sees the very address that is, however it was found."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not allow(address[0], address[1]):
            raise Forbidden
        return socket.socket(family, kind, protocol)

    return make
