"""Lines of the Batch API's files, of its input and of its output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import InvalidRequest, TranslatorError
from ..mapping.losses import Loss
from .kinds import Kind, kind_of

if TYPE_CHECKING:
    from .documents import Converter

JSON = dict[str, Any]

_ENDPOINTS = {"chat": "/chat/completions", "responses": "/responses"}
"""How the `url` of a line ends; what stands before differs between providers, some of whom write no `url` at all."""

_REQUESTS: dict[str | None, Kind] = {"chat": "chat request", "responses": "responses request"}


def convert_line(line: JSON, converter: Converter) -> tuple[JSON, Sequence[Loss]]:
    """A line, converted in its place; one of another endpoint, such as embeddings, has nothing to convert."""
    reply = line.get("response")
    if isinstance(reply, dict) and isinstance(reply.get("body"), dict):
        body = reply["body"]
        if kind_of(body) is None and body.get("object") != "chat.completion":
            return line, ()
        told, losses = _inside("response.body", converter, body)
        return line if told is body else {**line, "response": {**reply, "body": told}}, losses
    if "body" not in line:
        return line, ()  # the request itself could not be carried out, and the line says why
    url = line.get("url")
    asked_of = _api_of(url) if isinstance(url, str) else None
    if asked_of is None and url is not None:
        return line, ()
    body = line["body"]
    if not isinstance(body, dict):
        raise InvalidRequest("This is no JSON object.", param="body", code="invalid_json")
    told, losses = _inside("body", converter, body, _REQUESTS.get(asked_of))
    if told is body and asked_of in (None, converter.to):
        return line, losses
    converted = {**line, "body": told}
    if asked_of is not None:
        converted["url"] = _url_for(converter.to, str(url))
    return converted, losses


@lru_cache(maxsize=64)  # the lines of a file have one
def _api_of(url: str) -> str | None:
    """The API whose requests are sent to a URL."""
    return next((api for api, end in _ENDPOINTS.items() if url.rstrip("/").endswith(end)), None)


@lru_cache(maxsize=64)
def _url_for(api: str, url: str) -> str:
    """The same URL for requests of an API."""
    path = url.rstrip("/")
    for end in _ENDPOINTS.values():
        path = path.removesuffix(end)
    return path + _ENDPOINTS[api]


def _inside(place: str, converter: Converter, body: JSON, otherwise: Kind | None = None) -> tuple[JSON, Sequence[Loss]]:
    """What stands at a place of the line, converted; losses and errors name the place."""
    try:
        document, losses = converter.convert(body, otherwise)
    except TranslatorError as error:
        error.param = place if error.param is None else f"{place}.{error.param}"
        raise
    return document, losses and [Loss(f"{place}.{loss.path}", loss.reason) for loss in losses]
