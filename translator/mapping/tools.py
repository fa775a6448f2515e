"""Tools: what is offered, what must or may be called, and how calls are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..dialects import Dialect
from ..errors import InvalidRequest, Unsupported
from .losses import Losses
from .schemas import fit_schema

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Which calls the client allowed; it binds the reply, whatever the upstream makes of it."""

    allowed: frozenset[str] | None = None
    """The names that may be called; None: any, also one that nobody offered (the client shall see what was called)."""

    at_most: int | None = None
    """How many calls one response may hold."""

    required: bool = False
    """Whether there must be a call."""

    def admits(self, name: str, calls_so_far: int) -> bool:
        """Whether one more call, of this name, may reach the client."""
        if self.at_most is not None and calls_so_far >= self.at_most:
            return False
        return self.allowed is None or name in self.allowed


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """How an upstream is told of the tools."""

    parameters: JSON
    """The chat parameters: `tools`, `tool_choice`, `parallel_tool_calls`; only those that are needed."""

    policy: CallPolicy
    """What binds the reply."""

    instruction: str | None = None
    """What is said in words where `tool_choice` cannot say it."""

    @property
    def names(self) -> list[str]:
        """The names of the tools that are sent."""
        return [_name(tool) for tool in self.parameters.get("tools", ())]

    @property
    def forces(self) -> bool:
        """Whether the parameters demand a call."""
        return bool(self.parameters.get("tool_choice", "none") != "none")


def map_tools(request: JSON, dialect: Dialect, losses: Losses, *, in_words: bool = False) -> ToolPlan:
    """`tools`, `tool_choice` and `parallel_tool_calls` → what to send and what to hold the reply to.

    `in_words` says that a call may be asked for in words only: the upstream takes no forced choice now.
    """
    choice = request.get("tool_choice", "auto")
    offered = _map_offered(request.get("tools") or (), choice, dialect, losses)
    policy = CallPolicy(
        allowed=_allowed(choice),
        at_most=1 if request.get("parallel_tool_calls") is False else None,
        required=_wanted(choice) in ("required", "named"),
    )
    if not offered:
        if policy.required:
            raise InvalidRequest(
                "'tool_choice' demands a call, but there is no tool to call; add it to 'tools'.",
                param="tool_choice",
                code="invalid_value",
            )
        return ToolPlan({}, policy)
    parameters, instruction = _map_choice(choice, offered, _rungs(dialect, in_words), dialect.required_word)
    if instruction is not None:
        losses.report("tool_choice", "the upstream is asked for the call in words only")
    if "parallel_tool_calls" in request and "tools" in parameters:
        parameters["parallel_tool_calls"] = request["parallel_tool_calls"]
    return ToolPlan(parameters, policy, instruction)


def with_answer_tool(plan: ToolPlan, tool: JSON, dialect: Dialect, losses: Losses, *, in_words: bool) -> ToolPlan:
    """The plan with a function whose arguments are the answer: it is called, or else one of the client's."""
    name = _name(tool)
    tools = [*plan.parameters.get("tools", ()), tool]
    rungs = _rungs(dialect, in_words)
    may_call_others = len(tools) > 1 and plan.policy.allowed != frozenset()
    chat: JSON = {**plan.parameters, "tools": tools}
    instruction = None
    if not may_call_others and "named" in rungs:
        chat["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif "required" in rungs and (may_call_others or len(tools) == 1):
        chat["tool_choice"] = dialect.required_word
    else:
        chat.pop("tool_choice", None)
        instruction = f"Give your answer by calling {name}, not as text."
        losses.report("text.format", "the upstream is asked in words only to answer by a call")
    return ToolPlan(chat, plan.policy, "\n\n".join(word for word in (plan.instruction, instruction) if word) or None)


def _rungs(dialect: Dialect, in_words: bool) -> frozenset[str]:
    return dialect.tool_choice - {"named", "required"} if in_words else dialect.tool_choice


def _map_offered(tools: Sequence[JSON], choice: Any, dialect: Dialect, losses: Losses) -> list[JSON]:
    if tools and dialect.tools == "none":
        if choice != "none":
            raise Unsupported("The upstream knows no tools; leave 'tools' out.", param="tools")
        losses.report("tools", "the upstream knows no tools")
        return []
    offered: list[JSON] = []
    left_out: list[tuple[str, str]] = []
    strict = _strict(tools, dialect, losses)
    for index, tool in enumerate(tools):
        if tool["type"] == "function":
            offered.append(_map_function(tool, dialect, losses, f"tools[{index}]", strict))
        elif tool["type"] in dialect.hosted_tools:
            offered.append(tool)
        else:
            left_out.append((f"tools[{index}]", tool["type"]))
    for path, kind in left_out:
        if not offered or (isinstance(choice, dict) and choice["type"] == kind):
            raise Unsupported(
                f"The upstream has no '{kind}' tool; offer a function instead, or have the model's configuration "
                "forward it.",
                param=path,
            )
        losses.report(path, f"the upstream has no '{kind}' tool")
    return offered


def _strict(tools: Sequence[JSON], dialect: Dialect, losses: Losses) -> bool:
    """Whether functions are sent with their `strict`; those that lose it are reported."""
    functions = [(index, tool) for index, tool in enumerate(tools) if tool["type"] == "function"]
    agree = len({tool.get("strict", False) for _, tool in functions}) == 1
    if dialect.strict_tools == "send" or (dialect.strict_tools == "uniform" and agree):
        return True
    why = "the upstream knows no strict functions"
    if dialect.strict_tools == "uniform":
        why = "the upstream wants all functions strict, or none"
    for index, tool in functions:
        if tool.get("strict"):
            losses.report(f"tools[{index}].strict", why)
    return False


def _map_function(tool: JSON, dialect: Dialect, losses: Losses, path: str, strict: bool) -> JSON:
    function: JSON = {"name": tool["name"]}
    if "description" in tool:
        function["description"] = tool["description"]
    if "parameters" in tool:
        parameters = tool["parameters"]
        # several upstreams reject a schema that does not say it is an object
        parameters = parameters if "type" in parameters else {"type": "object", **parameters}
        function["parameters"], dropped = fit_schema(parameters, dialect.schema_flavor)
        if dropped:
            losses.report(f"{path}.parameters", f"the upstream is not told of {', '.join(dropped)}")
    if "strict" in tool and strict:
        function["strict"] = tool["strict"]
    return {"type": "function", "function": function}


def _wanted(choice: Any) -> str:
    if isinstance(choice, str):
        return choice
    if choice["type"] == "allowed_tools":
        return str(choice.get("mode", "auto"))
    return "named"


def _allowed(choice: Any) -> frozenset[str] | None:
    if choice == "none":
        return frozenset()
    if isinstance(choice, str):
        return None
    if choice["type"] == "allowed_tools":
        if choice.get("mode") == "none":
            return frozenset()
        return frozenset(tool["name"] for tool in choice["tools"] if "name" in tool)
    return frozenset({choice["name"]}) if "name" in choice else None


def _name(tool: JSON) -> str:
    return str(tool["function"]["name"] if tool["type"] == "function" else tool["type"])


def _map_choice(choice: Any, offered: list[JSON], rungs: frozenset[str], required_word: str) -> tuple[JSON, str | None]:
    """The chat parameters and, on the last rung, the words that stand for the choice.

    The ladder: a named tool → `required` with the tools cut down to it → the same with an instruction alone.
    """
    wanted = _wanted(choice)
    if wanted == "auto":
        return {"tools": offered}, None  # what every upstream does unasked
    if wanted == "none":
        return ({"tools": offered, "tool_choice": "none"} if "none" in rungs else {}), None
    if wanted == "named":
        name = str(choice.get("name", choice["type"]))
        chosen = [tool for tool in offered if _name(tool) == name]
        if not chosen:
            raise InvalidRequest(
                f"'tool_choice' names '{name}', which is not in 'tools'.",
                param="tool_choice",
                code="invalid_value",
            )
        if "named" in rungs:
            hosted = chosen[0]["type"] != "function"
            named = choice if hosted else {"type": "function", "function": {"name": name}}
            return {"tools": offered, "tool_choice": named}, None
        offered = chosen
    if "required" in rungs:
        return {"tools": offered, "tool_choice": required_word}, None
    names = ", ".join(_name(tool) for tool in offered)
    return {"tools": offered}, f"You must call one of these tools before you answer: {names}."


def map_function_call(item: JSON, call_id: str, extra: JSON) -> JSON:
    """A `function_call` item → a chat tool call; no arguments are an empty object, `extra` is the upstream's own."""
    function = {"name": item["name"], "arguments": item["arguments"] or "{}"}
    return {"id": call_id, "type": "function", "function": function, **extra}
