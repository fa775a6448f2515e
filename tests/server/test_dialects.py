"""How an upstream's dialect is found: configured, recognised, listed, learned from what it refuses."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import ScriptedUpstream, Serve, chunk, completion
from translator.server.settings import Model, Upstream

JSON = dict[str, Any]

LOOK_UP: JSON = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
USE_MCT = {
    "error": {
        "message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        "param": "max_tokens",
        "code": "unsupported_parameter",
        "type": "invalid_request_error",
    }
}
NO_TEMPERATURE = {"error": {"message": "Unsupported parameter: 'temperature'", "type": "invalid_request_error"}}
NO_PARSER = {"message": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'}


def ask(base_url: str, **fields: Any) -> httpx.Response:
    return httpx.post(f"{base_url}/responses", json={"model": "m", "input": "Hi", "store": False, **fields})


def test_what_a_refusal_teaches_is_tried_at_once_and_remembered(
    upstream: ScriptedUpstream, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve()
    upstream.reply(USE_MCT, status=400)
    upstream.reply(completion("Hello"))
    upstream.reply(completion("Again"))
    with caplog.at_level(logging.WARNING, "translator.server.knowledge"):
        assert ask(server.base_url, max_output_tokens=50).status_code == 200
        assert ask(server.base_url, max_output_tokens=50).status_code == 200
    sent = [upstream.next().json for _ in range(3)]
    assert ["max_tokens" in body for body in sent] == [True, False, False]
    assert [body.get("max_completion_tokens") for body in sent] == [None, 50, 50]
    assert upstream.idle()
    assert [record.getMessage() for record in caplog.records if record.name.endswith("knowledge")] == [
        "upstream upstream, model m: learned max_tokens_field = max_completion_tokens"
    ]


def test_it_is_learned_before_a_stream_has_begun(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.reply(USE_MCT, status=422)
    upstream.stream(chunk("Hello"), chunk(finish="stop"))
    answer = ask(server.base_url, max_output_tokens=50, stream=True)
    assert "event: response.completed" in answer.text


def test_what_was_lost_by_a_lesson_is_told_in_the_header(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.reply(NO_TEMPERATURE, status=400)
    upstream.reply(completion("Hello"))
    answer = ask(server.base_url, temperature=0.5)
    assert answer.headers["x-translator-losses"] == "temperature: the upstream takes no 'temperature'"


def test_a_request_is_sent_again_once_and_what_its_second_refusal_teaches_serves_the_next(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    upstream.reply(USE_MCT, status=400)
    upstream.reply(NO_TEMPERATURE, status=400)
    upstream.reply(completion("Hello"))
    fields = {"max_output_tokens": 50, "temperature": 0.5}
    assert ask(server.base_url, **fields).json()["error"]["message"] == "Unsupported parameter: 'temperature'"
    assert ask(server.base_url, **fields).status_code == 200
    last = [upstream.next().json for _ in range(3)][-1]
    assert last["max_completion_tokens"] == 50
    assert "temperature" not in last


def test_what_does_not_help_is_not_believed(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    for _ in range(2):
        upstream.reply(USE_MCT, status=400)
    upstream.reply({"error": {"message": "You are wrong in another way."}}, status=400)
    upstream.reply({"error": {"message": "You are wrong in another way."}}, status=400)
    assert ask(server.base_url, max_output_tokens=50).status_code == 400
    assert ask(server.base_url, max_output_tokens=50).status_code == 400
    sent = [upstream.next().json for _ in range(3)]
    assert ["max_tokens" in body for body in sent] == [True, False, True]


def test_what_is_learned_of_one_model_says_nothing_of_another(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.reply(USE_MCT, status=400)
    upstream.reply(completion("Hello"))
    upstream.reply(completion("Hello"))
    ask(server.base_url, max_output_tokens=50)
    ask(server.base_url, max_output_tokens=50, model="other")
    assert "max_tokens" in [upstream.next().json for _ in range(3)][-1]


def test_what_was_learned_outlives_the_server(upstream: ScriptedUpstream, serve: Serve, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    server = serve(store=store)
    upstream.reply(USE_MCT, status=400)
    upstream.reply(completion("Hello"))
    ask(server.base_url, max_output_tokens=50)
    server.stop()
    upstream.reply(completion("Hello"))
    ask(serve(store=store).base_url, max_output_tokens=50)
    assert [upstream.next().json.get("max_completion_tokens") for _ in range(3)] == [None, 50, 50]


def test_an_operators_error_is_said_as_such_and_nothing_is_sent_again(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.reply(NO_PARSER, status=400)
    answer = ask(server.base_url, tools=[LOOK_UP])
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "upstream_misconfigured"
    assert "--tool-call-parser" in answer.json()["error"]["message"]
    upstream.next()
    assert upstream.idle()


def test_the_models_list_tells_whose_the_upstream_is_and_caps_the_tokens(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.models = [{"id": "m", "owned_by": "vllm", "max_model_len": 1000}]
    server = serve()
    upstream.reply(completion("Hello"))
    answer = ask(server.base_url, max_output_tokens=5000)
    limit = upstream.next().json["max_tokens"]
    assert 900 < limit < 1000
    assert answer.headers["x-translator-losses"] == f"max_output_tokens: capped to {limit}"
    assert len(upstream.listings) == 1


def test_a_configured_models_limit_wins_over_the_listed_one(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.models = [{"id": "M", "context_window": 9000, "max_completion_tokens": 100}]
    models = (Model(name="m", upstream_name="M", max_output_tokens=300), Model(name="n", upstream_name="M"))
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=models),))
    for model, limit in (("m", 300), ("n", 100)):
        upstream.reply(completion("Hello"))
        ask(server.base_url, model=model, max_output_tokens=5000)
        assert upstream.next().json["max_tokens"] == limit


def test_a_reply_tells_whose_the_upstream_is(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.reply(completion("Hello"), headers={"x-groq-region": "eu"})
    upstream.reply(completion("Hello"))
    for _ in range(2):
        ask(server.base_url, max_output_tokens=50)
    first, second = upstream.next().json, upstream.next().json
    assert ("max_tokens" in first, "max_completion_tokens" in second) == (True, True)


def test_a_refusal_tells_whose_the_upstream_is_and_the_request_is_made_as_that_one_wants_it(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    upstream.reply({"error": {"message": "No."}}, status=400, headers={"x-groq-region": "eu"})
    upstream.reply(completion("Hello"))
    assert ask(server.base_url, max_output_tokens=50).status_code == 200
    first, second = upstream.next().json, upstream.next().json
    assert ("max_tokens" in first, "max_completion_tokens" in second) == (True, True)
    upstream.reply({"error": {"message": "No."}}, status=400, headers={"x-groq-region": "eu"})
    assert ask(server.base_url).status_code == 400, "it is known by now, and nothing is to be made otherwise"


def test_an_error_that_is_no_refusal_tells_it_too_but_nothing_is_sent_again(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    upstream.reply({"error": {"message": "Rate limit reached"}}, status=429, headers={"x-groq-region": "eu"})
    assert ask(server.base_url, max_output_tokens=50).status_code == 429
    upstream.next()
    assert upstream.idle()
    upstream.reply(completion("Hello"))
    ask(server.base_url, max_output_tokens=50)
    assert "max_completion_tokens" in upstream.next().json


def test_a_chunk_tells_whose_the_upstream_is(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.stream({**chunk("Hello"), "system_fingerprint": "fp_ollama"}, chunk(finish="stop"))
    ask(server.base_url, stream=True)
    answer = ask(
        server.base_url,
        input=[{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/a.png"}]}],
    )
    assert "base64 data URL" in answer.json()["error"]["message"]


def test_a_named_preset_and_switches_win_over_what_is_found_out(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.models = [{"id": "m", "owned_by": "mistralai", "capabilities": {"vision": False}}]
    settings = {"preset": "groq", "dialect": {"max_tokens_field": "max_tokens", "image": ["data"]}}
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, **settings),))
    upstream.reply(completion("Hello"))
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    answer = ask(server.base_url, max_output_tokens=50, input=[{"role": "user", "content": [image]}], top_logprobs=3)
    sent = upstream.next().json
    assert sent["messages"][0]["content"][0]["type"] == "image_url"
    assert "logprobs" not in sent  # groq's
    assert "top_logprobs" in answer.headers["x-translator-losses"]


def test_a_list_that_cannot_be_had_keeps_nobody_from_asking(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.models_status = 500
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=(Model(name="m"),)),))
    for _ in range(2):
        upstream.reply(completion("Hello"))
        assert ask(server.base_url).status_code == 200
    assert len(upstream.listings) == 1
