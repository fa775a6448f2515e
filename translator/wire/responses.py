"""The Responses dialect as clients send it: the request.

What is on the wire is what is in memory: a validated request is a plain dict that holds just the keys the client sent.
Explicit nulls mean absent and are taken out; keys nobody knows stay. Source: the Open Responses schema of 2026-04-24
and OpenAI's API reference, which differ in what they require; where they do, the more lenient one holds.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Discriminator, Field, Tag, TypeAdapter

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .items import Input
from .reading import LENIENT, Nulls, validate_with
from .tools import Tool, ToolChoice

JSON = dict[str, Any]


class PlainFormat(TypedDict):
    """Free text, or JSON of any shape."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["text", "json_object", "json_schema"]  # the last one is read below


class SchemaFormat(TypedDict):
    """JSON of the shape of `schema`; flat, where chat nests it under `json_schema`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["json_schema"]
    name: NotRequired[str]
    schema: JSON
    strict: NotRequired[bool]
    description: NotRequired[str]


def _format_tag(value: Any) -> str:
    return "<schema>" if isinstance(value, dict) and value.get("type") == "json_schema" else "<plain>"


TextFormat = Annotated[
    Annotated[PlainFormat, Tag("<plain>")] | Annotated[SchemaFormat, Tag("<schema>")],
    Discriminator(_format_tag),
    Nulls,
]


class TextConfig(TypedDict, total=False):
    """How the text of the answer is to look."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    format: TextFormat
    verbosity: Literal["low", "medium", "high"]


class ReasoningConfig(TypedDict, total=False):
    """How much to think and how to tell of it; the efforts' names grow, so any word is taken."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    effort: Annotated[str, Field(min_length=1, max_length=32)]
    summary: Literal["auto", "concise", "detailed"]
    generate_summary: Literal["auto", "concise", "detailed"]


class StreamOptions(TypedDict, total=False):
    """How the stream is sent."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    include_obfuscation: bool


MetadataKey = Annotated[str, Field(max_length=64)]
MetadataValue = Annotated[str, Field(max_length=512)]


class Request(TypedDict, total=False):
    """The body of `POST /responses`. What becomes of each field is in `responses_over_chat.ledger`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    model: Required[Annotated[str, Field(min_length=1, max_length=128)]]
    input: Input
    instructions: str
    stream: bool
    stream_options: Annotated[StreamOptions, Nulls]
    store: bool
    previous_response_id: str
    conversation: str | JSON
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)]
    max_output_tokens: Annotated[int, Field(ge=1)]
    max_tool_calls: Annotated[int, Field(ge=1)]
    temperature: Annotated[float, Field(ge=0, le=2)]
    top_p: Annotated[float, Field(ge=0, le=1)]
    presence_penalty: Annotated[float, Field(ge=-2, le=2)]
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)]
    top_logprobs: Annotated[int, Field(ge=0, le=20)]
    user: str
    safety_identifier: str
    prompt_cache_key: str
    prompt_cache_retention: Literal["in-memory", "in_memory", "24h"]
    service_tier: str
    reasoning: Annotated[ReasoningConfig, Nulls]
    text: Annotated[TextConfig, Nulls]
    tools: list[Tool]
    tool_choice: ToolChoice
    parallel_tool_calls: bool
    truncation: Literal["auto", "disabled"]
    include: list[str]
    background: bool
    prompt: JSON
    client_metadata: JSON


@cache
def _request() -> TypeAdapter[Request]:
    """Made when it is first needed: it takes as long as many requests, and not everybody needs both APIs."""
    return TypeAdapter(Annotated[Request, Nulls])


def validate(body: Any) -> Request:
    """The request as a dict of what the client sent; raises InvalidRequest that names the first faulty field."""
    return validate_with(_request(), body)
