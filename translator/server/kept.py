"""What the server keeps from its start to its end: the store, and the key that seals what clients keep for it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from ..mapping.reasoning import reasoning_text
from ..mapping.sealed import REASONING
from ..responses_over_chat.request import ENCRYPTED_REASONING
from ..sealing import Seal
from ..store import Bounds, FileBounds, Store, data_directory, open_store
from .inline import Inline
from .settings import Settings

JSON = dict[str, Any]

_KEY_FILE = "seal.key"

_KEY_BYTES = 16
"""The least that a key is made of, in bytes."""


class Kept:
    """The store and the seal, there while `open` is entered."""

    store: Store
    inline: Inline
    seal: Seal

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Opens the store and closes it again. Raises StoreUnavailable, or OSError for the key's file."""
        settings = self._settings
        self.store = await open_store(
            settings.store,
            bounds=Bounds(ttl=settings.store_ttl_seconds, size=settings.store_max_bytes),
            synchronous=settings.store_synchronous,
            files=settings.files,
            file_bounds=FileBounds(
                file=settings.file_max_bytes,
                upload=settings.upload_max_bytes,
                tenant=settings.files_tenant_max_bytes,
                total=settings.files_max_bytes,
            ),
        )
        self.inline = Inline(self.store)
        try:
            self.seal = Seal(_secret(settings))
            yield
        finally:
            await self.store.close()

    def sealed(self, item: JSON, tenant: str, include: Sequence[str]) -> JSON:
        """A stored item as a client gets it: reasoning also in sealed form, if `include` asks for that."""
        if ENCRYPTED_REASONING not in include or item["type"] != "reasoning" or item.get("encrypted_content"):
            return item
        return {**item, "encrypted_content": self.seal.of(tenant).close(REASONING, {"text": reasoning_text(item)})}


def _secret(settings: Settings) -> bytes:
    """The configured key, else the one of this machine's data directory; for what is not kept, one of this process."""
    if settings.seal_key is not None:
        return settings.seal_key.get_secret_value().encode()
    if settings.store in ("memory:", "none"):
        return secrets.token_bytes(32)
    return _key_of(data_directory(settings.store) / _KEY_FILE)


def _key_of(path: Path) -> bytes:
    """The key in a file, made when it is first asked for; of several processes that make it, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    key = path.read_bytes()
    if len(key) < _KEY_BYTES:
        raise OSError(errno.EINVAL, f"{path} holds less than {_KEY_BYTES} bytes")
    return key
