"""Whether another dialect would have made another request: a retry that repeats the first is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from .dialect import Dialect

JSON = Mapping[str, Any]

SCHEMA_WORDS = frozenset(
    {"$schema", "additionalProperties", "const", "propertyNames", "exclusiveMinimum", "exclusiveMaximum"}
)
"""Words of JSON Schema that the flavour `gemini` leaves out."""

EFFORT_KEYS = ("reasoning_effort", "thinking", "enable_thinking", "chat_template_kwargs", "reasoning")
"""Where the forms of `reasoning_control` put the effort."""

_REASONING_KEYS = ("reasoning_content", "reasoning", "reasoning_details")
_ID_SHAPES = {"keep": re.compile(".*"), "alnum9": re.compile("[A-Za-z0-9]{9}"), "max40": re.compile(".{1,40}")}


def changes_request(old: Dialect, new: Dialect, sent: JSON) -> bool:
    """Whether the chat request that was sent under the old dialect would be another under the new one.

    True only where it surely would; it looks at the switches that refusals teach.
    """
    return any(getattr(old, switch) != getattr(new, switch) and differs(old, new, sent) for switch, differs in EFFECTS)


def choice_kind(choice: Any, dialect: Dialect) -> str | None:
    """Which kind of `tool_choice` this is, or None where there is none."""
    if isinstance(choice, Mapping):
        return "named"
    return "required" if choice == dialect.required_word else choice


def effort_of(sent: JSON) -> str | None:
    """The effort that the request asks for in a word."""
    reasoning = sent.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else sent.get("reasoning_effort")
    return effort if isinstance(effort, str) else None


def _messages(sent: JSON, *roles: str) -> list[JSON]:
    found = [message for message in sent.get("messages", ()) if isinstance(message, Mapping)]
    return [message for message in found if message.get("role") in roles] if roles else found


def _roles(sent: JSON) -> list[str]:
    return [str(message.get("role")).replace("developer", "system") for message in _messages(sent)]


def _parts(sent: JSON, kind: str) -> Iterator[JSON]:
    for message in _messages(sent):
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") == kind:
                yield part.get(kind, {})


def _calls(sent: JSON) -> Iterator[JSON]:
    for message in _messages(sent, "assistant"):
        yield from message.get("tool_calls") or ()


def _functions(sent: JSON) -> list[JSON]:
    return [tool["function"] for tool in sent.get("tools", ()) if isinstance(tool.get("function"), Mapping)]


def _format(sent: JSON) -> Any:
    return (sent.get("response_format") or {}).get("type")


def _params_refused(old: Dialect, new: Dialect, sent: JSON) -> bool:
    return any(old.rename.get(name, name) in sent for name in new.params_refused - old.params_refused)


def _system_role(old: Dialect, new: Dialect, sent: JSON) -> bool:
    return any(message["role"] != new.system_role for message in _messages(sent, "system", "developer"))


def _system_layout(old: Dialect, new: Dialect, sent: JSON) -> bool:
    return "system" in _roles(sent)[1:]


def _turn_order(old: Dialect, new: Dialect, sent: JSON) -> bool:
    roles = _roles(sent)
    pairs = set(pairwise(roles))
    wrong = {("tool", "user")} if new.turn_order == "mistral" else {("user", "user"), ("assistant", "assistant")}
    return new.turn_order != "free" and not pairs.isdisjoint(wrong)


def _content_arrays(old: Dialect, new: Dialect, sent: JSON) -> bool:
    contents = zip(_roles(sent), _messages(sent), strict=True)
    return any(
        isinstance(message.get("content"), list) and role not in new.content_arrays for role, message in contents
    )


def _tool_call_id(old: Dialect, new: Dialect, sent: JSON) -> bool:
    shape = _ID_SHAPES[new.tool_call_id]
    return any(not shape.fullmatch(str(call.get("id"))) for call in _calls(sent))


def _reasoning(old: Dialect, new: Dialect, sent: JSON) -> bool:
    if new.reasoning_replay == "never":
        return any(key in message for message in _messages(sent) for key in _REASONING_KEYS)
    turns = [message for message in _messages(sent, "assistant") if message.get("tool_calls")]
    return new.reasoning_placeholder is not None and any(new.reasoning_replay_field not in turn for turn in turns)


def _effort_map(old: Dialect, new: Dialect, sent: JSON) -> bool:
    effort = effort_of(sent)
    words = {*old.effort_map, *new.effort_map}
    return any(old.effort_map.get(word, word) == effort != new.effort_map.get(word, word) for word in words)


def _tool_choice(old: Dialect, new: Dialect, sent: JSON) -> bool:
    return choice_kind(sent.get("tool_choice"), old) in old.tool_choice - new.tool_choice


def _forced_choice(old: Dialect, new: Dialect, sent: JSON) -> bool:
    return choice_kind(sent.get("tool_choice"), old) in ("required", "named")


def _strict_tools(old: Dialect, new: Dialect, sent: JSON) -> bool:
    values = {function.get("strict") for function in _functions(sent)}
    return len(values) > 1 or (new.strict_tools == "strip" and values - {None} != set())


def _json_schema(old: Dialect, new: Dialect, sent: JSON) -> bool:
    asked = {("native", "value"): "json_schema", ("object_schema", "json_object"): "json_object"}
    return _format(sent) is not None and any(
        _format(sent) == kind for means, kind in asked.items() if old.json_schema in means
    )


def _json_object(old: Dialect, new: Dialect, sent: JSON) -> bool:
    asked = {"native": "json_object", "as_schema": "json_schema"}
    return _format(sent) is not None and _format(sent) == asked.get(old.json_object)


def _image(old: Dialect, new: Dialect, sent: JSON) -> bool:
    forms = {"data" if str(part.get("url")).startswith("data:") else "url" for part in _parts(sent, "image_url")}
    return not forms <= new.image


def _schema_flavor(old: Dialect, new: Dialect, sent: JSON) -> bool:
    return _holds(sent.get("tools"), SCHEMA_WORDS) or _holds(sent.get("response_format"), SCHEMA_WORDS)


def _holds(value: Any, words: frozenset[str]) -> bool:
    if isinstance(value, Mapping):
        return not words.isdisjoint(value) or any(_holds(entry, words) for entry in value.values())
    return isinstance(value, list) and any(_holds(entry, words) for entry in value)


Effect = Callable[[Dialect, Dialect, JSON], bool]

EFFECTS: tuple[tuple[str, Effect], ...] = (
    ("max_tokens_field", lambda old, new, sent: old.max_tokens_field in sent),
    ("max_output", lambda old, new, sent: sent.get(old.max_tokens_field, 0) > (new.max_output or 0) > 0),
    ("window", lambda old, new, sent: sent.get(old.max_tokens_field, 0) > (new.window or 0) > 0),
    ("params_refused", _params_refused),
    ("system_role", _system_role),
    ("system_layout", _system_layout),
    ("turn_order", _turn_order),
    ("content_arrays", _content_arrays),
    ("tool_call_id", _tool_call_id),
    ("tool_result_name", lambda old, new, sent: any("name" in message for message in _messages(sent, "tool"))),
    ("refusal_field", lambda old, new, sent: any("refusal" in message for message in _messages(sent))),
    ("reasoning_replay", _reasoning),
    ("reasoning_replay_field", _reasoning),
    ("reasoning_placeholder", _reasoning),
    ("reasoning_control", lambda old, new, sent: any(key in sent for key in EFFORT_KEYS)),
    ("effort_map", _effort_map),
    ("force_stream", lambda old, new, sent: new.force_stream == "always" and not sent.get("stream")),
    ("stream_usage", lambda old, new, sent: "stream_options" in sent),
    ("tools", lambda old, new, sent: new.tools == "none" and "tools" in sent),
    ("tool_choice", _tool_choice),
    ("forced_choice_vs_thinking", _forced_choice),
    ("tool_call_extra", lambda old, new, sent: any(old.tool_call_extra.intersection(call) for call in _calls(sent))),
    ("strict_tools", _strict_tools),
    ("structured_with_tools", lambda old, new, sent: "response_format" in sent and "tools" in sent),
    ("json_schema", _json_schema),
    ("json_object", _json_object),
    ("schema_flavor", _schema_flavor),
    ("file", lambda old, new, sent: not new.file and any(_parts(sent, "file"))),
    ("image", _image),
    ("image_detail", lambda old, new, sent: any("detail" in part for part in _parts(sent, "image_url"))),
)
"""The switches that refusals teach, each with the sign that the request depended on it."""
