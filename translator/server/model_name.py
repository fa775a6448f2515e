"""The upstream's name of a model in a body that is passed through: clients read the public one."""

from __future__ import annotations

import re

from pydantic_core import to_json

from ..errors import UpstreamError


class ModelName:
    """Bytes cut anywhere → the same, with the public name wherever a key `model` has the upstream's.

    It is told from text by its quotes, which text would have to escape. A dated or otherwise longer form of the name
    counts too. Bytes are held to the end of their line only, of which `limit` are kept.
    """

    def __init__(self, upstream: str, public: str, limit: int) -> None:
        name = re.escape(to_json(upstream)[1:-1])
        self._pattern = re.compile(rb'(?<!\\)("model"\s*:\s*)"' + name + rb'[^"\\]*"')
        self._public = to_json(public)
        self._limit = limit
        self._held: list[bytes] = []
        self._size = 0

    def receive(self, data: bytes) -> bytes:
        """The lines that `data` completes."""
        lines, newline, rest = data.rpartition(b"\n")
        told = b""
        if newline:
            told = self._renamed(b"".join([*self._held, lines, newline]))
            self._held, self._size = [], 0
        self._held.append(rest)
        self._size += len(rest)
        if self._size > self._limit:
            raise UpstreamError(
                f"The upstream's reply has a line of more than {self._limit} bytes: ask for less, or have "
                "max_event_bytes raised.",
                code="upstream_event_too_large",
            )
        return told

    def finish(self) -> bytes:
        """What has no end of a line."""
        return self._renamed(b"".join(self._held))

    def _renamed(self, data: bytes) -> bytes:
        if b'"model"' not in data:
            return data
        return self._pattern.sub(lambda found: found[1] + self._public, data)
