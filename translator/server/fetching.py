"""Files and images behind URLs that clients name, fetched from the public network and from nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from .addresses import Allow, GuardedResolver, guarded_sockets, is_public
from .upstream import USER_AGENT

MOST_REDIRECTS = 5

REMEMBERED_SECONDS = 60.0
REMEMBERED_BYTES = 64 * 2**20
"""How long what was fetched is remembered, and how much: a turn may be put into words several times."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}
_REFUSED_TYPES = ("video/", "audio/", "multipart/")


class NotFetched(Exception):
    """Why a URL could not be fetched: what is said behind it, and the way out."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was behind a URL; its name is the last word of the path."""

    data: bytes
    name: str


class Fetcher:
    """Fetches what is behind URLs: at most `size` bytes of each, in at most `seconds`.

    It sends nothing that tells who asks: no credentials, no cookies. `allow` says which addresses may be connected to;
    it is asked about every address that a name has, and again about the one that is connected to, so that a name whose
    address changes in between gains nothing. All that cannot be reached is answered alike, for else its answers would
    map the network that the server is in.
    """

    def __init__(
        self,
        size: int,
        seconds: float,
        *,
        allow: Allow = is_public,
        resolver: AbstractResolver | None = None,
        remember: float = REMEMBERED_SECONDS,
    ) -> None:
        self._remember = remember
        self._known: OrderedDict[str, tuple[float, Fetched]] = OrderedDict()
        self._held = 0
        self._size = size
        self._seconds = seconds
        self._allow = allow
        self._resolver = resolver

    async def fetch(self, url: str) -> Fetched:
        """What is behind a URL, after up to five redirects, now or a minute ago. Raises NotFetched."""
        self._forget()
        if url in self._known:
            return self._known[url][1]
        fetched = await self._fetch(url)
        if url not in self._known:
            self._known[url] = (time.monotonic() + self._remember, fetched)
            self._held += len(fetched.data)
        self._forget()
        return fetched

    def _forget(self) -> None:
        """Let go of what is too old or too much; the oldest stands first."""
        while self._known:
            until, oldest = next(iter(self._known.values()))
            if until > time.monotonic() and self._held <= REMEMBERED_BYTES:
                return
            self._known.popitem(last=False)
            self._held -= len(oldest.data)

    async def _fetch(self, url: str) -> Fetched:
        try:
            async with asyncio.timeout(self._seconds), self._session() as session:
                for _ in range(MOST_REDIRECTS + 1):
                    _require_web(url)
                    async with session.get(url, allow_redirects=False) as response:
                        if response.status not in _REDIRECTS:
                            return Fetched(await self._read(response), _name(url))
                        location = response.headers.get("location", "")
                    url = urljoin(url, location)
        except TimeoutError:
            raise NotFetched(f"did not come within {self._seconds:g} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise NotFetched("cannot be reached from here, or is not on the public network") from None
        raise NotFetched(f"is redirected more than {MOST_REDIRECTS} times")

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._resolver or aiohttp.ThreadedResolver(), self._allow),
            socket_factory=guarded_sockets(self._allow),
            use_dns_cache=False,
            force_close=True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers=_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # a proxy would connect to what nobody has checked
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != 200:
            raise NotFetched(f"was answered with status {response.status}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise NotFetched("comes compressed, which was not asked for")
        if response.content_type.startswith(_REFUSED_TYPES):
            raise NotFetched(f"is of the type {response.content_type[:80]}, which no model is told")
        gathered = bytearray()
        async for piece in response.content.iter_any():
            gathered += piece
            if len(gathered) > self._size:
                raise NotFetched(f"has more than {self._size} bytes")
        return bytes(gathered)


def _require_web(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotFetched("is no http or https URL, or leads to what is none")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("holds a user name or a password, which are not sent anywhere: leave them out")


def _name(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]
