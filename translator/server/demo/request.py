"""What the demo takes: a chat request, checked as a strict upstream would check it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import jsonschema_rs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from ...errors import InvalidRequest

_TAKEN_PARTS = {
    "system": {"text"},
    "developer": {"text"},
    "user": {"text", "image_url", "input_audio", "file"},
    "assistant": {"text", "refusal"},
    "tool": {"text"},
}


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class ImageURL(_Strict):
    """Where an image is: an address or a data URL."""

    url: Annotated[str, Field(pattern=r"^(https?://|data:image/)")]
    detail: Literal["auto", "low", "high"] | None = None


class File(_Strict):
    """A file, by its content or by an id."""

    filename: str | None = None
    file_data: str | None = None
    file_id: str | None = None


class Audio(_Strict):
    """An audio clip in base64."""

    data: str
    format: Literal["wav", "mp3"]


class Part(_Strict):
    """One content part; the field of its type's name holds what it says."""

    type: Literal["text", "refusal", "image_url", "input_audio", "file"]
    text: str | None = None
    refusal: str | None = None
    image_url: ImageURL | None = None
    input_audio: Audio | None = None
    file: File | None = None

    @model_validator(mode="after")
    def _has_its_field(self) -> Part:
        if getattr(self, self.type) is None:
            raise PydanticCustomError("missing", f"A part of type '{self.type}' needs the field '{self.type}'")
        return self


class CalledFunction(_Strict):
    """The function of an earlier call; `arguments` is JSON in a string."""

    name: str
    arguments: str


class ToolCall(_Strict):
    """A call that the assistant made earlier."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["function"]
    function: CalledFunction


class Message(_Strict):
    """One message of any role."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[ToolCall], Field(min_length=1)] | None = None
    tool_call_id: str | None = None

    @property
    def parts(self) -> list[Part]:
        """The content as parts."""
        if isinstance(self.content, str):
            return [Part(type="text", text=self.content)]
        return self.content or []

    @property
    def text(self) -> str:
        """What the parts say in words."""
        return "\n".join(part.text or part.refusal or "" for part in self.parts if part.text or part.refusal)


class Function(_Strict):
    """A function that may be called; `parameters` is a JSON schema."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] = {"type": "object"}
    strict: bool | None = None


class Tool(_Strict):
    """A tool; only functions are known."""

    type: Literal["function"]
    function: Function


class FunctionName(_Strict):
    """A function by its name."""

    name: str


class NamedChoice(_Strict):
    """The tool choice that forces one function."""

    type: Literal["function"]
    function: FunctionName


class JSONSchema(_Strict):
    """A named schema that the answer must conform to."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    strict: bool | None = None


class ResponseFormat(_Strict):
    """The form of the answer's text."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JSONSchema | None = None

    @model_validator(mode="after")
    def _has_its_schema(self) -> ResponseFormat:
        if self.type == "json_schema" and self.json_schema is None:
            raise PydanticCustomError("missing", "A format of type 'json_schema' needs the field 'json_schema'")
        return self


class StreamOptions(_Strict):
    """What a stream tells besides the answer."""

    include_usage: bool = False


class Request(_Strict):
    """A chat request; fields the demo has no use for are passed over."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    stop: str | Annotated[list[str], Field(min_length=1, max_length=4)] | None = None
    tools: Annotated[list[Tool], Field(min_length=1)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None


def read(body: object) -> Request:
    """The request that a decoded JSON body holds; raises InvalidRequest with the path of what is wrong."""
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object; send one with 'model' and 'messages'.")
    try:
        request = Request.model_validate(body)
    except ValidationError as error:
        # Of a union's branches the one that fits best got farthest.
        worst = max(error.errors(), key=lambda one: len(one["loc"]))
        path = _path(body, worst["loc"])
        raise InvalidRequest(f"Invalid '{path}': {worst['msg']}.", param=path) from None
    _check_messages(request.messages)
    _check_tools(request)
    _check_schemas(request)
    _check_pairs(request)
    return request


def _path(body: Any, loc: Sequence[int | str]) -> str:
    """A location without the names that pydantic puts in for a union's branches."""
    path, here = "", body
    for position, key in enumerate(loc):
        if isinstance(key, int):
            path, here = f"{path}[{key}]", here[key]
        elif isinstance(here, dict) and (key in here or position == len(loc) - 1):
            path, here = f"{path}.{key}".lstrip("."), here.get(key)
    return path


def _check_messages(messages: list[Message]) -> None:
    waiting: list[str] = []
    for position, message in enumerate(messages):
        path = f"messages[{position}]"
        _check_content(message, path)
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise InvalidRequest(
                    f"The tool message answers '{message.tool_call_id}', which the assistant message before"
                    " it did not call; put it right after the message that holds the call.",
                    param=f"{path}.tool_call_id",
                )
            waiting.remove(message.tool_call_id)
            continue
        _check_answered(waiting, path)
        if message.tool_calls and message.role != "assistant":
            raise InvalidRequest("Only assistant messages call tools.", param=f"{path}.tool_calls")
        waiting = [call.id for call in message.tool_calls or ()]
        if len(set(waiting)) < len(waiting):
            raise InvalidRequest("Two calls have the same id; give each its own.", param=f"{path}.tool_calls")
    _check_answered(waiting, "messages")


def _check_answered(waiting: list[str], path: str) -> None:
    if waiting:
        raise InvalidRequest(
            f"The calls {', '.join(waiting)} are not answered; a tool message for each must follow the"
            " message that makes them.",
            param=path,
        )


def _check_content(message: Message, path: str) -> None:
    if message.content == [] or (message.content is None and not message.tool_calls and message.refusal is None):
        raise InvalidRequest("The message says nothing; give it a content.", param=f"{path}.content")
    for position, part in enumerate(message.parts):
        if part.type not in _TAKEN_PARTS[message.role]:
            raise InvalidRequest(
                f"A message of role '{message.role}' takes no part of type '{part.type}'.",
                param=f"{path}.content[{position}].type",
            )


def _check_tools(request: Request) -> None:
    if not request.tools:
        for name in ("tool_choice", "parallel_tool_calls"):
            if getattr(request, name) is not None:
                raise InvalidRequest(f"'{name}' needs 'tools'; send tools or leave it out.", param=name)
        return
    names = [tool.function.name for tool in request.tools]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(f"Two tools are named '{name}'; a name stands for one tool.", param="tools")
    choice = request.tool_choice
    if isinstance(choice, NamedChoice) and choice.function.name not in names:
        raise InvalidRequest(f"'{choice.function.name}' is not one of the tools.", param="tool_choice")


def _check_schemas(request: Request) -> None:
    schemas = {
        f"tools[{index}].function.parameters": tool.function.parameters
        for index, tool in enumerate(request.tools or ())
    }
    if request.response_format and request.response_format.json_schema:
        schemas["response_format.json_schema.schema"] = request.response_format.json_schema.schema_
    for path, schema in schemas.items():
        try:
            # without the name of its draft, which would be looked for wherever it says
            jsonschema_rs.meta.validate({key: value for key, value in schema.items() if key != "$schema"})
        except jsonschema_rs.ValidationError as error:
            place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
            raise InvalidRequest(f"Invalid schema: {error.message[:200]}.", param=path + place) from None


def _check_pairs(request: Request) -> None:
    if request.max_tokens is not None and request.max_completion_tokens is not None:
        raise InvalidRequest(
            "'max_tokens' and 'max_completion_tokens' say the same; send one of them.", param="max_tokens"
        )
    if request.stream_options and not request.stream:
        raise InvalidRequest("'stream_options' needs 'stream': true.", param="stream_options")
    if request.top_logprobs is not None and not request.logprobs:
        raise InvalidRequest("'top_logprobs' needs 'logprobs': true.", param="top_logprobs")
