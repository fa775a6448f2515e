"""Documents read in processes of their own: what hostile ones can do is cost a little time and memory."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from ..documents.limits import Limits, Unreadable
from ..documents.worker import BOOT, request

JSON = dict[str, Any]

CACHE_BYTES = 64 * 2**20
"""How much of what was read is remembered: each turn of a conversation needs it again."""

_GRACE_SECONDS = 5.0
"""How long a process may take beyond its time, most of which it waits for a free processor."""

_IMAGE_BYTES = 4 * 2**20
_PACKAGE = Path(__file__).parent.parent
_log = logging.getLogger(__name__)


class Reading(NamedTuple):
    """What stands in a document: `{"text": …}` and `{"image": base64, "type": …}`, and whether anything is left out."""

    kind: str
    parts: list[JSON]
    pages: int | None
    full: bool

    @property
    def size(self) -> int:
        """What it takes to remember it, in bytes, about."""
        return sum(len(part.get("text", "")) * 2 + len(part.get("image", "")) for part in self.parts) + 1024


class Documents:
    """Reads documents, a few at a time, and remembers what it read last."""

    def __init__(self, limits: Limits, at_once: int = 2) -> None:
        self.limits = limits
        self._free = asyncio.Semaphore(at_once)
        self._known: OrderedDict[tuple[str, str, bool], Reading] = OrderedDict()
        self._held = 0

    async def read(self, key: str, name: str, open: Callable[[], AsyncIterator[bytes]], *, images: bool) -> Reading:
        """What stands in the document, with pictures of pages without text where `images`. Raises Unreadable.

        `key` stands for the bytes: what was read under it is not read again.
        """
        place = (key, name, images)
        if place in self._known:
            self._known.move_to_end(place)
            return self._known[place]
        async with self._free:
            answer = await self._ask(request(name, images, self.limits), open())
        if "fault" in answer:
            if "error" in answer:
                _log.info("A document cannot be read: %s", answer["error"])
            raise Unreadable(answer["fault"])
        reading = Reading(answer["kind"], answer["parts"], answer["pages"], answer["full"])
        self._remember(place, reading)
        return reading

    def _remember(self, place: tuple[str, str, bool], reading: Reading) -> None:
        self._known[place] = reading
        self._held += reading.size
        while self._held > CACHE_BYTES:
            _, oldest = self._known.popitem(last=False)
            self._held -= oldest.size

    async def _ask(self, head: bytes, pieces: AsyncIterator[bytes]) -> JSON:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            BOOT,
            str(_PACKAGE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},  # no keys
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(self.limits.seconds + _GRACE_SECONDS):
                feeding = asyncio.create_task(_feed(process.stdin, head, pieces))
                try:
                    said = await _all_of(process.stdout, self._most())
                    await process.wait()
                finally:
                    feeding.cancel()
                    fed = (await asyncio.gather(feeding, return_exceptions=True))[0]
        except TimeoutError:
            return {"fault": self._too_slow()}
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            process._transport.close()  # type: ignore[attr-defined]  # its pipes, where they were not read to the end
        if isinstance(fed, Exception):
            raise fed
        return self._understood(said, process.returncode)

    def _understood(self, said: bytes, code: int | None) -> JSON:
        """What the process said, or what its end means."""
        with contextlib.suppress(ValueError):
            answer: JSON = from_json(said)
            return answer
        if code in (-9, -24):  # SIGKILL and SIGXCPU, by which it is held to its time
            return {"fault": self._too_slow()}
        error = f"the process ended with {code} after {len(said)} bytes"
        return {"fault": "takes more memory to be read than it may, or is broken: send its text", "error": error}

    def _too_slow(self) -> str:
        return f"takes longer than {self.limits.seconds:g} seconds to be read: send a smaller one, or its text"

    def _most(self) -> int:
        return self.limits.characters * 8 + self.limits.images * _IMAGE_BYTES + 65_536


async def _feed(stdin: asyncio.StreamWriter, head: bytes, pieces: AsyncIterator[bytes]) -> None:
    try:
        stdin.write(head)
        async for piece in pieces:
            stdin.write(piece)
            await stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has ended; what it said tells why
    finally:
        stdin.close()


async def _all_of(stdout: asyncio.StreamReader, most: int) -> bytes:
    said = bytearray()
    while piece := await stdout.read(65_536):
        said += piece
        if len(said) > most:
            return b""
    return bytes(said)
