"""How much the files of one request may bring along together: a few words can name the same large file many times."""

from __future__ import annotations

from ..errors import InvalidRequest

TIMES = 2
"""How many times the largest document one request may bring along."""


class Room:
    """What is left of it, in bytes of what the upstream is told; the last file may go beyond it."""

    def __init__(self, largest: int) -> None:
        self._most = self._left = TIMES * largest

    def require(self, param: str) -> None:
        """Raises InvalidRequest where nothing is left for the file that `param` names."""
        if self._left <= 0:
            raise InvalidRequest(
                f"The files before this one bring more than {self._most} bytes along: send fewer at once.",
                param=param,
                code="files_too_large",
            )

    def use(self, size: int) -> None:
        """Some of it is used."""
        self._left -= size
