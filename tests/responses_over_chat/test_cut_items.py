"""What is told of an item that was cut: its end, or nothing more, for clients that act on every item that is done."""

from __future__ import annotations

from typing import Any

import pytest

from translator.errors import UpstreamError
from translator.responses_over_chat import ReplyOptions, translate_request

JSON = dict[str, Any]

REQUEST = {"model": "m", "input": "Hi", "stream": True, "tools": [{"type": "custom", "name": "run"}]}
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "run", "arguments": '{"input": "rm -r '}}


def tell(options: ReplyOptions, delta: JSON, finish: str | None) -> list[JSON]:
    stream = translate_request(REQUEST, options=options).stream(response_id="resp_1")
    events = stream.receive({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    if finish is None:
        return [*events, *stream.fail(UpstreamError("It broke off."))]
    events += stream.receive({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return [*events, *stream.finish()]


@pytest.mark.parametrize("delta", [{"content": "Hel"}, {"tool_calls": [CALL]}], ids=["text", "a freeform call"])
@pytest.mark.parametrize("finish", ["length", "content_filter", None])
def test_an_item_that_was_cut_is_left_open_where_that_is_wanted(delta: JSON, finish: str | None) -> None:
    told = tell(ReplyOptions(), delta, finish)
    left = tell(ReplyOptions(cut_items="left_open"), delta, finish)
    assert "response.output_item.done" in [event["type"] for event in told]
    assert not [event["type"] for event in left if event["type"].endswith(".done")]
    assert [event["sequence_number"] for event in left] == list(range(len(left)))
    assert left[-1]["response"]["output"] == told[-1]["response"]["output"] != []
    assert left[-1]["response"]["output"][0]["status"] == "incomplete"


def test_an_item_that_is_whole_is_done_in_any_case() -> None:
    options = ReplyOptions(cut_items="left_open")
    assert "response.output_item.done" in [event["type"] for event in tell(options, {"content": "Hello"}, "stop")]
