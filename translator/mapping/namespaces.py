"""Lists of tools, with those of namespaces one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .tool_names import Tool

JSON = dict[str, Any]


def members(tools: Sequence[JSON], path: str) -> Iterator[tuple[str, Tool, JSON]]:
    """Each tool of a list: its path, what the client calls it, and its definition.

    A namespace's description is said with its first tool: chat has no other place for it, and the model reads them all.
    """
    for index, tool in enumerate(tools):
        place = f"{path}[{index}]"
        if tool["type"] != "namespace":
            yield place, Tool(tool["type"], str(tool.get("name", tool["type"]))), tool
            continue
        for number, member in enumerate(tool["tools"]):
            if number == 0 and tool.get("description"):
                about = f"[{tool['name']}: {tool['description']}]"
                member = {**member, "description": "\n\n".join(filter(None, (about, member.get("description"))))}
            yield f"{place}.tools[{number}]", Tool(member["type"], str(member.get("name", "")), tool["name"]), member
