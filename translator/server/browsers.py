"""A server without client keys answers this machine, and a browser on it runs pages of others: those are refused.

A page says where it is from (`Origin`) wherever it could do harm. One whose own name was made to mean this machine
(DNS rebinding) is of the same origin as the server, but then the request names a host that this machine is not called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import InvalidRequest
from .body import answer_error
from .settings import Settings, is_loopback

_CONTAINERS = frozenset({"host.docker.internal", "host.containers.internal"})
"""What containers call the machine that they run on; nobody can register these names."""

_PORT = re.compile(r":\d*$")

_REMEMBERED = 64


class OwnPages:
    """ASGI middleware: lets requests of programs and of this machine's own pages pass."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = _CONTAINERS | {host.lower() for host in hosts}
        self._fault = lru_cache(_REMEMBERED)(self._find_fault)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what the app answers, or a 403."""
        if scope["type"] != "lifespan":
            host = origin = None
            for name, value in scope["headers"]:
                if name == b"host":
                    host = value
                elif name == b"origin":
                    origin = value
            if (fault := self._fault(host, origin)) is not None:
                await answer_error(scope, send, fault)
                return
        await self._app(scope, receive, send)

    def _find_fault(self, host: bytes | None, origin: bytes | None) -> InvalidRequest | None:
        if origin is not None and not self._is_own(origin.decode("latin-1")):
            return InvalidRequest(
                "Pages of other machines may not connect to a server without client keys: set one with --api-key.",
                status=403,
                code="origin_not_allowed",
            )
        name = "localhost" if host is None else _PORT.sub("", host.decode("latin-1")).lower()
        if not self._is_called(name):
            return InvalidRequest(
                f"The server was called {name[:128]!r}, which may be a page's trick where no client key is set: call "
                "it 127.0.0.1 or localhost, add the name to its allowed_hosts, or set a key with --api-key.",
                status=403,
                code="host_not_allowed",
            )
        return None

    def _is_own(self, origin: str) -> bool:
        """Whether a page is this machine's own, or is none of the web: a program's."""
        try:
            parts = urlsplit(origin)
            host = parts.hostname
        except ValueError:  # it is no URL, so it is nobody's page
            return False
        if parts.scheme in ("http", "https"):
            return host is not None and (is_loopback(host) or host in self._hosts)
        return bool(parts.scheme)

    def _is_called(self, name: str) -> bool:
        """Whether a name can be trusted to mean this machine: no address can be made to mean another."""
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            name = name.rstrip(".")
            return name == "localhost" or name.endswith(".localhost") or name in self._hosts
        return True


def own_pages_only(settings: Settings) -> bool:
    """Whether nothing but where a request comes from tells whom it is of."""
    return settings.auth == "keys" and not settings.api_keys
