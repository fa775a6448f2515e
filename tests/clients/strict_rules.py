"""What a strict chat upstream takes, and nothing else: the rules by which OpenAI and stricter upstreams refuse.

Every request is looked at whole; what is wrong with it comes back as a list of sentences, each with its path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "model": str,
    "messages": list,
    "stream": bool,
    "stream_options": dict,
    "tools": list,
    "tool_choice": (str, dict),
    "parallel_tool_calls": bool,
    "max_tokens": int,
    "temperature": (int, float),
    "top_p": (int, float),
    "presence_penalty": (int, float),
    "frequency_penalty": (int, float),
    "logprobs": bool,
    "top_logprobs": int,
    "response_format": dict,
    "reasoning_effort": str,
    "verbosity": str,
    "user": str,
    "safety_identifier": str,
    "prompt_cache_key": str,
    "service_tier": str,
    "stop": (str, list),
    "seed": int,
}
_MESSAGE_FIELDS = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "reasoning_content"},
    "tool": {"role", "content", "tool_call_id"},
}
_PARTS = {"text": {"text"}, "image_url": {"url", "detail"}, "file": {"file_data", "filename"}, "input_audio": None}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NEEDS_TOOLS = ("tool_choice", "parallel_tool_calls")


def faults(request: JSON) -> list[str]:
    """All that is wrong with a chat request."""
    return [*_fields(request), *_messages(request.get("messages")), *_tools(request), *_format(request)]


def _fields(request: JSON) -> Iterator[str]:
    for name, value in request.items():
        if name not in _FIELDS:
            yield f"{name}: unknown field"
        elif not isinstance(value, _FIELDS[name]) or value is None:
            yield f"{name}: {type(value).__name__}"
    if "model" not in request:
        yield "model: missing"
    if "stream_options" in request and not request.get("stream"):
        yield "stream_options: without stream"
    if "top_logprobs" in request and not request.get("logprobs"):
        yield "top_logprobs: without logprobs"
    if request.get("reasoning_effort", "low") not in ("none", "minimal", "low", "medium", "high", "xhigh"):
        yield f"reasoning_effort: {request['reasoning_effort']}"


def _messages(messages: Any) -> Iterator[str]:
    if not isinstance(messages, list) or not messages:
        yield "messages: empty"
        return
    waiting: set[str] = set()
    seen: set[str] = set()
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        role = message.get("role")
        if role not in _MESSAGE_FIELDS:
            yield f"{place}.role: {role}"
            continue
        for name in message.keys() - _MESSAGE_FIELDS[role]:
            yield f"{place}.{name}: unknown field"
        if role == "system" and index > 0:
            yield f"{place}: a system message that is not the first"
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"{place}.tool_call_id: {message.get('tool_call_id')!r} is no call of the message before"
            waiting.discard(str(message.get("tool_call_id")))
        elif waiting:
            yield f"{place}: comes before the results of {sorted(waiting)}"
            waiting = set()
        yield from _content(message, place)
        if "tool_calls" in message:
            yield from _calls(message["tool_calls"], f"{place}.tool_calls", seen)
            waiting = {str(call.get("id")) for call in message["tool_calls"]}
            seen |= waiting
    if waiting:
        yield f"messages: end before the results of {sorted(waiting)}"
    if messages[-1].get("role") == "assistant":
        yield "messages: end with what the assistant said"


def _content(message: JSON, place: str) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        if not content and message["role"] not in ("assistant", "tool"):
            yield f"{place}.content: empty"
        if not content and message["role"] == "assistant" and not message.get("tool_calls"):
            yield f"{place}.content: empty, and no calls"
        return
    if not isinstance(content, list) or not content or message["role"] != "user":
        yield f"{place}.content: {type(content).__name__} for {message['role']}"
        return
    for number, part in enumerate(content):
        kind = part.get("type")
        if kind not in _PARTS or part.keys() != {"type", kind}:
            yield f"{place}.content[{number}]: {kind} with {sorted(part)}"
        elif kind == "image_url" and part[kind].get("detail", "auto") not in ("auto", "low", "high"):
            yield f"{place}.content[{number}].image_url.detail: {part[kind]['detail']}"
        elif kind == "image_url" and not re.match(r"https?://|data:image/[a-z]+;base64,", part[kind]["url"]):
            yield f"{place}.content[{number}].image_url.url: neither URL nor image data"
        elif kind != "text" and _PARTS[kind] is not None and not part[kind].keys() <= (_PARTS[kind] or set()):
            yield f"{place}.content[{number}].{kind}: unknown field among {sorted(part[kind])}"


def _calls(calls: Any, place: str, seen: set[str]) -> Iterator[str]:
    if not isinstance(calls, list) or not calls:
        yield f"{place}: empty"
        return
    for number, call in enumerate(calls):
        if call.keys() != {"id", "type", "function"} or call["type"] != "function":
            yield f"{place}[{number}]: {sorted(call)}"
            continue
        if not call["id"] or call["id"] in seen:
            yield f"{place}[{number}].id: {call['id']!r} is not its own"
        if call["function"].keys() != {"name", "arguments"} or not _NAME.fullmatch(call["function"]["name"]):
            yield f"{place}[{number}].function: {call['function']}"
        elif not _is_object(call["function"]["arguments"]):
            yield f"{place}[{number}].function.arguments: no JSON object"


def _is_object(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError):
        return False


def _tools(request: JSON) -> Iterator[str]:
    for name in _NEEDS_TOOLS:
        if name in request and "tools" not in request:
            yield f"{name}: without tools"
    if "tools" not in request:
        return
    if not request["tools"]:
        yield "tools: empty"
    names = set()
    for index, tool in enumerate(request["tools"]):
        place = f"tools[{index}]"
        if tool.keys() != {"type", "function"} or tool["type"] != "function":
            yield f"{place}: {tool.get('type')} with {sorted(tool)}"
            continue
        function = tool["function"]
        names.add(function.get("name"))
        if not _NAME.fullmatch(str(function.get("name"))):
            yield f"{place}.function.name: {function.get('name')!r}"
        for name in function.keys() - {"name", "description", "parameters", "strict"}:
            yield f"{place}.function.{name}: unknown field"
        if any(value is None for value in function.values()):
            yield f"{place}.function: null"
        if "parameters" in function and function["parameters"].get("type") != "object":
            yield f"{place}.function.parameters: no object"
    if len(names) < len(request["tools"]):
        yield "tools: two of one name"
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        if choice.keys() != {"type", "function"} or choice["function"].get("name") not in names:
            yield f"tool_choice: {choice}"
    elif choice not in (None, "auto", "none", "required"):
        yield f"tool_choice: {choice}"


def _format(request: JSON) -> Iterator[str]:
    format = request.get("response_format")
    if format is None:
        return
    if format.get("type") == "json_schema":
        schema = format.get("json_schema", {})
        if format.keys() != {"type", "json_schema"} or not _NAME.fullmatch(str(schema.get("name"))):
            yield f"response_format: {sorted(format)}"
        if not schema.keys() <= {"name", "description", "schema", "strict"} or None in schema.values():
            yield f"response_format.json_schema: {sorted(schema)}"
    elif format not in ({"type": "text"}, {"type": "json_object"}):
        yield f"response_format: {format}"
