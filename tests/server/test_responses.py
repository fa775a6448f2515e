"""`POST /responses` against a real uvicorn and a scripted upstream: what goes in, what comes out."""

from __future__ import annotations

import httpx
import pytest

from tests.servers import Connect, ScriptedUpstream, Serve, chunk, completion, read_events
from translator.server.settings import Model, Upstream

ASK = {"model": "m", "input": "Hi", "store": False}


@pytest.mark.parametrize("prefix", ["", "/v1", "/api/v1"])
def test_a_reply_is_a_response_under_every_prefix(prefix: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(completion("Hello!"))
    answer = httpx.post(f"http://127.0.0.1:{serve().port}{prefix}/responses", json=ASK)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    response = answer.json()
    assert response["object"] == "response"
    assert response["model"] == "m"
    assert response["output_text"] == "Hello!"
    assert response["id"].startswith("resp_") and len(response["id"]) == 37


def test_two_replies_never_share_an_id(upstream: ScriptedUpstream, serve: Serve) -> None:
    url = f"{serve().base_url}/responses"
    upstream.reply(completion("One"))
    upstream.reply(completion("Two"))
    assert httpx.post(url, json=ASK).json()["id"] != httpx.post(url, json=ASK).json()["id"]


def test_the_upstream_gets_its_own_key_and_nothing_of_the_client(upstream: ScriptedUpstream, serve: Serve) -> None:
    named = Upstream(base_url=upstream.base_url, api_key="sk-upstream", headers={"X-Team": "blue"})
    server = serve(upstreams=(named,), api_keys=("sk-client",))
    upstream.reply(completion("Hello!"))
    headers = {"authorization": "Bearer sk-client", "cookie": "a=b", "x-secret": "s", "user-agent": "client"}
    assert httpx.post(f"{server.base_url}/responses", json=ASK, headers=headers).status_code == 200
    asked = upstream.next()
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer sk-upstream"
    assert asked.headers["x-team"] == "blue"
    assert "sk-client" not in str(asked.headers)
    assert not {"cookie", "x-secret"} & asked.headers.keys()
    assert asked.headers["user-agent"].startswith("responses-translator/")


def test_cookies_of_the_upstream_are_neither_kept_nor_passed_on(upstream: ScriptedUpstream, serve: Serve) -> None:
    # a name: cookies of bare addresses are kept by few clients anyway
    server = serve(upstreams=(Upstream(base_url=f"http://localhost:{upstream.port}/v1"),))
    url = f"{server.base_url}/responses"
    upstream.reply(completion("One"), headers={"set-cookie": "session=1"})
    upstream.reply(completion("Two"))
    assert "set-cookie" not in httpx.post(url, json=ASK).headers
    httpx.post(url, json=ASK)
    upstream.next()
    assert "cookie" not in upstream.next().headers


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_base_url_may_end_in_a_slash_and_have_a_query(slash: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    base_url = f"http://127.0.0.1:{upstream.port}/openai/v1{slash}?api-version=7"
    server = serve(upstreams=(Upstream(base_url=base_url),))
    upstream.reply(completion("Hello!"))
    assert httpx.post(f"{server.base_url}/responses", json=ASK).status_code == 200
    assert upstream.next().path == "/openai/v1/chat/completions?api-version=7"


def test_the_connection_to_the_upstream_is_used_again(upstream: ScriptedUpstream, serve: Serve) -> None:
    url = f"{serve().base_url}/responses"
    for _ in range(3):
        upstream.reply(completion("Hello!"))
        assert httpx.post(url, json=ASK).status_code == 200
        upstream.stream(chunk("Hello!"), chunk(finish="stop"))
        assert httpx.post(url, json={**ASK, "stream": True}).status_code == 200
    # the question for the list of models is one of them, too
    assert upstream.connections == 1


def test_a_public_model_goes_by_the_upstreams_name_and_its_limit_caps(upstream: ScriptedUpstream, serve: Serve) -> None:
    model = Model(name="public", upstream_name="private/name", max_output_tokens=100)
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=(model,)),))
    upstream.reply(completion("Hello!"))
    asked = {**ASK, "model": "public", "max_output_tokens": 5000}
    assert httpx.post(f"{server.base_url}/responses", json=asked).json()["model"] == "public"
    sent = upstream.next().json
    assert sent["model"] == "private/name"
    assert sent["max_tokens"] == 100


def test_a_hosted_tool_is_forwarded_where_the_models_settings_say_so(upstream: ScriptedUpstream, serve: Serve) -> None:
    model = Model(name="m", hosted_tools=frozenset({"web_search"}))
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=(model,)),))
    upstream.reply(completion("Hello!"))
    asked = {**ASK, "tools": [{"type": "web_search"}]}
    assert httpx.post(f"{server.base_url}/responses", json=asked).status_code == 200
    assert upstream.next().json["tools"] == [{"type": "web_search"}]


def test_switches_of_the_dialect_reach_the_translation(upstream: ScriptedUpstream, serve: Serve) -> None:
    named = Upstream.model_validate(
        {"base_url": upstream.base_url, "dialect": {"max_tokens_field": "max_completion_tokens"}}
    )
    server = serve(upstreams=(named,))
    upstream.reply(completion("Hello!"))
    assert httpx.post(f"{server.base_url}/responses", json={**ASK, "max_output_tokens": 9}).status_code == 200
    assert upstream.next().json["max_completion_tokens"] == 9


def test_losses_are_told_in_a_header(upstream: ScriptedUpstream, serve: Serve) -> None:
    url = f"{serve().base_url}/responses"
    asked = {**ASK, "include": ["file_search_call.results"], "client_metadata": {"a": "b"}}
    upstream.reply(completion("Hello!"))
    told = httpx.post(url, json=asked).headers["x-translator-losses"]
    assert "client_metadata: " in told and "; include[0]: " in told
    upstream.stream(chunk("Hello!"), chunk(finish="stop"))
    assert httpx.post(url, json={**asked, "stream": True}).headers["x-translator-losses"] == told


def test_without_a_loss_there_is_no_header(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.reply(completion("Hello!"))
    assert "x-translator-losses" not in httpx.post(f"{serve().base_url}/responses", json=ASK).headers


def test_a_stream_is_events_by_name_and_the_end_marker_is_last(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.stream(chunk("Hel"), chunk("lo!"), chunk(finish="stop"), chunk(usage={"prompt_tokens": 1}))
    answer = httpx.post(f"{serve().base_url}/responses", json={**ASK, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content.endswith(b"\n\ndata: [DONE]\n\n")
    events = read_events(answer.content)
    names = [line[7:].decode() for line in answer.content.split(b"\n") if line.startswith(b"event: ")]
    assert names == [event["type"] for event in events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["output_text"] == "Hello!"
    assert events[-1]["response"]["usage"]["input_tokens"] == 1
    assert upstream.next().json["stream"] is True


def test_the_end_marker_can_be_left_out(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.stream(chunk("Hello!"), chunk(finish="stop"))
    answer = httpx.post(f"{serve(done_marker=False).base_url}/responses", json={**ASK, "stream": True})
    assert b"[DONE]" not in answer.content
    assert read_events(answer.content)[-1]["type"] == "response.completed"


def test_reasoning_events_have_the_names_of_the_setting(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(reasoning_events="reasoning")
    upstream.stream(chunk(reasoning_content="Hm."), chunk("Hello!"), chunk(finish="stop"))
    answer = httpx.post(f"{server.base_url}/responses", json={**ASK, "stream": True})
    kinds = {event["type"] for event in read_events(answer.content)}
    assert "response.reasoning.delta" in kinds
    assert "response.reasoning_text.delta" not in kinds


def test_the_first_events_leave_before_the_upstream_has_said_anything(
    upstream: ScriptedUpstream, serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.post("/v1/responses", {**ASK, "stream": True})
    exchange = upstream.next()
    exchange.begin()
    client.read_until(b"event: response.created\n")
    client.read_until(b"event: response.in_progress\n")
    exchange.event(chunk("Hello!"))
    client.read_until(b"event: response.output_text.delta\n")
    exchange.event(chunk(finish="stop"))
    exchange.done()
    client.read_until(b"data: [DONE]\n\n")


def test_what_arrives_together_leaves_together(upstream: ScriptedUpstream, serve: Serve, connect: Connect) -> None:
    client = connect(serve())
    client.post("/v1/responses", {**ASK, "stream": True})
    exchange = upstream.next()
    exchange.begin()
    client.read_until(b"response.in_progress\n")
    client.read_until(b"\n\n\r\n")
    three = b"".join(b'data: {"choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n' % n for n in range(3))
    exchange.write(three)
    http_chunk = client.read_until(b"\n\n\r\n")
    assert http_chunk.count(b"event: response.output_text.delta\n") == 3
    exchange.event(chunk(finish="stop"))
    exchange.done()
    client.read_until(b"data: [DONE]\n\n")


def test_what_is_lost_within_a_stream_is_told_in_a_comment_before_its_end(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.stream(chunk("Hello!"), chunk(finish="stop"))
    body = {"model": "m", "input": "Hi", "stream": True, "text": {"format": {"type": "json_object"}}}
    answer = httpx.post(f"{serve().base_url}/responses", json=body)
    before, comment, end = answer.text.partition(": x-translator-losses: text.format: the answer is not JSON\n\n")
    assert comment
    assert "response.completed" in end
    assert "response.completed" not in before


def test_what_the_upstream_sends_in_the_place_of_a_call_is_reported(upstream: ScriptedUpstream, serve: Serve) -> None:
    url = f"{serve().base_url}/responses"
    lost = "x-translator-losses: output: a tool call of the upstream's is a string, so it was left out"
    upstream.reply(completion("Hello!", tool_calls=["f()"]))
    answer = httpx.post(url, json=ASK)
    assert answer.json()["output_text"] == "Hello!"
    assert f"x-translator-losses: {answer.headers['x-translator-losses']}" == lost
    upstream.stream(chunk("Hello!", tool_calls=["f()"]), chunk(finish="stop"))
    assert f": {lost}\n\n" in httpx.post(url, json={**ASK, "stream": True}).text
