"""Files that an upstream is given to keep in a store of its own, each content once, and named by its ids from then on.

Such an id is told to nobody but the upstream, in requests of the tenant whose file it is, with the key that it was
given with. What is written down of it may be wrong at any time, for the upstream can forget a file and others can have
it deleted: a request that is refused for that forgets it too, and is made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from pydantic_core import to_json

from ..body import parse
from ..errors import InvalidRequest, StoreUnavailable, TranslatorError, UpstreamError
from ..mapping.upstream_error import is_missing_route
from ..store import Copy
from .file_form import PDF, FileForm
from .kept import Kept
from .source import Source
from .upstream import ERROR_BYTES, Reply, UpstreamClient

JSON = dict[str, Any]

SWEEP_SECONDS = 60.0
"""How often copies that should go are looked for."""

_FAREWELL_SECONDS = 5.0
"""How long a client that deletes its file, and a server that ends, wait for upstreams to delete theirs."""

_AT_ONCE = 8
_MOST_DIGESTS = 4096
_UNKNOWN = frozenset({400, 404, 410, 422})
_ID = re.compile(r"(?!\.+$)[\w.:=-]{1,256}", re.ASCII)

_log = logging.getLogger(__name__)


class FileForgotten(UpstreamError):
    """The upstream does not know a file that it was given: a request made anew gives it once more."""

    def __init__(self) -> None:
        super().__init__(
            "The upstream does not know a file that it was just given: try again.", code="upstream_file_forgotten"
        )


class Place(NamedTuple):
    """An upstream, and for whom it keeps files: the tenant, and the key, if that is the client's own."""

    upstream: UpstreamClient
    tenant: str
    key: str | None

    @property
    def account(self) -> str:
        """What stands for the upstream and the key."""
        return self.upstream.account(self.key)


class Copies:
    """Gives files to upstreams, remembers what they call them, and has them deleted when they should go."""

    def __init__(self, kept: Kept, upstreams: Sequence[UpstreamClient]) -> None:
        self._kept = kept
        self._upstreams = upstreams
        self._digests: OrderedDict[str, str] = OrderedDict()
        self._giving: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Has deleted meanwhile what should go, and in the end what nothing will be known of any more."""
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.wait([sweeping])
            if not self._kept.store.lasts:
                with contextlib.suppress(TimeoutError, StoreUnavailable):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await self._remove(await self._kept.store.copies.all())

    async def id_of(self, source: Source, place: Place, fields: Mapping[str, str]) -> str:
        """The upstream's id for these bytes, given to it now if it has them not.

        Raises InvalidRequest with the path of what names them where it does not take them, else UpstreamError.
        """
        known = place.tenant, place.account, _as_given(await self._digest(source), fields)
        giving = self._giving.setdefault(known, asyncio.Lock())
        async with giving:
            id = await self._kept.store.copies.find(*known, source.file_id)
            if id is not None:
                return id
            form = FileForm(fields, source.name, PDF, source.size, source.open)
            try:
                reply = await place.upstream.post_file(form, place.key)
                # it is there now, so it is written down even if the client leaves
                return await asyncio.shield(self._note(reply, known, source, place))
            except UpstreamError as error:
                raise _not_taken(error, source) from error

    async def forgotten(self, chat: JSON, error: UpstreamError, place: Place) -> bool:
        """Whether a chat request was refused for files that the upstream has no more; they are forgotten then."""
        sent = set(file_ids(chat))
        if not sent or error.refusal is None or error.refusal[0] not in _UNKNOWN:
            return False
        said = error.refusal[1]
        suspects = {id for id in sent if id.encode() in said} or (sent if b"file" in said.lower() else set())
        copies = await self._kept.store.copies.named(place.tenant, place.account, suspects)
        gone = len(suspects) - len(copies)  # others were told of these meanwhile

        async def check(copy: Copy) -> None:
            nonlocal gone
            with contextlib.suppress(UpstreamError):
                if await place.upstream.ask_file("GET", copy.id, place.key) in _UNKNOWN:
                    gone += 1
                    await self._kept.store.copies.forget(copy)
                    # if it is there all the same: nothing will be known of it any more
                    await place.upstream.ask_file("DELETE", copy.id, place.key)

        await _each(copies, check)
        return gone > 0

    async def release(self, file_id: str, tenant: str, key: str | None) -> None:
        """A file of the client's was deleted: upstreams delete it too, now if they can, else later."""
        with contextlib.suppress(TimeoutError, StoreUnavailable):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._remove(await self._kept.store.copies.of_file(tenant, file_id), key)

    async def _digest(self, source: Source) -> str:
        if source.file_id is None:
            return source.key
        if source.key not in self._digests:
            hashed = hashlib.sha256()
            async for piece in source.open():
                await asyncio.to_thread(hashed.update, piece)
            self._digests[source.key] = hashed.hexdigest()
            while len(self._digests) > _MOST_DIGESTS:
                self._digests.popitem(last=False)
        return self._digests[source.key]

    async def _note(self, reply: Reply, known: tuple[str, str, str], source: Source, place: Place) -> str:
        try:
            answer = parse(await reply.read_at_most(ERROR_BYTES))
        finally:
            await reply.aclose()
        id = None if answer is None else answer.get("id")
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise UpstreamError("its answer names no id.", code="upstream_invalid_reply")
        kept = None
        try:
            kept = await self._kept.store.copies.keep(*known, id, file_id=source.file_id, size=source.size)
            return kept
        finally:
            if kept != id:  # another process was quicker, or the store is down
                with contextlib.suppress(UpstreamError):
                    await place.upstream.ask_file("DELETE", id, place.key)

    async def _remove(self, copies: Sequence[Copy], key: str | None = None) -> None:
        """Have upstreams delete these; where one cannot be asked now, all that it keeps is left for another time.

        What was given with a key that is not known any more can only be forgotten.
        """
        keys = (None,) if key is None else (None, key)
        homes = {upstream.account(own): (upstream, own) for own in keys for upstream in self._upstreams}
        down: set[str] = set()

        async def remove(copy: Copy) -> None:
            if copy.account in down:
                return
            if copy.account in homes:
                upstream, own = homes[copy.account]
                try:
                    status = await upstream.ask_file("DELETE", copy.id, own)
                except UpstreamError:
                    status = 502
                if status in (408, 429) or status >= 500:
                    down.add(copy.account)
                    return
            await self._kept.store.copies.forget(copy)

        await _each(copies, remove)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._remove(await self._kept.store.copies.due())
            except Exception as error:  # whatever it is, what is left at upstreams must not grow without end for it
                _log.error("What upstreams keep could not be looked through: %s", type(error).__name__)


def file_ids(chat: JSON) -> Iterator[str]:
    """The upstream's ids in a chat request."""
    for message in chat["messages"]:
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") == "file" and "file_id" in part["file"]:
                yield part["file"]["file_id"]


def _as_given(digest: str, fields: Mapping[str, str]) -> str:
    """What stands for a content and what is said of it: given as something else it is another file."""
    return hashlib.sha256(to_json([digest, sorted(fields.items())])).hexdigest()


async def _each(copies: Sequence[Copy], act: Callable[[Copy], Awaitable[None]]) -> None:
    """Do it with all of them, with a few at a time."""
    left = iter(copies)

    async def work() -> None:
        for copy in left:
            await act(copy)

    await asyncio.gather(*(work() for _ in range(min(_AT_ONCE, len(copies)))))


def _not_taken(error: UpstreamError, source: Source) -> TranslatorError:
    """Why the upstream does not have the file, with the path of what names it in the request."""
    param = None if source.param.startswith("history") else source.param
    if error.refusal is not None and is_missing_route(*error.refusal):
        return UpstreamError(
            "The upstream has no file store: its operator can set the switch 'file' to something else than 'upload'.",
            param=param,
            code="upstream_files_missing",
        )
    if 400 <= error.status < 500 and error.status not in (401, 403, 408, 429):
        return InvalidRequest(
            f"The upstream does not take the file '{source.name}': {error.message}",
            param=source.param,
            code="file_not_taken",
        )
    return UpstreamError(
        f"The file '{source.name}' could not be given to the upstream: {error.message}",
        status=error.status,
        type=error.type,
        code=error.code,
        param=param,
        headers=error.headers,
    )
