"""Compressed bodies as they were before: one codec per content coding, each inflating no further than it is told."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import brotli

from ..errors import InvalidRequest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MOST_CODINGS = 3
"""How many codings one body may have; no client has a reason for more than one."""

MOST_MEMBERS = 1024
"""How many members or frames a body may be of: those who compress in parallel make one of each some 64 KiB or more."""

_PIECE = 64 * 1024
_ZSTD_WINDOW_LOG = 23
"""2^23 bytes is the most that a sender may ask of a receiver over HTTP (RFC 9659)."""


class _Broken(Exception):
    """The data is not what its coding says, or it is cut."""


def inflate(body: bytes, codings: Iterable[str], limit: int, too_large: Callable[[], InvalidRequest]) -> bytes:
    """The body without its content codings, which are in the order in which they were applied.

    No step is inflated beyond `limit` bytes: `too_large` makes the error for one that would be. Raises InvalidRequest
    (400 where the data is broken or in very many parts, 415 for codings that are not known).
    """
    for name in reversed(_known(codings)):
        pieces, size = [], 0
        try:
            for piece in _DECODERS[name](body):
                size += len(piece)
                if size > limit:
                    raise too_large()
                pieces.append(piece)
        except (_Broken, zlib.error, zstd.ZstdError, brotli.error):
            raise InvalidRequest(
                f"The body is not the whole {name} data that its 'content-encoding' announces.", code="invalid_encoding"
            ) from None
        body = b"".join(pieces)
    return body


def _known(codings: Iterable[str]) -> list[str]:
    names = [name for coding in codings if (name := coding.strip().lower()) not in ("", "identity")]
    for name in names:
        if name not in _DECODERS:
            raise _refused(f"The content coding {name[:32]!r} is not known here")
    if len(names) > MOST_CODINGS:
        raise _refused(f"The body is compressed {len(names)} times over")
    return names


def _refused(what: str) -> InvalidRequest:
    known = ", ".join(name for name in _DECODERS if not name.startswith("x-"))
    return InvalidRequest(
        f"{what}: send the body as it is, or compressed once by one of {known}.",
        status=415,
        code="unsupported_encoding",
        headers={"accept-encoding": known},
    )


def _gunzip(data: bytes) -> Iterator[bytes]:
    """gzip, which may be of several members one after the other."""
    given = _Given(data)
    while not given.over:
        member = zlib.decompressobj(wbits=31)
        for piece in given.next_member():
            while piece and not member.eof:
                yield member.decompress(piece, _PIECE)
                piece = member.unconsumed_tail
            if member.eof:
                given.take_back(len(member.unused_data))
                break
        while not member.eof:  # all was given, and may not have come out yet
            if not (piece := member.decompress(b"", _PIECE)):
                raise _Broken
            yield piece


def _unbrotli(data: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    for piece in _Given(data).next_member():
        if stream.is_finished():
            raise _Broken
        inflated = stream.process(piece, output_buffer_limit=_PIECE)
        while inflated or not stream.can_accept_more_data():
            yield inflated
            inflated = stream.process(b"", output_buffer_limit=_PIECE)
    if not stream.is_finished():
        raise _Broken


def _unzstd(data: bytes) -> Iterator[bytes]:
    """Zstandard, which may be of several frames one after the other."""
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    given = _Given(data)
    while not given.over:
        frame = zstd.ZstdDecompressor(options=options)
        for piece in given.next_member():
            yield frame.decompress(piece, _PIECE)
            while not frame.eof and not frame.needs_input:
                yield frame.decompress(b"", _PIECE)
            if frame.eof:
                given.take_back(len(frame.unused_data))
                break
        if not frame.eof:
            raise _Broken


class _Given:
    """Data on its way into decoders, one for each member that it is of, a piece at a time.

    A decoder hands back what stands behind its member, as a copy: of all that follows, for each of very many members,
    that would take hours.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._members = 0

    @property
    def over(self) -> bool:
        """Whether nothing is left, and something was there."""
        return self._members > 0 and self._at >= len(self._data)

    def next_member(self) -> Iterator[bytes]:
        """The pieces for a new decoder. Raises InvalidRequest for more than may be."""
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise InvalidRequest(
                f"The body is compressed in more than {MOST_MEMBERS} members or frames: compress it as one.",
                code="invalid_encoding",
            )
        while self._at < len(self._data):
            piece = self._data[self._at : self._at + _PIECE]
            self._at += len(piece)
            yield piece

    def take_back(self, size: int) -> None:
        """That much of the last piece stood behind the member."""
        self._at -= size


_DECODERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "zstd": _unzstd,
    "gzip": _gunzip,
    "br": _unbrotli,
    "x-gzip": _gunzip,
}
