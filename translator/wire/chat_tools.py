"""The tools that chat clients offer, and their choice among them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Discriminator, Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .reading import LENIENT, Nulls, typed

JSON = dict[str, Any]

Name = Annotated[str, Field(min_length=1, max_length=128)]


class Function(TypedDict):
    """A function of the client's."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: Name
    description: NotRequired[str]
    parameters: NotRequired[JSON]
    strict: NotRequired[bool]


class FunctionTool(TypedDict):
    """A function; nested, where Responses has it flat."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function"]
    function: Annotated[Function, Nulls]


class Grammar(TypedDict):
    """A grammar and the language it is written in."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    syntax: str
    definition: str


class Format(TypedDict):
    """What the input of a freeform tool looks like: `text` of any shape, or a `grammar`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str
    grammar: NotRequired[Grammar]


class Custom(TypedDict):
    """A freeform tool of the client's: its input is text."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: Name
    description: NotRequired[str]
    format: NotRequired[Annotated[Format, Nulls]]


class CustomTool(TypedDict):
    """A freeform tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["custom"]
    custom: Annotated[Custom, Nulls]


class OtherTool(TypedDict):
    """A tool of another kind, such as a hosted one that the upstream knows."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str


_KINDS = {"function": "<function>", "custom": "<custom>"}

Tool = Annotated[
    Annotated[FunctionTool, Tag("<function>")]
    | Annotated[CustomTool, Tag("<custom>")]
    | Annotated[OtherTool, Tag("<other>")],
    typed(_KINDS),
    Nulls,
]


class Named(TypedDict):
    """A tool by its name."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: Name


class NamedFunction(TypedDict):
    """A function that must be called."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function"]
    function: Named


class NamedCustom(TypedDict):
    """A freeform tool that must be called."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["custom"]
    custom: Named


_Named = Annotated[
    Annotated[NamedFunction, Tag("<function>")]
    | Annotated[NamedCustom, Tag("<custom>")]
    | Annotated[OtherTool, Tag("<other>")],
    typed(_KINDS),
]


class Allowed(TypedDict):
    """The tools that may be called, of those that are listed."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    mode: NotRequired[Literal["auto", "required"]]
    tools: list[_Named]


class AllowedTools(TypedDict):
    """The same as a choice."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["allowed_tools"]
    allowed_tools: Allowed


def _choice_tag(value: Any) -> str | None:
    if isinstance(value, dict):
        return "<allowed>" if value.get("type") == "allowed_tools" else "<named>"
    return "<word>" if value in ("auto", "none", "required") else None


Choice = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("<word>")]
    | Annotated[AllowedTools, Tag("<allowed>")]
    | Annotated[_Named, Tag("<named>")],
    Discriminator(
        _choice_tag,
        custom_error_type="tool_choice",
        custom_error_message="Input should be 'auto', 'none', 'required' or an object that names a tool",
    ),
    Nulls,
]
