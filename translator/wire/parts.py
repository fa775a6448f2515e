"""The parts of a message's content, as clients send them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field, Tag

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .reading import LENIENT, Nulls, StringOrList, typed


class TextPart(TypedDict):
    """`input_text` of a user, `output_text` of an assistant; `text` and the reasoning kinds are read alike."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["input_text", "output_text", "text", "summary_text", "reasoning_text"]
    text: str


class RefusalPart(TypedDict):
    """What an assistant said instead of an answer."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["refusal"]
    refusal: str


class ImagePart(TypedDict):
    """An image by http(s) URL, data URL or file id."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["input_image"]
    image_url: NotRequired[str]
    file_id: NotRequired[str]
    detail: NotRequired[str]


class FilePart(TypedDict):
    """A file by its bytes (a data URL or base64), by URL or by id."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["input_file"]
    file_data: NotRequired[str]
    file_id: NotRequired[str]
    file_url: NotRequired[str]
    filename: NotRequired[str]


class Audio(TypedDict):
    """Base64 bytes and their format (`wav`, `mp3`)."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    data: str
    format: str


class AudioPart(TypedDict):
    """Sound, as chat knows it too."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    type: Literal["input_audio"]
    input_audio: Audio


class OtherPart(TypedDict):
    """A part of a type this project does not know; mapping decides what becomes of it."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
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
    typed(_PART_TAGS),
    Nulls,
]


Content = Annotated[
    Annotated[str, Tag("<string>")] | Annotated[list[Part], Field(min_length=1), Tag("<list>")],
    StringOrList,
]
