"""What clients keep for the server, sealed: readable by nobody else, and not to be altered.

Authenticated encryption that is deterministic (AES-SIV, RFC 5297): the same content under the same key is the same
text, so translating stays a pure function and snapshots need no masking.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from copy import copy
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pydantic_core import from_json, to_json

from .errors import InvalidRequest

JSON = dict[str, Any]

_PREFIX = "rt1."
"""Marks what was sealed here, and by which version; anything else is another server's."""


class Seal:
    """Closes JSON into opaque text and opens it again, for one key.

    `secret` is any text or bytes of enough entropy; the encryption key is derived from it. `owner` binds what is sealed
    to whom it was given: another's cannot be opened.
    """

    def __init__(self, secret: bytes, owner: str = "") -> None:
        # AES-256-SIV takes 64 bytes
        self._cipher = AESSIV(hashlib.sha512(b"responses-translator seal\0" + secret).digest())
        self._owner = owner.encode()

    def of(self, owner: str) -> Seal:
        """The same seal, for what belongs to `owner`."""
        other = copy(self)
        other._owner = owner.encode()
        return other

    def close(self, kind: str, content: JSON) -> str:
        """JSON → sealed text; `kind` says what it is and must be named again to open it."""
        sealed = self._cipher.encrypt(to_json(content), [kind.encode(), self._owner])
        return _PREFIX + base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, kind: str, sealed: str, path: str) -> JSON | None:
        """Sealed text → JSON, or None where it was not sealed here; `path` is where it stood.

        Raises InvalidRequest for what was sealed here and altered, or sealed for another owner or with another key.
        """
        if not sealed.startswith(_PREFIX):
            return None
        text = sealed[len(_PREFIX) :]
        try:
            opened = self._cipher.decrypt(
                base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True),
                [kind.encode(), self._owner],
            )
        except (InvalidTag, binascii.Error, ValueError):
            raise InvalidRequest(
                f"'{path}' was altered, or sealed with another key; send it back as it was, or leave the item out.",
                param=path,
                code="invalid_encrypted_content",
            ) from None
        content: JSON = from_json(opened)
        return content
