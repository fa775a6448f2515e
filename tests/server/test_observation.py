"""Request ids on every answer, one log line for each, and nothing secret in any of them."""

from __future__ import annotations

import logging
import re
from typing import Any

import httpx
import pytest

from tests.servers import ScriptedUpstream, Serve, chunk, completion, wait_until
from translator.server.observation import RequestIdFilter
from translator.server.turns import Turn, Turns

ASK = {"model": "m", "input": "the secret question", "store": False}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/health", 200),
        ("GET", "/health", 200),
        ("GET", "/api/v1/health", 200),
        ("GET", "/v1/models", 200),
        ("GET", "/v1/models/", 200),
        ("POST", "/v1/responses", 400),
        ("GET", "/v1/responses", 405),
        ("DELETE", "/v1/models/m", 405),
        ("GET", "/", 404),
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/responses/", 404),
        ("POST", "/v1/embeddings", 404),
    ],
)
def test_every_answer_is_json_and_has_a_request_id(method: str, path: str, status: int, serve: Serve) -> None:
    answer = httpx.request(method, f"http://127.0.0.1:{serve().port}{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch("req_[0-9a-f]{32}", answer.headers["x-request-id"])
    if status >= 400:
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    if status == 405:
        assert answer.headers["allow"]


def test_a_clean_request_id_of_the_client_is_kept_and_any_other_is_not(serve: Serve) -> None:
    url = f"{serve().base_url}/health"
    assert httpx.get(url, headers={"x-request-id": "a-1.b_2"}).headers["x-request-id"] == "a-1.b_2"
    for odd in ("a b", "x" * 129, "<b>"):
        assert httpx.get(url, headers={"x-request-id": odd}).headers["x-request-id"].startswith("req_")


def test_streams_have_a_request_id(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.stream(chunk("Hello!"), chunk(finish="stop"))
    answer = httpx.post(f"{serve().base_url}/responses", json={**ASK, "stream": True})
    assert answer.headers["x-request-id"].startswith("req_")


def test_the_log_names_requests_by_id_and_never_holds_a_key_or_a_body(
    upstream: ScriptedUpstream, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    for client in ("httpx", "httpcore"):  # the test's own
        caplog.set_level(logging.WARNING, client)
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(RequestIdFilter())
    caplog.handler.setFormatter(logging.Formatter("%(request_id)s %(message)s"))
    server = serve(api_keys=("sk-client-key",))
    headers = {"authorization": "Bearer sk-client-key"}
    ids = []

    def ask(body: dict[str, Any], key: str = "sk-client-key") -> None:
        answer = httpx.post(
            f"{server.base_url}/responses?key=sk-query", json=body, headers={"authorization": f"Bearer {key}"}
        )
        ids.append(answer.headers["x-request-id"])

    upstream.reply(completion("the secret answer"))
    ask(ASK)
    upstream.stream(chunk("the secret answer"), {"error": {"message": "the secret failure"}})
    ask({**ASK, "stream": True})
    upstream.reply({"error": {"message": "the secret failure of sk-upstream"}}, 400)
    ask(ASK)
    ask({**ASK, "temperature": "the secret temperature"})
    ask(ASK, "sk-wrong-key")
    httpx.get(f"{server.base_url}/models/the%0Asecret%20model", headers=headers)
    wait_until(lambda: caplog.text.count(" ms") >= 6)
    for id in ids:
        assert f"{id} POST /v1/responses" in caplog.text
    assert "response.failed" in caplog.text
    for secret in ("sk-client-key", "sk-upstream", "sk-wrong-key", "sk-query", "the secret", str(upstream.port)):
        assert secret not in caplog.text


@pytest.mark.parametrize("stream", [False, True])
def test_a_fault_of_our_own_is_a_500_that_says_nothing_and_a_log_entry_that_says_where(
    stream: bool, serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(self: Turns, body: dict[str, Any], principal: object, memory: object = None) -> Turn:
        raise ZeroDivisionError(body["input"])

    monkeypatch.setattr(Turns, "begin", fail)
    answer = httpx.post(f"{serve().base_url}/responses", json={**ASK, "stream": stream})
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"
    assert answer.headers["x-request-id"]
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivisionError" in caplog.text and "test_observation.py" in caplog.text
    assert "the secret question" not in caplog.text


def test_a_fault_of_our_own_in_a_stream_ends_it_as_failed(
    upstream: ScriptedUpstream, serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from translator.responses_over_chat import Stream

    def fail(self: Stream, data: bytes) -> list[dict[str, Any]]:
        raise ZeroDivisionError(data)

    monkeypatch.setattr(Stream, "receive_encoded", fail)
    upstream.stream(chunk("the secret answer"))
    answer = httpx.post(f"{serve().base_url}/responses", json={**ASK, "stream": True})
    assert b"event: response.failed\n" in answer.content
    assert answer.content.endswith(b"data: [DONE]\n\n")
    assert "ZeroDivisionError" in caplog.text
    assert "the secret answer" not in caplog.text
