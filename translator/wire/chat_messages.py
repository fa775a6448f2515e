"""The messages of a chat request, with the parts of their content and the calls of an assistant's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Discriminator, Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .parts import AudioPart, OtherPart, RefusalPart
from .reading import LENIENT, Nulls, StringOrList, by_type, typed

JSON = dict[str, Any]

Id = Annotated[str, Field(min_length=1)]


class TextPart(TypedDict):
    """Text, of whatever role."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["text"]
    text: str


class ImageUrl(TypedDict):
    """An image by http(s) URL or data URL."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    url: str
    detail: NotRequired[str]


class ImagePart(TypedDict):
    """An image."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["image_url"]
    image_url: Annotated[ImageUrl, Nulls]


class File(TypedDict):
    """A file by its bytes (a data URL or base64), or by id."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    file_data: NotRequired[str]
    file_id: NotRequired[str]
    filename: NotRequired[str]


class FilePart(TypedDict):
    """A file."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["file"]
    file: Annotated[File, Nulls]


_PART_TAGS = {
    "text": "<text>",
    "refusal": "<refusal>",
    "image_url": "<image>",
    "file": "<file>",
    "input_audio": "<audio>",
}

Part = Annotated[
    Annotated[TextPart, Tag("<text>")]
    | Annotated[RefusalPart, Tag("<refusal>")]
    | Annotated[ImagePart, Tag("<image>")]
    | Annotated[FilePart, Tag("<file>")]
    | Annotated[AudioPart, Tag("<audio>")]
    | Annotated[OtherPart, Tag("<other>")],
    typed(_PART_TAGS),
    Nulls,
]

Content = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Part], Tag("<list>")],
    StringOrList,
]


class CalledFunction(TypedDict):
    """A function with its arguments, a JSON text."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: Id
    arguments: NotRequired[str]


class CalledCustom(TypedDict):
    """A freeform tool with its input, text of any shape."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: Id
    input: str


class FunctionCall(TypedDict):
    """A call of a function; some clients leave `type` out."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    id: Id
    type: NotRequired[Literal["function", "custom"]]  # the last one is read below
    function: CalledFunction


class CustomCall(TypedDict):
    """A call of a freeform tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    id: Id
    type: Literal["custom"]
    custom: CalledCustom


Call = Annotated[
    Annotated[FunctionCall, Tag("<function>")] | Annotated[CustomCall, Tag("<custom>")],
    Discriminator(by_type({"custom": "<custom>"}, "<function>")),
    Nulls,
]


class PlainMessage(TypedDict):
    """What was said by anyone but an assistant or a tool."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]  # the last three are read below
    content: Content
    name: NotRequired[str]


class AssistantMessage(TypedDict):
    """What the model said: text, a refusal, calls, and what it thought before."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    role: Literal["assistant"]
    content: NotRequired[Content]
    refusal: NotRequired[str]
    name: NotRequired[str]
    tool_calls: NotRequired[list[Call]]
    function_call: NotRequired[Annotated[CalledFunction, Nulls]]
    audio: NotRequired[JSON]
    reasoning_content: NotRequired[str]
    reasoning: NotRequired[str]
    reasoning_details: NotRequired[list[JSON]]


class ToolMessage(TypedDict):
    """What the client's tool returned."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    role: Literal["tool"]
    tool_call_id: Id
    content: Content
    name: NotRequired[str]


class FunctionMessage(TypedDict):
    """The same, in the deprecated form: it answers the last call of the function."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    role: Literal["function"]
    name: Id
    content: NotRequired[str]


_ROLE_TAGS = {"assistant": "<assistant>", "tool": "<tool>", "function": "<function>"}


FIELDS = {
    "assistant": frozenset(AssistantMessage.__annotations__),
    "tool": frozenset(ToolMessage.__annotations__),
    "function": frozenset(FunctionMessage.__annotations__),
}
"""The fields that are known of a message, by its role."""

PLAIN_FIELDS = frozenset(PlainMessage.__annotations__)
"""Those of a message of any other role."""


def _role_tag(value: Any) -> str:
    role = value.get("role") if isinstance(value, dict) else None
    return _ROLE_TAGS.get(role, "<plain>") if isinstance(role, str) else "<plain>"


Message = Annotated[
    Annotated[PlainMessage, Tag("<plain>")]
    | Annotated[AssistantMessage, Tag("<assistant>")]
    | Annotated[ToolMessage, Tag("<tool>")]
    | Annotated[FunctionMessage, Tag("<function>")],
    Discriminator(_role_tag),
]
"""A message without nulls: whoever lists messages takes them out."""
