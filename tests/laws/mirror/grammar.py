"""The grammar of a stream of chat chunks, as the machine that reads it.

    stream    = role *piece [extras] finish [usage]
              / [role *piece] error
    piece     = text / refusal / reasoning / details / call / arguments
    extras    = annotations and images, in one chunk

Calls get indexes in the order they begin, and nothing is said of one that did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]

_TEXTS = {"content", "refusal", "reasoning_content", "reasoning"}
_EXTRAS = {"annotations", "images"}


def assert_grammatical(chunks: Sequence[JSON], *, usage: bool) -> None:
    """Raise an AssertionError at the first chunk that the grammar does not allow; `usage`: it was asked for."""
    chunks = list(chunks)
    assert chunks, "nothing was told"
    failed = "error" in chunks[-1]
    body = chunks[:-1] if failed else chunks
    heads = [{key: chunk[key] for key in ("id", "object", "created", "model")} for chunk in body]
    assert all(head == heads[0] for head in heads), "the chunks are not of one completion"
    if failed:
        assert chunks[-1].keys() == {"error"}
        assert chunks[-1]["error"].keys() == {"message", "type", "param", "code"}
        if not body:
            return
    elif usage and body[-1]["choices"] == []:
        assert body.pop()["usage"]["total_tokens"] >= 0
    for chunk in body:
        assert ("usage" in chunk) is usage
        assert chunk.get("usage") is None
        assert [choice["index"] for choice in chunk["choices"]] == [0]
    choices = [chunk["choices"][0] for chunk in body]
    assert choices.pop(0)["delta"] == {"role": "assistant", "content": ""}, "the role does not come first"
    if not failed:
        finish = choices.pop()
        assert finish["delta"] == {}
        assert finish["finish_reason"] in ("stop", "length", "content_filter", "tool_calls", "function_call")
        if choices and choices[-1]["delta"].keys() <= _EXTRAS:
            choices.pop()
    calls = 0
    for choice in choices:
        assert choice["finish_reason"] is None, "something follows the finish reason"
        calls = _piece(choice, calls)


def _piece(choice: JSON, calls: int) -> int:
    ((key, value),) = choice["delta"].items()
    if key in _TEXTS:
        assert value or (key == "content" and choice["logprobs"]), "a delta is empty"
    elif key == "reasoning_details":
        assert value
    elif key == "function_call":
        assert value.keys() in ({"name", "arguments"}, {"arguments"})
    else:
        assert key == "tool_calls", key
        (call,) = value
        if "id" in call:
            assert call["index"] == calls, "the indexes of calls are out of order"
            assert call[call["type"]]["name"]
            assert call[call["type"]].get("arguments", call[call["type"]].get("input")) == ""
            return calls + 1
        assert call["index"] < calls, "arguments for a call that did not begin"
        assert len(call) > 1
    return calls
