"""`translator diff`: whether two documents of either API say the same."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from translator.cli import main
from translator.conversion import Converter
from translator.conversion.comparison import canonical
from translator.corpus import Case, render

from ..cases import load_answered
from .converting import COMPLETION

JSON = dict[str, Any]

CHAT: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}


def diff(tmp_path: Path, first: JSON | bytes, second: JSON | bytes, *options: str) -> Result:
    paths = []
    for name, document in (("a", first), ("b", second)):
        (tmp_path / name).write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        paths.append(str(tmp_path / name))
    return CliRunner().invoke(main, ["diff", *paths, *options])


def test_a_request_is_compared_with_the_one_that_takes_its_place(tmp_path: Path) -> None:
    moved = Converter("responses").convert(CHAT).document
    same = diff(tmp_path, CHAT, moved)
    assert (same.exit_code, same.output) == (0, "")
    other = diff(tmp_path, CHAT, {**moved, "temperature": 0.7, "user": "u"})
    assert (other.exit_code, other.output) == (1, 'temperature: 0.5 | 0.7\nuser: - | "u"\n')


def test_a_reply_is_compared_with_one_of_the_other_api(tmp_path: Path) -> None:
    response = Converter("responses").convert(COMPLETION).document
    assert diff(tmp_path, COMPLETION, response).exit_code == 0
    changed = json.loads(json.dumps(response).replace("Hello.", "Hullo.").replace("resp_1", "resp_2"))
    assert diff(tmp_path, COMPLETION, changed).output == 'choices[0].message.content: "Hello." | "Hullo."\n'
    assert 'id: "chatcmpl-1" | "chatcmpl-2"' in diff(tmp_path, COMPLETION, changed, "--ids").output


STREAMS = [case for case in load_answered("chat_over_responses") if case.upstream_streams and not case.settings]


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_a_recorded_stream_says_what_it_was_made_of(tmp_path: Path, case: Case) -> None:
    assert case.upstream is not None
    if "error" in json.loads(render(case)["response.json"]):
        assert diff(tmp_path, case.upstream, case.upstream).exit_code == 2
        return
    result = diff(tmp_path, case.upstream, case.upstream)
    assert (result.exit_code, result.output) == (0, "")


def test_a_stream_is_compared_with_a_whole_reply(tmp_path: Path) -> None:
    chunk = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "Hel"}}]}
    rest = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "lo."}, "finish_reason": "stop"}]}
    stream = b"".join(b"data: %b\n\n" % json.dumps(entry).encode() for entry in (chunk, rest)) + b"data: [DONE]\n\n"
    assert diff(tmp_path, stream, COMPLETION).exit_code == 0


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    result = diff(tmp_path, CHAT, COMPLETION)
    assert (result.exit_code, result.stderr) == (2, "One of them is a request, the other a reply.\n")
    result = diff(tmp_path, b"hello", CHAT)
    assert (result.exit_code, result.stderr.partition(": ")[2]) == (
        2,
        "This is neither JSON nor a recorded stream of either API.\n",
    )
    spoken = {**CHAT, "messages": [*CHAT["messages"], {"role": "assistant", "audio": {"id": "a"}}]}
    result = diff(tmp_path, spoken, Converter("responses").convert(CHAT).document)
    assert result.exit_code == 2
    assert "messages[1].audio" in result.stderr


def told(result: Result) -> list[str]:
    return result.stderr.split(": ", 1)[1].splitlines()


def test_what_is_no_single_document_is_refused_by_its_name(tmp_path: Path) -> None:
    batch_line = {"custom_id": "a", "url": "/v1/chat/completions", "body": CHAT}
    failed = {"object": "response", "status": "failed", "error": {"code": "server_error", "message": "It crashed."}}
    lines = json.dumps(CHAT).encode() + b"\n"
    cases: list[tuple[JSON | bytes, str]] = [
        (b"[" + lines + b", {}]", "This is a list: give one document."),
        (lines + lines, "There are lines of JSON in it: give one document."),
        (batch_line, "This is a line of a batch: give its body alone."),
        ({"error": {"message": "No."}}, "This is an error and says nothing else."),
        ({"type": "response.created"}, "This is one event of a stream: give the whole stream, as server-sent events."),
        ({"hello": 1}, "This is no request, reply or stream of either API."),
        (failed, "the reply failed: It crashed."),
    ]
    for document, words in cases:
        result = diff(tmp_path, document, CHAT)
        assert (result.exit_code, told(result)) == (2, [words])


def test_what_the_other_api_has_no_place_for_makes_a_difference(tmp_path: Path) -> None:
    moved = Converter("responses").convert({**CHAT, "seed": 7}).document
    assert diff(tmp_path, {**CHAT, "seed": 7}, {**CHAT, "seed": 7}).exit_code == 0
    assert diff(tmp_path, {**CHAT, "seed": 7}, {**CHAT, "seed": 8}).output == "seed: 7 | 8\n"
    assert diff(tmp_path, {**CHAT, "seed": 7}, moved).output == "seed: 7 | -\n"
    second = {"index": 1, "message": {"role": "assistant", "content": "Hullo."}, "finish_reason": "stop"}
    result = diff(tmp_path, {**COMPLETION, "choices": [*COMPLETION["choices"], second]}, COMPLETION)
    assert result.output.startswith('choices[1]: {"index":1,')
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    response = Converter("responses").convert(COMPLETION).document
    result = diff(tmp_path, {**response, "output": [search, *response["output"]]}, response)
    assert (result.exit_code, result.output.partition(":")[0]) == (1, "output[0]")


def test_a_request_may_be_written_in_any_of_the_apis_ways(tmp_path: Path) -> None:
    chat = {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "Again"},
        ],
    }
    received = {"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [received]},
        {"role": "user", "content": "Again"},
    ]
    said = {"model": "m", "input": items, "store": False}
    for native in ({**said, "instructions": "Be brief."}, {**said, "input": [chat["messages"][0], *items]}):
        result = diff(tmp_path, chat, native)
        assert (result.exit_code, result.output) == (0, "")
    short = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert diff(tmp_path, short, {"model": "m", "input": "Hi", "store": False, "top_p": None}).output == ""
    assert diff(tmp_path, short, {"model": "m", "input": "Hi"}).output == "store: false | -\n"


def test_freeform_calls_of_a_stream_are_compared(tmp_path: Path) -> None:
    call = {"id": "call_1", "type": "custom", "custom": {"name": "note", "input": "Milk"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    whole = {**COMPLETION, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    delta = {"index": 0, "delta": {"tool_calls": [{"index": 0, **call}]}, "finish_reason": "tool_calls"}
    stream = b"data: %b\n\ndata: [DONE]\n\n" % json.dumps({"model": "m", "choices": [delta]}).encode()
    result = diff(tmp_path, whole, stream)
    assert (result.exit_code, result.output) == (0, "")


def test_chat_requests_are_compared_in_what_no_responses_request_can_say(tmp_path: Path) -> None:
    steered = {**CHAT, "n": 2, "stop": "END", "seed": 1, "logit_bias": {"5": 1}}
    assert diff(tmp_path, steered, {**steered, "stop": ["END"]}).exit_code == 0
    result = diff(tmp_path, steered, {**steered, "n": 3, "stop": ["STOP"], "logit_bias": {"5": 2}, "temperature": 1})
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "temperature: 0.5 | 1.0",
        "n: 2 | 3",
        'stop[0]: "END" | "STOP"',
        "logit_bias.5: 1 | 2",
    ]
    moved = Converter("responses").convert(CHAT).document
    result = diff(tmp_path, steered, moved)
    assert (result.exit_code, result.output) == (
        1,
        'seed: 1 | -\nn: 2 | -\nstop: ["END"] | -\nlogit_bias: {"5":1} | -\n',
    )
    assert diff(tmp_path, {**CHAT, "n": 1, "stop": [], "modalities": ["text"]}, moved).exit_code == 0


def test_chat_requests_that_cannot_be_translated_are_compared_as_they_are_written(tmp_path: Path) -> None:
    spoken = {**CHAT, "messages": [{"role": "assistant", "audio": {"id": "a"}}, *CHAT["messages"]]}
    assert diff(tmp_path, spoken, {**spoken, "top_p": None}).exit_code == 0
    result = diff(tmp_path, spoken, json.loads(json.dumps(spoken).replace('"a"', '"b"')), "--ids")
    assert result.output == 'messages[0].audio.id: "a" | "b"\n'


def choice(index: int, text: str, **more: Any) -> JSON:
    message = {"role": "assistant", "content": text, **more}
    return {"index": index, "message": message, "finish_reason": "stop"}


def test_every_answer_is_compared_where_there_are_several(tmp_path: Path) -> None:
    several = {**COMPLETION, "choices": [choice(1, "B"), choice(0, "A"), choice(2, "C")]}
    assert (
        diff(tmp_path, several, {**several, "choices": [choice(0, "A"), choice(1, "B"), choice(2, "C")]}).output == ""
    )
    result = diff(
        tmp_path, several, {**several, "choices": [choice(0, "A"), choice(1, "D"), choice(2, "C", mood="ok")]}
    )
    assert result.output == 'choices[1].message.content: "B" | "D"\nchoices[2].message.mood: - | "ok"\n'
    pieces = [(0, "A"), (2, ""), (1, "B"), (2, "C")]
    chunks = [{"model": "m", "choices": [{"index": index, "delta": {"content": text}}]} for index, text in pieces]
    ends = [{"model": "m", "choices": [{"index": at, "delta": {}, "finish_reason": "stop"} for at in range(3)]}]
    told = [b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in [*chunks, *ends]]
    assert diff(tmp_path, b"".join([*told, b"data: [DONE]\n\n"]), several).output == ""
    other = b"".join([*told, b"data: [DONE]\n\n"]).replace(b'"C"', b'"E"')
    assert diff(tmp_path, other, several).output == 'choices[2].message.content: "E" | "C"\n'


@pytest.mark.usefixtures("no_collection")
def test_very_many_answers_take_no_longer_than_they_are_many() -> None:
    def spent(answers: int) -> float:
        chunks = [{"model": "m", "choices": [{"index": at % answers, "delta": {"content": "A"}}]} for at in range(6000)]
        ends = [{"model": "m", "choices": [{"index": at, "finish_reason": "stop"}]} for at in range(answers)]
        stream = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in [*chunks, *ends])
        begin = time.process_time()
        assert len(canonical(stream + b"data: [DONE]\n\n").document["choices"]) == answers
        return time.process_time() - begin

    assert spent(100) < 6 * spent(2)  # chunks that are read once for each answer take 30 times as long and more


def test_a_chunk_that_says_something_else_in_the_place_of_its_delta_is_compared() -> None:
    chunks = [{"model": "m", "choices": [{"index": 0, "delta": delta}]} for delta in ({"content": "A"}, "odd")]
    chunks.append({"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    stream = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    (choice,) = canonical(stream + b"data: [DONE]\n\n").document["choices"]
    assert choice["message"]["content"] == "A"


def test_what_a_stream_and_a_whole_reply_say_in_fields_of_their_own_is_compared(tmp_path: Path) -> None:
    whole = {**COMPLETION, "provider": "p", "choices": [{**choice(0, "Hi", mood="good"), "stop_reason": 5}]}
    deltas = [{"content": "Hi"}, {"content": "", "mood": "go"}, {"mood": "od"}]
    chunks: list[JSON] = [
        {"model": "m", "provider": "p", "choices": [{"index": 0, "delta": delta}]} for delta in deltas
    ]
    chunks[-1]["choices"][0] |= {"finish_reason": "stop", "stop_reason": 5}
    stream = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"
    assert diff(tmp_path, stream, whole).output == ""
    assert diff(tmp_path, stream.replace(b"5", b"6"), whole).output == "choices[0].stop_reason: 6 | 5\n"


def test_several_streams_in_one_file_are_refused(tmp_path: Path) -> None:
    chunk = {"model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    stream = b"data: %b\n\ndata: [DONE]\n\n" % json.dumps(chunk).encode()
    assert diff(tmp_path, stream + b": the end\n\n", stream).exit_code == 0
    result = diff(tmp_path, stream + stream, stream)
    assert (result.exit_code, told(result)) == (2, ["There are several streams in it: give one."])


def test_a_default_that_is_written_says_what_its_absence_says(tmp_path: Path) -> None:
    said: JSON = {"stream": False, "store": True, "tools": [], "tool_choice": "auto", "truncation": "disabled"}
    said |= {"text": {"format": {"type": "text"}}, "parallel_tool_calls": True, "metadata": {}}
    short = {"model": "m", "input": "Hi"}
    assert diff(tmp_path, {**short, **said}, short).output == ""
    assert diff(tmp_path, {**short, "stream": True, "tool_choice": "none"}, short).output == (
        'stream: true | -\ntool_choice: "none" | -\n'
    )
