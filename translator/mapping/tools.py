"""Tools: what is offered to an upstream, wherever in the request it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..dialects import Dialect
from ..errors import InvalidRequest, Unsupported
from .losses import Losses
from .namespaces import members
from .provider_data import CALL_FIELDS, KEY, extras_of
from .schemas import fit_schema
from .tool_choice import CallPolicy, Offered, check_allowed, map_choice, map_policy, rungs
from .tool_kinds import CALLS, KINDS
from .tool_kinds.custom import has_grammar
from .tool_kinds.shell import runs_at_the_client
from .tool_names import Tool, ToolNames

JSON = dict[str, Any]

LISTS = ("additional_tools", "tool_search_output")
"""The items that hold tools."""

_TOLD = frozenset(
    {"type", "name", "description", "parameters", "strict", "format", "execution", "environment", "defer_loading"}
)
"""What a function that stands for a tool is made of; `async`, `output_schema` and the like have no place in it."""


class ToolPlan(NamedTuple):
    """How an upstream is told of the tools."""

    parameters: JSON
    """The chat parameters: `tools`, `tool_choice`, `parallel_tool_calls`; only those that are needed."""

    policy: CallPolicy
    """What binds the reply."""

    names: ToolNames
    """What the upstream calls the client's tools."""

    instruction: str | None = None
    """What is said in words where `tool_choice` cannot say it."""

    @property
    def sent(self) -> list[str]:
        """The upstream's names of the tools that are sent."""
        return [_name(tool) for tool in self.parameters.get("tools", ())]

    @property
    def forces(self) -> bool:
        """Whether the parameters demand a call."""
        return bool(self.parameters.get("tool_choice", "none") != "none")


def map_tools(
    request: JSON, dialect: Dialect, losses: Losses, history: Sequence[JSON] = (), *, in_words: bool = False
) -> ToolPlan:
    """`tools`, `tool_choice` and `parallel_tool_calls` → what to send and what to hold the reply to.

    Tools also stand in the input and in the turns before it: in `additional_tools` and in what a `tool_search` found.
    `in_words` says that a call may be asked for in words only: the upstream takes no forced choice now.
    """
    choice = request.get("tool_choice", "auto")
    names = ToolNames()
    listed = _listed(request, history)
    if not listed and choice == "auto":
        return ToolPlan({}, map_policy(choice, request.get("parallel_tool_calls") is not False, ()), names)
    if not isinstance(choice, str):
        check_allowed(choice, [Offered(tool, tool.name, definition) for _, tool, definition in listed])
    offered = _map_offered(listed, choice, names, dialect, losses) if listed else []
    parallel = request.get("parallel_tool_calls") is not False
    policy = map_policy(choice, parallel, offered)
    if not offered:
        if policy.required:
            raise InvalidRequest(
                "'tool_choice' demands a call, but there is no tool to call; add it to 'tools'.",
                param="tool_choice",
                code="invalid_value",
            )
        return ToolPlan({}, policy, names)
    parameters, instruction = map_choice(choice, offered, rungs(dialect, in_words), dialect.required_word)
    if instruction is not None:
        losses.report("tool_choice", "the upstream is asked for the call in words only")
    if "parallel_tool_calls" in request and "tools" in parameters:
        parameters["parallel_tool_calls"] = request["parallel_tool_calls"]
    return ToolPlan(parameters, policy, names, instruction)


def withhold_tools() -> ToolPlan:
    """No tools, and no calls, whatever the request lists."""
    return ToolPlan({}, CallPolicy(allowed=frozenset()), ToolNames())


def with_answer_tool(plan: ToolPlan, tool: JSON, dialect: Dialect, losses: Losses, *, in_words: bool) -> ToolPlan:
    """The plan with a function whose arguments are the answer: it is called, or else one of the client's."""
    name = _name(tool)
    tools = [*plan.parameters.get("tools", ()), tool]
    taken = rungs(dialect, in_words)
    may_call_others = len(tools) > 1 and plan.policy.allowed != frozenset()
    chat: JSON = {**plan.parameters, "tools": tools}
    instruction = None
    if not may_call_others and "named" in taken:
        chat["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif "required" in taken and (may_call_others or len(tools) == 1):
        chat["tool_choice"] = dialect.required_word
    else:
        chat.pop("tool_choice", None)
        instruction = f"Give your answer by calling {name}, not as text."
        losses.report("text.format", "the upstream is asked in words only to answer by a call")
    words = "\n\n".join(word for word in (plan.instruction, instruction) if word)
    return plan._replace(parameters=chat, instruction=words or None)


def _name(tool: JSON) -> str:
    return str(tool["function"]["name"] if tool["type"] == "function" else tool["type"])


def map_call(item: JSON, names: ToolNames) -> JSON:
    """An item that calls a tool → a chat tool call; the id stays as it is, no arguments are an empty object."""
    kind = CALLS[item["type"]]
    return {
        "id": item["call_id"],
        "type": "function",
        "function": {"name": names.upstream(tool_called(item)), "arguments": kind.arguments(item)},
    }


def tool_called(item: JSON) -> Tool:
    """The tool that an item calls; a built-in one has no name but its type."""
    kind = CALLS[item["type"]]
    return Tool(kind.type, item["name"], item.get("namespace")) if kind.streams else Tool(kind.type, kind.type)


def _listed(request: JSON, history: Sequence[JSON]) -> list[tuple[str, Tool, JSON]]:
    """All tools of a request: those in its list, those in its input, and those that were found."""
    tools = request.get("tools")
    listed = list(members(tools, "tools")) if tools else []
    items = request.get("input", ())
    for place, among in (("history", history), ("input", items if not isinstance(items, str) else ())):
        if not {item.get("type") for item in among}.isdisjoint(LISTS):
            for index, item in enumerate(among):
                if item.get("type") in LISTS:
                    listed.extend(_listed_in(item, f"{place}[{index}].tools"))
    return listed


def _listed_in(item: JSON, path: str) -> Iterator[tuple[str, Tool, JSON]]:
    found = item["type"] == "tool_search_output"
    for place, tool, definition in members(item["tools"], path):
        yield place, tool, {**definition, "defer_loading": False} if found else definition  # found: they are loaded


def _map_offered(
    listed: Sequence[tuple[str, Tool, JSON]], choice: Any, names: ToolNames, dialect: Dialect, losses: Losses
) -> list[Offered]:
    offered: dict[Tool | str, Offered] = {}
    left_out: list[tuple[str, JSON]] = []
    deferred: list[str] = []
    if dialect.tools == "none":
        name = listed[0][0].partition("[")[0]
        if choice != "none":
            raise Unsupported("The upstream knows no tools; leave 'tools' out.", param=name)
        losses.report(name, "the upstream knows no tools")
        return []
    strict = _strict(listed, dialect, losses)
    for path, tool, definition in listed:
        if tool.kind in dialect.hosted_tools:
            offered[path] = Offered(tool, tool.kind, definition)
        elif _is_hosted(definition):
            left_out.append((path, definition))
        else:
            name = names.upstream(tool, grammar=has_grammar(definition))
            entry = Offered(tool, name, _map_function(name, definition, dialect, losses, path, strict))
            if tool in offered and offered[tool] != entry:
                losses.report(path, f"'{tool.name}' is defined twice, and here otherwise; this definition is offered")
            offered[tool] = entry
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
        case "function":
            return False
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
            f"The upstream has no '{kind}' tool; offer a function instead, or another that the client runs: custom, "
            "namespace, apply_patch, local_shell, shell or tool_search; or have the setting hosted_tools of the model "
            "name it.",
            param=path,
        )
    losses.report(path, f"the upstream has no '{kind}' tool")


def _strict(listed: Sequence[tuple[str, Tool, JSON]], dialect: Dialect, losses: Losses) -> bool:
    """Whether functions are sent with their `strict`; those that lose it are reported."""
    if dialect.strict_tools == "send":
        return True
    functions = [
        (path, bool(definition.get("strict")))
        for path, tool, definition in listed
        if tool.kind not in dialect.hosted_tools and not _is_hosted(definition)
    ]
    if dialect.strict_tools == "uniform" and len({strict for _, strict in functions}) == 1:
        return True
    why = "the upstream knows no strict functions"
    if dialect.strict_tools == "uniform":
        why = "the upstream wants all functions strict, or none"
    for path, strict in functions:
        if strict:
            losses.report(f"{path}.strict", why)
    return False


def _map_function(name: str, tool: JSON, dialect: Dialect, losses: Losses, path: str, strict: bool) -> JSON:
    function: JSON = {"name": name, **KINDS[tool["type"]].offer(tool)}
    if not strict:
        function.pop("strict", None)
    if "parameters" in function and dialect.schema_flavor != "json_schema":
        function["parameters"], dropped = fit_schema(function["parameters"], dialect.schema_flavor)
        if dropped:
            losses.report(f"{path}.parameters", f"the upstream is not told of {', '.join(dropped)}")
    for key in () if _TOLD.issuperset(tool) else sorted(tool.keys() - _TOLD):
        losses.report(f"{path}.{key}", "chat functions have no such thing")
    return {"type": "function", "function": function}


def tools_from_chat(tools: Sequence[JSON], losses: Losses) -> list[JSON]:
    """Chat's `tools` → those of Responses, which are flat; one of another kind is the upstream's own, and stays.

    A function that does not say `strict` is not, in chat; Responses would take it for strict, so it is said.
    """
    return [_tool_from_chat(tool, f"tools[{index}]", losses) for index, tool in enumerate(tools)]


def _tool_from_chat(tool: JSON, path: str, losses: Losses) -> JSON:
    kind = tool["type"]
    if kind in CALLS_BY_KIND and len(tool) > 2:  # its type, and what is of this type
        for key in sorted(tool.keys() - {"type", kind}):
            losses.report(f"{path}.{key}", "the Responses API has no such thing beside a tool")
    if kind == "function":
        return {"type": kind, "strict": False, **tool[kind]}
    if kind != "custom":
        return tool
    flat = {"type": kind, **tool[kind]}
    if "grammar" in flat.get("format", {}):
        flat["format"] = {"type": "grammar", **flat["format"]["grammar"]}
    return flat


def call_from_chat(call: JSON) -> JSON:
    """A chat tool call → the item that calls; what else the upstream said of it stays beside it."""
    kind = "custom" if call.get("type") == "custom" else "function"
    called = call[kind]
    item: JSON = {"type": CALLS_BY_KIND[kind], "call_id": call["id"], "name": called["name"]}
    if kind == "custom":
        item["input"] = called["input"]
    else:
        item["arguments"] = called.get("arguments", "")
    if not CALL_FIELDS.issuperset(call):
        item[KEY] = {key: value for key, value in call.items() if key not in CALL_FIELDS}
    return item


CALLS_BY_KIND = {"function": "function_call", "custom": "custom_tool_call"}
"""The items that call what both dialects know."""


def call_to_chat(item: JSON, names: ToolNames) -> JSON:
    """A function or custom call that begins → the chat tool call, without arguments yet."""
    kind = "custom" if item["type"] == "custom_tool_call" else "function"
    name = names.upstream(Tool(kind, item["name"], item.get("namespace")))
    field = "input" if kind == "custom" else "arguments"
    return {"id": item["call_id"], "type": kind, kind: {"name": name, field: ""}, **extras_of(item)}
