"""The Responses dialect as clients send it: the request, its input items, parts and tools.

What is on the wire is what is in memory: a validated request is a plain dict that holds just the keys the client sent.
Explicit nulls mean absent and are taken out; keys nobody knows stay. Source: the Open Responses schema of 2026-04-24
and OpenAI's API reference, which differ in what they require; where they do, the more lenient one holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from ..errors import InvalidRequest

JSON = dict[str, Any]

_STEP_LENGTH = 64
"""How much of a key is shown in a path: clients choose the keys of metadata."""

_LENIENT = ConfigDict(extra="allow", strict=True)


def _without_nulls(value: Any) -> Any:
    if type(value) is dict and None in value.values():
        return {key: entry for key, entry in value.items() if entry is not None}
    return value


_Nulls = BeforeValidator(_without_nulls)


def _by_type(known: dict[str, str], default: str = "<other>") -> Callable[[Any], str]:
    """A discriminator whose tags stand in angle brackets, so that they can be told from the path of an error."""

    def tag(value: Any) -> str:
        kind = value.get("type") if isinstance(value, dict) else None
        return known.get(kind, default) if isinstance(kind, str) else default

    return tag


# ---- content parts ----


class TextPart(TypedDict):
    """`input_text` of a user, `output_text` of an assistant; `text` and the reasoning kinds are read alike."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["input_text", "output_text", "text", "summary_text", "reasoning_text"]
    text: str


class RefusalPart(TypedDict):
    """What an assistant said instead of an answer."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["refusal"]
    refusal: str


class ImagePart(TypedDict):
    """An image by http(s) URL, data URL or file id."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["input_image"]
    image_url: NotRequired[str]
    file_id: NotRequired[str]
    detail: NotRequired[str]


class FilePart(TypedDict):
    """A file by its bytes (a data URL or base64), by URL or by id."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["input_file"]
    file_data: NotRequired[str]
    file_id: NotRequired[str]
    file_url: NotRequired[str]
    filename: NotRequired[str]


class Audio(TypedDict):
    """Base64 bytes and their format (`wav`, `mp3`)."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    data: str
    format: str


class AudioPart(TypedDict):
    """Sound, as chat knows it too."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["input_audio"]
    input_audio: Audio


class OtherPart(TypedDict):
    """A part of a type this project does not know; mapping decides what becomes of it."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: str


_PART_TAGS = {
    "input_text": "<text>",
    "output_text": "<text>",
    "text": "<text>",
    "summary_text": "<text>",
    "reasoning_text": "<text>",
    "refusal": "<refusal>",
    "input_image": "<image>",
    "input_file": "<file>",
    "input_audio": "<audio>",
}

Part = Annotated[
    Annotated[TextPart, Tag("<text>")]
    | Annotated[RefusalPart, Tag("<refusal>")]
    | Annotated[ImagePart, Tag("<image>")]
    | Annotated[FilePart, Tag("<file>")]
    | Annotated[AudioPart, Tag("<audio>")]
    | Annotated[OtherPart, Tag("<other>")],
    Discriminator(_by_type(_PART_TAGS)),
    _Nulls,
]


def _string_or_list(value: Any) -> str | None:
    return "<string>" if isinstance(value, str) else "<list>" if isinstance(value, list) else None


_StringOrList = Discriminator(
    _string_or_list,
    custom_error_type="string_or_list_type",
    custom_error_message="Input should be a string or a list",
)


Content = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Part], Field(min_length=1), Tag("<list>")], _StringOrList
]


# ---- input items ----


class Message(TypedDict):
    """A message of any role; clients often leave `type` out."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: NotRequired[Literal["message"]]
    id: NotRequired[str]
    status: NotRequired[str]
    role: Literal["user", "assistant", "system", "developer"]
    content: Content
    phase: NotRequired[str]


class FunctionCall(TypedDict):
    """A call the model made earlier; `arguments` is a JSON text."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["function_call"]
    id: NotRequired[str]
    call_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    arguments: str
    status: NotRequired[str]


class FunctionCallOutput(TypedDict):
    """What the client's function returned."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["function_call_output"]
    id: NotRequired[str]
    call_id: Annotated[str, Field(min_length=1)]
    output: Content
    status: NotRequired[str]


class Reasoning(TypedDict):
    """What the model thought earlier, raw (`content`), in short (`summary`) or sealed (`encrypted_content`)."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["reasoning"]
    id: NotRequired[str]
    summary: NotRequired[list[Part]]
    content: NotRequired[list[Part]]
    encrypted_content: NotRequired[str]


class OtherItem(TypedDict):
    """An item of a type that has no model here; mapping decides what becomes of it."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
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
    _Nulls,
]

Input = Annotated[Annotated[str, Tag("<string>")] | Annotated[list[Item], Tag("<list>")], _StringOrList]


# ---- tools ----


class FunctionTool(TypedDict):
    """A function of the client's; flat, where chat nests it."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["function"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: NotRequired[str]
    parameters: NotRequired[JSON]
    strict: NotRequired[bool]


class OtherTool(TypedDict):
    """A hosted tool, or one of a kind that has no model here."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: str


Tool = Annotated[
    Annotated[FunctionTool, Tag("<function>")] | Annotated[OtherTool, Tag("<other>")],
    Discriminator(_by_type({"function": "<function>"})),
    _Nulls,
]


class NamedChoice(TypedDict):
    """One tool that must be called: a function or custom tool by `name`, a hosted one by its type alone."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: str
    name: NotRequired[str]


class AllowedTools(TypedDict):
    """The tools that may be called, of those that are listed."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
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
    _Nulls,
]


# ---- the request ----


class PlainFormat(TypedDict):
    """Free text, or JSON of any shape."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    type: Literal["text", "json_object"]


class SchemaFormat(TypedDict):
    """JSON of the shape of `schema`; flat, where chat nests it under `json_schema`."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
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
    _Nulls,
]


class TextConfig(TypedDict, total=False):
    """How the text of the answer is to look."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    format: TextFormat
    verbosity: Literal["low", "medium", "high"]


class ReasoningConfig(TypedDict, total=False):
    """How much to think and how to tell of it; the efforts' names grow, so any word is taken."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    effort: Annotated[str, Field(min_length=1, max_length=32)]
    summary: Literal["auto", "concise", "detailed"]
    generate_summary: Literal["auto", "concise", "detailed"]


class StreamOptions(TypedDict, total=False):
    """How the stream is sent."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    include_obfuscation: bool


MetadataKey = Annotated[str, Field(max_length=64)]
MetadataValue = Annotated[str, Field(max_length=512)]


class Request(TypedDict, total=False):
    """The body of `POST /responses`. What becomes of each field is in `responses_over_chat.ledger`."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    model: Required[Annotated[str, Field(min_length=1, max_length=128)]]
    input: Input
    instructions: str
    stream: bool
    stream_options: Annotated[StreamOptions, _Nulls]
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
    reasoning: Annotated[ReasoningConfig, _Nulls]
    text: Annotated[TextConfig, _Nulls]
    tools: list[Tool]
    tool_choice: ToolChoice
    parallel_tool_calls: bool
    truncation: Literal["auto", "disabled"]
    include: list[str]
    background: bool
    prompt: JSON
    client_metadata: JSON


_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, _Nulls])


def validate(body: Any) -> Request:
    """The request as a dict of what the client sent; raises InvalidRequest that names the first faulty field."""
    if not isinstance(body, dict):
        raise InvalidRequest("The request body must be a JSON object.", code="invalid_json")
    try:
        return _REQUEST.validate_python(body)
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> InvalidRequest:
    """The first fault of a validation as OpenAI would say it."""
    fault = error.errors(include_url=False, include_context=False)[0]
    path = _path(fault["loc"])
    if fault["type"] == "missing":
        return InvalidRequest(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")
    shown = repr(fault["input"])
    if len(shown) > 80:
        shown = shown[:77] + "…"
    code = "invalid_type" if fault["type"].endswith("_type") else "invalid_value"
    return InvalidRequest(f"Invalid '{path}': {fault['msg']}, got {shown}.", param=path or None, code=code)


_TAGS = frozenset(
    (*_PART_TAGS.values(), *_ITEM_TAGS.values(), "<string>", "<list>", "<other>", "<function>")
    + ("<word>", "<allowed>", "<named>", "<plain>", "<schema>", "[key]")
)
"""What pydantic puts into the path of an error and no request holds."""


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in _TAGS:
            shown = step if len(step) <= _STEP_LENGTH else step[:_STEP_LENGTH] + "…"
            path += f".{shown}" if path else shown
    return path
