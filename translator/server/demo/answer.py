"""What the demo says to a request: reasoning, text and calls, by rule."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .instance import instance
from .request import Message, NamedChoice, Part, Request, Tool

_PAIR = re.compile(r"""([A-Za-z_][\w-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,;"']+))""")


class Call(NamedTuple):
    """A call to make; `arguments` is JSON in a string."""

    name: str
    arguments: str


class Answer(NamedTuple):
    """What is said: either calls or text, and before it the reasoning, each empty where there is none."""

    reasoning: str
    text: str
    calls: tuple[Call, ...]


def answer(request: Request) -> Answer:
    """The one answer that this request gets."""
    turn = _turn(request.messages)
    asked = _asked(turn)
    calls = _calls(request, "\n".join(_asked(_before_results(turn))), _made(turn))
    text = "" if calls else _cut(_text(request, turn, asked), request.stop)
    reasoning = ""
    if request.reasoning_effort not in (None, "none"):
        reasoning = _reasoning(asked, calls, any(message.role == "tool" for message in turn))
    return Answer(reasoning, text, calls)


def _turn(messages: Sequence[Message]) -> Sequence[Message]:
    """The messages since the assistant last gave an answer, rather than made calls."""
    for position in range(len(messages) - 1, -1, -1):
        if messages[position].role == "assistant" and not messages[position].tool_calls:
            return messages[position + 1 :]
    return messages


def _before_results(turn: Sequence[Message]) -> Sequence[Message]:
    """The part of a turn that can ask for tools: what follows a result may be but a caption of its images."""
    roles = [message.role for message in turn]
    return turn[: roles.index("tool")] if "tool" in roles else turn


def _asked(messages: Sequence[Message]) -> list[str]:
    return [message.text for message in messages if message.role == "user" and message.text.strip()]


def _made(turn: Sequence[Message]) -> list[tuple[str, Any]]:
    calls = [call.function for message in turn for call in message.tool_calls or ()]
    return [(call.name, _decode(call.arguments)) for call in calls]


def _calls(request: Request, text: str, made: Sequence[tuple[str, Any]]) -> tuple[Call, ...]:
    """The calls that the text asks for and that were not made yet, or those that the tool choice demands."""
    tools = {tool.function.name: tool for tool in request.tools or ()}
    choice = request.tool_choice or "auto"
    if not tools or choice == "none":
        return ()
    if isinstance(choice, NamedChoice):
        tools = {choice.function.name: tools[choice.function.name]}
    planned = list(dict.fromkeys(_call(tools[name], values) for name, values in _mentions(list(tools), text)))
    calls = [call for call in planned if (call.name, _decode(call.arguments)) not in made]
    if not calls and choice != "auto":
        calls = planned or [_call(next(iter(tools.values())), _values(text))]
    return tuple(calls[:1] if request.parallel_tool_calls is False else calls)


def _mentions(names: list[str], text: str) -> list[tuple[str, dict[str, Any]]]:
    """Each name that stands in the text as a word, with the values that follow it, else those before the first."""
    pattern = rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])"
    head, *found = re.split(pattern, text)
    return [(name, _values(words) or _values(head)) for name, words in zip(found[::2], found[1::2], strict=True)]


def _call(tool: Tool, values: dict[str, Any]) -> Call:
    schema = tool.function.parameters
    schema = schema if "type" in schema or "$ref" in schema else {"type": "object", **schema}
    arguments = instance(schema, values)
    return Call(tool.function.name, json.dumps(arguments, ensure_ascii=False))


def _values(text: str) -> dict[str, Any]:
    """The values of the first JSON object in the text, else of its `key=value` pairs."""
    start = text.find("{")
    while start >= 0:
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
        else:
            return value if isinstance(value, dict) else {}
    return {name: double or single or bare.rstrip(".!?:)") for name, double, single, bare in _PAIR.findall(text)}


def _decode(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def _text(request: Request, turn: Sequence[Message], asked: Sequence[str]) -> str:
    results = [message.text for message in turn if message.role == "tool"]
    form = request.response_format
    if form and form.json_schema:
        values = _values("\n".join(asked)) | _values("\n".join(results))
        return json.dumps(instance(form.json_schema.schema_, values), ensure_ascii=False)
    said = _said(turn, results, asked)
    if form and form.type == "json_object":
        return json.dumps(_values(said) or {"text": said}, ensure_ascii=False)
    return said


def _said(turn: Sequence[Message], results: Sequence[str], asked: Sequence[str]) -> str:
    """The results, then what was asked after them or instead of them, then what came with it."""
    lines = list(results)
    if asked and (not results or (turn[-1].role == "user" and turn[-1].text == asked[-1])):
        lines.append(asked[-1])
    lines += _attachments([part for message in turn if message.role == "user" for part in message.parts])
    return "\n".join(lines) or "Nothing was asked."


def _attachments(parts: Sequence[Part]) -> list[str]:
    """One line for each kind of attachment: how many, and which."""
    kinds: dict[str, list[str]] = {
        "image": [_media_type(part.image_url.url) for part in parts if part.image_url],
        "file": [part.file.filename or part.file.file_id or "unnamed" for part in parts if part.file],
        "audio clip": [part.input_audio.format for part in parts if part.input_audio],
    }
    return [
        f"({len(names)} {kind}{'s' if len(names) > 1 else ''}: {', '.join(names)})"
        for kind, names in kinds.items()
        if names
    ]


def _media_type(url: str) -> str:
    return mimetypes.guess_type(url)[0] or "of unknown type"


def _cut(text: str, stop: str | list[str] | None) -> str:
    for one in [stop] if isinstance(stop, str) else stop or []:
        text = text.partition(one)[0] if one else text
    return text


def _reasoning(asked: Sequence[str], calls: Sequence[Call], answered: bool) -> str:
    if calls:
        plan = f"so I call {', '.join(call.name for call in calls)}"
    else:
        plan = "and the tools have answered, so I say what they say" if answered else "so I answer it"
    return f"I was asked: {asked[-1] if asked else 'nothing'} I am a demo, {plan}."
