"""`translator convert` of recorded streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from translator.cli import main
from translator.conversion import Wire
from translator.corpus import Case, render

from ..cases import load_answered
from ..servers import read_events
from .converting import CHAT, COMPLETION, RESPONSES, chunk_of, convert, convert_bytes, lines_of, stream_of

JSON = dict[str, Any]


def test_freeform_calls_in_recorded_streams_go_both_ways() -> None:
    text = '{"input": "looks like arguments"}\nand is \U0001f600 text'
    note = {"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "note", "input": ""}}
    find = {"index": 1, "id": "call_2", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    other = {"index": 2, "id": "call_3", "type": "custom", "custom": {"name": "note", "input": "Milk"}}
    pieces = [{"index": 0, "custom": {"input": piece}} for piece in (text[:3], text[3:20], text[20:])]
    chunks = [chunk_of(tool_calls=[call]) for call in (note, *pieces, find, other)]
    end = chunk_of()
    end["choices"][0]["finish_reason"] = "tool_calls"
    recorded = stream_of(*chunks, end)
    converted, report, told = convert_bytes("responses", recorded)
    assert (report.refused, told) == (0, [])
    events = read_events(converted)
    items = events[-1]["response"]["output"]
    assert [(item["type"], item["status"], item.get("input")) for item in items] == [
        ("custom_tool_call", "completed", text),
        ("function_call", "completed", None),
        ("custom_tool_call", "completed", "Milk"),
    ]
    deltas = [event["delta"] for event in events if event["type"] == "response.custom_tool_call_input.delta"]
    assert deltas == [text[:3], text[3:20], text[20:], "Milk"]
    back, _, _ = convert_bytes("chat", converted)
    calls = [
        call
        for chunk in read_events(back)
        for choice in chunk["choices"]
        for call in choice["delta"].get("tool_calls", ())
    ]
    assert "".join(call["custom"]["input"] for call in calls if call["index"] == 0) == text
    assert [call["type"] for call in calls if "id" in call] == ["custom", "function", "custom"]


def test_a_stream_is_named_by_the_first_chunk_that_answers() -> None:
    filtered = {"id": "", "model": "", "object": "", "choices": [], "prompt_filter_results": []}
    recorded = stream_of(filtered, {**chunk_of(content="Hi"), "created": 7}, chunk_of())
    converted, _, _ = convert_bytes("responses", recorded)
    response = read_events(converted)[0]["response"]
    assert (response["id"], response["created_at"], response["model"]) == ("resp_1", 7, "m")


STREAMS = [case for case in load_answered("chat_over_responses") if case.upstream_streams and not case.settings]


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_a_recorded_stream_of_events_becomes_chunks(case: Case) -> None:
    assert case.upstream is not None
    converted, report, _ = convert_bytes("chat", case.upstream)
    if not case.upstream.startswith((b"event", b"data")):
        return
    want = read_events(render(case)["events.sse"])
    if converted == case.upstream:  # nothing in it says what it is
        assert report.refused == 1
        return
    chunks = read_events(converted)
    assert converted.endswith(b"data: [DONE]\n\n")
    if case.request.get("functions"):
        return  # the deprecated form is asked for by a request, which is not at hand
    told = [[choice["delta"] for choice in chunk["choices"]] for chunk in chunks if "choices" in chunk]
    expected = [[choice["delta"] for choice in chunk["choices"]] for chunk in want if "choices" in chunk]
    assert [deltas for deltas in told if deltas] == [deltas for deltas in expected if deltas]
    assert bool(report.refused) == ("error" in want[-1])


def test_a_recorded_stream_of_chunks_becomes_events_and_comes_back() -> None:
    (case,) = [case for case in load_answered("responses_over_chat") if case.name == "text_streams_delta_by_delta"]
    assert case.upstream is not None
    converted, _, _ = convert_bytes("responses", case.upstream)
    events = read_events(converted)
    assert events[0]["response"]["id"] == "resp_8f2a61c0"
    assert events[-1]["response"]["output_text"] == "Hello! How can I help?"
    back, _, _ = convert_bytes("chat", converted)
    chunks = read_events(back)
    assert chunks[0]["id"] == "chatcmpl-8f2a61c0"
    texts = [choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]]
    assert "".join(texts) == "Hello! How can I help?"
    assert chunks[-1]["usage"]["total_tokens"] == 26
    same, _, _ = convert_bytes("chat", case.upstream)
    assert same == case.upstream


def test_a_recording_that_is_cut_ends_with_an_error() -> None:
    chunk = {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "Hel"}}]}
    converted, report, told = convert_bytes("responses", b"data: " + json.dumps(chunk).encode() + b"\n\n")
    assert read_events(converted)[-1]["response"]["status"] == "failed"
    assert report.refused == 1
    assert told[0].startswith("ends with an error: The upstream's answer broke off")


@pytest.mark.parametrize("to", ["responses", "chat"])
def test_a_recording_that_is_cut_within_an_event_says_so(to: Wire) -> None:
    whole = stream_of(chunk_of(content="Hel"), chunk_of(content="lo"))
    recorded = whole if to == "responses" else convert_bytes("responses", whole)[0]
    _, report, told = convert_bytes(to, recorded[: recorded.rindex(b"lo") - 20])
    assert (report.refused, told) == (1, ["ends with an error: The recording ends within an event."])


def test_a_stream_of_neither_api_is_refused() -> None:
    result = CliRunner().invoke(main, ["convert", "--to", "chat"], input='data: {"hello": 1}\n\n')
    assert (result.exit_code, result.stderr) == (1, "not converted: This is a stream of neither API.\n")
    assert result.stdout == 'data: {"hello": 1}\n\n'


def test_a_stream_of_neither_api_does_not_keep_other_files_from_being_converted(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('data: {"hello": 1}\n\n')
    (tmp_path / "b").write_text(json.dumps(CHAT))
    paths = [str(tmp_path / name) for name in "ab"]
    result = CliRunner().invoke(main, ["convert", "--to", "responses", *paths])
    assert (result.exit_code, json.loads(result.stdout.splitlines()[-1])) == (1, RESPONSES)


def test_what_no_event_says_of_chunks_is_reported_once() -> None:
    odd = chunk_of(content="Hi", mood="good")
    odd["choices"][0]["stop_reason"] = 5
    end = {**chunk_of(), "provider": "p", "obfuscation": "x"}
    end["choices"][0]["finish_reason"] = "stop"
    _, report, told = convert_bytes("responses", stream_of(chunk_of(role="assistant", name=None), odd, odd, end))
    assert report.losses == 3
    assert [line.partition(":")[0] for line in told] == ["choices[0].stop_reason", "choices[0].delta.mood", "provider"]


def test_what_no_chunk_says_of_a_recorded_response_is_reported() -> None:
    (response,) = lines_of(convert("responses", COMPLETION))
    end = {"type": "response.completed", "response": {**response, "moderation": {"flagged": True}}}
    begin = {"type": "response.created", "response": {**response, "output": [], "status": "in_progress"}}
    _, _, told = convert_bytes("chat", stream_of(begin, end))
    assert told == ["moderation: a completion has no 'moderation'"]


def test_an_event_whose_type_is_no_word_ends_its_stream_with_an_error() -> None:
    (response,) = lines_of(convert("responses", COMPLETION))
    begin = {"type": "response.created", "response": {**response, "output": [], "status": "in_progress"}}
    odd = {"type": ["response.completed"], "response": response}
    _, report, told = convert_bytes("chat", stream_of(begin, odd))
    assert (report.refused, told) == (1, ["ends with an error: The upstream's answer is no response."])


def a_stream(text: str, **more: Any) -> bytes:
    end = {**chunk_of(), **more}
    end["choices"][0]["finish_reason"] = "stop"
    return stream_of(chunk_of(content=text), end)


def answers(converted: bytes) -> list[str]:
    """The texts of all responses of a file of streams."""
    data = [line.partition(b": ")[2] for line in converted.splitlines() if line.startswith(b"data: {")]
    ends = [json.loads(event) for event in data if b'"response.completed"' in event]
    return [event["response"]["output_text"] for event in ends]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("between", [b"", b"\n\n", b": the next\n\n"])
def test_streams_that_stand_one_after_another_are_all_converted(between: bytes, line_end: bytes) -> None:
    recorded = between.join((a_stream("One"), a_stream("Two", provider="p"), a_stream("Three")))
    converted, report, told = convert_bytes("responses", recorded.replace(b"\n", line_end))
    assert answers(converted) == ["One", "Two", "Three"]
    assert told == ["stream 2: provider: a response has no 'provider'"]
    for events in (converted, converted.replace(b"data: [DONE]\n\n", b"")):
        back, report, told = convert_bytes("chat", events)
        assert (report.refused, told) == (0, [])
        chunks = [json.loads(line[6:]) for line in back.splitlines() if line.startswith(b"data: {")]
        texts = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
        assert [text for text in texts if text] == ["One", "Two", "Three"]
        assert back.count(b"data: [DONE]") == 3
    assert convert_bytes("responses", converted)[0] == converted


def test_chunks_of_another_completion_begin_a_stream_though_no_end_marker_stands_between() -> None:
    usage = stream_of({"id": "chatcmpl-9", "model": "m", "choices": [], "usage": {"prompt_tokens": 1}})
    streams = [a_stream("One") + usage, a_stream("Two").replace(b"chatcmpl-1", b"chatcmpl-2"), a_stream("Three")]
    converted, report, told = convert_bytes("responses", b"".join(streams).replace(b"data: [DONE]\n\n", b""))
    assert (answers(converted), report.refused, told) == (["One", "Two", "Three"], 0, [])
    assert converted.count(b'"input_tokens":1') == 1


def test_a_stream_that_cannot_be_read_does_not_hide_the_next() -> None:
    broken = a_stream("One").replace(b'{"id"', b'{id"', 1)
    converted, report, _ = convert_bytes("responses", broken + a_stream("Two"))
    assert report.refused == 1
    assert answers(converted) == ["Two"]


def test_what_was_recorded_may_be_of_any_size() -> None:
    text = "x" * 17 * 1024 * 1024
    function = {
        "index": 0,
        "id": "call_1",
        "type": "function",
        "function": {"name": "f", "arguments": f'{{"a":"{text}"}}'},
    }
    end = chunk_of(tool_calls=[function])
    end["choices"][0]["finish_reason"] = "tool_calls"
    converted, report, told = convert_bytes("responses", stream_of(end))
    assert (report.refused, told) == (0, [])
    back, report, told = convert_bytes("chat", converted)
    assert (report.refused, told) == (0, [])
    assert len(back) > len(text)
    (response,) = lines_of(
        convert("responses", {**COMPLETION, "choices": [{"index": 0, "message": end["choices"][0]["delta"]}]})
    )
    assert len(response["output"][0]["arguments"]) > len(text)
    assert convert("chat", response).exit_code == 0
