"""Tool-call ids in the shape an upstream takes; the client keeps seeing the ones it knows."""

from __future__ import annotations

import re
from hashlib import sha256
from string import ascii_letters, digits
from typing import Literal

Shape = Literal["keep", "alnum9", "max40"]

_FITS = {"alnum9": re.compile("[A-Za-z0-9]{9}"), "max40": re.compile(".{1,40}", re.DOTALL)}
_ALPHABET = digits + ascii_letters


class CallIds:
    """The ids of one request: each gets one of the upstream's shape, the same wherever it stands.

    An id that fits stays as it is. Another is made from its hash, so that it is the same from turn to turn; where two
    meet, the one that stands later in the conversation gives way, and what the upstream has cached stays valid.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def shaped(self, call_id: str) -> str:
        """The id as the upstream is told it."""
        if self._shape == "keep":
            return call_id
        if call_id not in self._given:
            shaped, attempt = self._shape_of(call_id), 0
            while shaped in self._taken:
                attempt += 1
                shaped = _hashed(f"{call_id}\0{attempt}", self._shape)
            self._given[call_id] = shaped
            self._taken.add(shaped)
        return self._given[call_id]

    def _shape_of(self, call_id: str) -> str:
        return call_id if _FITS[self._shape].fullmatch(call_id) else _hashed(call_id, self._shape)


def _hashed(call_id: str, shape: Shape) -> str:
    digest = sha256(call_id.encode("utf-8", "surrogatepass"))
    if shape == "max40":
        return f"call_{digest.hexdigest()[:32]}"
    number = int.from_bytes(digest.digest()[:8])
    shaped = ""
    for _ in range(9):
        number, place = divmod(number, len(_ALPHABET))
        shaped += _ALPHABET[place]
    return shaped
