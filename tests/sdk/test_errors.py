from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from ..servers import RunningServer, ScriptedUpstream, chunk, completion


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "some_error", "param": None, "code": None, **more}}


@pytest.mark.parametrize("key", ["sk-wrong", "sk-clien", "sk-client2"])
def test_a_wrong_key_is_an_authentication_error(demo: RunningServer, key: str) -> None:
    with (
        OpenAI(base_url=demo.base_url, api_key=key, max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.responses.create(model="demo", input="Hi")
    assert caught.value.status_code == 401
    assert caught.value.code == "invalid_api_key"
    assert key not in str(caught.value)


def test_an_unknown_model_is_not_found(client: OpenAI) -> None:
    for ask in (
        lambda: client.responses.create(model="gpt-9", input="Hi"),
        lambda: client.responses.create(model="gpt-9", input="Hi", stream=True),
        lambda: client.models.retrieve("gpt-9"),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "temperature": ({"temperature": 2.5}, "temperature"),
    "top_p": ({"top_p": -1}, "top_p"),
    "token limit": ({"max_output_tokens": 0}, "max_output_tokens"),
    "metadata": ({"metadata": {"key": "v" * 513}}, "metadata.key"),
    "role": ({"input": [{"role": "robot", "content": "Hi"}]}, "input[0].role"),
    "part": (
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": 1}]}]},
        "input[0].content[0].text",
    ),
    "image without an address": (
        {"input": [{"role": "user", "content": [{"type": "input_image", "detail": "low"}]}]},
        "input[0].content[0].image_url",
    ),
    "previous response": ({"previous_response_id": "resp_1"}, "previous_response_id"),
    "background": ({"background": True}, "background"),
    "stored prompt": ({"prompt": {"id": "pmpt_1"}}, "prompt"),
    "choice of no tool": ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice"),
}


MISSING: dict[str, tuple[dict[str, Any], str]] = {
    "conversation": ({"conversation": "conv_1"}, "conversation"),
    "item reference": ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0].id"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("asked", "param"), MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_not_found_and_named(
    client: OpenAI, asked: dict[str, Any], param: str, stream: bool
) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(**{"model": "demo", "input": "Hi", "stream": stream, **asked})
    assert caught.value.param == param


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("asked", "param"), BAD.values(), ids=BAD)
def test_a_bad_request_names_its_parameter(client: OpenAI, asked: dict[str, Any], param: str, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": "demo", "input": "Hi", "stream": stream, **asked})
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_an_upstreams_rate_limit_comes_with_its_headers(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    headers = {"retry-after": "7", "x-ratelimit-remaining-requests": "0", "x-internal": "secret"}
    upstream.reply(error("Slow down", code="rate_limit_exceeded"), 429, headers)
    with pytest.raises(openai.RateLimitError) as caught:
        scripted.responses.create(model="m", input="Hi", stream=True)
    assert caught.value.code == "rate_limit_exceeded"
    told = caught.value.response.headers
    assert (told["retry-after"], told["x-ratelimit-remaining-requests"]) == ("7", "0")
    assert "x-internal" not in told


def test_an_sdk_that_may_try_again_does_so_after_a_rate_limit(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.reply(error("Slow down"), 429, {"retry-after-ms": "1", "retry-after": "0"})
    upstream.reply(completion("Hi"))
    assert scripted.with_options(max_retries=1).responses.create(model="m", input="Hi").output_text == "Hi"


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "The temperature is too high.", openai.BadRequestError),
        (404, "The model 'm' does not exist.", openai.NotFoundError),
        (422, "The temperature is too high.", openai.BadRequestError),
        (429, "Too many requests.", openai.RateLimitError),
        (500, "Something broke.", openai.InternalServerError),
        (503, "The server is starting.", openai.InternalServerError),
    ],
)
def test_an_upstreams_error_becomes_the_sdks_class(
    scripted: OpenAI, upstream: ScriptedUpstream, status: int, message: str, kind: type[openai.APIStatusError]
) -> None:
    for stream in (False, True):
        upstream.reply(error(message), status)
        with pytest.raises(kind) as caught:
            scripted.responses.create(model="m", input="Hi", stream=stream)
        assert caught.value.request_id is not None and caught.value.request_id.startswith("req_")


def test_an_upstreams_own_key_problem_is_not_the_clients(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.reply(error("Incorrect API key provided: sk-upstream"), 401)
    with pytest.raises(openai.APIStatusError) as caught:
        scripted.responses.create(model="m", input="Hi")
    assert not isinstance(caught.value, openai.AuthenticationError)
    assert "sk-upstream" not in str(caught.value)


def test_an_overlong_context_keeps_its_code(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.reply(error("This model's maximum context length is 10 tokens.", code="context_length_exceeded"), 400)
    with pytest.raises(openai.BadRequestError) as caught:
        scripted.responses.create(model="m", input="Hi")
    assert caught.value.code == "context_length_exceeded"


def test_an_upstream_that_is_not_there_is_an_internal_server_error(
    scripted: OpenAI, upstream: ScriptedUpstream
) -> None:
    upstream.close()
    with pytest.raises(openai.InternalServerError) as caught:
        scripted.responses.create(model="m", input="Hi")
    assert str(upstream.port) not in str(caught.value)


def test_an_error_within_a_stream_is_an_api_error_with_its_code(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.stream(chunk("Hi"), {"choices": [], **error("Too busy", code="server_is_overloaded")})
    deltas = []
    with (
        scripted.responses.create(model="m", input="Hi", stream=True) as stream,
        pytest.raises(openai.APIError, match="Too busy") as caught,
    ):
        for event in stream:
            if event.type == "response.output_text.delta":
                deltas.append(event.delta)
    assert deltas == ["Hi"]
    assert caught.value.code == "server_is_overloaded"
