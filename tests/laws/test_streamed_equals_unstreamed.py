"""Law 1: the same completion, cut anywhere and interleaved anyhow, gives the same response."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.mapping.tool_kinds import CALLS
from translator.mapping.tool_names import ToolNames
from translator.mapping.tools import map_call
from translator.responses_over_chat import Translation

from ..cases import Case, load_answered
from ..playback import answer, play, play_chunks, translate
from .completions import Completion, chunks_of, completions
from .requests import requests

JSON = dict[str, Any]


@given(requests(), completions(), st.integers(0, 2**32))
def test_a_completion_gives_the_same_response_however_it_is_cut_and_interleaved(
    request: JSON, completion: Completion, seed: int
) -> None:
    call = translate(request)
    streamed = play_chunks(call, chunks_of(completion, Random(seed))).response
    whole = answer(call, completion.body())
    if streamed["status"] == "failed":  # a window that is full: told by an error, where nothing was told yet
        assert streamed["output"] == [] and whole.keys() == {"error"}
        assert streamed["error"].items() <= whole["error"].items()
    else:
        assert streamed == whole


_ORDER = ("reasoning", "message", "image_generation_call", "call")
_FINISH_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def completion_of(response: JSON, names: ToolNames) -> JSON | None:
    """The completion that says what this response says; None where its one message cannot."""
    output = response["output"]
    kinds = ["call" if item["type"] in CALLS else item["type"] for item in output]
    once = kinds.count("reasoning") <= 1 and kinds.count("message") <= 1
    if response["status"] == "failed" or not once or kinds != sorted(kinds, key=_ORDER.index):
        return None
    parts = {part["type"]: part for item in output for part in item.get("content", ())}
    text = parts.get("output_text", {})
    signed = [item for item in output if item["type"] == "reasoning" and "provider_data" in item]
    message = {
        "reasoning_content": parts.get("reasoning_text", {}).get("text"),
        "reasoning_details": next((item["provider_data"]["reasoning_details"] for item in signed), None),
        "content": text.get("text"),
        "annotations": text.get("annotations"),
        "refusal": parts.get("refusal", {}).get("refusal"),
        "images": [_image(item) for item in output if item["type"] == "image_generation_call"],
        "tool_calls": [_call(item, names) for item in output if item["type"] in CALLS],
    }
    details = response["incomplete_details"]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": {"content": text.get("logprobs")},
        "finish_reason": _FINISH_REASONS[details["reason"]] if details else "stop",
    }
    return {"choices": [choice], "usage": _usage(response["usage"]), "service_tier": response["service_tier"]}


def _image(item: JSON) -> JSON:
    return {"type": "image_url", "image_url": {"url": f"data:image/{item['output_format']};base64,{item['result']}"}}


def _call(item: JSON, names: ToolNames) -> JSON:
    return {**map_call(item, names), **item.get("provider_data", {})}


def _usage(usage: JSON | None) -> JSON | None:
    return usage and {
        "prompt_tokens": usage["input_tokens"],
        "completion_tokens": usage["output_tokens"],
        "total_tokens": usage["total_tokens"],
        "prompt_tokens_details": usage["input_tokens_details"],
        "completion_tokens_details": usage["output_tokens_details"],
    }


def _sayable() -> Iterator[tuple[Case, Translation, JSON, JSON]]:
    """The cases whose response one completion can say: what it was translated to, that response and that completion."""
    for case in load_answered("responses_over_chat"):
        assert case.upstream is not None
        call = translate(case.request, case.dialect)
        response = play(call, [case.upstream]).response
        completion = completion_of(response, call.names)
        if completion is not None:
            yield case, call, response, completion


@pytest.mark.parametrize(
    ("call", "response", "completion"), [pytest.param(*said, id=str(case)) for case, *said in _sayable()]
)
def test_a_case_gives_the_same_response_when_its_output_comes_whole(
    call: Translation, response: JSON, completion: JSON
) -> None:
    assert answer(call, completion) == response
