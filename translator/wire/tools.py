"""The tools that clients offer, and their choice among them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Discriminator, Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .reading import LENIENT, Nulls, by_type

JSON = dict[str, Any]


class FunctionTool(TypedDict):
    """A function of the client's; flat, where chat nests it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: NotRequired[str]
    parameters: NotRequired[JSON]
    strict: NotRequired[bool]


class OtherTool(TypedDict):
    """A hosted tool, or one of a kind that has no model here."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str


Tool = Annotated[
    Annotated[FunctionTool, Tag("<function>")] | Annotated[OtherTool, Tag("<other>")],
    Discriminator(by_type({"function": "<function>"})),
    Nulls,
]


class NamedChoice(TypedDict):
    """One tool that must be called: a function or custom tool by `name`, a hosted one by its type alone."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str
    name: NotRequired[str]


class AllowedTools(TypedDict):
    """The tools that may be called, of those that are listed."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["allowed_tools"]
    mode: NotRequired[Literal["auto", "required", "none"]]
    tools: list[NamedChoice]


def _choice_tag(value: Any) -> str:
    if isinstance(value, str):
        return "<word>"
    return "<allowed>" if isinstance(value, dict) and value.get("type") == "allowed_tools" else "<named>"


ToolChoice = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("<word>")]
    | Annotated[AllowedTools, Tag("<allowed>")]
    | Annotated[NamedChoice, Tag("<named>")],
    Discriminator(_choice_tag),
    Nulls,
]
