"""The records the store takes and gives back, and their form in a row: JSON bytes, without anybody's credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

Item = dict[str, Any]

ROW_OVERHEAD = 400
"""Bytes that a row costs beside its payload: ids, times, index entries, free space in pages (measured on SQLite)."""

MOVED = "$blob"
"""The key of what stands in an item for data that was moved out of it."""

_ID = re.compile(r"[\x21-\x7e]{1,256}")
_DATA_FIELDS = {"input_file": "file_data", "input_image": "image_url", "input_audio": "input_audio"}
_CREDENTIALS = frozenset({"authorization", "headers"})


@dataclass(frozen=True, slots=True)
class Response:
    """One response with what its own request brought, never what earlier turns said.

    `body` is the response object as the client was told it, without `output`: settings, usage, times, error.
    `status` is one of queued, in_progress, completed, incomplete, failed, cancelled. `input` and `output` are
    items; one that shall be found by its id carries an id made of a prefix (`msg_`), the 32 digits of the
    response's id, and a rest.
    """

    tenant: str
    id: str
    status: str
    body: Mapping[str, Any]
    input: Sequence[Item] = ()
    output: Sequence[Item] = ()
    previous_response_id: str | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One link of a chain: what a response was given and what it said, without its settings."""

    id: str
    status: str
    input: list[Item]
    output: list[Item]
    conversation_id: str | None = None
    """The conversation that it was made in; only the first link of a chain can have one."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its items; `created_at` in Unix seconds."""

    tenant: str
    id: str
    created_at: int
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list, in the order asked for, and whether more follow in the direction of reading."""

    items: list[Item]
    has_more: bool


@dataclass(frozen=True, slots=True)
class File:
    """A file of a tenant; times in Unix seconds, `size` in bytes, `contents` the keys of what it is made of."""

    tenant: str
    id: str
    made_at: float
    size: int
    filename: str
    purpose: str
    contents: tuple[str, ...]
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that arrives in parts; `size` is what it shall have, `lifetime` how many seconds the file is kept."""

    tenant: str
    id: str
    made_at: float
    expires_at: float
    size: int
    filename: str
    purpose: str
    status: str = "pending"
    lifetime: float | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A content that an upstream was given to keep for a tenant; `id` is what the upstream calls it.

    `account` stands for the upstream and the key that it was given with, `digest` for the bytes and what was said of
    them; `file_id` is the tenant's file that it was last told for, None for data that came along. `size` in bytes,
    `used_at` in Unix seconds.
    """

    tenant: str
    account: str
    digest: str
    id: str
    file_id: str | None
    size: int
    used_at: float


@dataclass(frozen=True, slots=True)
class LearnedFact:
    """Something found out about a model at an upstream; `value` is anything JSON can say."""

    upstream: str
    model: str
    name: str
    value: Any


def well_formed(id: str) -> bool:
    """Whether `id` could be one: printable ASCII of bounded length. Databases choke on less."""
    return _ID.fullmatch(id) is not None


def owner_digits(item_id: str) -> str | None:
    """The 32 digits, of a response or a conversation, that an item id made here holds."""
    found = re.fullmatch(r"[a-z]+_([0-9a-f]{32}).*", item_id)
    return found and found[1]


def data_field(part: Any) -> str | None:
    """The field of a content part that may hold data of any length: a file's, an image's, a sound's."""
    kind = part.get("type") if isinstance(part, dict) else None
    field = _DATA_FIELDS.get(kind) if isinstance(kind, str) else None
    return field if field is not None and field in part else None


def is_moved(value: Any) -> bool:
    """Whether a value is `{MOVED: digest, "size": bytes}`, which stands for data that was moved out of an item."""
    return isinstance(value, dict) and MOVED in value


def moved_size(item: Item) -> int:
    """Bytes of data that were moved out of an item."""
    size = 0
    for key in ("content", "output"):
        parts = item.get(key)
        for part in parts if isinstance(parts, list) else ():
            if (field := data_field(part)) is not None and is_moved(part[field]):
                size += part[field]["size"]
    return size


def encode_items(items: Sequence[Item]) -> bytes:
    """A JSON array of the items; credentials in tools that an item brings are left out."""
    return to_json([_without_credentials(item) if "tools" in item else item for item in items])


def encode_item(item: Item) -> bytes:
    """The JSON of one item, as `encode_items` writes it."""
    return to_json(_without_credentials(item) if "tools" in item else item)


def encode_body(body: Mapping[str, Any]) -> bytes:
    """The JSON of a response's body; the credentials of MCP tools are left out."""
    return to_json(_without_credentials(body) if body.get("tools") else body)


def _without_credentials(holder: Mapping[str, Any]) -> dict[str, Any]:
    tools = holder["tools"]
    if not isinstance(tools, list):
        return dict(holder)
    return {**holder, "tools": [_clean(tool) for tool in tools]}


def _clean(tool: Any) -> Any:
    if isinstance(tool, dict) and tool.get("type") == "mcp":
        return {key: value for key, value in tool.items() if key not in _CREDENTIALS}
    return tool
