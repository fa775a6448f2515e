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

_PIECE = 256 * 1024
_ZSTD_WINDOW_LOG = 23
"""2^23 bytes is the most that a sender may ask of a receiver over HTTP (RFC 9659)."""


class _Broken(Exception):
    """The data is not what its coding says, or it is cut."""


def inflate(body: bytes, codings: Iterable[str], limit: int, too_large: Callable[[], InvalidRequest]) -> bytes:
    """The body without its content codings, which are in the order in which they were applied.

    No step is inflated beyond `limit` bytes: `too_large` makes the error for one that would be. Raises InvalidRequest
    (400 where the data is broken, 415 for codings that are not known).
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
    while True:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            piece = member.decompress(data, _PIECE)
            data = member.unconsumed_tail
            if not piece and not data and not member.eof:
                raise _Broken
            yield piece
        data = member.unused_data
        if not data:
            return


def _unbrotli(data: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    piece = stream.process(data, output_buffer_limit=_PIECE)
    while piece:
        yield piece
        piece = stream.process(b"", output_buffer_limit=_PIECE)
    if not stream.is_finished():
        raise _Broken


def _unzstd(data: bytes) -> Iterator[bytes]:
    """Zstandard, which may be of several frames one after the other."""
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
    while True:
        frame = zstd.ZstdDecompressor(options=options)
        while not frame.eof:
            piece = frame.decompress(data, _PIECE)
            data = b""
            if not piece and frame.needs_input:
                raise _Broken
            yield piece
        data = frame.unused_data
        if not data:
            return


_DECODERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "zstd": _unzstd,
    "gzip": _gunzip,
    "br": _unbrotli,
    "x-gzip": _gunzip,
}
