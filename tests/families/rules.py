"""What upstreams refuse: each rule takes the chat request and its row, and says what it found, or None."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

JSON = dict[str, Any]
Rule = Callable[[JSON, JSON], JSON | list[JSON] | None]

EFFORT_WORDS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def said_of_thinking(request: JSON) -> bool | None:
    """Whether the request says that the model shall think; None: it does not say."""
    kwargs = request.get("chat_template_kwargs") or {}
    for value in (
        request.get("enable_thinking"),
        kwargs.get("enable_thinking"),
        (request.get("thinking") or {}).get("type"),
        (request.get("reasoning") or {}).get("enabled"),
        (request.get("reasoning") or {}).get("effort"),
        request.get("reasoning_effort"),
    ):
        if value is not None:
            return value not in (False, "disabled", "none")
    return None


def roles(request: JSON, row: JSON) -> JSON | None:
    """Messages of a role that is not `known`."""
    for index, message in enumerate(request["messages"]):
        if message["role"] not in row["known"]:
            return {"index": index, "role": message["role"]}
    return None


def late_system(request: JSON, row: JSON) -> JSON | None:
    """A system message that anything but a system message stands before."""
    seen = False
    for index, message in enumerate(request["messages"]):
        if message["role"] in ("system", "developer") and seen:
            return {"index": index, "role": message["role"]}
        seen = seen or message["role"] not in ("system", "developer")
    return None


def several_system(request: JSON, row: JSON) -> JSON | None:
    """More than one system message."""
    count = sum(message["role"] in ("system", "developer") for message in request["messages"])
    return {} if count > 1 else None


def alternation(request: JSON, row: JSON) -> JSON | None:
    """After the system messages, anything but user, assistant, user, …, ending with the user."""
    spoken = [message["role"] for message in request["messages"] if message["role"] != "system"]
    wanted = ["user", "assistant"] * len(spoken)
    return {} if spoken != wanted[: len(spoken)] or spoken[-1] != "user" else None


def neighbours(request: JSON, row: JSON) -> JSON | None:
    """A message of the role `then` directly after one of the role `first`."""
    messages = request["messages"]
    for index in range(1, len(messages)):
        if (messages[index - 1]["role"], messages[index]["role"]) == (row["first"], row["then"]):
            return {"index": index}
    return None


def last_role(request: JSON, row: JSON) -> JSON | None:
    """A last message of the role, unless it says `prefix`."""
    last = request["messages"][-1]
    return {"role": last["role"]} if last["role"] == row["role"] and not last.get("prefix") else None


def lists(request: JSON, row: JSON) -> JSON | None:
    """Content that is a list in a message whose role is not one of `but`."""
    for index, message in enumerate(request["messages"]):
        if isinstance(message.get("content"), list) and message["role"] not in row["but"]:
            return {"index": index, "role": message["role"]}
    return None


def empty_content(request: JSON, row: JSON) -> JSON | None:
    """An assistant message without content and, unless `with_calls`, without calls."""
    for index, message in enumerate(request["messages"]):
        excused = message.get("tool_calls") and not row.get("with_calls")
        if message["role"] == "assistant" and not message.get("content") and not excused:
            return {"index": index}
    return None


def null_content(request: JSON, row: JSON) -> JSON | None:
    """Content that is null."""
    for index, message in enumerate(request["messages"]):
        if "content" in message and message["content"] is None:
            return {"index": index}
    return None


def parts(request: JSON, row: JSON) -> JSON | None:
    """Content parts of a type that is not `known`."""
    for index, part in _parts(request):
        if part["type"] not in row["known"]:
            return {"index": index, "type": part["type"]}
    return None


def image_urls(request: JSON, row: JSON) -> JSON | None:
    """Images that are no data URLs."""
    for index, part in _parts(request):
        if part["type"] == "image_url" and not part["image_url"]["url"].startswith("data:"):
            return {"index": index}
    return None


def keys(request: JSON, row: JSON) -> list[JSON]:
    """Parameters that are not `known`, all of them."""
    return [{"key": key} for key in request if key not in row["known"]]


def keys_refused(request: JSON, row: JSON) -> JSON | None:
    """The parameters `named`."""
    for key in row["named"]:
        if key in request:
            return {"key": key, "value": json.dumps(request[key])}
    return None


def both_keys(request: JSON, row: JSON) -> JSON | None:
    """All of the parameters `named` together."""
    return {} if all(key in request for key in row["named"]) else None


def message_keys(request: JSON, row: JSON) -> JSON | None:
    """Keys of messages that are not `known`; `role.key` stands for one that only this role has."""
    for index, message in enumerate(request["messages"]):
        for key in message:
            if key not in row["known"] and f"{message['role']}.{key}" not in row["known"]:
                return {"index": index, "key": key, "role": message["role"]}
    return None


def function_keys(request: JSON, row: JSON) -> JSON | None:
    """Keys of functions that are not `known`."""
    for index, tool in enumerate(request.get("tools", ())):
        for key in tool["function"]:
            if key not in row["known"]:
                return {"index": index, "key": key}
    return None


def mixed_strict(request: JSON, row: JSON) -> JSON | None:
    """Functions that do not agree on `strict`."""
    stricts = {bool(tool["function"].get("strict")) for tool in request.get("tools", ())}
    return {} if len(stricts) > 1 else None


def call_ids(request: JSON, row: JSON) -> JSON | None:
    """Ids of calls that are not all of `pattern`."""
    for index, message in enumerate(request["messages"]):
        for place, call in enumerate(message.get("tool_calls", ())):
            if not re.fullmatch(row["pattern"], call["id"]):
                return {"index": index, "place": place, "id": call["id"]}
    return None


def call_arguments(request: JSON, row: JSON) -> JSON | None:
    """Arguments of calls that are no JSON object."""
    for message in request["messages"]:
        for call in message.get("tool_calls", ()):
            try:
                if isinstance(json.loads(call["function"]["arguments"]), dict):
                    continue
            except ValueError:
                pass
            return {"id": call["id"]}
    return None


def call_extra(request: JSON, row: JSON) -> JSON | None:
    """Calls without the key that this upstream gave them."""
    for message in request["messages"]:
        for place, call in enumerate(message.get("tool_calls", ())):
            if row["key"] not in call:
                return {"name": call["function"]["name"], "place": place}
    return None


def tools_at_all(request: JSON, row: JSON) -> JSON | None:
    """Tools."""
    return {} if "tools" in request else None


def empty_tools(request: JSON, row: JSON) -> JSON | None:
    """A list of tools without a tool."""
    return {} if request.get("tools") == [] else None


def choice_alone(request: JSON, row: JSON) -> JSON | None:
    """A choice of tools without tools."""
    return {} if "tool_choice" in request and not request.get("tools") else None


def choices(request: JSON, row: JSON) -> JSON | None:
    """A choice that is not `known`; `named` stands for an object."""
    choice = request.get("tool_choice")
    kind = "named" if isinstance(choice, dict) else choice
    return {"choice": kind} if kind is not None and kind not in row["known"] else None


def forced_while_thinking(request: JSON, row: JSON) -> JSON | None:
    """A call that is forced of a model that thinks; `unless_told`: it does where nothing is said."""
    choice = request.get("tool_choice")
    said = said_of_thinking(request)
    thinking = bool(row.get("unless_told")) if said is None else said
    if thinking and (isinstance(choice, dict) or choice == "required"):
        return {"choice": "specified" if isinstance(choice, dict) else choice}
    return None


def formats(request: JSON, row: JSON) -> JSON | None:
    """A response format whose type is not `known`."""
    format = request.get("response_format")
    return {"type": format["type"]} if format is not None and format["type"] not in row["known"] else None


def format_shape(request: JSON, row: JSON) -> JSON | None:
    """A response format without the key that it must have."""
    format = request.get("response_format")
    return {} if format is not None and format["type"] != "text" and row["key"] not in format else None


def format_name(request: JSON, row: JSON) -> JSON | None:
    """A JSON schema without a name."""
    format = request.get("response_format")
    return {} if format is not None and "name" not in format.get("json_schema", {"name": ""}) else None


def format_word(request: JSON, row: JSON) -> JSON | None:
    """JSON asked for where no message speaks of it."""
    if (request.get("response_format") or {}).get("type") != "json_object":
        return None
    return None if "json" in json.dumps(request["messages"]).lower() else {}


def format_beside_tools(request: JSON, row: JSON) -> JSON | None:
    """A response format beside tools."""
    return {} if "response_format" in request and request.get("tools") else None


def schema_words(request: JSON, row: JSON) -> JSON | None:
    """Words of JSON Schema, in tools or format, that are `named`."""
    for word in row["named"]:
        if _holds([request.get("tools"), request.get("response_format")], word):
            return {"word": word}
    return None


def reasoning_missing(request: JSON, row: JSON) -> JSON | None:
    """An assistant message with calls and without the reasoning it came from, of a model that thinks."""
    if said_of_thinking(request) is False:
        return None
    for index, message in enumerate(request["messages"]):
        if message.get("tool_calls") and not message.get(row["key"]):
            return {"index": index}
    return None


def efforts(request: JSON, row: JSON) -> JSON | None:
    """An effort that is not `known`."""
    effort = request.get("reasoning_effort") or (request.get("reasoning") or {}).get("effort")
    return {"effort": effort} if effort is not None and effort not in row["known"] else None


def thinking_unstreamed(request: JSON, row: JSON) -> JSON | None:
    """Thinking without a stream."""
    return {} if said_of_thinking(request) and not request.get("stream") else None


def options_unstreamed(request: JSON, row: JSON) -> JSON | None:
    """Stream options without a stream."""
    return {} if "stream_options" in request and not request.get("stream") else None


def limit_beyond(request: JSON, row: JSON) -> JSON | None:
    """A token limit beyond `most`; with `summed`, together with the prompt."""
    limit = request.get("max_tokens") or request.get("max_completion_tokens") or 0
    prompt = len(json.dumps(request["messages"])) // 4 if row.get("summed") else 0
    return {"limit": limit, "most": row["most"], "sum": limit + prompt} if limit + prompt > row["most"] else None


def stop_text(request: JSON, row: JSON) -> JSON | None:
    """A stop that is no list."""
    return {} if isinstance(request.get("stop"), str) else None


def _parts(request: JSON) -> Iterator[tuple[int, JSON]]:
    for index, message in enumerate(request["messages"]):
        if isinstance(message.get("content"), list):
            yield from ((index, part) for part in message["content"])


def _holds(value: Any, word: str) -> bool:
    if isinstance(value, dict):
        return word in value or any(_holds(entry, word) for entry in value.values())
    return isinstance(value, list) and any(_holds(entry, word) for entry in value)


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        roles,
        late_system,
        several_system,
        alternation,
        neighbours,
        last_role,
        lists,
        empty_content,
        null_content,
        parts,
        image_urls,
        keys,
        keys_refused,
        both_keys,
        message_keys,
        function_keys,
        mixed_strict,
        call_ids,
        call_arguments,
        call_extra,
        tools_at_all,
        empty_tools,
        choice_alone,
        choices,
        forced_while_thinking,
        formats,
        format_shape,
        format_name,
        format_word,
        format_beside_tools,
        schema_words,
        reasoning_missing,
        efforts,
        thinking_unstreamed,
        options_unstreamed,
        limit_beyond,
        stop_text,
    )
}
"""By the names that rows use."""
