"""The response object: what was asked, echoed, and how far the answer has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    from .stream import Stream

JSON = dict[str, Any]

_TIERS = frozenset({"auto", "default", "flex", "priority", "scale"})


def echo(request: JSON, response_id: str, created_at: int, keeps: bool) -> JSON:
    """The response before anything was answered: all fields that the standard requires, as the client asked.

    `model` is the public name. Sampling fields the client left out have OpenAI's defaults, which is what the standard's
    schema demands, although the upstream may have others.
    """
    reasoning = request.get("reasoning", {})
    text: JSON = {"format": _echo_format(request.get("text", {}).get("format"))}
    if "verbosity" in request.get("text", {}):
        text["verbosity"] = request["text"]["verbosity"]
    response: JSON = {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "max_output_tokens": request.get("max_output_tokens"),
        "max_tool_calls": request.get("max_tool_calls"),
        "model": request["model"],
        "output": [],
        "output_text": "",
        "parallel_tool_calls": request.get("parallel_tool_calls", True),
        "presence_penalty": request.get("presence_penalty", 0.0),
        "frequency_penalty": request.get("frequency_penalty", 0.0),
        "previous_response_id": request.get("previous_response_id"),
        "prompt_cache_key": request.get("prompt_cache_key"),
        "reasoning": {
            "effort": reasoning.get("effort"),
            "summary": reasoning.get("summary") or reasoning.get("generate_summary"),
        },
        "safety_identifier": request.get("safety_identifier"),
        "service_tier": request.get("service_tier", "default"),
        "store": keeps,
        "temperature": request.get("temperature", 1.0),
        "text": text,
        "tool_choice": request.get("tool_choice", "auto"),
        "tools": [_echo_tool(tool) for tool in request.get("tools", ())],
        "top_logprobs": request.get("top_logprobs", 0),
        "top_p": request.get("top_p", 1.0),
        "truncation": request.get("truncation", "disabled"),
        "usage": None,
        "user": request.get("user"),
        "metadata": request.get("metadata", {}),
    }
    if "conversation" in request:
        conversation = request["conversation"]
        response["conversation"] = {"id": conversation} if isinstance(conversation, str) else conversation
    if "prompt_cache_retention" in request:
        response["prompt_cache_retention"] = request["prompt_cache_retention"]
    return response


def _echo_format(format: JSON | None) -> JSON:
    if format is None:
        return {"type": "text"}
    if format["type"] != "json_schema":
        return format
    return {"name": "response", "description": None, "strict": False, **format}


def _echo_tool(tool: JSON) -> JSON:
    if tool["type"] != "function":
        return tool
    return {"description": None, "parameters": None, "strict": None, **tool}


def output_text(items: Sequence[JSON]) -> str:
    """The text of all messages, joined, as the SDKs' `output_text` has it."""
    return "".join(
        part["text"]
        for item in items
        if item["type"] == "message"
        for part in item["content"]
        if part["type"] == "output_text"
    )


def known_tier(tier: str) -> bool:
    """Whether a service tier an upstream reports is one that clients know."""
    return tier in _TIERS


def read_response(stream: Stream, completion: Mapping[str, Any] | BaseModel | bytes, completed_at: int | None) -> JSON:
    """What an upstream answered at once, put through the stream's machine; raises its error if it failed."""
    if isinstance(completion, bytes):
        stream.receive_bytes(completion)
    else:
        stream.receive(completion)
    stream.finish(completed_at)
    if stream.error is not None:
        raise stream.error
    return stream.response
