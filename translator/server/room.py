"""How much the files of one request may bring along together: a few words can name the same large file many times."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidRequest

TIMES = 2
"""How many times the largest document one request may bring along."""


class Room:
    """What is left of it: `files` to look for, and bytes of what the upstream is told; the last may go beyond them."""

    def __init__(self, largest: int, files: int) -> None:
        self._most = self._left = TIMES * largest
        self._most_files = self._files = files

    def admit(self, params: Sequence[str]) -> None:
        """Raises InvalidRequest where these name more files than there may be, before any of them is looked for."""
        if len(params) > self._most_files:
            raise self._too_many(params[self._most_files])

    def take(self, param: str) -> None:
        """Another file is looked for. Raises InvalidRequest where nothing is left for the one that `param` names."""
        if self._files <= 0:
            raise self._too_many(param)
        self._files -= 1
        if self._left <= 0:
            raise InvalidRequest(
                f"The files before this one bring more than {self._most} bytes along: send fewer at once.",
                param=param,
                code="files_too_large",
            )

    def use(self, size: int) -> None:
        """Some bytes are used."""
        self._left -= size

    def _too_many(self, param: str) -> InvalidRequest:
        return InvalidRequest(
            f"One request may bring {self._most_files} files and images along: send fewer at once, or have the "
            "server's request_max_files raised.",
            param=param,
            code="too_many_files",
        )
