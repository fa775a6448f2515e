"""The Chat Completions dialect as clients send it: the request.

As in `wire.responses`, a validated request is a plain dict of the keys the client sent, without explicit nulls. Source:
OpenAI's API reference, its deprecated forms included; `reasoning_content`, `reasoning` and `reasoning_details` are what
chat-only models' own clients send back.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Discriminator, Field, Tag, TypeAdapter

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .chat_messages import Message
from .chat_tools import Choice, Function, Tool
from .reading import LENIENT, Nulls, StringOrList, entries, validate_with
from .responses import PlainFormat

JSON = dict[str, Any]


class NamedSchema(TypedDict):
    """A schema and what it is called."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: NotRequired[str]
    description: NotRequired[str]
    schema: NotRequired[JSON]
    strict: NotRequired[bool]


class SchemaFormat(TypedDict):
    """JSON of the shape of a schema, which is nested where Responses has it flat."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["json_schema"]
    json_schema: Annotated[NamedSchema, Nulls]


def _format_tag(value: Any) -> str:
    return "<schema>" if isinstance(value, dict) and value.get("type") == "json_schema" else "<plain>"


ResponseFormat = Annotated[
    Annotated[PlainFormat, Tag("<plain>")] | Annotated[SchemaFormat, Tag("<schema>")],
    Discriminator(_format_tag),
    Nulls,
]


class StreamOptions(TypedDict, total=False):
    """How the stream is sent."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    include_usage: bool
    include_obfuscation: bool


class FunctionName(TypedDict):
    """The deprecated choice of a function."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    name: Annotated[str, Field(min_length=1)]


def _word_tag(value: Any) -> str | None:
    if isinstance(value, dict):
        return "<named>"
    return "<word>" if value in ("auto", "none") else None


FunctionChoice = Annotated[
    Annotated[Literal["auto", "none"], Tag("<word>")] | Annotated[FunctionName, Tag("<named>")],
    Discriminator(
        _word_tag,
        custom_error_type="function_choice",
        custom_error_message="Input should be 'auto', 'none' or an object that names a function",
    ),
]


Stop = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[str], Tag("<list>")],
    StringOrList,
]


class Request(TypedDict, total=False):
    """The body of `POST /chat/completions`. What becomes of each field is in `chat_over_responses.ledger`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    model: Required[Annotated[str, Field(min_length=1, max_length=128)]]
    messages: Required[Annotated[list[Message], Field(min_length=1), entries()]]
    stream: bool
    stream_options: Annotated[StreamOptions, Nulls]
    store: bool
    metadata: JSON
    max_completion_tokens: Annotated[int, Field(ge=1)]
    max_tokens: Annotated[int, Field(ge=1)]
    temperature: Annotated[float, Field(ge=0, le=2)]
    top_p: Annotated[float, Field(ge=0, le=1)]
    presence_penalty: Annotated[float, Field(ge=-2, le=2)]
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)]
    logprobs: bool
    top_logprobs: Annotated[int, Field(ge=0, le=20)]
    user: str
    safety_identifier: str
    prompt_cache_key: str
    prompt_cache_retention: str
    service_tier: str
    reasoning_effort: Annotated[str, Field(min_length=1, max_length=32)]
    verbosity: str
    response_format: ResponseFormat
    tools: list[Tool]
    tool_choice: Choice
    parallel_tool_calls: bool
    functions: list[Function]
    function_call: FunctionChoice
    web_search_options: JSON
    n: Annotated[int, Field(ge=1)]
    stop: Stop
    logit_bias: JSON
    seed: int
    prediction: JSON
    modalities: list[str]
    audio: JSON


@cache
def _request() -> TypeAdapter[Request]:
    """Made when it is first needed, as the one of `wire.responses` is."""
    return TypeAdapter(Annotated[Request, Nulls])


def validate(body: Any) -> Request:
    """The request as a dict of what the client sent; raises InvalidRequest that names the first faulty field."""
    return validate_with(_request(), body)
