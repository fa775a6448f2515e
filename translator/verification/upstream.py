"""What a live upstream answers to the cases' requests, against what the corpus says of such an answer.

No two models say the same, so it is not the words that are compared but what is told: how the answer ended, which items
or fields it has and in which order, whether usage was counted. Cases that ask for the same are asked once, and those
alone whose expectation is an answer: many are about upstreams that answer oddly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from pydantic_core import from_json, to_json

from .. import chat_over_responses, responses_over_chat
from ..body import parse
from ..corpus import Case, load, snapshots
from ..errors import TranslatorError
from ..mapping.upstream_error import map_upstream_error

JSON = dict[str, Any]

_PATHS = {"responses_over_chat": "/chat/completions", "chat_over_responses": "/responses"}
_SUFFIXES = {True: "sse", False: "json"}


class Finding(NamedTuple):
    """What came of one case."""

    case: Case
    differences: list[str]
    """In words; none where the answer is what was expected."""


class Asked(NamedTuple):
    """A case with what is asked of the upstream, and what its answer is to be like."""

    case: Case
    request: JSON
    expected: JSON


def questions(exchange: str) -> list[Asked]:
    """The cases that a live upstream can be asked, each request once."""
    asked: dict[bytes, Asked] = {}
    for case in load(exchange):
        files = snapshots(case)
        request = files.get("upstream_request.json")
        if request is None or case.settings or request in asked:
            continue
        expected = from_json(files["response.json"])
        if _is_ordinary(expected):
            asked[request] = Asked(case, from_json(request), expected)
    return list(asked.values())


def _is_ordinary(answer: JSON) -> bool:
    """Whether any model may be expected to answer so: that it says all it has to say."""
    if "choices" in answer:
        return answer["choices"][0]["finish_reason"] in ("stop", "tool_calls", "function_call")
    return bool(answer.get("status") == "completed")


def verify_upstream(
    client: httpx.Client,
    exchange: str,
    asked: Sequence[Asked],
    *,
    model: str,
    record: Path | None = None,
) -> Iterator[Finding]:
    """Ask an upstream for each case, and say how its answers differ from the expected ones.

    `client` has the upstream's base URL and key. `record` is a folder: what was asked and answered is written there, a
    case each, in the corpus's own format.
    """
    for entry in asked:
        request = {**entry.request, "model": model}
        try:
            reply = client.post(_PATHS[exchange].removeprefix("/"), content=to_json(request))
        except httpx.HTTPError as error:
            yield Finding(entry.case, [f"no answer: {type(error).__name__}"])
            continue
        if reply.status_code != 200:
            mapped = map_upstream_error(reply.status_code, reply.content, reply.headers)
            yield Finding(entry.case, [f"refused with {reply.status_code}: {mapped.message}"])
            continue
        if record is not None:
            _record(record / entry.case.name, entry.case, reply)
        yield Finding(entry.case, _differences(exchange, entry, reply.content))


def _record(folder: Path, case: Case, reply: httpx.Response) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request.json").write_bytes(to_json(case.request, indent=2) + b"\n")
    streams = reply.headers.get("content-type", "").startswith("text/event-stream")
    (folder / f"upstream.{_SUFFIXES[streams]}").write_bytes(reply.content)


def _differences(exchange: str, entry: Asked, answer: bytes) -> list[str]:
    try:
        found = _TRANSLATE[exchange](entry.case.request, answer)
    except TranslatorError as error:
        return [f"the answer failed: {error.message}"]
    describe = _DESCRIBE[exchange]
    expected, told = describe(entry.expected), describe(found)
    return [f"{name}: expected {expected[name]}, got {told[name]}" for name in expected if expected[name] != told[name]]


def _response(request: JSON, answer: bytes) -> JSON:
    call = responses_over_chat.translate_request(request)
    return call.translate_response(answer, response_id="resp_verify")


def _completion(request: JSON, answer: bytes) -> JSON:
    return chat_over_responses.translate_request(request).translate_response(answer)


_TRANSLATE: dict[str, Callable[[JSON, bytes], JSON]] = {
    "responses_over_chat": _response,
    "chat_over_responses": _completion,
}


def _of_response(response: JSON) -> dict[str, str]:
    """What a response tells, without its words."""
    kinds = [_kind(item) for item in response["output"] if item["type"] != "reasoning"]  # whether it thinks is its own
    format = response["text"]["format"]["type"]
    told = {
        "status": str(response["status"]),
        "output": " ".join(dict.fromkeys(kinds)) or "nothing",
        "usage": "none" if response["usage"] is None else "counted",
    }
    if format != "text":
        texts = [part["text"] for item in response["output"] for part in item.get("content", ()) if "text" in part]
        told["text"] = "JSON" if texts and parse(texts[-1].encode()) is not None else "no JSON object"
    return told


def _kind(item: JSON) -> str:
    return f"{item['type']} {item['name']}" if "name" in item else str(item["type"])


def _of_completion(completion: JSON) -> dict[str, str]:
    """What a completion tells, without its words."""
    (choice,) = completion["choices"]
    message = choice["message"]
    fields = [name for name in ("content", "refusal", "tool_calls", "function_call") if message.get(name)]
    return {
        "finish_reason": str(choice["finish_reason"]),
        "message": " ".join(fields) or "nothing",
        "logprobs": "none" if choice["logprobs"] is None else "told",
        "usage": "none" if completion["usage"] is None else "counted",
    }


_DESCRIBE: dict[str, Callable[[JSON], dict[str, str]]] = {
    "responses_over_chat": _of_response,
    "chat_over_responses": _of_completion,
}
