"""Codex, driven by the scripted upstream to do what coding agents do."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .codex import Workplace, workplace
from .conftest import CLIENT_KEY, LISTED, PROGRAMS, PUBLISHED_URL, Server, need, serving
from .environment import NODE
from .scenario import differences, has, offers
from .strict_upstream import StrictUpstream, Turn

pytestmark = pytest.mark.clients

PATCH = '*** Begin Patch\n*** Update File: greeting.txt\n@@\n-Hello from the file\n+Hello, "wörld" \\ 😀\n*** End Patch'
HEREDOC = f"apply_patch <<'EOF'\n{PATCH}\nEOF\n"
PATCHED = 'Hello, "wörld" \\ 😀\n'
RUN_CAT = ("exec_command", json.dumps({"cmd": "cat greeting.txt"}))


def configuration(name: str, server: Server) -> str:
    """What the README shows, with the server's real address."""
    return (PROGRAMS / name).read_text().replace(PUBLISHED_URL, server.url)


@pytest.fixture
def codex(server: Server) -> Iterator[Workplace]:
    need(NODE)
    with workplace(configuration("codex.toml", server), server.environment) as place:
        yield place


@pytest.fixture
def builtin(server: Server) -> Iterator[Workplace]:
    """Codex with its own provider, which is told the server's address alone: it speaks over a WebSocket."""
    need(NODE)
    with workplace(
        configuration("codex_own_provider.toml", server), {**server.environment, "CODEX_API_KEY": CLIENT_KEY}
    ) as place:
        yield place


def script(strict: StrictUpstream, model: str, *turns: Turn) -> str:
    strict.scripts[model] = turns
    return model


def outputs(request: dict[str, object]) -> list[str]:
    """What the tools of a request's history said."""
    messages = request["messages"]
    assert isinstance(messages, list)
    return [message["content"] for message in messages if message["role"] == "tool"]


def asked(strict: StrictUpstream, model: str, times: int) -> list[dict[str, object]]:
    """The requests for a model, none of which was refused."""
    assert strict.refused[model] == []
    assert len(strict.asked[model]) == times
    return strict.asked[model]


def test_it_says_hello(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.hello", Turn("Hello, wörld! 😀"))
    told = codex.run("-m", model, "Say hello")
    assert (told.code, told.messages, told.last["type"]) == (0, ["Hello, wörld! 😀"], "turn.completed")
    assert told.last["usage"]["input_tokens"] == 11
    (request,) = asked(strict, model, 1)
    wanted = {"stream": True, "tools": offers("exec_command", "view_image", "multi_agent_v1__spawn_agent")}
    assert differences(wanted, request) == []
    assert request["messages"][-1] == {"role": "user", "content": "Say hello"}  # type: ignore[index]


def test_it_runs_a_command(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.command", Turn("I look.", calls=[RUN_CAT]), Turn("It greets."))
    told = codex.run("-m", model, "What does the file say?")
    assert told.messages == ["I look.", "It greets."]
    (command,) = told.items("command_execution")
    assert (command["exit_code"], command["aggregated_output"]) == (0, "Hello from the file\n")
    _, second = asked(strict, model, 2)
    assert differences([has("Hello from the file")], outputs(second)) == []


def test_it_runs_two_commands_of_one_answer(codex: Workplace, strict: StrictUpstream) -> None:
    listing = ("exec_command", json.dumps({"cmd": "ls"}))
    model = script(strict, "codex.two", Turn(calls=[RUN_CAT, listing]), Turn("Done."))
    assert codex.run("-m", model, "Look around").messages == ["Done."]
    _, second = asked(strict, model, 2)
    assert differences([has("Hello from the file"), has("greeting.txt")], outputs(second)) == []


def test_it_applies_a_patch_by_the_freeform_tool_that_the_servers_list_of_models_names(
    codex: Workplace, strict: StrictUpstream, server: Server
) -> None:
    model = script(strict, LISTED, Turn(calls=[("apply_patch", json.dumps({"input": PATCH}))]), Turn("Patched."))
    told = codex.run("-m", model, "Patch it", shell=configuration("codex_models.sh", server))
    assert told.messages == ["Patched."]
    assert (codex.repository / "greeting.txt").read_text() == PATCHED
    assert [item["status"] for item in told.items("file_change")] == ["completed"]
    first, second = asked(strict, model, 2)
    offered = {tool["function"]["name"]: tool["function"] for tool in first["tools"]}  # type: ignore[attr-defined]
    assert "begin_patch" in offered["apply_patch"]["description"]
    assert differences([has("Success")], outputs(second)) == []


def test_it_applies_a_patch_by_the_shell(codex: Workplace, strict: StrictUpstream) -> None:
    call = ("exec_command", json.dumps({"cmd": HEREDOC}))
    model = script(strict, "codex.heredoc", Turn(calls=[call]), Turn("Patched."))
    assert codex.run("-m", model, "Patch it").messages == ["Patched."]
    assert (codex.repository / "greeting.txt").read_text() == PATCHED
    _, second = asked(strict, model, 2)
    assert differences([has("Success")], outputs(second)) == []


def test_it_views_an_image(codex: Workplace, strict: StrictUpstream) -> None:
    call = ("view_image", json.dumps({"path": "pixel.png"}))
    model = script(strict, "codex.image", Turn(calls=[call]), Turn("One pixel."))
    assert codex.run("-m", model, "What is in the picture?").messages == ["One pixel."]
    _, second = asked(strict, model, 2)
    last = second["messages"][-1]  # type: ignore[index]
    assert last["role"] == "user"
    assert [part["image_url"]["url"][:22] for part in last["content"] if part["type"] == "image_url"] == [
        "data:image/png;base64,"
    ]


def test_it_is_given_an_image(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.given", Turn("One pixel."))
    assert codex.run("-m", model, "What is it?", "-i", "pixel.png").messages == ["One pixel."]
    (request,) = asked(strict, model, 1)
    assert "data:image/png;base64," in json.dumps(request["messages"])


def test_it_uses_a_tool_of_a_namespace(codex: Workplace, strict: StrictUpstream) -> None:
    call = ("multi_agent_v1__close_agent", json.dumps({"target": "01a20eea-084a-7011-adc0-1870d00f1862"}))
    model = script(strict, "codex.namespace", Turn(calls=[call]), Turn("Closed."))
    assert codex.run("-m", model, "Close it").messages == ["Closed."]
    _, second = asked(strict, model, 2)
    (said,) = outputs(second)
    assert "01a20eea" in said
    assert "unsupported" not in said


def test_it_keeps_its_thoughts_from_turn_to_turn(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.thoughts", Turn(reasoning="Let me see.", calls=[RUN_CAT]), Turn("It greets."))
    told = codex.run("-m", model, "What does the file say?")
    assert told.messages == ["It greets."]
    assert [item["text"] for item in told.items("reasoning")] == ["Let me see."]
    _, second = asked(strict, model, 2)
    calling = [message for message in second["messages"] if "tool_calls" in message]  # type: ignore[attr-defined]
    assert [message["reasoning_content"] for message in calling] == ["Let me see."]


def test_it_resumes_a_session(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.resume", Turn(calls=[RUN_CAT]), Turn("It greets."), Turn("As I said."))
    first = codex.run("-m", model, "What does the file say?")
    second = codex.run("-m", model, "resume", first.thread, "Again?")
    assert second.messages == ["As I said."]
    assert second.thread == first.thread
    requests = asked(strict, model, 3)
    before, after = requests[1]["messages"], requests[2]["messages"]
    assert isinstance(before, list) and isinstance(after, list)
    assert after[: len(before)] == before
    assert [message["content"] for message in after[-2:]] == ["It greets.", "Again?"]


def test_it_compacts_by_asking_for_a_summary(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.compact", Turn(calls=[RUN_CAT]), Turn("It greets: summary."), Turn("Done."))
    told = codex.run("-m", model, "What does the file say?", settings=["model_auto_compact_token_limit=15"])
    assert told.messages[-1] == "Done."
    _, compaction, after = asked(strict, model, 3)
    assert "tools" not in compaction
    assert "It greets: summary." in json.dumps(after["messages"])
    assert outputs(after) == []


@pytest.mark.parametrize("websocket", ["false", "true"])
def test_a_reply_that_ran_out_of_tokens_is_not_asked_for_again(
    websocket: str, codex: Workplace, strict: StrictUpstream
) -> None:
    model = script(strict, f"codex.length-{websocket}", Turn("Half a sen", finish="length"))
    told = codex.run("-m", model, "Talk", settings=[f"model_providers.translator.supports_websockets={websocket}"])
    assert (told.code, told.messages, told.last["type"]) == (0, ["Half a sen"], "turn.completed")
    asked(strict, model, 1)


def test_a_quota_that_is_used_up_ends_the_turn(codex: Workplace, strict: StrictUpstream) -> None:
    error = {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": "insufficient_quota"}
    model = script(strict, "codex.quota", Turn(status=429, error=error))
    told = codex.run("-m", model, "Hi", settings=["model_providers.translator.request_max_retries=0"])
    assert told.last["type"] == "turn.failed"
    assert "quota" in told.last["error"]["message"].lower()
    asked(strict, model, 1)


def test_it_asks_for_an_answer_of_a_form(codex: Workplace, strict: StrictUpstream) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    (codex.home / "schema.json").write_text(json.dumps(schema))
    model = script(strict, "codex.schema", Turn('{"a": 1}'))
    assert codex.run("-m", model, "Count", "--output-schema", str(codex.home / "schema.json")).messages == ['{"a": 1}']
    (request,) = asked(strict, model, 1)
    assert differences({"type": "json_schema", "json_schema": {"schema": schema}}, request["response_format"]) == []


def test_it_speaks_over_a_websocket(codex: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "codex.websocket", Turn(calls=[RUN_CAT]), Turn("It greets."))
    told = codex.run("-m", model, "Look", settings=["model_providers.translator.supports_websockets=true"])
    assert told.messages == ["It greets."]
    _, second = asked(strict, model, 2)
    assert differences([has("Hello from the file")], outputs(second)) == []


def test_its_own_provider_needs_the_address_alone(builtin: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "gpt-5.5-own", Turn(calls=[("apply_patch", json.dumps({"input": PATCH}))]), Turn("Patched."))
    assert builtin.run("-m", model, "Patch it").messages == ["Patched."]
    assert (builtin.repository / "greeting.txt").read_text() == PATCHED
    asked(strict, model, 2)


def test_its_own_provider_compacts_by_a_trigger(builtin: Workplace, strict: StrictUpstream) -> None:
    model = script(strict, "gpt-5.5-compacts", Turn(calls=[RUN_CAT]), Turn("Sealed summary."), Turn("Done."))
    told = builtin.run("-m", model, "Look", settings=["model_auto_compact_token_limit=15"])
    assert told.messages[-1] == "Done."
    _, compaction, after = asked(strict, model, 3)
    assert "tools" not in compaction
    assert "Sealed summary." in json.dumps(after["messages"])


def test_it_finds_tools_and_uses_them(builtin: Workplace, strict: StrictUpstream) -> None:
    search = ("tool_search", json.dumps({"query": "close agent", "limit": 8}))
    call = ("multi_agent_v1__close_agent", json.dumps({"target": "01a20eea-084a-7011-adc0-1870d00f1862"}))
    model = script(strict, "gpt-5.5-finds", Turn(calls=[search]), Turn(calls=[call]), Turn("Closed."))
    assert builtin.run("-m", model, "Close it").messages == ["Closed."]
    first, second, third = asked(strict, model, 3)
    assert differences(offers("tool_search"), first["tools"]) == []
    assert differences(offers("multi_agent_v1__close_agent"), first["tools"]) != []
    assert differences(offers("multi_agent_v1__close_agent"), second["tools"]) == []
    assert "01a20eea" in outputs(third)[-1]


def test_where_the_websocket_is_off_it_goes_on_over_http_at_once(
    strict: StrictUpstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    need(NODE)
    with serving(strict, tmp_path_factory.mktemp("http"), "websocket = false\n") as server:
        environment = {**server.environment, "CODEX_API_KEY": CLIENT_KEY}
        with workplace(configuration("codex_own_provider.toml", server), environment) as builtin:
            model = script(strict, "gpt-5.5-http", Turn(calls=[RUN_CAT]), Turn("It greets."))
            told = builtin.run("-m", model, "Look")
    assert told.messages == ["It greets."]
    assert not [event for event in told.events if "Reconnecting" in str(event)]
    asked(strict, model, 2)


@pytest.mark.parametrize("name", ["functions__exec", "exec"])
def test_it_works_in_code_mode_with_tools_that_come_in_the_input(
    name: str, builtin: Workplace, strict: StrictUpstream
) -> None:
    program = "const ran = await tools.exec_command({cmd: 'cat greeting.txt'});\ntext(ran.output);"
    calls = [(name, json.dumps({"input": program}))]
    model = script(strict, f"gpt-6-astra-{name}", Turn(calls=calls), Turn("It greets."))
    told = builtin.run("-m", model, "Look")
    assert told.messages == ["It greets."]
    assert [item["aggregated_output"] for item in told.items("command_execution")] == ["Hello from the file\n"]
    first, second = asked(strict, model, 2)
    assert differences(offers("functions__exec", "collaboration__spawn_agent"), first["tools"]) == []
    assert differences([has("Script completed", "Hello from the file")], outputs(second)) == []


def test_a_stream_that_breaks_off_is_asked_for_again(codex: Workplace, strict: StrictUpstream) -> None:
    broken = Turn("I was about to say something long when the line went dead.", cut=True)
    model = script(strict, "codex.cut", broken, Turn("Here I am."))
    told = codex.run("-m", model, "Talk")
    assert (told.code, told.messages, told.last["type"]) == (0, ["Here I am."], "turn.completed")
    asked(strict, model, 2)


def test_half_a_program_of_a_stream_that_breaks_off_is_not_run(builtin: Workplace, strict: StrictUpstream) -> None:
    program = "await tools.exec_command({cmd: 'touch half.txt'});\n// " + "x" * 400 + "\ntext('whole');"
    broken = Turn(calls=[("functions__exec", json.dumps({"input": program}))], cut=True)
    model = script(strict, "gpt-6-astra-half", broken, Turn("Here I am."))
    assert builtin.run("-m", model, "Work").messages == ["Here I am."]
    first, second = asked(strict, model, 2)
    assert second["messages"] == first["messages"]
    assert not (builtin.repository / "half.txt").exists()


def test_it_knows_what_a_full_context_is(codex: Workplace, strict: StrictUpstream) -> None:
    error = {
        "message": "This model's maximum context length is 10 tokens. However, your messages resulted in 20 tokens.",
        "type": "invalid_request_error",
        "code": "context_length_exceeded",
    }
    model = script(strict, "codex.full", Turn(status=400, error=error))
    told = codex.run("-m", model, "Hi")
    assert told.last["type"] == "turn.failed"
    assert "ran out of room" in told.last["error"]["message"]
    asked(strict, model, 1)


@pytest.mark.parametrize(
    ("status", "code"), [(429, "rate_limit_exceeded"), (503, "server_is_overloaded"), (500, "server_error")]
)
def test_it_waits_and_asks_again_where_that_may_help(
    status: int, code: str, codex: Workplace, strict: StrictUpstream
) -> None:
    error = {"message": "Please try again in 1s.", "type": "server_error", "code": code}
    busy = Turn(status=status, error=error, headers={"retry-after": "1"})
    model = script(strict, f"codex.busy-{status}", busy, Turn("Here I am."))
    assert codex.run("-m", model, "Hi").messages == ["Here I am."]
    asked(strict, model, 2)
