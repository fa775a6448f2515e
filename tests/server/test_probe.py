"""What a probe finds out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers import RunningServer
from translator.cli import main
from translator.server import demo
from translator.server.configuration import load
from translator.server.probe import probe
from translator.server.questions import QUESTIONS
from translator.server.settings import Upstream
from translator.server.upstream import UpstreamClient

JSON = dict[str, Any]


async def test_what_it_finds_out_of_the_demo_is_right() -> None:
    asked: list[str] = []
    upstream = UpstreamClient(Upstream(base_url=demo.BASE_URL), demo.transport())
    report = await probe(upstream, tell=asked.append)
    assert report.findings == {
        "token limit": "max_tokens, kept to",
        "streaming": "yes, with usage",
        "developer role": "taken",
        "tools": "yes, and called",
        "parallel calls": "2 calls in one answer",
        "tool_choice required": "honoured",
        "tool_choice by name": "honoured",
        "json_object": "honoured",
        "json_schema": "honoured",
        "images": "taken",
        "reasoning": "in reasoning_content",
        "errors": "400, nested",
    }
    assert asked == [question.name for question in QUESTIONS]
    assert (report.model, report.preset, report.switches()) == ("demo", None, {})


@pytest.fixture
def strict() -> Iterator[Callable[[Callable[[JSON], Response], JSON], RunningServer]]:
    """Starts an upstream that answers by a function of the chat request."""
    servers = []

    def start(answer: Callable[[JSON], Response], model: JSON) -> RunningServer:
        async def chat(request: Request) -> Response:
            return answer(await request.json())

        async def models(request: Request) -> Response:
            return JSONResponse({"data": [model]})

        routes = [Route("/v1/chat/completions", chat, methods=["POST"]), Route("/v1/models", models)]
        servers.append(RunningServer(Starlette(routes=routes)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def lm_studio(body: JSON) -> Response:
    """An upstream that takes no tool choice by name, no json_object, no images, and ignores the schema."""

    def refuse(message: str) -> Response:
        return JSONResponse({"error": message}, 400)

    if isinstance(body.get("tool_choice"), dict):
        return refuse("Invalid tool_choice type: 'object'. Supported string values: none, auto, required")
    if body.get("response_format", {}).get("type") == "json_object":
        return refuse("'response_format.type' must be 'json_schema' or 'text'")
    if any(isinstance(message["content"], list) for message in body["messages"]):
        return refuse("the model does not support images")
    message: JSON = {"role": "assistant", "content": "Hello"}
    if "reasoning_effort" in body:
        message["reasoning"] = "Hm"
    if body.get("tool_choice") == "required":
        message["tool_calls"] = [
            {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        ]
    return JSONResponse({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def with_object_schema(body: JSON) -> Response:
    """An upstream that takes a schema beside the type json_object, and nowhere else."""
    format = body.get("response_format", {})
    if format.get("type") == "json_schema":
        return JSONResponse({"error": {"message": "response_format: Input should be 'text' or 'json_object'"}}, 400)
    text = '{"ok": true}' if "schema" in format else "{}" if format else "Hello"
    message = {"role": "assistant", "content": text}
    return JSONResponse({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def test_a_schema_beside_the_type_json_object_is_found(
    strict: Callable[[Callable[[JSON], Response], JSON], RunningServer],
) -> None:
    server = strict(with_object_schema, {"id": "m"})
    report = json.loads(run(server.base_url, "--json").stdout)
    assert report["findings"]["json_schema"] == "refused"
    assert report["findings"]["json_object with schema"] == "honoured"
    assert report["dialect"]["json_schema"] == "object_schema"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["probe", *arguments])


def test_it_prints_what_it_found_and_writes_settings_that_can_be_read(
    strict: Callable[[Callable[[JSON], Response], JSON], RunningServer], tmp_path: Path
) -> None:
    server = strict(lm_studio, {"id": "some-model", "owned_by": "organization_owner", "loaded_context_length": 4096})
    file = tmp_path / "translator.toml"
    result = run(server.base_url, "--write", str(file))
    assert result.exit_code == 0
    assert re.search(r"^family +LM Studio \(lmstudio\)$", result.stdout, re.M)
    assert re.search("^models +1 listed: some-model$", result.stdout, re.M)
    assert re.search("^limits +window 4096 tokens$", result.stdout, re.M)
    assert re.search("^tool_choice by name +refused$", result.stdout, re.M)
    assert re.search("^reasoning +in reasoning$", result.stdout, re.M)
    assert file.read_text() in result.stdout
    (upstream,) = load({}, file).upstreams
    assert upstream.preset == "lmstudio"
    assert upstream.dialect == {"stream_usage": "none", "json_schema": "prompt", "image": []}
    assert run(server.base_url, "--write", str(file)).exit_code == 2, "a file that is there is not overwritten"


def test_it_prints_json(strict: Callable[[Callable[[JSON], Response], JSON], RunningServer]) -> None:
    server = strict(lm_studio, {"id": "m", "max_model_len": 4096})
    report = json.loads(run(server.base_url, "--model", "m", "--json").stdout)
    assert (report["model"], report["preset"], report["limits"]["window"]) == ("m", None, 4096)
    assert report["dialect"]["tool_choice"] == ["auto", "none", "required"]
    assert report["dialect"]["json_object"] == "as_schema"


def test_an_operators_error_is_told_with_the_way_out(
    strict: Callable[[Callable[[JSON], Response], JSON], RunningServer],
) -> None:
    def vllm(body: JSON) -> Response:
        if "tools" in body:
            return JSONResponse({"message": '"auto" tool choice requires --enable-auto-tool-choice'}, 400)
        return lm_studio(body)

    server = strict(vllm, {"id": "m", "owned_by": "vllm"})
    result = run(server.base_url)
    assert "must start it with --enable-auto-tool-choice" in result.stdout
    assert tomllib.loads(result.stdout[result.stdout.index("[[upstreams]]") :])["upstreams"][0]["preset"] == "vllm"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:9/v1", "The upstream cannot be reached"),
        ("ftp://host", "URL is no http or https URL"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(url: str, told: str) -> None:
    result = run(url)
    assert result.exit_code == 2
    assert told in result.stderr
