"""What a document loses that only its counterpart could tell, or that no reader needs: a file has nobody to hold to it.

A server echoes a request's metadata in the response, calls tools by their own names again, and keeps to the tools that
are allowed. The request alone, written to a file, says none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Any

from ..mapping.losses import Loss, beyond
from ..mapping.namespaces import members
from ..mapping.tool_kinds import CALLS
from ..mapping.tool_names import Tool
from ..mapping.tools import LISTS, tool_called
from ..responses_over_chat import Translation
from ..responses_over_chat.ledger import LEDGER

JSON = dict[str, Any]

_HELD = frozenset({"metadata", "reasoning", "tools", "tool_choice"})


def unheld(request: JSON, call: Translation) -> Sequence[Loss]:
    """The losses of a Responses request that became a chat request, with those that a reply would have made good."""
    losses: Sequence[Loss] = call.losses
    if not _HELD.isdisjoint(request):
        losses = [*losses, *_unheld(request, call.chat_request)]
    changed = call.names.changed()
    return [*losses, *_renamed(call.request, changed)] if changed else losses


def _unheld(request: JSON, chat_request: JSON) -> Iterator[Loss]:
    if request.get("metadata"):
        yield Loss("metadata", "chat takes it only with storage of its own")
    reasoning = request.get("reasoning") or {}
    for name in ("summary", "generate_summary"):
        if reasoning.get(name):
            yield Loss(f"reasoning.{name}", "chat cannot be asked for a summary")
    tools = request.get("tools") or ()
    offered = {tool["function"]["name"] for tool in chat_request.get("tools", ()) if tool["type"] == "function"}
    for index, tool in enumerate(tools):
        kind = tool.get("type")
        if kind == "namespace":
            yield Loss(f"tools[{index}]", "chat has no namespaces, so its tools are offered under longer names")
        elif kind in _OFFERED:
            yield Loss(f"tools[{index}]", f"the '{kind}' tool is offered as a function")
        elif kind == "function" and tool["name"] not in offered and offered:
            yield Loss(f"tools[{index}].name", "it is offered under a name that every upstream takes")
    choice = request.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools" and len(choice["tools"]) < len(tools):
        yield Loss("tool_choice.tools", "that other tools must not be called is not said")


def _renamed(request: JSON, changed: dict[Tool, str]) -> Iterator[Loss]:
    """Tools that stand in the input alone, where chat knows them otherwise; each is told of once."""
    silent = set(changed) - {tool for _, tool, _ in members(request.get("tools") or (), "tools")}
    asked = request.get("input", ())
    for index, item in enumerate(asked if silent and not isinstance(asked, str) else ()):
        named = [tool_called(item)] if item.get("type") in CALLS else []
        if item.get("type") in LISTS:
            named = [tool for _, tool, _ in members(item["tools"], "tools")]
        for tool in filter(silent.__contains__, dict.fromkeys(named)):
            silent.remove(tool)
            yield Loss(
                f"input[{index}]", f"chat knows the {tool.kind} tool '{tool.name}' as a function '{changed[tool]}'"
            )


_OFFERED = frozenset({"custom", "apply_patch", "local_shell", "shell", "tool_search"})

_COMPLETION = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "service_tier", "citations", "search_results", "error"}
    | {"system_fingerprint", "obfuscation", "x_groq", "base_resp"}
)
"""The fields of a completion or a chunk that are read, and those that say nothing of the answer."""

_CHOICE = frozenset({"index", "message", "logprobs", "finish_reason", "delta", "usage", "error"})
_USAGE = {
    "prompt_tokens_details": frozenset({"cached_tokens", "cache_write_tokens"}),
    "completion_tokens_details": frozenset({"reasoning_tokens"}),
}


def unread(reply: JSON) -> list[Loss]:
    """What a completion or a chunk says that nothing in a response says; ids, fingerprints and zeros say nothing.

    What stands beside its message is found where that is read.
    """
    losses = list(_beyond(reply, _COMPLETION, ""))
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict) and not choice.get("index"):
        losses += _beyond(choice, _CHOICE, "choices[0].")
        losses += _beyond(choice.get("logprobs"), frozenset({"content"}), "choices[0].logprobs.")
    if isinstance(usage := reply.get("usage"), dict):
        for name, known in _USAGE.items():
            losses += _beyond(usage.get(name), known, f"usage.{name}.")
    return losses


def _beyond(said: Any, known: Set[str], path: str) -> Iterator[Loss]:
    for name in beyond(said, known) if isinstance(said, dict) else ():
        yield Loss(f"{path}{name}", f"a response has no '{name}'")


_RESPONSE = (
    {"id", "object", "created_at", "completed_at", "status", "error", "incomplete_details", "output", "output_text"}
    | {"usage", "billing", "access_programs", "prompt_cache_options"}
    | LEDGER.keys()
)
"""The fields of a response that are read, those that say who pays, and those that repeat what was asked for."""


def unread_response(response: JSON) -> list[Loss]:
    """What a response says beside its output and its request that no completion says."""
    return [Loss(name, f"a completion has no '{name}'") for name in beyond(response, _RESPONSE)]
