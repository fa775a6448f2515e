"""Who is asking: the client's key, and what follows from it."""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from starlette.types import Scope

from ..errors import InvalidRequest
from .settings import Settings


class Program(NamedTuple):
    """What a client says it is, in headers that prove nothing."""

    user_agent: str | None = None
    originator: str | None = None
    """Which of the programs that share one core it is: Codex's own header."""


class Principal(NamedTuple):
    """The client of one request."""

    tenant: str
    """Whose things are whose: a hash of the client's key, never the key; "local" where no key is asked for."""

    upstream_key: str | None = None
    """The key to hand to the upstream, where clients bring the upstream's own."""

    program: Program = Program()


LOCAL = Principal("local")


class Authenticator:
    """Tells clients by their keys: `Authorization: Bearer KEY`, or `X-API-KEY: KEY`."""

    def __init__(self, settings: Settings) -> None:
        self._passthrough = settings.auth == "passthrough"
        self._tenants = [_digest(key.get_secret_value().encode()) for key in settings.api_keys]

    def identify(self, scope: Scope) -> Principal:
        """Who sent the request. Raises InvalidRequest (401) where the key is missing or wrong."""
        if not self._tenants and not self._passthrough:
            return LOCAL._replace(program=_program(scope))
        key = _presented(scope)
        if not key:
            raise _refused("No API key was given: send it as 'Authorization: Bearer KEY' or 'X-API-KEY: KEY'.")
        presented = _digest(key)
        if self._passthrough:
            return Principal(presented, _as_header(key), _program(scope))
        # digests are compared, and with all keys: the time taken tells nothing of any of them
        known = [tenant for tenant in self._tenants if hmac.compare_digest(tenant, presented)]
        if not known:
            raise _refused("The API key is not known to this server: send one that its operator has set.")
        return Principal(presented, program=_program(scope))


def _program(scope: Scope) -> Program:
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in (b"user-agent", b"originator"):
            found[name] = value.decode("latin-1")
    return Program(found.get(b"user-agent"), found.get(b"originator"))


def _digest(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def _presented(scope: Scope) -> bytes | None:
    found = None
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return bytes(value[7:].strip())
        if name == b"x-api-key":
            found = bytes(value.strip())
    return found


def _as_header(key: bytes) -> str:
    text = key.decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        raise _refused("The API key holds characters that no header carries: send printable ASCII.")
    return text


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(message, status=401, code="invalid_api_key", headers={"www-authenticate": "Bearer"})
