"""Lines of the Batch API, as the providers write them: what is converted in them, what stays, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from translator.cli import main

JSON = dict[str, Any]

CHAT: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
RESPONSES: JSON = {"model": "m", "input": [{"type": "message", "role": "user", "content": "Hi"}], "store": False}


def convert(to: str, *lines: JSON) -> Result:
    return CliRunner().invoke(main, ["convert", "--to", to], input="".join(f"{json.dumps(line)}\n" for line in lines))


def only_line(result: Result) -> JSON:
    (line,) = map(json.loads, result.stdout.splitlines())
    assert isinstance(line, dict)
    return line


@pytest.mark.parametrize(
    ("url", "converted"),
    [
        ("/v1/chat/completions", "/v1/responses"),
        ("/v1/chat/completions/", "/v1/responses"),
        ("/chat/completions", "/responses"),
        ("https://api.example/v1/chat/completions", "https://api.example/v1/responses"),
    ],
)
def test_the_url_is_converted_whatever_stands_before_its_end(url: str, converted: str) -> None:
    there = convert("responses", {"custom_id": "a", "url": url, "body": CHAT})
    assert (there.exit_code, only_line(there)) == (0, {"custom_id": "a", "url": converted, "body": RESPONSES})
    back = only_line(convert("chat", only_line(there)))
    assert back == {"custom_id": "a", "url": url.rstrip("/"), "body": CHAT}


def test_a_line_without_a_url_is_known_by_its_body() -> None:
    result = convert("responses", {"custom_id": "a", "body": CHAT})
    assert (result.exit_code, only_line(result)) == (0, {"custom_id": "a", "body": RESPONSES})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**CHAT, "n": 2}, "body.n: 'n' cannot be told"),
        ({"model": "m"}, "body.messages: Missing required parameter: 'messages'."),
        ("Hi", "body: This is no JSON object."),
    ],
)
def test_what_is_wrong_with_a_line_is_named_by_its_path_in_the_line(body: Any, told: str) -> None:
    line = {"custom_id": "a", "url": "/v1/chat/completions", "body": body}
    result = convert("responses", line)
    assert (result.exit_code, only_line(result)) == (1, line)
    assert result.stderr.startswith(f"line 1: not converted: {told}")


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}], "model": "e"},
        {"id": "cmpl-1", "object": "text_completion", "choices": [{"text": "x", "index": 0, "finish_reason": "stop"}]},
        {"id": "modr-1", "results": []},
        {"error": {"message": "No."}},
    ],
)
def test_what_other_endpoints_answered_and_errors_stay(body: JSON) -> None:
    line = {"id": "b", "custom_id": "a", "response": {"status_code": 200, "body": body}, "error": None}
    result = convert("responses", line)
    assert (result.exit_code, result.stdout, result.stderr) == (0, json.dumps(line) + "\n", "")


def test_requests_that_were_never_carried_out_stay() -> None:
    line = {"id": "b", "custom_id": "a", "response": None, "error": {"code": "batch_expired", "message": "Too late."}}
    result = convert("chat", line)
    assert (result.exit_code, result.stdout, result.stderr) == (0, json.dumps(line) + "\n", "")


def test_lines_of_the_wanted_api_stay_byte_for_byte() -> None:
    lines = ({"custom_id": "a", "url": "/v1/responses", "body": RESPONSES}, {"custom_id": "b", "body": RESPONSES})
    result = convert("responses", *lines)
    assert (result.exit_code, result.stdout) == (0, "".join(f"{json.dumps(line)}\n" for line in lines))


def test_a_completion_without_choices_is_no_answer_of_another_endpoint() -> None:
    body = {"id": "chatcmpl-1", "object": "chat.completion", "model": "m"}
    result = convert("responses", {"custom_id": "a", "response": {"status_code": 200, "body": body}})
    assert result.exit_code == 1
    assert result.stderr.startswith("line 1: not converted: response.body: This is no request, reply")


@pytest.mark.parametrize(
    "document",
    [
        {"object": "text_completion", "choices": [{"text": "Once", "index": 0, "finish_reason": "stop"}]},
        {"model": "m", "prompt": "Once upon"},
    ],
)
def test_what_came_before_chat_is_refused(document: JSON) -> None:
    result = convert("responses", document)
    assert (result.exit_code, only_line(result)) == (1, document)
    assert "This is no request, reply or batch line of either API." in result.stderr
