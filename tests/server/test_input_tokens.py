"""`POST /responses/input_tokens`: the upstream counts, each kind in its own way, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.server.stateful import Client, say
from tests.servers import Exchange, ScriptedUpstream, Serve


@pytest.fixture
def client(serve: Serve) -> Iterator[Client]:
    client = Client(serve())
    with client.http:
        yield client


def vllm(exchange: Exchange) -> None:
    """Takes messages, and text too."""
    assert exchange.path == "/tokenize"
    if "messages" in exchange.json:
        words = sum(len(message["content"].split()) for message in exchange.json["messages"])
        exchange.reply({"count": words + 3, "max_model_len": 100, "tokens": []})
    else:
        exchange.reply({"count": len(exchange.json["prompt"].split()), "max_model_len": 100, "tokens": []})


def old_sglang(exchange: Exchange) -> None:
    """Takes text alone."""
    if exchange.path != "/tokenize":
        exchange.reply({"detail": "Not Found"}, 404)
    elif "prompt" not in exchange.json:
        exchange.reply({"object": "error", "message": "prompt: field required"}, 400)
    else:
        exchange.reply({"count": len(exchange.json["prompt"].split()), "max_model_len": 100, "tokens": []})


def llama_cpp(exchange: Exchange) -> None:
    """Makes text of messages and tokens of text; what it does not know it passes over."""
    if exchange.path == "/apply-template":
        exchange.reply({"prompt": " ".join(f"<{m['role']}> {m['content']}" for m in exchange.json["messages"])})
    else:
        assert exchange.path == "/tokenize"
        exchange.reply({"tokens": list(range(len(exchange.json.get("content", "").split())))})


@pytest.mark.parametrize(
    ("kind", "count"), [(vllm, 4 + 3), (old_sglang, 4), (llama_cpp, 4 + 2)], ids=["vLLM", "SGLang", "llama.cpp"]
)
def test_the_upstream_counts_in_its_own_way(
    client: Client, upstream: ScriptedUpstream, kind: Callable[[Exchange], None], count: int
) -> None:
    for _ in range(3):
        upstream.answer(kind)
    asked = {"model": "m", "instructions": "Be brief.", "input": "Hello, world!"}
    answer = client.http.post("/responses/input_tokens", json=asked)
    assert answer.json() == {"object": "response.input_tokens", "input_tokens": count}
    assert ("x-translator-losses" in answer.headers) == (kind is old_sglang)


def test_what_is_continued_counts_too(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One two three")
    first = client.respond("Hello")
    upstream.answer(vllm)
    counted = client.post(
        "/responses/input_tokens", {"model": "m", "input": "Go on", "previous_response_id": first["id"]}
    )
    assert counted["input_tokens"] == 1 + 3 + 2 + 3


def test_an_upstream_without_a_tokenizer_is_a_clear_400(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply({"detail": "Not Found"}, 404)
    error = client.post("/responses/input_tokens", {"model": "m", "input": "Hi"}, 400)["error"]
    assert (error["code"], error["param"]) == ("tokenizer_not_available", "model")


def test_an_upstream_that_fails_is_not_one_without_a_tokenizer(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply({"error": {"message": "overloaded"}}, 503)
    assert client.post("/responses/input_tokens", {"model": "m", "input": "Hi"}, 503)
