"""Rules 1 to 5: what carries requests, answers and errors."""

from __future__ import annotations

import json

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.server.stateful import Client, Socket
from tests.servers import RunningServer, ScriptedUpstream, Serve
from translator.server.settings import Model, Upstream

from .schema import assert_valid_error, assert_valid_event, assert_valid_response
from .ways import Way, speak

ASK = {"model": "m", "input": "Hi"}


def test_rule_01_requests_are_json_of_a_caller_who_is_known_over_http(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(api_keys=("sk-client",))
    url = f"{server.base_url}/responses"
    for headers in ({}, {"authorization": "Bearer sk-other"}, {"authorization": "Basic sk-client"}):
        unknown = httpx.post(url, json=ASK, headers=headers)
        assert unknown.status_code == 401
        assert_valid_error(unknown.json()["error"])
    known = {"authorization": "Bearer sk-client"}
    for kind, body, status in (
        ("text/plain", json.dumps(ASK), 415),
        ("application/x-www-form-urlencoded", "model=m&input=Hi", 415),
        ("application/json", "model=m&input=Hi", 400),
        ("application/json", "[]", 400),
    ):
        refused = httpx.post(url, content=body, headers={**known, "content-type": kind})
        assert refused.status_code == status, kind
        assert_valid_error(refused.json()["error"])
    assert upstream.idle()
    speak(upstream, "Hello!")
    kind = "application/json; charset=utf-8"
    assert httpx.post(url, content=json.dumps(ASK), headers={**known, "content-type": kind}).status_code == 200


def test_rule_01_requests_are_json_of_a_caller_who_is_known_over_websocket(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    server = serve(api_keys=("sk-client",))
    for key in (None, "sk-other"):
        with pytest.raises(InvalidStatus) as caught, Socket(server, key):
            pass
        assert caught.value.response.status_code == 401
        assert_valid_error(json.loads(caught.value.response.body or b"")["error"])
    with Socket(server, "sk-client") as socket:
        for message in ("model=m&input=Hi", "[]"):
            socket.raw.send(message)
            assert socket.receive()["status"] == 400
        assert upstream.idle()
        speak(upstream, "Hello!")
        assert socket.respond("Hi")["output_text"] == "Hello!"


def test_rule_02_an_answer_that_is_not_streamed_is_json_over_http(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    for asked in (ASK, {**ASK, "stream": False}):
        speak(upstream, "Hello!")
        answer = httpx.post(f"{server.base_url}/responses", json=asked)
        assert answer.headers["content-type"] == "application/json"
        assert_valid_response(answer.json())


def test_rule_03_a_stream_is_json_in_server_sent_events_and_ends_with_its_mark_over_http(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    for breaks in (False, True):
        speak(upstream, "Hel", "lo!", breaks=breaks)
        answer = httpx.post(f"{server.base_url}/responses", json={**ASK, "stream": True})
        assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
        blocks = answer.text.split("\n\n")
        assert blocks[-2:] == ["data: [DONE]", ""]
        for block in blocks[:-2]:
            (data,) = [line for line in block.split("\n") if line.startswith("data:")]
            assert_valid_event(json.loads(data.removeprefix("data:")))


def test_rule_04_the_event_field_is_the_type_over_http(server: RunningServer, upstream: ScriptedUpstream) -> None:
    speak(upstream, "Hel", "lo!", reasoning_content="Hm.", calls=[("f", "{}")])
    answer = httpx.post(f"{server.base_url}/responses", json={**ASK, "stream": True, "tools": [_tool("f")]})
    blocks = answer.text.split("\n\n")[:-2]
    assert len(blocks) > 10
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        assert fields.keys() == {"event", "data"}, "there is a field that should not be, such as an id"
        assert fields["event"] == json.loads(fields["data"])["type"]


def _tool(name: str) -> dict[str, object]:
    return {"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("fields", "status", "kind", "param"),
    [
        ({"input": 5}, 400, "invalid_request_error", "input"),
        ({"temperature": "hot"}, 400, "invalid_request_error", "temperature"),
        ({"background": True}, 400, "invalid_request_error", "background"),
        ({"previous_response_id": "resp_1"}, 400, "invalid_request_error", "previous_response_id"),
    ],
)
def test_rule_05_errors_have_message_type_param_and_code_where_the_request_is_wrong(
    any_way: Way, upstream: ScriptedUpstream, fields: dict[str, object], status: int, kind: str, param: str
) -> None:
    refused, error = any_way.refusal(**fields)
    assert (refused, error["type"], error["param"]) == (status, kind, param)
    assert error["code"] and error["message"]
    assert upstream.idle()


@pytest.mark.parametrize(
    ("status", "code", "told", "kind"),
    [
        (429, "rate_limit_exceeded", 429, "requests"),  # OpenAI's word for it
        (500, "boom", 502, "server_error"),
        (400, "context_length_exceeded", 400, "invalid_request_error"),
    ],
)
def test_rule_05_errors_have_message_type_param_and_code_where_the_upstream_fails(
    any_way: Way, upstream: ScriptedUpstream, status: int, code: str, told: int, kind: str
) -> None:
    upstream.reply({"error": {"message": "It cannot be.", "code": code}}, status)
    refused, error = any_way.refusal()
    assert (refused, error["type"]) == (told, kind)
    assert {"message", "type", "param", "code"} <= error.keys()


def test_rule_05_errors_have_message_type_param_and_code_over_http(serve: Serve, upstream: ScriptedUpstream) -> None:
    client = Client(serve(upstreams=(Upstream(base_url=upstream.base_url, models=(Model(name="m"),)),)))
    with client.http:
        error = client.respond("Hi", 404, model="other")["error"]
        assert (error["code"], error["param"]) == ("model_not_found", "model")
        for method, path in (
            ("GET", "/responses/resp_1"),
            ("DELETE", "/responses/resp_1"),
            ("GET", "/responses/resp_1/input_items"),
            ("GET", "/nothing/here"),
        ):
            error = client.request(method, path, status=404)["error"]
            assert_valid_error(error)


def test_rule_05_errors_have_message_type_param_and_code_over_websocket(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    with Socket(serve(upstreams=(Upstream(base_url=upstream.base_url, models=(Model(name="m"),)),))) as socket:
        refused = socket.refusal(input="Hi", model="other")
        assert (refused["status"], refused["error"]["code"]) == (404, "model_not_found")
        assert refused["error"]["param"] == "model"
