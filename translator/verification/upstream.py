"""What a live upstream answers to the cases' requests, against what the corpus says of such an answer.

No two models say the same, so it is not the words that are compared but what is told: how the answer ended, which items
or fields it has, whether usage was counted; and where a model may answer in words or by a call, as it likes, that is
told apart from faults. Cases that ask for the same are asked once, and those alone whose expectation is an answer, and
whose request names nothing that another upstream made: many are about upstreams that answer oddly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from pydantic_core import from_json, to_json

from .. import chat_over_responses, responses_over_chat
from ..corpus import Case, load, snapshots
from ..errors import TranslatorError
from ..mapping.upstream_error import map_upstream_error
from .answers import Question, Told, compare, of_chat_request, of_completion, of_response, of_responses_request

JSON = dict[str, Any]

_PATHS = {"responses_over_chat": "/chat/completions", "chat_over_responses": "/responses"}
_SUFFIXES = {True: "sse", False: "json"}


class Finding(NamedTuple):
    """What came of one case."""

    case: Case
    differences: list[str]
    """In words; none where the answer is as good as the expected one."""

    choices: Sequence[str] = ()
    """Where it is another, as any model's may be, in words."""


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
        if _is_ordinary(expected) and not _FOREIGN.search(request):
            asked[request] = Asked(case, from_json(request), expected)
    return list(asked.values())


_FOREIGN = re.compile(rb'"(encrypted_content|file_id|provider_data)": |https://example\.com/')
"""What only the upstream that made it can read, and addresses where nothing is."""


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
        yield _judge(exchange, entry, reply.content)


def _record(folder: Path, case: Case, reply: httpx.Response) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request.json").write_bytes(to_json(case.request, indent=2) + b"\n")
    streams = reply.headers.get("content-type", "").startswith("text/event-stream")
    (folder / f"upstream.{_SUFFIXES[streams]}").write_bytes(reply.content)


def _judge(exchange: str, entry: Asked, answer: bytes) -> Finding:
    if not answer.lstrip().startswith(_BEGINNINGS):
        begins = answer.lstrip()[:_SHOWN].decode("utf-8", "replace") or "nothing"
        return Finding(entry.case, [f"the answer is neither JSON nor a stream of events, but begins: {begins}"])
    try:
        question, expected, told = _COMPARED[exchange](entry, answer)
    except TranslatorError as error:
        return Finding(entry.case, [f"the answer failed: {error.message}"])
    return Finding(entry.case, *compare(question, expected, told))


_BEGINNINGS = (b"{", b"[", b"data:", b"event:", b"id:", b"retry:", b":", b"\xef\xbb\xbf")
_SHOWN = 60


def _compared_responses(entry: Asked, answer: bytes) -> tuple[Question, Told, Told]:
    request = entry.case.request
    call = responses_over_chat.translate_request(request)
    response = call.translate_response(answer, response_id="resp_verify")
    told = [of_response(said, call.names) for said in (entry.expected, response)]
    return of_responses_request(request, call.chat_request), told[0], told[1]


def _compared_completions(entry: Asked, answer: bytes) -> tuple[Question, Told, Told]:
    request = entry.case.request
    completion = chat_over_responses.translate_request(request).translate_response(answer)
    return of_chat_request(request), of_completion(entry.expected), of_completion(completion)


_COMPARED: dict[str, Callable[[Asked, bytes], tuple[Question, Told, Told]]] = {
    "responses_over_chat": _compared_responses,
    "chat_over_responses": _compared_completions,
}
