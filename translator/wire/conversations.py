"""The Conversations API as clients send it: bodies that make and change conversations."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

# pydantic takes the annotations' metadata from this TypedDict on every Python before 3.12
from typing_extensions import TypedDict

from .responses import Item, MetadataKey, MetadataValue, invalid

JSON = dict[str, Any]

_LENIENT = ConfigDict(extra="allow", strict=True)

Metadata = Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)]


class Creation(TypedDict):
    """The body of `POST /conversations`."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    items: NotRequired[list[Item] | None]
    metadata: NotRequired[Metadata | None]


class Change(TypedDict):
    """The body of `POST /conversations/{id}`; null takes all metadata away."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    metadata: Metadata | None


class Addition(TypedDict):
    """The body of `POST /conversations/{id}/items`."""

    __pydantic_config__ = _LENIENT  # type: ignore[misc]
    items: Annotated[list[Item], Field(min_length=1)]


_CREATION = TypeAdapter(Creation)
_CHANGE = TypeAdapter(Change)
_ADDITION = TypeAdapter(Addition)


def read_creation(body: JSON) -> tuple[list[JSON], dict[str, str]]:
    """The first items and the metadata; raises InvalidRequest that names the first faulty field."""
    creation = _read(_CREATION, body)
    return creation.get("items") or [], creation.get("metadata") or {}


def read_change(body: JSON) -> dict[str, str]:
    """The new metadata."""
    return _read(_CHANGE, body)["metadata"] or {}


def read_addition(body: JSON) -> list[JSON]:
    """The items to add; at least one."""
    items: list[JSON] = _read(_ADDITION, body)["items"]
    return items


def _read(adapter: TypeAdapter[Any], body: JSON) -> JSON:
    try:
        read: JSON = adapter.validate_python(body)
    except ValidationError as error:
        raise invalid(error) from None
    return read
