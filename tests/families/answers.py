"""What a model means to say, in the shape of its family's server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .conversations import Say
from .family import Family
from .rules import said_of_thinking

JSON = dict[str, Any]

USAGE: JSON = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
SCHEMA_WORDS = '"degrees"'
"""What a model that was told the schema of the answer in words has read."""


def meant(says: Say, request: JSON, family: Family) -> Say:
    """What comes of what the model means to say, by what the request tells it."""
    request = {key: value for key, value in request.items() if key not in family.ignores}
    said = said_of_thinking(request)
    thinking = {"always": True, "never": False, "unless told": said is not False, "when told": bool(said)}
    words = json.dumps(request["messages"])
    offered = {tool["function"]["name"] for tool in request.get("tools", ())}
    choice = request.get("tool_choice")
    if isinstance(choice, dict) and "named choice" in family.ignores:
        choice = None
    calls = tuple(call for call in says.calls if call[0] in offered and choice != "none")
    if says.made_to and choice not in ("required", "any") and not isinstance(choice, dict):
        calls = calls if "You must call" in words or "Call get_weather" in words else ()
    text, data = says.text, says.data
    if data is not None:
        format = request.get("response_format") or {}
        answer = [name for name in offered if name not in ("get_weather", "get_time")]
        if answer and (choice is not None or "by calling" in words):
            calls, text = ((answer[0], data),), ""
        elif _tells_schema(format, family) or SCHEMA_WORDS in words.replace("\\", ""):
            text = json.dumps(data)
        elif format.get("type") == "json_object":
            text = "{}"
    if calls:
        text = ""
    return replace(says, text=text, calls=calls, data=data, thought=says.thought if thinking[family.thinks] else "")


def _tells_schema(format: JSON, family: Family) -> bool:
    return "json_schema" in format or "value" in format or (family.object_schema and "schema" in format)


def completion(says: Say, family: Family, model: str) -> bytes:
    """The whole answer."""
    message: JSON = {"role": "assistant", "content": _content(says, family)}
    message.update(_reasoning(says.thought, family))
    if says.calls:
        message["content"] = message["content"] or None
        message["tool_calls"] = [
            _call(family, index, name, arguments if family.calls == "objects" else json.dumps(arguments))
            for index, (name, arguments) in enumerate(says.calls)
        ]
        if family.calls == "both forms":
            message["function_call"] = message["tool_calls"][0]["function"]
    choice = {"index": 0, "message": message, "finish_reason": _finish(says, family), **family.in_choice}
    body = {**_head(family, model, "chat.completion"), "choices": [choice], "usage": USAGE, **family.in_last}
    return (family.blank + json.dumps(body)).encode()


def stream(says: Say, family: Family, model: str) -> bytes:
    """The answer as server-sent events; one that breaks has no end."""
    head = _head(family, model, "chat.completion.chunk")
    chunks: list[JSON] = [] if family.first is None else [{**head, **family.first}]
    for number, delta in enumerate(_deltas(says, family)):
        role = {"role": "assistant"} if family.role == "every" or (family.role == "first" and number == 0) else {}
        choice = {"index": 0, "delta": {**role, **delta}, "finish_reason": None, **family.in_choice}
        chunks.append({**head, "choices": [choice], **({"usage": USAGE} if family.usage == "every chunk" else {})})
    if says.fault != "breaks":
        _end(chunks, says, family, head)
    end = family.breaks + "\n\n" if says.fault == "breaks" else f"data: {family.end}\n\n" if family.end else ""
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return (family.comment + events + end).replace("\n", family.newline).encode()


def _end(chunks: list[JSON], says: Say, family: Family, head: JSON) -> None:
    if family.separate_finish:
        chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": None, **family.in_choice}]})
    last = chunks[-1]
    last["choices"][0]["finish_reason"] = _finish(says, family)
    last.update(family.in_last)
    match family.usage:
        case "last chunk":
            chunks.append({**head, "choices": [], "usage": USAGE})
        case "finishing chunk":
            last["usage"] = USAGE
        case "choice":
            last["choices"][0]["usage"] = USAGE
        case "x_groq":
            last["x_groq"] = {"id": "req_1", "usage": USAGE}


def _head(family: Family, model: str, kind: str) -> JSON:
    return {"id": "chatcmpl-1", "object": kind, "created": 1764000000, "model": model, **family.extra}


def _finish(says: Say, family: Family) -> str:
    if says.calls:
        return family.finish_of_calls
    return family.finish_of_length if says.finish == "length" else says.finish


def _content(says: Say, family: Family) -> Any:
    """The content of a whole message, with the thoughts where they stand in it."""
    match family.reasoning:
        case "tags" | "opened tags" | "thought tags" if says.thought:
            return "".join(_tagged(says, family))
        case "parts" if says.thought:
            thinking = {"type": "thinking", "thinking": [{"type": "text", "text": says.thought}]}
            return [thinking, *([{"type": "text", "text": says.text}] if says.text else [])]
    return says.text


def _tagged(says: Say, family: Family) -> list[str]:
    tag = "thought" if family.reasoning == "thought tags" else "think"
    opening = "" if family.reasoning == "opened tags" else f"<{tag}>"
    return [f"{opening}\n{says.thought}\n</{tag}>\n\n", says.text]


def _reasoning(thought: str, family: Family) -> JSON:
    """The fields of a message, or of a delta, that hold thoughts."""
    if not thought:
        return {}
    match family.reasoning:
        case "reasoning_content" | "reasoning" as key:
            return {key: thought}
        case "both":
            return {"reasoning_content": thought, "reasoning": thought}
        case "details":
            detail = {"type": "reasoning.text", "text": thought, "format": "unknown", "index": 0}
            return {"reasoning": thought, "reasoning_details": [detail]}
    return {}


def _call(family: Family, index: int, name: str, arguments: Any) -> JSON:
    call_id = family.call_id.replace("{number:02x}", f"{index:02x}").replace("{number}", str(index))
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    if family.calls == "signed":
        call["extra_content"] = {"google": {"thought_signature": f"c2lnbmVk{index}"}}
    return call


def _deltas(says: Say, family: Family) -> Iterator[JSON]:
    texts = [says.text]
    if says.thought:
        if family.reasoning in ("tags", "opened tags", "thought tags"):
            texts = _tagged(says, family)
        elif family.reasoning == "parts":
            for piece in _pieces(says.thought):
                yield {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]}
        else:
            for piece in _pieces(says.thought):
                yield _reasoning(piece, family)
    for piece in _pieces("".join(texts)):
        yield {"content": piece}
    for index, (name, arguments) in enumerate(says.calls):
        yield from _call_deltas(family, index, name, json.dumps(arguments))


def _call_deltas(family: Family, index: int, name: str, arguments: str) -> Iterator[JSON]:
    whole = _call(family, index, name, arguments)
    match family.calls:
        case "signed":  # whole, and without an index
            yield {"tool_calls": [whole]}
        case "whole":
            yield {"tool_calls": [{"index": index, **whole}]}
        case "repeated" | "both forms" | "objects":
            for piece in _pieces(arguments):
                call = {"index": index, **whole, "function": {"name": name, "arguments": piece}}
                both = {"function_call": call["function"]} if family.calls == "both forms" else {}
                yield {"tool_calls": [call], **both}
        case _:
            yield {"tool_calls": [{"index": index, **whole, "function": {"name": name, "arguments": ""}}]}
            for piece in _pieces(arguments):
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + 5] for start in range(0, len(text), 5))
