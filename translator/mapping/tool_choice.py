"""The choice of a tool: what must or may be called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..dialects import Dialect
from ..dialects.dialect import ToolChoice
from ..errors import InvalidRequest
from .tool_names import Tool

JSON = dict[str, Any]

_BY_NAME = ("function", "custom")


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Which calls the client allowed; it binds the reply, whatever the upstream makes of it."""

    allowed: frozenset[str] | None = None
    """The upstream's names of what may be called; None: anything, also what nobody offered (the client shall see what
    was called)."""

    at_most: int | None = None
    """How many calls one response may hold."""

    required: bool = False
    """Whether there must be a call."""

    def admits(self, name: str, calls_so_far: int) -> bool:
        """Whether one more call, of this name, may reach the client."""
        if self.at_most is not None and calls_so_far >= self.at_most:
            return False
        return self.allowed is None or name in self.allowed


_ANY_CALLS = CallPolicy()


class Offered(NamedTuple):
    """One tool that an upstream is told of."""

    tool: Tool
    """What the client calls it."""

    name: str
    """What the upstream calls it."""

    chat: JSON
    """Its entry in chat's `tools`."""


class _Among:
    """The tools among which some are chosen, by what a choice may say of them: it may list very many."""

    def __init__(self, offered: Sequence[Offered]) -> None:
        self.kinds: dict[str, list[Offered]] = {}
        self.names: dict[str, list[Offered]] = {}
        self.namespaces: dict[str | None, list[Offered]] = {}
        self.places: dict[tuple[str, str | None], list[Offered]] = {}
        for entry in offered:
            kind, name, namespace = entry.tool
            self.kinds.setdefault(kind, []).append(entry)
            self.names.setdefault(name, []).append(entry)
            self.namespaces.setdefault(namespace, []).append(entry)
            self.places.setdefault((name, namespace), []).append(entry)


def check_allowed(choice: Any, listed: Sequence[Offered]) -> None:
    """Raises InvalidRequest for an allowed tool that is not listed at all: it could never be called."""
    if isinstance(choice, str) or choice["type"] != "allowed_tools":
        return
    among, seen = _Among(listed), set()
    for index, entry in enumerate(choice["tools"]):
        if _key(entry) in seen:
            continue
        seen.add(_key(entry))
        if not _named(entry, among):
            path = f"tool_choice.tools[{index}]"
            raise InvalidRequest(
                f"'{path}' names '{_said(entry)}', which is not in 'tools'.", param=path, code="invalid_value"
            )


def map_policy(choice: Any, parallel: bool, offered: Sequence[Offered]) -> CallPolicy:
    """`tool_choice` and `parallel_tool_calls` → what binds the reply."""
    if choice == "auto" and parallel:
        return _ANY_CALLS
    return CallPolicy(
        allowed=_allowed(choice, offered),
        at_most=None if parallel else 1,
        required=_wanted(choice) in ("required", "named"),
    )


def rungs(dialect: Dialect, in_words: bool) -> frozenset[ToolChoice]:
    """The tool choices the upstream takes; `in_words`: none that forces a call."""
    return dialect.tool_choice - {"named", "required"} if in_words else dialect.tool_choice


def map_choice(
    choice: Any, offered: Sequence[Offered], taken: frozenset[ToolChoice], required_word: str
) -> tuple[JSON, str | None]:
    """`tool_choice` → the chat parameters and, on the last rung, the words that stand for the choice.

    `taken` are the choices the upstream takes. The ladder: a named tool → `required` with the tools cut down to it →
    the same with an instruction alone. Where only names are taken, `required` names the only tool.
    """
    wanted = _wanted(choice)
    tools = [entry.chat for entry in offered]
    if wanted == "auto":
        return {"tools": tools}, None  # what every upstream does unasked
    if wanted == "none":
        return ({"tools": tools, "tool_choice": "none"} if "none" in taken else {}), None
    if wanted == "named":
        offered = _named(choice, _Among(offered))
        if not offered:
            raise InvalidRequest(
                f"'tool_choice' names '{_said(choice)}', which is not in 'tools'.",
                param="tool_choice",
                code="invalid_value",
            )
        if len(offered) == 1 and "named" in taken:
            hosted = offered[0].chat["type"] != "function"
            return {"tools": tools, "tool_choice": choice if hosted else _by_name(offered[0])}, None
        tools = [entry.chat for entry in offered]
    if "required" in taken:
        return {"tools": tools, "tool_choice": required_word}, None
    if "named" in taken and len(offered) == 1 and offered[0].chat["type"] == "function":
        return {"tools": tools, "tool_choice": _by_name(offered[0])}, None
    names = ", ".join(entry.name for entry in offered)
    return {"tools": tools}, f"You must call one of these tools before you answer: {names}."


def _by_name(entry: Offered) -> JSON:
    return {"type": "function", "function": {"name": entry.name}}


def _wanted(choice: Any) -> str:
    if isinstance(choice, str):
        return choice
    if choice["type"] == "allowed_tools":
        return str(choice.get("mode", "auto"))
    return "named"


def _allowed(choice: Any, offered: Sequence[Offered]) -> frozenset[str] | None:
    if choice == "none":
        return frozenset()
    if isinstance(choice, str):
        return None
    among = _Among(offered)
    if choice["type"] != "allowed_tools":
        return frozenset(_names(choice, among))
    if choice.get("mode") == "none":
        return frozenset()
    distinct = {_key(entry): entry for entry in choice["tools"]}
    return frozenset(name for entry in distinct.values() for name in _names(entry, among))


def _key(choice: JSON) -> tuple[str, str | None, str | None]:
    return choice["type"], choice.get("name"), choice.get("namespace")


def _names(choice: JSON, among: _Among) -> list[str]:
    """The upstream's names of what is chosen; a tool that is not offered may be called by its own."""
    return [entry.name for entry in _named(choice, among)] or [_said(choice)]


def _said(choice: JSON) -> str:
    return str(choice.get("name", choice["type"]))


def _named(choice: JSON, among: _Among) -> list[Offered]:
    """The tools that a choice names.

    A choice need not say the namespace; without one it means the tool that is in none, if there is such.
    """
    kind, name, namespace = _key(choice)
    if kind == "namespace":
        return among.namespaces.get(name, [])
    if name is None:
        return among.kinds.get(kind, []) if kind not in _BY_NAME else []
    named = among.names.get(name, []) if namespace is None else among.places.get((name, namespace), [])
    named = [entry for entry in named if entry.tool.kind == kind] or named  # some choose any tool as a function
    return [entry for entry in named if entry.tool.namespace is None] or named


def choice_from_chat(choice: Any) -> Any:
    """Chat's `tool_choice` → that of Responses, which names tools without nesting."""
    if isinstance(choice, str):
        return choice
    kind = choice["type"]
    if kind == "allowed_tools":
        allowed = choice["allowed_tools"]
        tools = [choice_from_chat(tool) for tool in allowed["tools"]]
        return {"type": kind, "mode": allowed.get("mode", "auto"), "tools": tools}
    return {"type": kind, "name": choice[kind]["name"]} if kind in _BY_NAME else choice
