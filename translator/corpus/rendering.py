"""What a case translates to, as it stands on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .. import chat_over_responses, responses_over_chat
from ..errors import TranslatorError, UpstreamError
from ..mapping.losses import Loss
from ..sse import DONE, encode, encode_data
from .cases import Case

JSON = dict[str, Any]
Files = dict[str, bytes]
"""Files by name: `upstream_request.json`, `events.sse`, `response.json` and, where there are losses, `losses.txt`."""

RESPONSE_ID = "resp_" + "0123456789abcdef" * 2
CREATED_AT = 1763040000
COMPLETED_AT = 1763040002


def render(case: Case) -> Files:
    """The files that a case becomes; of a refused request only the error, as `response.json`."""
    return _RENDERERS[case.exchange](case)


def _responses_over_chat(case: Case) -> Files:
    try:
        call = responses_over_chat.translate_request(case.request, dialect=case.dialect)
    except TranslatorError as error:
        return {"response.json": pretty(error.body())}
    files = {"upstream_request.json": pretty(call.chat_request)}
    if case.upstream is None:
        return files
    stream = call.stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    events = [*stream.open(), *stream.receive_bytes(case.upstream), *stream.finish(completed_at=COMPLETED_AT)]
    files["events.sse"] = b"".join(map(encode, events)) + DONE
    try:
        response = call.translate_response(
            case.upstream, response_id=RESPONSE_ID, created_at=CREATED_AT, completed_at=COMPLETED_AT
        )
    except UpstreamError as error:
        response = error.body()
    files["response.json"] = pretty(response)
    return files | _losses([*call.losses, *stream.losses])


def _chat_over_responses(case: Case) -> Files:
    options = chat_over_responses.ReplyOptions(**case.settings)
    try:
        call = chat_over_responses.translate_request(case.request, options=options)
    except TranslatorError as error:
        return {"response.json": pretty(error.body())}
    files = {"upstream_request.json": pretty(call.responses_request)}
    if case.upstream is None:
        return files
    stream = call.stream()
    chunks = [*stream.receive_bytes(case.upstream), *stream.finish()]
    files["events.sse"] = b"".join(map(encode_data, chunks)) + DONE
    try:
        completion = call.translate_response(case.upstream)
    except UpstreamError as error:
        completion = error.body()
    files["response.json"] = pretty(completion)
    return files | _losses([*call.losses, *stream.losses])


_RENDERERS = {"responses_over_chat": _responses_over_chat, "chat_over_responses": _chat_over_responses}


def _losses(losses: list[Loss]) -> Files:
    return {"losses.txt": "".join(f"{loss.path}: {loss.reason}\n" for loss in losses).encode()} if losses else {}


def pretty(body: Mapping[str, Any]) -> bytes:
    """A document as it stands in the corpus."""
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"
