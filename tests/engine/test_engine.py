"""What a real engine says reaches the client, and what it is asked for it gives."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from tests.families.conversations import CONVERSATIONS, WEATHER, Conversation
from tests.laws.grammar import assert_grammatical
from tests.open_responses.schema import assert_valid_event, assert_valid_response
from tests.servers import RunningServer, read_events, wait_until
from translator.server.app import create_app
from translator.server.probe import probe
from translator.server.settings import Settings, Upstream
from translator.server.upstream import UpstreamClient, open_transport

JSON = dict[str, Any]

pytestmark = pytest.mark.engine

ENGINE = "TRANSLATOR_TEST_ENGINE"
CONTEXT = 4096

SCHEMAS: list[JSON] = [
    {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Rome"]}, "unit": {"const": "celsius"}, "rain": {"type": "boolean"}},
        "required": ["city", "unit", "rain"],
        "additionalProperties": False,
    },
    {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": False},
    {
        "type": "object",
        "properties": {"size": {"enum": ["small", "large"]}, "count": {"type": "integer"}},
        "required": ["size", "count"],
        "additionalProperties": False,
    },
    {
        "type": "object",
        "properties": {"flags": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}},
        "required": ["flags"],
        "additionalProperties": False,
    },
    {
        "type": "object",
        "properties": {"inner": {"$ref": "#/$defs/pair"}},
        "required": ["inner"],
        "additionalProperties": False,
        "$defs": {
            "pair": {
                "type": "object",
                "properties": {"left": {"type": "null"}, "right": {"type": "boolean"}},
                "required": ["left", "right"],
                "additionalProperties": False,
            }
        },
    },
]
"""Without free strings: the engine's grammar lets control characters stand in them, which JSON does not."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its base URL: the one that the environment names, or one that is started here."""
    if named := os.environ.get(ENGINE):
        yield named
        return
    assert find_spec("llama_cpp") is not None, f"install 'llama-cpp-python[server]' gguf numpy, or set {ENGINE}"
    from .random_model import write_model

    directory = tmp_path_factory.mktemp("engine")
    write_model(directory / "tiny.gguf")
    yield from _start(directory)


def _start(directory: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {"model": directory / "tiny.gguf", "model_alias": "tiny", "n_ctx": CONTEXT, "port": port}
    flags = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    with (directory / "log").open("wb") as log:
        command = [sys.executable, "-m", "llama_cpp.server", *flags, "--chat_format", "chatml-function-calling"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        base_url = f"http://127.0.0.1:{port}/v1"
        try:
            wait_until(lambda: _answers(base_url), 60)
            yield base_url
        finally:
            process.terminate()
            process.wait(30)


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/models").status_code == 200
    except httpx.TransportError:
        time.sleep(0.1)
        return False


@pytest.fixture(scope="module")
def client(engine: str) -> Iterator[httpx.Client]:
    """A client of the server that stands before it; nothing is configured but its address."""
    settings = Settings(store="memory:", upstreams=(Upstream(base_url=engine),))
    server = RunningServer(create_app(settings), settings)
    with httpx.Client(base_url=server.base_url, timeout=30) as client:
        yield client
    server.stop()


def ask(client: httpx.Client, **fields: Any) -> JSON:
    """The response, streamed or not: checked against grammar and schema."""
    answer = client.post("/responses", json={"model": "tiny", "input": "Hello", "store": False, **fields})
    assert answer.status_code == 200, answer.text
    if not fields.get("stream"):
        assert_valid_response(answer.json())
        return dict(answer.json())
    events = read_events(answer.content)
    assert_grammatical(events)
    for event in events:
        assert_valid_event(event)
    return dict(events[-1]["response"])


async def test_the_probe_finds_out_what_is_so(engine: str) -> None:
    upstream = UpstreamClient(Upstream(base_url=engine), open_transport())
    report = await probe(upstream)
    await upstream.aclose()
    print(json.dumps(report.to_json(), indent=2))
    assert (report.model, report.preset) == ("tiny", "llama-cpp-python")
    right = {
        "token limit": "max_tokens, kept to",
        "streaming": "yes, without usage",
        "developer role": "refused",
        "tool_choice required": "refused",
        "tool_choice by name": "honoured",
        "json_schema": "honoured, asked for as object_schema",
        "reasoning": "none came",
        "errors": "no messages are no error",
    }
    assert right.items() <= report.findings.items()
    assert report.switches() == {}, "the preset says all of it"


@pytest.mark.parametrize("stream", [False, True])
def test_the_client_is_told_what_the_engine_says(client: httpx.Client, engine: str, stream: bool) -> None:
    told = ask(client, temperature=0, seed=7, max_output_tokens=200, stream=stream)
    body = {"model": "tiny", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0, "seed": 7}
    answer = httpx.post(f"{engine}/chat/completions", json={**body, "max_tokens": 200, "stream": stream})
    chunks = read_events(answer.content.replace(b"\r\n", b"\n")) if stream else [answer.json()]
    choices = [chunk["choices"][0] for chunk in chunks]
    said = "".join(choice.get("delta", choice.get("message")).get("content") or "" for choice in choices)
    assert told["output_text"] == said != ""
    assert told["status"] == ("incomplete" if choices[-1]["finish_reason"] == "length" else "completed")
    assert (told["usage"] is None) == stream


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_ends_at_its_limit(client: httpx.Client, stream: bool) -> None:
    response = ask(client, temperature=0, seed=7, max_output_tokens=5, stream=stream)
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


def test_fifty_answers_of_fifty_conform_to_their_schemas(client: httpx.Client) -> None:
    conforming = 0
    for number in range(50):
        schema = SCHEMAS[number % len(SCHEMAS)]
        format = {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}
        response = ask(client, text={"format": format}, seed=number, max_output_tokens=2000, stream=number % 2 == 0)
        assert response["status"] == "completed"
        jsonschema.validate(json.loads(response["output_text"]), schema)
        conforming += 1
    print(f"{conforming} of 50 conform")


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_that_is_forced_by_name_is_called(client: httpx.Client, stream: bool) -> None:
    rain = {"type": "function", "name": "set_rain", "parameters": SCHEMAS[1]}
    choice = {"type": "function", "name": "set_rain"}
    response = ask(client, tools=[WEATHER, rain], tool_choice=choice, max_output_tokens=500, stream=stream)
    (call,) = response["output"]
    assert (call["type"], call["name"], call["status"]) == ("function_call", "set_rain", "completed")
    jsonschema.validate(json.loads(call["arguments"]), SCHEMAS[1])


def test_a_call_that_is_required_is_made(client: httpx.Client) -> None:
    rain = {"type": "function", "name": "set_rain", "parameters": SCHEMAS[1]}
    response = ask(client, tools=[rain], tool_choice="required", max_output_tokens=500)
    assert [item["type"] for item in response["output"]] == ["function_call"]


def test_what_is_too_long_is_told_as_such(client: httpx.Client) -> None:
    answer = client.post("/responses", json={"model": "tiny", "input": "Blah. " * CONTEXT, "store": False})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_a_parameter_that_it_cannot_read_is_an_error_and_no_answer(client: httpx.Client) -> None:
    answer = client.post("/responses", json={"model": "tiny", "input": "Hello", "store": False, "top_k": "many"})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert "top_k" in error["message"]
    assert "site-packages" not in error["message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("conversation", [case for case in CONVERSATIONS if not case.error and not case.fails])
def test_it_takes_what_clients_say(client: httpx.Client, conversation: Conversation, stream: bool) -> None:
    """All turns of it are sent, with the calls and outputs as if the engine had made them."""
    items: list[JSON] = []
    for turn in conversation.turns:
        items += turn.adds
        # few: where random bytes are no UTF-8 the engine's stream takes the cube of their number in time
        fields = {**conversation.fields, "max_output_tokens": 100}
        response = ask(client, input=items, stream=stream, seed=1, **fields)
        assert response["status"] in ("completed", "incomplete")
        calls = turn.says.calls
        for number, (name, arguments) in enumerate(calls):
            call = {"name": name, "arguments": json.dumps(arguments), "call_id": f"call_{len(items)}_{number}"}
            items.append({"type": "function_call", **call})
        next_turn = conversation.turns[min(conversation.turns.index(turn) + 1, len(conversation.turns) - 1)]
        called = [item for item in items[-len(calls) :] if calls]
        for item in called:
            output = next_turn.outputs.get(item["name"], "done")
            items.append({"type": "function_call_output", "call_id": item["call_id"], "output": output})
