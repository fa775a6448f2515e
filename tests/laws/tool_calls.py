"""Random tool calls of every kind: how an upstream says them, and the item that the client is to be told of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from .texts import objects, texts, written

JSON = dict[str, Any]

FUNCTIONS = [
    {"type": "function", "name": name, "parameters": {"type": "object"}} for name in ("get_weather", "get_time", "find")
]
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: /(.|\\n)+/"}
TOOLS: list[JSON] = [
    *FUNCTIONS,
    {"type": "custom", "name": "note", "description": "Takes a note."},
    {
        "type": "namespace",
        "name": "crm",
        "description": "Customers.",
        "tools": [
            {"type": "function", "name": "find", "parameters": {"type": "object"}},
            {"type": "custom", "name": "query", "format": GRAMMAR},
        ],
    },
    {"type": "tool_search", "execution": "client", "parameters": {"type": "object"}},
    {"type": "apply_patch"},
    {"type": "shell", "environment": {"type": "local"}},
    {"type": "local_shell"},
]


@dataclass(frozen=True)
class ToolCall:
    """One call: what the upstream says, and what the client is told besides ids and status."""

    name: str
    arguments: str
    item: JSON
    losses: int = 0
    """How many losses are reported of it."""

    losses_when_cut: int | None = None
    """How many, where the answer was cut short within it; None: as many."""


def calls() -> st.SearchStrategy[ToolCall]:
    """Calls of every tool, now and then with arguments that do not fit it."""
    return st.one_of(_functions(), _freeform(), _freeform(), _built_in(), _built_in(), _misfits())


_NO_OBJECTS = ("{", "city=Paris", '{"a": "}', '"text"', "12")
_ODD = ("", "{}", *_NO_OBJECTS)


def _functions() -> st.SearchStrategy[ToolCall]:
    def call(place: tuple[str, str, str | None], arguments: str) -> ToolCall:
        upstream, name, namespace = place
        item = {"type": "function_call", "name": name, "arguments": arguments or "{}"}
        losses = int(arguments in _NO_OBJECTS)
        return ToolCall(upstream, arguments, item if namespace is None else {**item, "namespace": namespace}, losses, 0)

    places = [(tool["name"], tool["name"], None) for tool in FUNCTIONS]
    return st.builds(
        call, st.sampled_from([*places, ("crm__find", "find", "crm")]), written(objects) | st.sampled_from(_ODD)
    )


def _freeform() -> st.SearchStrategy[ToolCall]:
    def call(tool: str, said: tuple[str, str]) -> ToolCall:
        arguments, input = said
        item = {"type": "custom_tool_call", "name": "note", "input": input}
        if tool != "note":
            item = {**item, "name": "query", "namespace": "crm"}
        return ToolCall(tool, arguments, item)

    def pairs(write: Any, values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
        return values.flatmap(lambda value: st.tuples(write(value), st.just(value)))

    # what begins with a letter is no JSON, and has no fence
    bare = texts.map(lambda text: "x" + text)
    ways = [
        pairs(lambda text: written(st.just({"input": text})), texts),
        pairs(lambda text: written(st.just({"input": text})), texts),
        pairs(lambda text: written(st.just({"patch": text})), texts),
        pairs(lambda text: written(st.just(text)), texts),
        pairs(st.just, bare),
        pairs(lambda text: st.just(f"```js\n{text}\n```"), bare),
        st.sampled_from((("", ""), ("{}", ""), ('{"input": 5}', "5"), ('{"input": null}', ""))),
    ]
    return st.builds(call, st.sampled_from(("note", "crm__query")), st.one_of(ways))


def _built_in() -> st.SearchStrategy[ToolCall]:
    words = st.lists(texts, min_size=1, max_size=2)
    limits = st.none() | st.integers(1, 9999)
    paths = texts.map(lambda text: "src/" + text)
    operations = st.one_of(
        st.fixed_dictionaries({"type": st.sampled_from(("create_file", "update_file")), "path": paths, "diff": texts}),
        st.fixed_dictionaries({"type": st.just("delete_file"), "path": paths}),
    )
    actions = st.fixed_dictionaries({"commands": words, "timeout_ms": limits, "max_output_length": limits})
    executions = st.fixed_dictionaries(
        {"type": st.just("exec"), "command": words, "env": st.dictionaries(texts, texts, max_size=1)},
        optional={"timeout_ms": st.integers(1, 9999), "working_directory": paths},
    )
    return st.one_of(
        _whole("apply_patch", operations, lambda operation: {"operation": operation}),
        _whole("shell", actions, lambda action: {"action": action, "environment": {"type": "local"}}),
        _whole("local_shell", executions, lambda action: {"action": action}),
        _whole("tool_search", objects, lambda arguments: {"execution": "client", "arguments": arguments}),
    )


def _whole(name: str, values: st.SearchStrategy[JSON], fields: Any) -> st.SearchStrategy[ToolCall]:
    """Calls of a tool that are told whole; null is said by leaving out."""
    return values.flatmap(
        lambda value: st.builds(
            ToolCall,
            name=st.just(name),
            arguments=written(st.just({key: entry for key, entry in value.items() if entry is not None}))
            if name != "tool_search"
            else written(st.just(value)),
            item=st.just({"type": f"{name}_call", **fields(value)}),
        )
    )


def _misfits() -> st.SearchStrategy[ToolCall]:
    def call(name: str, arguments: str) -> ToolCall:
        item = {"type": "function_call", "name": name, "arguments": arguments or "{}"}
        return ToolCall(name, arguments, item, losses=1)

    odd = ("", "{}", "{", "ls -l", '{"a": "}', '"text"', "12", json.dumps({"type": "move_file", "path": "a"}))
    searches = st.builds(
        call, st.just("tool_search"), st.sampled_from([text for text in odd if text[:2] not in ("", "{}", '{"')])
    )
    return searches | st.builds(call, st.sampled_from(("apply_patch", "shell", "local_shell")), st.sampled_from(odd))
