"""Chat clients of a Responses upstream: by the official SDK, by hand, and over two hops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from pydantic import BaseModel

from translator.corpus import load, render
from translator.server.app import create_app
from translator.server.settings import Model, Settings, Upstream

from ..chat_playback import joined
from ..servers import Connect, Exchange, RunningServer, ScriptedUpstream, Serve, read_events

JSON = dict[str, Any]

QUESTION: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def responses_upstream(base_url: str, **more: Any) -> tuple[Upstream, ...]:
    return (Upstream(base_url=base_url, api_key="sk-upstream", wire="responses", **more),)


def run(settings: Settings) -> Iterator[RunningServer]:
    """The server, ready: of two that begin at once in one process, one would meet the other's unfinished schema."""
    server = RunningServer(create_app(settings), settings)
    httpx.get(f"{server.base_url}/health")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningServer]:
    """This server over the demo's chat upstream: it is the Responses upstream of the tests that take two hops."""
    yield from run(Settings(store="memory:"))


@pytest.fixture(scope="module")
def two_hops(demo: RunningServer) -> Iterator[RunningServer]:
    yield from run(Settings(store="memory:", upstreams=responses_upstream(demo.base_url)))


@pytest.fixture
def client(two_hops: RunningServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=two_hops.base_url, api_key="unused", max_retries=0) as client:
        yield client


class Event(BaseModel):
    name: str
    city: str


WEATHER: Any = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def test_the_sdk_creates(client: OpenAI) -> None:
    completion = client.chat.completions.create(model="demo", messages=[{"role": "user", "content": "Hello, world!"}])
    assert completion.choices[0].message.content == "Hello, world!"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "demo"
    assert completion.usage is not None and completion.usage.total_tokens > 0


def test_the_sdk_streams(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model="demo",
        messages=[{"role": "user", "content": "One word after another."}],
        stream_options={"include_usage": True},
    ) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert [delta for delta in deltas if delta] == ["One", " word", " after", " another."]
    assert final.choices[0].message.content == "One word after another."
    assert final.usage is not None and final.usage.total_tokens > 0


def test_the_sdk_parses(client: OpenAI) -> None:
    completion = client.chat.completions.parse(
        model="demo", messages=[{"role": "user", "content": "name=Fair city=Paris"}], response_format=Event
    )
    assert completion.choices[0].message.parsed == Event(name="Fair", city="Paris")


def test_the_sdk_goes_through_a_loop_of_calls(client: OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "Ask get_weather about city=Paris and tell me."}]
    first = client.chat.completions.create(model="demo", messages=messages, tools=[WEATHER])
    assert first.choices[0].message.tool_calls is not None
    (call,) = first.choices[0].message.tool_calls
    assert isinstance(call, ChatCompletionMessageFunctionToolCall)
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city": "Paris"}')
    assert first.choices[0].finish_reason == "tool_calls"
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "It is 18 degrees."}]
    second = client.chat.completions.create(model="demo", messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == "It is 18 degrees."


def test_the_sdk_raises_what_went_wrong(client: OpenAI, upstream: ScriptedUpstream, serve: Serve) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="demo", messages=[{"role": "user", "content": "Hi"}], n=2)
    assert refused.value.param == "n"
    server = serve(upstreams=responses_upstream(upstream.base_url))
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as other:
        upstream.stream({"type": "error", "code": "server_error", "message": "The model crashed."})
        with pytest.raises(openai.APIError, match=r"The model crashed\."):
            list(other.chat.completions.create(**QUESTION, stream=True))
        upstream.reply({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}, 429)
        with pytest.raises(openai.RateLimitError):
            other.chat.completions.create(**QUESTION)


FUNCTION: JSON = {"name": "find", "parameters": {}}
FIND: JSON = {"type": "function", "function": FUNCTION}


@pytest.mark.parametrize(
    ("asked", "theirs", "ours"),
    [
        ({}, "input[3].content[0].image_url", "messages"),
        ({}, "max_output_tokens", "max_completion_tokens"),
        ({"max_tokens": 20}, "max_output_tokens", "max_tokens"),
        ({}, "reasoning.effort", "reasoning_effort"),
        ({}, "temperature", "temperature"),
        ({}, None, None),
        ({"tools": [FIND]}, "tools[0].parameters", "tools[0].function.parameters"),
        ({"tools": [FIND]}, "tools[0]", "tools[0]"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].filters", "tools[0].filters"),
        ({"tools": [FIND], "tool_choice": "auto"}, "tool_choice.name", "tool_choice"),
        ({"functions": [FUNCTION]}, "tools[0].parameters", "functions[0].parameters"),
        ({"functions": [FUNCTION], "function_call": "auto"}, "tool_choice", "function_call"),
        ({"tools": [FIND], "web_search_options": {}}, "tools[1].type", "web_search_options"),
        ({}, "tools[0].type", "tools[0].type"),
    ],
)
def test_errors_name_what_a_chat_client_sent(
    upstream: ScriptedUpstream, serve: Serve, asked: JSON, theirs: str | None, ours: str | None
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url))
    error = {"message": "No.", "type": "invalid_request_error", "param": theirs}

    def ask(**more: Any) -> httpx.Response:
        return httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, **asked, **more})

    upstream.reply({"error": error}, 400)
    reply = ask()
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, ours)
    upstream.reply({"object": "response", "status": "failed", "error": error})
    assert ask().json()["error"]["param"] == ours
    upstream.stream({"type": "error", "error": error})
    (failure,) = read_events(ask(stream=True).content)
    assert failure["error"]["param"] == ours


# ---- two hops ----

TALKS: list[JSON] = [
    {"messages": [{"role": "user", "content": "Hello, world!"}]},
    {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is new?"}]},
    {"messages": [{"role": "user", "content": "Ask get_weather about city=Paris."}], "tools": [WEATHER]},
    {"messages": [{"role": "user", "content": "Think hard: is it so?"}], "reasoning_effort": "high"},
    {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "two"}]},
            {"role": "assistant", "content": "Three."},
            {"role": "user", "content": "And four?"},
        ]
    },
    {"messages": [{"role": "user", "content": "name=Fair city=Paris"}], "response_format": {"type": "json_object"}},
    {"messages": [{"role": "user", "content": "word " * 40}], "max_tokens": 20},
    {"messages": [{"role": "user", "content": "Hello, world!"}], "logprobs": True, "top_logprobs": 2},
]


@pytest.mark.parametrize("talk", TALKS, ids=range(len(TALKS)))
@pytest.mark.parametrize("streamed", [False, True])
def test_two_hops_give_what_one_call_gives(
    demo: RunningServer, two_hops: RunningServer, talk: JSON, streamed: bool
) -> None:
    body = {"model": "demo", **talk, **({"stream": True} if streamed else {})}
    direct, translated = (
        said(httpx.post(f"{server.base_url}/chat/completions", json=body), streamed) for server in (demo, two_hops)
    )
    assert translated == direct


def said(reply: httpx.Response, streamed: bool) -> JSON:
    """What a client makes of an answer: the message without ids, and why it ended."""
    assert reply.status_code == 200, reply.text
    if streamed:
        chunks = read_events(reply.content)
        message = joined(chunks)
        finishes = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
        (finish,) = [reason for reason in finishes if reason]
    else:
        (choice,) = reply.json()["choices"]
        message, finish = choice["message"], choice["finish_reason"]
    kept = {key: value for key, value in message.items() if value and key not in ("reasoning_details", "annotations")}
    for call in kept.get("tool_calls", ()):
        call.pop("index", None)
        assert call.pop("id")
    return {**kept, "finish_reason": finish}


# ---- what reaches the upstream, and how it is told ----


def test_the_request_is_translated_and_what_is_lost_is_in_a_header(upstream: ScriptedUpstream, serve: Serve) -> None:
    models = (Model(name="house-model", upstream_name="gpt-5.4"),)
    server = serve(upstreams=responses_upstream(upstream.base_url, models=models, reasoning_summary="auto"))
    upstream.reply({"id": "resp_9", "object": "response", "status": "completed", "model": "gpt-5.4", "output": []})
    reply = httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "model": "house-model", "seed": 7})
    asked = upstream.next()
    assert asked.path == "/v1/responses"
    assert asked.headers["authorization"] == "Bearer sk-upstream"
    assert asked.json == {
        "model": "gpt-5.4",
        "input": [{"type": "message", "role": "user", "content": "Hello"}],
        "reasoning": {"summary": "auto"},
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    assert reply.json()["model"] == "house-model"
    assert reply.json()["id"] == "chatcmpl-9"
    assert reply.headers["x-translator-losses"].startswith("seed: ")


def test_the_limit_of_a_model_holds(upstream: ScriptedUpstream, serve: Serve) -> None:
    models = (Model(name="m", max_output_tokens=100),)
    server = serve(upstreams=responses_upstream(upstream.base_url, models=models))
    upstream.reply({"object": "response", "status": "completed", "output": []})
    reply = httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "max_tokens": 500})
    assert upstream.next().json["max_output_tokens"] == 100
    assert reply.headers["x-translator-losses"] == "max_tokens: capped to 100"


def test_a_loop_of_calls_keeps_what_the_model_thought_sealed(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url))
    thought = {"type": "reasoning", "id": "rs_1", "encrypted_content": "sealed"}
    thought["summary"] = [{"type": "summary_text", "text": "I should look."}]  # type: ignore[assignment]
    call = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
    upstream.reply({"object": "response", "status": "completed", "output": [thought, {**call, "id": "fc_1"}]})
    upstream.reply({"object": "response", "status": "completed", "output": []})
    messages: list[Any] = list(QUESTION["messages"])
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        asked: Any = {"model": "m", "tools": [WEATHER], "reasoning_effort": "high"}
        first = client.chat.completions.create(messages=messages, **asked)
        messages += [first.choices[0].message, {"role": "tool", "tool_call_id": "call_1", "content": "18"}]
        client.chat.completions.create(messages=messages, **asked)
    assert upstream.next().json["include"] == ["reasoning.encrypted_content"]
    output = {"type": "function_call_output", "call_id": "call_1", "output": "18"}
    assert upstream.next().json["input"][1:] == [thought, call, output]


@pytest.mark.parametrize(
    ("when", "asked", "included"),
    [
        ("always", {}, True),
        ("when_thinking", {}, False),
        ("when_thinking", {"reasoning_effort": "low"}, True),
        ("when_thinking", {"reasoning_effort": "none"}, False),
        ("when_thinking", {"reasoning": {"summary": "auto"}}, True),
        ("when_thinking", {"reasoning": {"summary": "auto", "effort": "none"}}, False),
        ("never", {"reasoning_effort": "low"}, False),
    ],
)
def test_sealed_reasoning_is_asked_for_when_the_settings_say(
    upstream: ScriptedUpstream, serve: Serve, when: str, asked: JSON, included: bool
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url, sealed_reasoning=when))
    upstream.reply({"object": "response", "status": "completed", "output": []})
    assert httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, **asked}).status_code == 200
    assert ("reasoning.encrypted_content" in upstream.next().json.get("include", [])) is included


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_has_the_field_that_the_settings_name(upstream: ScriptedUpstream, serve: Serve, field: str) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url), reasoning_field=field)
    thoughts = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    upstream.reply({"object": "response", "status": "completed", "output": [thoughts]})
    reply = httpx.post(f"{server.base_url}/chat/completions", json=QUESTION)
    assert reply.json()["choices"][0]["message"][field] == "Hm."


def test_chunks_leave_as_their_events_come_and_silence_is_broken_by_comments(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url), heartbeat_seconds=0.05)
    client = connect(server)
    client.post("/v1/chat/completions", {**QUESTION, "stream": True})
    exchange = upstream.next()
    exchange.begin()
    exchange.event({"type": "response.created", "response": {"id": "resp_1"}})
    assert b'"role":"assistant"' in client.read_until(b"\n\n\r\n")
    client.read_until(b": the upstream is silent\n\n")
    client.read_until(b": the upstream is silent\n\n")
    exchange.event({"type": "response.output_text.delta", "delta": "Hel"})
    client.read_until(b'"content":"Hel"')
    exchange.event({"type": "response.completed", "response": {"status": "completed"}})
    assert b'"finish_reason":"stop"' in client.read_until(b"data: [DONE]\n\n")
    exchange.end()


@pytest.mark.parametrize("how", ["cut", "silent", "html"])
def test_a_stream_that_breaks_off_ends_with_an_error(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect, how: str
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url, idle_timeout_seconds=0.2))
    client = connect(server)
    client.post("/v1/chat/completions", {**QUESTION, "stream": True}, {"connection": "close"})
    exchange = upstream.next()
    exchange.begin()
    exchange.event({"type": "response.output_text.delta", "delta": "Hel"})
    client.read_until(b'"content":"Hel"')
    match how:
        case "cut":
            exchange.cut(reset=True)
        case "html":
            exchange.write(b"data: <html>\n\n")
            exchange.end()
    told = client.read_all()
    assert b'data: {"error":{' in told
    assert b'"finish_reason":"stop"' not in told
    exchange.over.set()


def test_the_upstream_is_let_go_when_the_client_leaves(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url))
    for begin in (False, True):
        client = connect(server)
        client.post("/v1/chat/completions", {**QUESTION, "stream": True})
        exchange = upstream.next()
        if begin:
            exchange.begin()
            exchange.event({"type": "response.created", "response": {"id": "resp_1"}})
            client.read_until(b'"role":"assistant"')
        client.close()
        exchange.wait_closed()


def test_a_running_reply_is_told_that_the_server_stops(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url), shutdown_grace_seconds=0.1)
    client = connect(server)
    client.post("/v1/chat/completions", {**QUESTION, "stream": True})
    exchange = upstream.next()
    exchange.begin()
    exchange.event({"type": "response.created", "response": {"id": "resp_1"}})
    client.read_until(b'"role":"assistant"')
    server.begin_stop()
    assert b"server_stopping" in client.read_until(b"data: [DONE]\n\n")
    exchange.over.set()


def test_the_connection_is_kept_for_the_next_request(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url))
    for _ in range(3):
        done = {"type": "response.completed", "response": {"status": "completed", "output": []}}
        upstream.stream(done, done=False)
        httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "stream": True})
    assert upstream.connections <= 2  # one asked for the list of models


def test_the_server_answers_every_case_as_the_library_does(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url))
    with httpx.Client(base_url=server.base_url) as client:
        for case in load("chat_over_responses"):
            if case.settings:
                continue  # they are the library's
            files = render(case)
            if case.upstream is not None:
                kind = "text/event-stream" if case.upstream_streams else "application/json"
                upstream.reply(case.upstream, headers={"content-type": kind})
            reply = client.post("/chat/completions", json=case.request)
            if case.upstream is not None:
                assert upstream.next().json == json.loads(files["upstream_request.json"])
            if case.upstream is not None and case.request.get("stream"):
                assert reply.content == files["events.sse"], case
            else:
                assert reply.json() == json.loads(files["response.json"]), case


def test_what_is_lost_while_a_stream_runs_is_told_in_a_comment_before_its_end(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve(upstreams=responses_upstream(upstream.base_url))
    cited = {"type": "file_citation", "file_id": "file-1", "index": 0, "filename": "a.txt"}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Hello!", "annotations": [cited]}],
    }
    response = {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": [message]}

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event({"type": "response.completed", "response": response, "sequence_number": 0})
        exchange.done()

    upstream.answer(script)
    answer = httpx.post(f"{server.base_url}/chat/completions", json={**QUESTION, "stream": True})
    assert joined(read_events(answer.content))["content"] == "Hello!"
    (comment,) = [line for line in answer.text.split("\n") if line.startswith(": x-translator-losses: ")]
    assert "file_citation" in comment
