"""The input items of a request: messages, calls with their outputs, reasoning."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .parts import Content, Part
from .reading import LENIENT, Nulls, StringOrList, entries, told_by
from .tools import Tool

CallId = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1)]


class Message(TypedDict):
    """A message of any role; clients often leave `type` out."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: NotRequired[Literal["message"]]
    id: NotRequired[str]
    status: NotRequired[str]
    role: Literal["user", "assistant", "system", "developer"]
    content: Content
    phase: NotRequired[str]


class FunctionCall(TypedDict):
    """A call the model made earlier; `arguments` is a JSON text."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function_call"]
    id: NotRequired[str]
    call_id: CallId
    name: Name
    namespace: NotRequired[Name]
    arguments: str
    status: NotRequired[str]


class FunctionCallOutput(TypedDict):
    """What the client's function or freeform tool returned."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function_call_output", "custom_tool_call_output"]
    id: NotRequired[str]
    call_id: CallId
    output: Content
    status: NotRequired[str]


class CustomToolCall(TypedDict):
    """A call of a freeform tool; `input` is text of any shape."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["custom_tool_call"]
    id: NotRequired[str]
    call_id: CallId
    name: Name
    namespace: NotRequired[Name]
    input: str


class ToolSearchCall(TypedDict):
    """A search for tools; without `call_id` where another server ran it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["tool_search_call"]
    id: NotRequired[str]
    call_id: NotRequired[CallId]
    execution: NotRequired[str]
    arguments: Any


class ToolSearchOutput(TypedDict):
    """The tools that were found; from here on they may be called."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["tool_search_output"]
    id: NotRequired[str]
    call_id: NotRequired[CallId]
    execution: NotRequired[str]
    tools: list[Tool]


class AdditionalTools(TypedDict):
    """Tools that stand in the input instead of in the request's own list."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["additional_tools"]
    id: NotRequired[str]
    role: NotRequired[str]
    tools: list[Tool]


class PatchOperation(TypedDict):
    """What is done to one file; `diff` is left out where the file is deleted."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["create_file", "update_file", "delete_file"]
    path: str
    diff: NotRequired[str]


class ApplyPatchCall(TypedDict):
    """A call of the built-in `apply_patch` tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["apply_patch_call"]
    id: NotRequired[str]
    call_id: CallId
    operation: Annotated[PatchOperation, Nulls]


class ApplyPatchCallOutput(TypedDict):
    """Whether a patch could be applied, and what was said about it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["apply_patch_call_output"]
    id: NotRequired[str]
    call_id: CallId
    status: str
    output: NotRequired[str]


class ShellAction(TypedDict):
    """Shell commands and their limits, in milliseconds and characters."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    commands: list[str]
    timeout_ms: NotRequired[int]
    max_output_length: NotRequired[int]


class ShellCall(TypedDict):
    """A call of the built-in `shell` tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["shell_call"]
    id: NotRequired[str]
    call_id: CallId
    action: Annotated[ShellAction, Nulls]


class ShellOutcome(TypedDict):
    """How a command ended: `exit` with its code, or `timeout`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str
    exit_code: NotRequired[int]


class ShellOutput(TypedDict):
    """What one command wrote."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    stdout: NotRequired[str]
    stderr: NotRequired[str]
    outcome: NotRequired[Annotated[ShellOutcome, Nulls]]


class ShellCallOutput(TypedDict):
    """What the commands of a shell call wrote."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["shell_call_output"]
    id: NotRequired[str]
    call_id: CallId
    output: list[Annotated[ShellOutput, Nulls]]


class LocalShellAction(TypedDict):
    """One command with its arguments, and where and how to run it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: NotRequired[Literal["exec"]]
    command: list[str]
    env: NotRequired[dict[str, str]]
    timeout_ms: NotRequired[int]
    user: NotRequired[str]
    working_directory: NotRequired[str]


class LocalShellCall(TypedDict):
    """A call of the built-in `local_shell` tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["local_shell_call"]
    id: NotRequired[str]
    call_id: CallId
    action: Annotated[LocalShellAction, Nulls]


class LocalShellCallOutput(TypedDict):
    """What a local shell call wrote; OpenAI's SDK puts the id of the call into `id`, others into `call_id`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["local_shell_call_output"]
    id: NotRequired[str]
    call_id: NotRequired[CallId]
    output: str


class Reasoning(TypedDict):
    """What the model thought earlier, raw (`content`), in short (`summary`) or sealed (`encrypted_content`)."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["reasoning"]
    id: NotRequired[str]
    summary: NotRequired[list[Part]]
    content: NotRequired[list[Part]]
    encrypted_content: NotRequired[str]


class ItemReference(TypedDict):
    """What stands for an item that is kept, or that came earlier."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["item_reference"]
    id: str


class OtherItem(TypedDict):
    """An item of a type that has no model here; mapping decides what becomes of it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str


_ITEM_TAGS = {
    None: "<message>",
    "message": "<message>",
    "function_call": "<function_call>",
    "function_call_output": "<function_call_output>",
    "custom_tool_call": "<custom_tool_call>",
    "custom_tool_call_output": "<function_call_output>",
    "tool_search_call": "<tool_search_call>",
    "tool_search_output": "<tool_search_output>",
    "additional_tools": "<additional_tools>",
    "apply_patch_call": "<apply_patch_call>",
    "apply_patch_call_output": "<apply_patch_call_output>",
    "shell_call": "<shell_call>",
    "shell_call_output": "<shell_call_output>",
    "local_shell_call": "<local_shell_call>",
    "local_shell_call_output": "<local_shell_call_output>",
    "reasoning": "<reasoning>",
    "item_reference": "<item_reference>",
}


def _with_type(value: Any) -> Any:
    """An item that is nothing but an id refers to another; OpenAI's SDK lets its type be left out."""
    return {"type": "item_reference", **value} if type(value) is dict and value.keys() == {"id"} else value


def _item_tag(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind is None and isinstance(value, dict) and "role" not in value and "content" not in value:
        return None
    try:
        return _ITEM_TAGS.get(kind, "<other>")
    except TypeError:  # a type that is a list or an object
        return "<other>"


Item = Annotated[
    Annotated[Message, Tag("<message>")]
    | Annotated[FunctionCall, Tag("<function_call>")]
    | Annotated[FunctionCallOutput, Tag("<function_call_output>")]
    | Annotated[CustomToolCall, Tag("<custom_tool_call>")]
    | Annotated[ToolSearchCall, Tag("<tool_search_call>")]
    | Annotated[ToolSearchOutput, Tag("<tool_search_output>")]
    | Annotated[AdditionalTools, Tag("<additional_tools>")]
    | Annotated[ApplyPatchCall, Tag("<apply_patch_call>")]
    | Annotated[ApplyPatchCallOutput, Tag("<apply_patch_call_output>")]
    | Annotated[ShellCall, Tag("<shell_call>")]
    | Annotated[ShellCallOutput, Tag("<shell_call_output>")]
    | Annotated[LocalShellCall, Tag("<local_shell_call>")]
    | Annotated[LocalShellCallOutput, Tag("<local_shell_call_output>")]
    | Annotated[Reasoning, Tag("<reasoning>")]
    | Annotated[ItemReference, Tag("<item_reference>")]
    | Annotated[OtherItem, Tag("<other>")],
    told_by(_item_tag, *filter(None, _ITEM_TAGS)),
    BeforeValidator(_with_type),
]
"""An item without nulls: whoever lists items takes them out."""

Entries = entries(
    {
        "function_call": ("call_id", "name", "arguments"),
        "custom_tool_call": ("call_id", "name", "input"),
        "function_call_output": ("call_id", "output"),
        "custom_tool_call_output": ("call_id", "output"),
    }
)
"""Whatever lists items reads them with it."""

Input = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Item], Entries, Tag("<list>")],
    StringOrList,
]
