"""The Conversations API as clients send it: bodies that make and change conversations."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .items import Entries, Item
from .reading import LENIENT, validate_with
from .responses import MetadataKey, MetadataValue

JSON = dict[str, Any]

Metadata = Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)]


class Creation(TypedDict):
    """The body of `POST /conversations`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    items: NotRequired[Annotated[list[Item], Entries] | None]
    metadata: NotRequired[Metadata | None]


class Change(TypedDict):
    """The body of `POST /conversations/{id}`; null takes all metadata away."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    metadata: Metadata | None


class Addition(TypedDict):
    """The body of `POST /conversations/{id}/items`."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]
    items: Annotated[list[Item], Field(min_length=1), Entries]


# what is read is used as the plain dicts it is
_CREATION: TypeAdapter[Any] = TypeAdapter(Creation)
_CHANGE: TypeAdapter[Any] = TypeAdapter(Change)
_ADDITION: TypeAdapter[Any] = TypeAdapter(Addition)


def read_creation(body: JSON) -> tuple[list[JSON], dict[str, str]]:
    """The first items and the metadata; raises InvalidRequest that names the first faulty field."""
    creation = validate_with(_CREATION, body)
    return creation.get("items") or [], creation.get("metadata") or {}


def read_change(body: JSON) -> dict[str, str]:
    """The new metadata."""
    metadata: dict[str, str] | None = validate_with(_CHANGE, body)["metadata"]
    return metadata or {}


def read_addition(body: JSON) -> list[JSON]:
    """The items to add; at least one."""
    items: list[JSON] = validate_with(_ADDITION, body)["items"]
    return items
