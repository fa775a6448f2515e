"""The upstream's names of models in a body that is passed through: clients read the public ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic_core import to_json

from ..errors import UpstreamError


class ModelNames:
    """Bytes cut anywhere → the same, with the public name wherever a key `model` has one of the upstream's `names`.

    It is told from text by its quotes, which text would have to escape. A dated or otherwise longer form of a name
    counts too, unless it is another of them. Bytes are held to the end of their line only, of which `limit` are kept.
    """

    def __init__(self, names: Mapping[str, str], limit: int) -> None:
        self._public = {to_json(name)[1:-1]: to_json(public) for name, public in names.items()}
        longest_first = sorted(self._public, key=len, reverse=True)
        pattern = rb'(?<!\\)("model"\s*:\s*)"(' + b"|".join(map(re.escape, longest_first)) + rb')[^"\\]*"'
        self._pattern = re.compile(pattern)
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
        return self._pattern.sub(lambda found: found[1] + self._public[found[2]], data)
