"""The tools that clients offer, and their choice among them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Discriminator, Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .reading import LENIENT, Nulls, typed

JSON = dict[str, Any]


class FunctionTool(TypedDict):
    """A function of the client's; flat, where chat nests it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: NotRequired[str]
    parameters: NotRequired[JSON]
    strict: NotRequired[bool]


class ToolFormat(TypedDict):
    """What the input of a freeform tool looks like: `text` of any shape, or a `grammar`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str
    syntax: NotRequired[str]
    definition: NotRequired[str]


class CustomTool(TypedDict):
    """A freeform tool of the client's: its input is text."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["custom"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: NotRequired[str]
    format: NotRequired[Annotated[ToolFormat, Nulls]]


class ToolSearchTool(TypedDict):
    """A search for more tools; `execution` says who runs it: the `client`, or else the server."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["tool_search"]
    execution: NotRequired[str]
    description: NotRequired[str]
    parameters: NotRequired[JSON]


class LocalSkill(TypedDict):
    """What a local shell can do besides: instructions in a folder."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: str
    description: NotRequired[str]
    path: NotRequired[str]


class ShellEnvironment(TypedDict):
    """Where shell commands run: `local`, or in a container of OpenAI's."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str
    skills: NotRequired[list[Annotated[LocalSkill, Nulls]]]


class ShellTool(TypedDict):
    """The built-in `shell` tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["shell"]
    environment: NotRequired[Annotated[ShellEnvironment, Nulls]]


class OtherTool(TypedDict):
    """A hosted tool, or one of a kind that has no model here."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str


_TOOL_TAGS = {
    "function": "<function>",
    "custom": "<custom>",
    "tool_search": "<tool_search>",
    "shell": "<shell>",
}

_UNTAGGED = ("apply_patch", "local_shell")
"""Tools that clients run and that have no model here: their type says all."""

_Member = Annotated[
    Annotated[FunctionTool, Tag("<function>")]
    | Annotated[CustomTool, Tag("<custom>")]
    | Annotated[ToolSearchTool, Tag("<tool_search>")]
    | Annotated[ShellTool, Tag("<shell>")]
    | Annotated[OtherTool, Tag("<other>")],
    typed(_TOOL_TAGS, *_UNTAGGED),
    Nulls,
]


class NamespaceTool(TypedDict):
    """Functions and freeform tools under a name of their own."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["namespace"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: NotRequired[str]
    tools: list[_Member]


Tool = Annotated[
    Annotated[NamespaceTool, Tag("<namespace>")] | Annotated[_Member, Tag("<other>")],
    typed({"namespace": "<namespace>"}, *_TOOL_TAGS, *_UNTAGGED),
    Nulls,
]


class NamedChoice(TypedDict):
    """One tool that must be called: a function or custom tool by `name`, a hosted one by its type alone."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str
    name: NotRequired[str]
    namespace: NotRequired[str]


class AllowedTools(TypedDict):
    """The tools that may be called, of those that are listed."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["allowed_tools"]
    mode: NotRequired[Literal["auto", "required", "none"]]
    tools: list[NamedChoice]


def _choice_tag(value: Any) -> str | None:
    if isinstance(value, dict):
        return "<allowed>" if value.get("type") == "allowed_tools" else "<named>"
    return "<word>" if value in ("auto", "none", "required") else None


ToolChoice = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("<word>")]
    | Annotated[AllowedTools, Tag("<allowed>")]
    | Annotated[NamedChoice, Tag("<named>")],
    Discriminator(
        _choice_tag,
        custom_error_type="tool_choice",
        custom_error_message="Input should be 'auto', 'none', 'required' or an object that names a tool",
    ),
    Nulls,
]
