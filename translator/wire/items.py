"""The input items of a request: messages, calls with their outputs, reasoning."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Discriminator, Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .parts import Content, Part
from .reading import LENIENT, Nulls, string_or


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
    call_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    arguments: str
    status: NotRequired[str]


class FunctionCallOutput(TypedDict):
    """What the client's function returned."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["function_call_output"]
    id: NotRequired[str]
    call_id: Annotated[str, Field(min_length=1)]
    output: Content
    status: NotRequired[str]


class Reasoning(TypedDict):
    """What the model thought earlier, raw (`content`), in short (`summary`) or sealed (`encrypted_content`)."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["reasoning"]
    id: NotRequired[str]
    summary: NotRequired[list[Part]]
    content: NotRequired[list[Part]]
    encrypted_content: NotRequired[str]


class OtherItem(TypedDict):
    """An item of a type that has no model here; mapping decides what becomes of it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: str


_ITEM_TAGS = {
    "message": "<message>",
    "function_call": "<function_call>",
    "function_call_output": "<function_call_output>",
    "reasoning": "<reasoning>",
}


def _item_tag(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind is None:
        return "<message>"
    return _ITEM_TAGS.get(kind, "<other>") if isinstance(kind, str) else "<other>"


Item = Annotated[
    Annotated[Message, Tag("<message>")]
    | Annotated[FunctionCall, Tag("<function_call>")]
    | Annotated[FunctionCallOutput, Tag("<function_call_output>")]
    | Annotated[Reasoning, Tag("<reasoning>")]
    | Annotated[OtherItem, Tag("<other>")],
    Discriminator(_item_tag),
    Nulls,
]

Input = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Item], Tag("<list>")],
    Discriminator(string_or("<list>")),
]
