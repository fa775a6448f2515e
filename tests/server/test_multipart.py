"""Forms are read the same however they are cut, and hold no more than the piece at hand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import InvalidRequest
from translator.server.body import ClientLeft
from translator.server.multipart import Form

HEAD = b"multipart/form-data; boundary=edge"
BODY = (
    b'--edge\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
    b'--edge\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\n\r\n'
    b"first line\r\n--edg is no boundary\r\n\r\n--\r\nlast\r\n"
    b"--edge--\r\n"
)
PARTS = [("purpose", None, b"user_data"), ("file", "a b.txt", b"first line\r\n--edg is no boundary\r\n\r\n--\r\nlast")]


def read(pieces: Sequence[bytes], *, limit: int = 10_000, end: bool = True) -> list[tuple[str, str | None, bytes]]:
    """The parts of a form that arrives in these pieces; without `end` the client leaves then."""
    waiting: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.request", "body": b""} if end else {"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def run() -> list[tuple[str, str | None, bytes]]:
        form = Form({"type": "http", "headers": [(b"content-type", HEAD)]}, receive, limit)
        return [
            (part.name, part.filename, b"".join([piece async for piece in part.pieces()]))
            async for part in form.parts()
        ]

    return asyncio.run(run())


@given(st.lists(st.integers(0, len(BODY)), max_size=12))
def test_a_form_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(BODY)]
    assert read([BODY[start:end] for start, end in itertools.pairwise(places)]) == PARTS


def test_a_form_byte_by_byte_is_the_same() -> None:
    assert read([BODY[at : at + 1] for at in range(len(BODY))]) == PARTS


@given(st.integers(0, len(BODY) - 12))
def test_a_form_that_ends_early_is_never_taken_for_whole(end: int) -> None:
    try:
        found = read([BODY[:end]])
    except InvalidRequest:
        return
    assert len(found) < len(PARTS)
    with pytest.raises(ClientLeft):
        read([BODY[:end]], end=False)


@given(st.binary(max_size=300))
def test_nothing_that_arrives_breaks_the_reading_of_a_form(data: bytes) -> None:
    for body in (data, b"--edge\r\n" + data, BODY[:150] + data):
        try:
            read([body])
        except InvalidRequest as error:
            assert error.status in (400, 413)


def test_what_nobody_reads_of_a_part_is_passed_over() -> None:
    async def run() -> list[str]:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": BODY}

        form = Form({"type": "http", "headers": [(b"content-type", HEAD)]}, receive, 10_000)
        return [part.name async for part in form.parts()]

    assert asyncio.run(run()) == ["purpose", "file"]
