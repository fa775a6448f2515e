"""Names of tools: what the client calls a tool ⇄ what the upstream calls it."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

LONGEST = 64
"""What OpenAI, Groq, Fireworks and Bedrock take at most."""

_TAKEN_EVERYWHERE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")  # Kimi wants a letter first
_REFUSED = re.compile(r"[^A-Za-z0-9_-]+")


@lru_cache(maxsize=1024)  # the tools of an application are the same in all its requests
def _is_taken_everywhere(name: str) -> bool:
    return _TAKEN_EVERYWHERE.fullmatch(name) is not None


class Tool(NamedTuple):
    """A tool as the client knows it."""

    kind: str
    """What calls of it are: a key of `tool_kinds.KINDS`."""

    name: str

    namespace: str | None = None


class ToolNames:
    """A reversible map: chat has one flat space of names, in which functions, custom and built-in tools stand alike.

    A tool keeps its name where it can, one in a namespace is called `namespace__name`. Where that is too long, already
    taken, or has characters that upstreams refuse, a hash of what the tool is ends the name; so names do not depend on
    what else is offered later, and a conversation's earlier messages stay the same.
    """

    def __init__(self) -> None:
        self._upstream: dict[Tool, str] = {}
        self._tools: dict[str, Tool] = {}
        self._with_grammar: set[str] = set()

    def upstream(self, tool: Tool, *, grammar: bool = False) -> str:
        """The upstream's name for a tool, the same whenever it is asked for; `grammar`: it takes no free text."""
        name = self._upstream.get(tool)
        if name is None:
            name = _flat(tool)
            if name in self._tools or not _is_taken_everywhere(name):
                name = _hashed(name, tool, self._tools)
            self._upstream[tool] = name
            self._tools[name] = tool
        if grammar:
            self._with_grammar.add(name)
        return name

    def changed(self) -> dict[Tool, str]:
        """The tools that are no functions, or not called by their own name, with the upstream's names of them."""
        return {tool: name for tool, name in self._upstream.items() if tool.kind != "function" or tool.name != name}

    def tool(self, name: str) -> Tool:
        """The tool that the upstream calls; one that nobody named is a function, as it stands."""
        return self._tools.get(self._meant(name)) or Tool("function", name)

    def has_grammar(self, name: str) -> bool:
        """Whether the input of this tool follows a grammar."""
        return self._meant(name) in self._with_grammar

    def _meant(self, name: str) -> str:
        """The name as it was given. Models leave namespaces out, or join them by a dot: the client's own words for its
        tools, such as Codex's instructions, know nothing of flat names. What could mean two tools means none.
        """
        if name in self._tools:
            return name
        meant = [given for given, tool in self._tools.items() if name in (tool.name, f"{tool.namespace}.{tool.name}")]
        return meant[0] if len(meant) == 1 else name


def _flat(tool: Tool) -> str:
    return tool.name if tool.namespace is None else f"{tool.namespace}__{tool.name}"


def _hashed(name: str, tool: Tool, taken: Container[str]) -> str:
    identity = "\0".join((tool.kind, tool.namespace or "", tool.name))
    digest = sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    name = _REFUSED.sub("_", name)
    if not name[:1].isalpha():
        name = "tool" + name
    for size in range(8, LONGEST - 8, 8):
        hashed = f"{name[: LONGEST - size - 1]}_{digest[:size]}"
        if hashed not in taken:
            break
    return hashed
