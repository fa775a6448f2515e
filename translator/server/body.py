"""Bodies in and out: a request's JSON, read with a bound, and answers of JSON."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import from_json, to_json
from starlette.types import Message, Receive, Scope, Send

from ..errors import InvalidRequest, TranslatorError
from ..mapping.losses import Loss
from .inflating import inflate

Headers = Iterable[tuple[bytes, bytes]]

LOSSES_BYTES = 2048
"""The longest that the header of losses may be: proxies refuse headers that are much longer."""


class ClientLeft(Exception):
    """The client closed its connection before its request was complete: nobody is there to be answered."""


async def read_json(scope: Scope, receive: Receive, limit: int, *, empty: bytes = b"") -> dict[str, Any]:
    """The request's JSON object; an empty body is read as `empty`. Raises as `read_body`."""
    return parse_json(await read_body(scope, receive, limit) or empty)


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The request's body, inflated where its `content-encoding` says so.

    Raises InvalidRequest (400, 413 beyond `limit` bytes, compressed or not, 415) or ClientLeft.
    """
    codings: list[str] = []
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise _too_large(limit)
        if name == b"content-type" and not _is_json(value):
            raise _not_json(value)
        if name == b"content-encoding":
            codings.extend(value.decode("latin-1").split(","))
    body = await _read(receive, limit)
    if codings and body:
        body = inflate(body, codings, limit, lambda: _too_large(limit))
    return body


def _is_json(content_type: bytes) -> bool:
    """Whether a type is JSON's; `text/plain` is not: a browser lets any page send that to this machine unasked."""
    kind = content_type.partition(b";")[0].strip().lower()
    return kind == b"application/json" or kind.endswith(b"+json") or not kind


def _not_json(content_type: bytes) -> InvalidRequest:
    kind = content_type.decode("ascii", "replace")[:80]
    return InvalidRequest(
        f"The body is said to be {kind!r}: send JSON, with the header 'Content-Type: application/json'.",
        status=415,
        code="unsupported_content_type",
    )


def parse_json(body: bytes | str) -> dict[str, Any]:
    """A JSON object. Raises InvalidRequest."""
    if isinstance(body, bytes):
        body = body.removeprefix(codecs.BOM_UTF8)
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON in UTF-8: {error}.") from None
    if not isinstance(value, dict):
        raise InvalidRequest('The body must be a JSON object, such as {"model": …, "input": …}.')
    return value


def encode_request(told: Mapping[str, Any], asked: Mapping[str, Any] | None = None) -> bytes:
    """The body of a request to an upstream; `asked` is what the client sent, where that is something else.

    Raises InvalidRequest that names a number which JSON cannot say: it would be written as a word that no reader takes.
    """
    body = to_json(told)
    if b"Infinity" in body:  # seldom, and mostly a word
        _refuse_infinity(told if asked is None else asked)
    return body


def _refuse_infinity(value: Any, path: str = "") -> None:
    """Raises InvalidRequest for a number that is too large to be one: JSON has no word for it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequest(f"'{path}' is a number beyond what JSON readers hold: send a smaller one.", param=path)
    if isinstance(value, dict):
        for name, entry in value.items():
            _refuse_infinity(entry, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            _refuse_infinity(entry, f"{path}[{index}]")


async def _read(receive: Receive, limit: int) -> bytes:
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


def _too_large(limit: int) -> InvalidRequest:
    return InvalidRequest(
        f"The body is larger than {limit} bytes: send less, or have the server's max_body_bytes raised.",
        status=413,
        code="request_too_large",
        headers={"connection": "close"},  # what is still to come need not be read
    )


async def send_json(send: Send, value: Mapping[str, Any], headers: Headers = (), status: int = 200) -> None:
    """Answers with a JSON object."""
    body = to_json(value)
    length = b"%d" % len(body)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), (b"content-length", length), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: TranslatorError) -> None:
    """Answers with OpenAI's error body, and the headers that go with the error."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in error.headers.items()]
    await send_json(send, error.body(), headers, error.status)


async def answer_error(scope: Scope, send: Send, error: TranslatorError) -> None:
    """Answers as `send_error`, also a WebSocket's handshake, whose connection is not opened then."""

    async def refuse(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await send_error(refuse if scope["type"] == "websocket" else send, error)


def losses_header(losses: Sequence[Loss]) -> Headers:
    """`x-translator-losses: path: reason; path: reason`, if there are any; cut between two losses where too long."""
    if not losses:
        return ()
    said: list[str] = []
    left = LOSSES_BYTES
    for index, loss in enumerate(losses):
        words = f"{loss.path}: {loss.reason}".encode("ascii", "replace").decode("ascii")
        words = "".join(letter if letter.isprintable() else "?" for letter in words)
        left -= len(words) + 2
        if left < 32:
            said.append(f"and {len(losses) - index} more")
            break
        said.append(words)
    return ((b"x-translator-losses", "; ".join(said).encode("ascii")),)
