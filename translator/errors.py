"""Whose fault it is, which parameter, which status.

TranslatorError             message, status, code, param, type
├── InvalidRequest          the client broke its own dialect's rules        400 (401, 404, 413 where it says so)
├── Unsupported             valid, but the upstream cannot be told          400
├── UpstreamError           the upstream broke its rules, or failed         its own status, or 502
└── StoreUnavailable        what is kept between requests cannot be reached 503
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class TranslatorError(Exception):
    """An error that can be said to a client in OpenAI's body.

    `message` is one sentence that names the value and the way out; `param` is a path as OpenAI writes it
    (`input[3].content[0].image_url`); `code` is a semantic string or None; `headers` are those a client may
    see (`retry-after`, rate limits). Nothing in it may hold a key or an upstream's address.
    """

    status = 500
    type = "server_error"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int | None = None,
        type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.headers: Mapping[str, str] = headers or {}
        if status is not None:
            self.status = status
        if type is not None:
            self.type = type

    def payload(self) -> dict[str, Any]:
        """The inner object of OpenAI's error body: message, type, param, code."""
        return {"message": self.message, "type": self.type, "param": self.param, "code": self.code}

    def body(self) -> dict[str, Any]:
        """OpenAI's error body: `{"error": {message, type, param, code}}`."""
        return {"error": self.payload()}


class InvalidRequest(TranslatorError):
    """The client broke its own dialect's rules."""

    status = 400
    type = "invalid_request_error"


class Unsupported(TranslatorError):
    """The request is valid, but this upstream cannot be told what it says."""

    status = 400
    type = "invalid_request_error"

    def __init__(self, message: str, *, param: str | None = None, code: str | None = "unsupported") -> None:
        super().__init__(message, param=param, code=code)


class UpstreamError(TranslatorError):
    """The upstream broke its own rules, or failed."""

    refusal: tuple[int, bytes] | None = None
    """The status and body that a request was refused with, as they came; never told to anybody."""

    refusal_headers: Mapping[str, str] = MappingProxyType({})
    """The headers that came with them."""

    status = 502
    type = "server_error"


class StoreUnavailable(TranslatorError):
    """The store is down, locked or full: what had to be kept was not, or what was kept cannot be read now."""

    status = 503

    def __init__(self, message: str) -> None:
        super().__init__(message, code="store_unavailable")
