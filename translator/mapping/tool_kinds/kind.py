"""The record of one kind of tools: how it is offered, called and answered in both dialects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..tool_names import ToolNames

JSON = dict[str, Any]


def _no_fields(_: JSON) -> JSON | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolKind:
    """One kind of tools. Chat knows functions only, so every other kind is offered and called as one."""

    type: str
    """The tool's `type`; a kind whose tools have no name is called by it."""

    call: str
    """The type of the items that call it."""

    output: str
    """The type of the items that answer a call."""

    prefix: str
    """What the ids of its calls begin with."""

    offer: Callable[[JSON], JSON]
    """The tool → what the chat function says besides its name: `description`, `parameters`, `strict`."""

    arguments: Callable[[JSON], str]
    """A call → the arguments of the function, a JSON text."""

    fields: Callable[[JSON], JSON | None] = _no_fields
    """The function's arguments → what the call's item says besides its id, type and status; None where the arguments
    do not make one. Only for kinds that are told whole."""

    streams: bool = False
    """Whether calls are told as they come; else whole, when their arguments are complete."""

    result: Callable[[JSON, ToolNames], str | list[JSON]]
    """The answer to a call → what the model is told: text, or content parts."""


def content(output: JSON, _: ToolNames) -> str | list[JSON]:
    """What an answer says in `output`, a string or content parts."""
    said: str | list[JSON] = output["output"]
    return said


def object_schema(parameters: JSON) -> JSON:
    """A schema that says it is an object: several upstreams reject one that does not."""
    return parameters if "type" in parameters else {"type": "object", **parameters}


def integer(value: Any) -> int | None:
    """A whole number however a model wrote it, or None."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None
