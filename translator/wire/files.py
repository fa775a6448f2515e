"""The Files and Uploads APIs as clients send them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, get_args

from pydantic import Field, TypeAdapter

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .reading import LENIENT, Nulls, validate_with

JSON = dict[str, Any]

Purpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
PURPOSES: tuple[str, ...] = get_args(Purpose)

NAME_LENGTH = 512


class ExpiresAfter(TypedDict):
    """How long a file is kept: seconds after it was made, from an hour to 30 days."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3600, le=2_592_000)]


class FileFields(TypedDict):
    """What stands beside the file in the form of `POST /files`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    purpose: Purpose
    expires_after: NotRequired[ExpiresAfter]


class Creation(TypedDict):
    """The body of `POST /uploads`; `bytes` is the size of the whole file."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    bytes: Annotated[int, Field(ge=1)]
    filename: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
    mime_type: str
    purpose: Purpose
    expires_after: NotRequired[ExpiresAfter]


class Completion(TypedDict):
    """The body of `POST /uploads/{id}/complete`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    part_ids: Annotated[list[str], Field(min_length=1, max_length=10_000)]
    md5: NotRequired[Annotated[str, Field(pattern="^[0-9a-fA-F]{32}$")]]


# what is read is used as the plain dicts it is
_FIELDS: TypeAdapter[Any] = TypeAdapter(FileFields)
_CREATION: TypeAdapter[Any] = TypeAdapter(Annotated[Creation, Nulls])
_COMPLETION: TypeAdapter[Any] = TypeAdapter(Annotated[Completion, Nulls])


def read_fields(form: dict[str, str]) -> JSON:
    """A form's fields, `a[b]` a key of an object; raises InvalidRequest that names the first faulty one."""
    fields: JSON = {}
    for name, value in form.items():
        outer, bracket, inner = name.partition("[")
        if bracket and inner.endswith("]"):
            within = fields.setdefault(outer, {})
            if isinstance(within, dict):
                within[inner[:-1]] = int(value) if value.isascii() and value.isdigit() and len(value) < 16 else value
        else:
            fields[name] = value
    read: JSON = validate_with(_FIELDS, fields)
    return read


def read_creation(body: JSON) -> JSON:
    """The upload that is begun."""
    read: JSON = validate_with(_CREATION, body)
    return read


def read_completion(body: JSON) -> tuple[list[str], str | None]:
    """The parts in their order, and the digest that the file shall have."""
    read: JSON = validate_with(_COMPLETION, body)
    return read["part_ids"], read.get("md5")
