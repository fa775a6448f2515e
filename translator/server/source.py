"""Where the bytes are that a part of a request refers to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that a part refers to: `key` stands for them, `param` is the field that names them.

    The key of what came along, or was fetched, is its SHA-256; that of a file of the client's, which `file_id` names,
    is of the store's making.
    """

    key: str
    name: str
    size: int
    open: Callable[[], AsyncIterator[bytes]]
    param: str
    file_id: str | None = None
