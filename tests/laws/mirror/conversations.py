"""Random chat conversations that both dialects can say, in the form in which an upstream that knows all is asked."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ..texts import objects, texts, written

JSON = dict[str, Any]

_words = texts.filter(lambda text: bool(text.strip()))
_texts = st.builds(lambda text: {"type": "text", "text": text}, _words)
_media = st.sampled_from(
    (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    )
)
_parts = st.one_of(
    st.lists(_texts, min_size=2, max_size=3),  # one text alone is a string
    st.builds(lambda part, more: [part, *more], _media, st.lists(_texts | _media, max_size=2)),
)
_names = st.sampled_from(("find", "get_time", "a-b_c"))


def _message(role: str, content: Any, **more: Any) -> JSON:
    return {"role": role, "content": content, **more}


@st.composite
def _turns(draw: st.DrawFn) -> list[JSON]:
    """A question, now and then after a word of the developer's, and what it leads to."""
    roles = st.sampled_from(("developer", "system"))
    said = [_message(draw(roles), draw(_words))] if draw(st.integers(0, 3)) == 0 else []
    said.append(_message("user", draw(_words | _parts)))
    for _ in range(draw(st.integers(0, 2))):
        said += draw(_rounds())
    said.append(draw(_answers()))
    return said


def _thoughts() -> st.SearchStrategy[JSON]:
    return st.just({}) | _words.map(lambda text: {"reasoning_content": text})


@st.composite
def _answers(draw: st.DrawFn) -> JSON:
    if draw(st.integers(0, 4)) == 0:
        text = draw(st.none() | _words)
        thoughts = {} if text is None else draw(_thoughts())  # they go back with an answer only
        return _message("assistant", text, refusal=draw(_words), **thoughts)
    return _message("assistant", draw(_words), **draw(_thoughts()))


@st.composite
def _rounds(draw: st.DrawFn) -> list[JSON]:
    """Calls, by ids that are not used before, and their outputs; the ids are given later."""
    functions = draw(st.lists(st.tuples(_names, written(objects)), min_size=1, max_size=3))
    calls = [
        {"id": f"{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(functions)
    ]
    message = _message("assistant", draw(st.none() | _words), tool_calls=calls, **draw(_thoughts()))
    outputs = [
        {"role": "tool", "tool_call_id": call["id"], "content": draw(texts | st.lists(_texts, min_size=2, max_size=2))}
        for call in calls
    ]
    return [message, *outputs]


def _function(name: str) -> JSON:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "description": "x", "parameters": schema, "strict": False}}


_SCHEMA = {"name": "event", "strict": True, "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
_parameters = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "presence_penalty": st.floats(-2, 2),
        "frequency_penalty": st.floats(-2, 2),
        "max_completion_tokens": st.integers(16, 9999),
        "user": _words,
        "safety_identifier": _words,
        "prompt_cache_key": _words,
        "service_tier": st.sampled_from(("auto", "flex")),
        "reasoning_effort": st.sampled_from(("none", "minimal", "high")),
        "verbosity": st.sampled_from(("low", "high")),
        "logprobs": st.just(True),
        "response_format": st.sampled_from(({"type": "json_object"}, {"type": "json_schema", "json_schema": _SCHEMA})),
        "top_k": st.integers(1, 9),
    },
)
_tools: st.SearchStrategy[JSON] = st.just({}) | st.fixed_dictionaries(
    {"tools": st.just([_function("find"), _function("get_time")])},
    optional={
        "tool_choice": st.sampled_from(("none", "required", {"type": "function", "function": {"name": "find"}})),
        "parallel_tool_calls": st.booleans(),
    },
)


@st.composite
def conversations(draw: st.DrawFn) -> JSON:
    """A chat request."""
    messages = [message for turn in draw(st.lists(_turns(), max_size=3)) for message in turn]
    leading = [_message("developer", draw(_words))] if draw(st.booleans()) else []
    request: JSON = {"model": "m", "messages": [*leading, *messages, _message("user", draw(_words | _parts))]}
    if request["messages"][0]["role"] == "system":
        request["messages"][0]["role"] = "developer"  # instructions speak with the developer's voice
    _number(request["messages"])
    request |= draw(_parameters) | draw(_tools)
    if request.get("logprobs") and draw(st.booleans()):
        request["top_logprobs"] = draw(st.integers(1, 20))
    if draw(st.booleans()):
        request |= {"stream": True, "stream_options": {"include_usage": True}}
    return request


def _number(messages: list[JSON]) -> None:
    """Give every round's ids a beginning of their own."""
    turn = 0
    for message in messages:
        turn += "tool_calls" in message
        for call in message.get("tool_calls", ()):
            call["id"] = f"call_{turn}_{call['id']}"
        if "tool_call_id" in message:
            message["tool_call_id"] = f"call_{turn}_{message['tool_call_id']}"
