"""Tools: what is offered to an upstream, wherever in the request it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..dialects import Dialect
from ..errors import InvalidRequest, Unsupported
from .losses import Losses
from .namespaces import members
from .tool_choice import CallPolicy, Offered, map_choice, map_policy
from .tool_kinds import CALLS, KINDS
from .tool_kinds.custom import has_grammar
from .tool_kinds.shell import runs_at_the_client
from .tool_names import Tool, ToolNames

JSON = dict[str, Any]

_UNTOLD = ("allowed_callers", "async", "output_schema")


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """How an upstream is told of the tools."""

    parameters: JSON
    """The chat parameters: `tools`, `tool_choice`, `parallel_tool_calls`; only those that are needed."""

    policy: CallPolicy
    """What binds the reply."""

    instruction: str | None = None
    """What is said in words where `tool_choice` cannot say it."""

    names: ToolNames = field(default_factory=ToolNames)
    """What the upstream calls the client's tools."""


def map_tools(request: JSON, dialect: Dialect, losses: Losses, history: Sequence[JSON] = ()) -> ToolPlan:
    """`tools`, `tool_choice` and `parallel_tool_calls` → what to send and what to hold the reply to.

    Tools also stand in the input and in the turns before it: in `additional_tools` and in what a `tool_search` found.
    """
    choice = request.get("tool_choice", "auto")
    names = ToolNames()
    offered = _map_offered(list(_listed(request, history)), choice, names, dialect, losses)
    parallel = request.get("parallel_tool_calls") is not False
    policy = map_policy(choice, parallel, offered)
    if not offered:
        if policy.required:
            raise InvalidRequest(
                "'tool_choice' demands a call, but there is no tool to call; add it to 'tools'.",
                param="tool_choice",
                code="invalid_value",
            )
        return ToolPlan({}, policy, names=names)
    parameters, instruction = map_choice(choice, offered, dialect)
    if "parallel_tool_calls" in request and "tools" in parameters:
        parameters["parallel_tool_calls"] = request["parallel_tool_calls"]
    return ToolPlan(parameters, policy, instruction, names)


def withhold_tools() -> ToolPlan:
    """No tools, and no calls, whatever the request lists."""
    return ToolPlan({}, CallPolicy(allowed=frozenset()))


def map_call(item: JSON, names: ToolNames) -> JSON:
    """An item that calls a tool → a chat tool call; the id stays as it is, no arguments are an empty object."""
    kind = CALLS[item["type"]]
    tool = Tool(kind.type, item.get("name", kind.type), item.get("namespace"))
    return {
        "id": item["call_id"],
        "type": "function",
        "function": {"name": names.upstream(tool), "arguments": kind.arguments(item)},
    }


def _listed(request: JSON, history: Sequence[JSON]) -> Iterator[tuple[str, Tool, JSON]]:
    """All tools of a request: those in its list, those in its input, and those that were found."""
    yield from members(request.get("tools") or (), "tools")
    items = request.get("input", ())
    yield from _listed_among(history, "history")
    yield from _listed_among(items if not isinstance(items, str) else (), "input")


def _listed_among(items: Sequence[JSON], name: str) -> Iterator[tuple[str, Tool, JSON]]:
    for index, item in enumerate(items):
        if item.get("type") == "additional_tools":
            yield from members(item["tools"], f"{name}[{index}].tools")
        elif item.get("type") == "tool_search_output":
            for path, tool, definition in members(item["tools"], f"{name}[{index}].tools"):
                yield path, tool, {**definition, "defer_loading": False}  # found: they are loaded


def _map_offered(
    listed: Sequence[tuple[str, Tool, JSON]], choice: Any, names: ToolNames, dialect: Dialect, losses: Losses
) -> list[Offered]:
    offered: dict[Tool | str, Offered] = {}
    left_out: list[tuple[str, JSON]] = []
    deferred: list[str] = []
    for path, tool, definition in listed:
        if dialect.tools == "none":
            raise Unsupported("The upstream knows no tools; leave 'tools' out.", param=path.partition("[")[0])
        if tool.kind in dialect.hosted_tools:
            offered[path] = Offered(tool, tool.kind, definition)
        elif _is_hosted(definition):
            left_out.append((path, definition))
        else:
            name = names.upstream(tool, grammar=has_grammar(definition))
            chat = _map_function(name, definition, dialect, losses, path)
            if offered.get(tool, (tool, name, chat)) != (tool, name, chat):
                losses.report(path, f"'{tool.name}' is defined twice, and here otherwise; this definition is offered")
            offered[tool] = Offered(tool, name, chat)
            if definition.get("defer_loading"):
                deferred.append(path)
    if deferred:
        losses.report(f"{deferred[0]}.defer_loading", "all deferred tools are offered at once")
    for path, definition in left_out:
        _leave_out(path, definition, choice, bool(offered), losses)
    return list(offered.values())


def _is_hosted(tool: JSON) -> bool:
    """Whether a tool would be run by OpenAI's servers."""
    match tool["type"]:
        case "shell":
            return not runs_at_the_client(tool)
        case "tool_search":
            return bool(tool.get("execution") != "client")
        case kind:
            return kind not in KINDS


def _leave_out(path: str, tool: JSON, choice: Any, others: bool, losses: Losses) -> None:
    kind = tool["type"]
    if not others or (isinstance(choice, dict) and choice["type"] == kind):
        raise Unsupported(
            f"The upstream has no '{kind}' tool; offer a function instead, or have the model's configuration "
            "forward it.",
            param=path,
        )
    losses.report(path, f"the upstream has no '{kind}' tool")


def _map_function(name: str, tool: JSON, dialect: Dialect, losses: Losses, path: str) -> JSON:
    function: JSON = {"name": name, **KINDS[tool["type"]].offer(tool)}
    if dialect.strict_tools == "strip" and function.pop("strict", False):
        losses.report(f"{path}.strict", "the upstream knows no strict functions")
    for key in _UNTOLD:
        if key in tool:
            losses.report(f"{path}.{key}", "chat functions have no such thing")
    return {"type": "function", "function": function}
