"""Compressed requests: what is inflated, how far, and what is refused."""

from __future__ import annotations

import gzip
import json
import random
import sys
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import httpx
import pytest

from tests.servers import Connect, ScriptedUpstream, Serve, completion
from translator.errors import InvalidRequest
from translator.server.inflating import MOST_MEMBERS, inflate

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compress = Callable[[bytes], bytes]

ASK = json.dumps({"model": "m", "input": "Hällo " * 200, "store": False}).encode()
CODINGS: dict[str, Compress] = {
    "zstd": zstd.compress,
    "gzip": gzip.compress,
    "br": lambda data: brotli.compress(data, quality=1),
}
MIB = 1024 * 1024


def post(base_url: str, body: bytes, coding: str) -> httpx.Response:
    headers = {"content-encoding": coding, "content-type": "application/json"}
    return httpx.post(f"{base_url}/responses", content=body, headers=headers)


def read(body: bytes, coding: str, limit: int = MIB) -> bytes:
    return inflate(body, coding.split(","), limit, lambda: InvalidRequest("too large", status=413))


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        *((name, compress(ASK)) for name, compress in CODINGS.items()),
        ("x-gzip", gzip.compress(ASK)),
        ("GZip", gzip.compress(ASK)),
        ("identity", ASK),
        ("identity, zstd", zstd.compress(ASK)),
        ("gzip, br", brotli.compress(gzip.compress(ASK))),
        ("br,zstd , gzip", gzip.compress(zstd.compress(brotli.compress(ASK)))),
        ("gzip", gzip.compress(ASK[:90]) + gzip.compress(ASK[90:])),
        ("zstd", zstd.compress(ASK[:90]) + zstd.compress(ASK[90:])),
    ],
    ids=lambda value: value if isinstance(value, str) else "body",
)
def test_what_was_compressed_is_as_it_was(coding: str, body: bytes) -> None:
    assert read(body, coding, limit=len(ASK)) == ASK


PIECE = 64 * 1024


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("noise", [False, True])
def test_bodies_of_any_size_are_as_they_were_and_nothing_may_follow(coding: str, size: int, noise: bool) -> None:
    body = random.Random(size).randbytes(size) if noise else b"a" * size
    compressed = CODINGS[coding](body)
    assert read(compressed, coding) == body
    for spoiled in (compressed + b"x", compressed + b"\0\0", compressed[:-1]):
        with pytest.raises(InvalidRequest) as caught:
            read(spoiled, coding)
        assert caught.value.code == "invalid_encoding"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_are_read_one_after_the_other_wherever_they_end(coding: str) -> None:
    parts = [random.Random(number).randbytes(3001 * number) for number in range(20)]
    assert read(b"".join(map(CODINGS[coding], parts)), coding) == b"".join(parts)


@pytest.mark.parametrize(
    ("coding", "member"),
    [("gzip", gzip.compress(b"")), ("zstd", zstd.compress(b"")), ("zstd", b"\x50\x2a\x4d\x18\0\0\0\0")],
    ids=["gzip", "zstd", "zstd that is skipped"],
)
def test_very_many_members_are_refused(coding: str, member: bytes) -> None:
    assert read(member * MOST_MEMBERS, coding) == b""
    with pytest.raises(InvalidRequest, match=f"more than {MOST_MEMBERS} members"):
        read(member * (MOST_MEMBERS + 1), coding)


def test_a_compressed_body_is_read_and_beyond_the_limit_is_a_413(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(max_body_bytes=len(ASK))
    for coding, compress in CODINGS.items():
        upstream.reply(completion("Hello!"))
        assert post(server.base_url, compress(ASK), coding).json()["output_text"] == "Hello!"
        assert upstream.next().json["messages"] == [{"role": "user", "content": "Hällo " * 200}]
        answer = post(server.base_url, compress(ASK + b" "), coding)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "request_too_large"
    assert upstream.idle()


def test_a_stream_may_be_asked_for_with_a_compressed_body_in_chunks(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    body = zstd.compress(b'{"model": "m", "input": "Hi", "stream": true, "store": false}')
    upstream.reply(completion("Hello!"))
    client = connect(serve())
    client.send(
        b"POST /v1/responses HTTP/1.1\r\nhost: [::1]\r\ncontent-encoding: zstd\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    for piece in (body[:3], body[3:]):
        client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
    client.send(b"0\r\n\r\n")
    assert b"response.completed" in client.read_until(b"[DONE]")


def test_two_headers_count_as_one_list(upstream: ScriptedUpstream, serve: Serve, connect: Connect) -> None:
    body = zstd.compress(gzip.compress(ASK))
    upstream.reply(completion("Hello!"))
    client = connect(serve())
    head = b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-encoding: gzip\r\ncontent-encoding: zstd\r\n"
    client.send(head + b"content-length: %d\r\n\r\n" % len(body) + body)
    assert client.read_until(b"\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_costs_no_more_memory_than_the_limit(coding: str) -> None:
    bomb = CODINGS[coding](bytes(64 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRequest) as refused:
            read(bomb, coding)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.status == 413
    assert most < 3 * MIB


def test_a_bomb_inside_another_coding_is_found_at_its_own_step() -> None:
    bomb = gzip.compress(gzip.compress(bytes(64 * MIB)))
    with pytest.raises(InvalidRequest) as refused:
        read(bomb, "gzip,gzip")
    assert refused.value.status == 413


def test_a_window_beyond_what_http_allows_is_refused() -> None:
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    streamed = compressor.compress(bytes(MIB)) + compressor.flush()
    assert zstd.decompress(streamed) == bytes(MIB)
    with pytest.raises(InvalidRequest) as refused:
        read(streamed, "zstd", 64 * MIB)
    assert refused.value.status == 400


@pytest.mark.parametrize("coding", ["deflate", "compress", "gzip, lzma", "gzip;q=1", "br, br, br, br"])
def test_a_coding_that_is_not_known_is_a_415_that_names_those_that_are(coding: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(ASK, coding)
    assert refused.value.status == 415
    assert "zstd, gzip, br" in refused.value.message


def test_what_is_refused_is_said_to_the_client(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    unknown = post(server.base_url, ASK, "deflate")
    assert (unknown.status_code, unknown.headers["accept-encoding"]) == (415, "zstd, gzip, br")
    assert unknown.json()["error"]["code"] == "unsupported_encoding"
    broken = post(server.base_url, ASK, "zstd")
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "invalid_encoding")
    assert upstream.idle()


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data + b"more",
        lambda data: ASK,
        lambda data: zlib.compress(ASK),
    ],
    ids=["its first byte", "half", "all but a byte", "more", "plain", "another coding"],
)
def test_broken_data_is_a_400(coding: str, spoil: Compress) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(spoil(CODINGS[coding](ASK)), coding)
    assert refused.value.status == 400
    assert f"whole {coding} data" in refused.value.message


def test_other_endpoints_take_compressed_bodies_too(serve: Serve) -> None:
    headers = {"content-encoding": "zstd"}
    body = zstd.compress(b'{"metadata": {"topic": "sky"}}')
    answer = httpx.post(f"{serve().base_url}/conversations", content=body, headers=headers)
    assert answer.json()["metadata"] == {"topic": "sky"}
