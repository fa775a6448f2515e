"""What an answer tells, without its words, and how it differs from another to the same question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..body import parse
from ..mapping.tool_kinds import CALLS
from ..mapping.tool_names import Tool, ToolNames

JSON = dict[str, Any]

_WANTED = {"usage": "counted", "text": "JSON", "logprobs": "told"}
"""What was asked for, where the case has it; an answer that has more than the case's is none the worse."""

_ENDS = ("stop", "tool_calls", "function_call", "completed")


@dataclass(frozen=True)
class Told:
    """What an answer tells."""

    end: str
    """The status, or the finish reason."""

    answers: Sequence[str]
    """Which kinds of content and calls it holds, in order, each once."""

    calls: Sequence[str]
    """The names of what it calls, as the upstream knows them."""

    rest: dict[str, str]
    """What else is compared, in words."""


@dataclass(frozen=True)
class Question:
    """What a request leaves to the model."""

    offered: frozenset[str]
    """The upstream's names of the tools."""

    must_call: bool
    """Whether it demands a call."""


def compare(question: Question, expected: Told, told: Told) -> tuple[list[str], list[str]]:
    """How an answer differs from the expected one: what it should not, and what the model was free to choose."""
    differences: list[str] = []
    choices: list[str] = []
    if told.end != expected.end and not {told.end, expected.end} <= set(_ENDS):
        differences.append(f"it ends with {told.end}, not with {expected.end}")
    elif (told.answers, told.calls) != (expected.answers, expected.calls):
        free = _is_free(question, told)
        line = f"{_words(told)}, not {_words(expected)}"
        (choices if free else differences).append(line)
    for name, wanted in _WANTED.items():
        if expected.rest.get(name) == wanted != told.rest.get(name, wanted):
            differences.append(f"{name}: {told.rest[name]}, not {wanted}")
    return differences, choices


def _is_free(question: Question, told: Told) -> bool:
    """Whether any model may answer so."""
    if not told.answers or (question.must_call and not told.calls):
        return False
    return question.offered.issuperset(told.calls)


def _words(told: Told) -> str:
    return " and ".join(told.answers) or "nothing"


def of_response(response: JSON, names: ToolNames) -> Told:
    """What a response tells; whether a model thinks is its own affair."""
    items = [item for item in response["output"] if item["type"] != "reasoning"]
    rest = {"usage": "none" if response["usage"] is None else "counted"}
    texts = [part["text"] for item in items for part in item.get("content", ()) if "text" in part]
    if texts and response["text"]["format"]["type"] != "text":
        rest["text"] = "no JSON object" if parse(texts[-1].encode()) is None else "JSON"
    calls = [_upstream_name(item, names) for item in items if item["type"] in CALLS]
    return Told(str(response["status"]), tuple(dict.fromkeys(map(_kind, items))), calls, rest)


def _kind(item: JSON) -> str:
    return f"{item['type']} {item['name']}" if "name" in item else str(item["type"])


def _upstream_name(item: JSON, names: ToolNames) -> str:
    kind = CALLS[item["type"]].type
    return names.upstream(Tool(kind, item.get("name", kind), item.get("namespace")))


def of_completion(completion: JSON) -> Told:
    """What a completion tells."""
    (choice,) = completion["choices"]
    message = choice["message"]
    called = [call[call["type"]]["name"] for call in message.get("tool_calls") or ()]
    if message.get("function_call"):
        called.append(message["function_call"]["name"])
    answers = [name for name in ("content", "refusal", "images") if message.get(name)]
    rest = {"usage": "none" if completion["usage"] is None else "counted"}
    if message.get("content"):
        rest["logprobs"] = "none" if choice["logprobs"] is None else "told"
    calls = [f"a call of {name}" for name in dict.fromkeys(called)]
    return Told(str(choice["finish_reason"]), (*answers, *calls), called, rest)


def of_responses_request(request: JSON, chat_request: JSON) -> Question:
    """What a Responses request leaves to the model, asked as this chat request."""
    offered = [tool["function"]["name"] for tool in chat_request.get("tools", ()) if tool["type"] == "function"]
    choice = request.get("tool_choice")
    return Question(frozenset(offered), _must_call(choice, choice))


def of_chat_request(request: JSON) -> Question:
    """What a chat request leaves to the model; a tool that is neither function nor custom is called by its type."""
    tools = request.get("tools", ())
    offered = [tool[tool["type"]]["name"] if tool["type"] in tool else tool["type"] for tool in tools]
    offered += [function["name"] for function in request.get("functions", ())]
    choice = request.get("tool_choice", request.get("function_call"))
    return Question(
        frozenset(offered), _must_call(choice, choice.get("allowed_tools") if isinstance(choice, dict) else {})
    )


def _must_call(choice: Any, allowed: Any) -> bool:
    if isinstance(choice, dict):
        return choice.get("type") != "allowed_tools" or bool(allowed.get("mode") == "required")
    return bool(choice == "required")
