"""The decoder of server-sent events: what it reads does not depend on how the bytes arrive, and it is bounded."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translator.errors import UpstreamError
from translator.sse import DONE, Decoder, ServerSentEvent, encode

_LINES = (
    *("data: {}", "data:é", "data", "data:  👩 \u2028", "data: [DONE]", "", "", "event: error", "event:", "id: 1"),
    *("retry: 3", ":", ": ping", "datas: no", " data: no", "\ufeffdata: {}", "event", "\x00"),
)
_lines = st.tuples(st.sampled_from(_LINES), st.sampled_from(("\n", "\r\n", "\r\n", "\r"))).map("".join)
streams = st.builds(
    lambda lines, rest: "".join([*lines, rest]).encode(), st.lists(_lines, max_size=12), st.sampled_from(_LINES)
)


def decode(*pieces: bytes) -> list[ServerSentEvent]:
    decoder = Decoder()
    return [event for piece in pieces for event in decoder.receive(piece)] + decoder.flush()


def reference(stream: bytes) -> list[ServerSentEvent]:
    """The rules of the HTML standard, read off one by one, with the whole stream at hand."""
    text = stream.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    events: list[ServerSentEvent] = []
    data: list[str] = []
    name = ""
    for line in [*text.split("\n"), ""]:  # the last one tells what the end of the stream cut short
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append(("\n".join(data).encode(), name or "message"))
            data, name = [], ""
        elif field == "data":
            data.append(value)
        elif field == "event":
            name = value
    return events


@given(streams)
@example(b"\xef\xbb\xbfdata: a\n\n")
@example(b"data: a\r\n\r\ndata: b\r\n\r\n")
def test_it_reads_what_the_standard_says(stream: bytes) -> None:
    assert decode(stream) == reference(stream)


@given(streams, st.lists(st.integers(0, 120), max_size=6))
def test_cutting_the_bytes_anywhere_gives_the_same_events(stream: bytes, places: list[int]) -> None:
    cuts = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    assert decode(*(stream[start:end] for start, end in pairwise(cuts))) == decode(stream)


@given(streams)
def test_byte_by_byte_gives_the_same_events(stream: bytes) -> None:
    assert decode(*(bytes([byte]) for byte in stream)) == decode(stream)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), max_size=5))
def test_it_reads_back_what_was_encoded(texts: list[str]) -> None:
    stream = b"".join(encode({"type": "response.output_text.delta", "delta": text}) for text in texts) + DONE
    names = [name for _, name in decode(stream)]
    assert names == ["response.output_text.delta"] * len(texts) + ["message"]


@pytest.mark.parametrize("size", [1, 7, 34, 50, 1000], ids="pieces of {} bytes".format)
def test_an_event_within_the_bound_passes_however_it_is_cut(size: int) -> None:
    stream = b"data: 0123456789\ndata: 0123456789\n\n" * 4
    decoder = Decoder(max_event_bytes=34)
    events = [event for start in range(0, len(stream), size) for event in decoder.receive(stream[start:][:size])]
    assert events == [(b"0123456789\n0123456789", "message")] * 4


@pytest.mark.parametrize("size", [1, 7, 1000], ids="pieces of {} bytes".format)
@pytest.mark.parametrize(
    "endless", [b"x", b"data: x", b"data: x\n", b"data\n", b"data:\n", b"event: x", b": x"], ids=repr
)
def test_an_event_without_an_end_is_refused_however_it_is_cut(endless: bytes, size: int) -> None:
    stream = endless * 1000
    decoder = Decoder(max_event_bytes=500)
    with pytest.raises(UpstreamError, match="larger than 500 bytes"):
        for start in range(0, len(stream), size):
            decoder.receive(stream[start:][:size])


def test_memory_is_bounded_by_the_event_not_by_the_stream() -> None:
    decoder = Decoder(max_event_bytes=10_000)
    piece = b": ping\n\ndata: " + b"x" * 1000 + b"\n\nda"
    rest = b"ta: " + b"x" * 1000 + b"\n\n"
    tracemalloc.start()
    for _ in range(2000):
        decoder.receive(piece)
        decoder.receive(rest)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
