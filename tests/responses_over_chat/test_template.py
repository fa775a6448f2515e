from __future__ import annotations

import json
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.responses_over_chat.template import ChunkTemplate

JSON = dict[str, Any]


def chunk(text: str, **more: Any) -> JSON:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}], **more}


def learned(value: JSON, *, ascii: bool = True) -> ChunkTemplate:
    template = ChunkTemplate()
    data = json.dumps(value, ensure_ascii=ascii).encode()
    template.learn(data, value)
    return template


@given(st.text(), st.text(), st.booleans())
def test_what_it_reads_is_what_the_json_says(first: str, second: str, ascii: bool) -> None:
    data = json.dumps(chunk(second), ensure_ascii=ascii).encode("utf-8", "surrogatepass")
    text = learned(chunk(first or "a")).text_of(data)
    assert text is None or text == second


def test_a_chunk_that_differs_in_its_text_alone_is_read_without_json() -> None:
    template = learned(chunk(" hello"))
    assert template.text_of(json.dumps(chunk(" you")).encode()) == " you"
    assert template.text_of(json.dumps(chunk("ü"), ensure_ascii=False).encode()) == "ü"


@pytest.mark.parametrize(
    "other",
    [
        chunk("a", usage={"prompt_tokens": 1}),
        chunk("a", error={"message": "x"}),
        {"id": "c", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]},
        {"id": "content", "choices": [{"index": 1, "delta": {"content": "a"}, "finish_reason": None}]},
        {"id": "content", "choices": [{"index": 0, "delta": {"content": "a", "refusal": "no"}, "finish_reason": None}]},
        {"id": "other", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]},
        chunk('say "a"'),
        chunk("back\\slash"),
        chunk(""),
    ],
)
def test_a_chunk_that_differs_in_more_is_left_to_the_reader(other: JSON) -> None:
    assert learned(chunk(" hello")).text_of(json.dumps(other).encode()) is None
    assert learned(other).text_of(json.dumps({**other, "id": "changed"}).encode()) is None


def test_a_chunk_that_says_more_than_text_is_no_template() -> None:
    said = chunk("a", usage={"prompt_tokens": 1})
    assert learned(said).text_of(json.dumps(said).encode()) is None


def test_looking_is_given_up_where_every_chunk_differs() -> None:
    template = ChunkTemplate()
    for number in range(10):
        value = chunk("a", created=number)
        template.learn(json.dumps(value).encode(), value)
    assert template.text_of(json.dumps(chunk("b", created=9)).encode()) is None


def event(value: JSON) -> bytes:
    return b"data: %b\n\n" % json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(st.lists(st.text(), min_size=1), st.booleans())
def test_a_run_of_events_is_read_as_each_of_them_would_be(texts: list[str], more: bool) -> None:
    template = learned(chunk("a"), ascii=False)
    events = [event(chunk(text)) for text in texts]
    rest = event(chunk("a", usage={"prompt_tokens": 1})) if more else b""
    run, end = template.run_of(b": before\n\n" + b"".join(events) + rest, 10)
    fitting = list(takewhile(lambda text: text and json.dumps(text, ensure_ascii=False) == f'"{text}"', texts))
    assert run == fitting[: len(run)]
    assert end == 10 + sum(map(len, events[: len(run)]))
    assert len(run) == len(fitting) or not fitting[len(run)].isprintable()


def test_events_that_differ_in_their_texts_alone_are_one_run() -> None:
    template = learned(chunk(" hello"), ascii=False)
    said = event(chunk(" you")) + event(chunk("ü"))
    assert template.run_of(said + b"data: [DONE]\n\n") == ([" you", "ü"], len(said))
    assert template.run_of(event(chunk("a"))) == (["a"], len(event(chunk("a"))))


@pytest.mark.parametrize(
    "other", [chunk(""), chunk('"'), chunk("\n"), chunk("\\"), chunk("a", usage={"prompt_tokens": 1})]
)
def test_a_run_ends_where_an_event_is_of_another_kind(other: JSON) -> None:
    template = learned(chunk(" hello"), ascii=False)
    assert template.run_of(event(chunk("a")) + event(other) + event(chunk("b"))) == (["a"], len(event(chunk("a"))))


@pytest.mark.parametrize(
    "data",
    [
        event(chunk("a"))[:-1],
        event(chunk("a")).replace(b"\n", b"\r\n"),
        b": comment\n" + event(chunk("a")),
        b"event: error\n" + event(chunk("a")),
        event(chunk("ü")).replace("ü".encode(), b"\xc3"),
        event(chunk("")) + event(chunk("b")),
        b"data: [DONE]\n\n",
    ],
)
def test_what_is_no_run_of_such_events_is_left_to_the_decoder(data: bytes) -> None:
    assert learned(chunk(" hello"), ascii=False).run_of(data) == ([], 0)


def test_chunks_that_are_alike_are_looked_for_again_once_they_come() -> None:
    template = learned(chunk("a"), ascii=False)
    for number in range(100):
        value = {"choices": [{"index": 0, "delta": {"reasoning_content": f"{number}"}}]}
        template.learn(json.dumps(value).encode(), value)
    assert not template.looking
    template.learn(json.dumps(chunk("b", id="d")).encode(), chunk("b", id="d"))
    assert template.text_of(json.dumps(chunk("c", id="d")).encode()) == "c"
    assert template.looking
