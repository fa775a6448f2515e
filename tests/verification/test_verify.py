"""`translator verify`: an installation, or a live upstream, is held to the published cases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from translator.cli import main
from translator.corpus import load, snapshots
from translator.corpus.cases import CASES, SNAPSHOTS
from translator.corpus.rendering import COMPLETED_AT, CREATED_AT, RESPONSE_ID
from translator.server.app import create_app
from translator.server.settings import Settings
from translator.verification import verify_installation, verify_upstream
from translator.verification.upstream import Finding, questions

from ..servers import RunningServer, ScriptedUpstream, completion

EXCHANGES = ("responses_over_chat", "chat_over_responses")
ROOT = Path(__file__).parent.parent.parent


def test_this_installation_is_as_the_corpus_says() -> None:
    result = CliRunner().invoke(main, ["verify"])
    count = len(load("responses_over_chat")) + len(load("chat_over_responses"))
    assert (result.exit_code, result.output) == (0, f"{count} cases, all as expected\n")


def test_what_differs_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "text_comes_whole"
    (case,) = [case for case in load("chat_over_responses") if case.name == name]
    altered = {**snapshots(case), "response.json": snapshots(case)["response.json"].replace(b"Hello!", b"Hullo!")}
    altered["losses.txt"] = b"seed: none\n"
    del altered["events.sse"]
    monkeypatch.setattr("translator.verification.installation.snapshots", lambda case: altered)
    events, losses, response = verify_installation(case)
    assert events.file == "events.sse"
    assert losses.lines == ["-seed: none"]
    assert response.lines == ['-        "content": "Hullo!",', '+        "content": "Hello!",']
    result = CliRunner().invoke(main, ["verify", "--case", "text_comes_*"])
    assert result.exit_code == 1
    assert "\n  response.json\n" in result.output
    assert '+        "content": "Hello!",' in result.output
    assert result.output.endswith("2 cases, 2 of them differ\n")  # there is one of this name in both exchanges


# ---- a live upstream ----


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningServer]:
    settings = Settings(store="none", upstreams=())
    server = RunningServer(create_app(settings), settings)
    yield server
    server.stop()


def test_a_live_chat_upstream_is_asked_and_its_answers_are_recorded(demo: RunningServer, tmp_path: Path) -> None:
    command = ["verify", "--upstream", demo.base_url, "--case", "t*", "--record", str(tmp_path)]
    result = CliRunner().invoke(main, command)
    lines = result.output.splitlines()
    assert lines[0] == "asking for demo"
    assert "as expected  tool_choice_required_is_carried" in lines
    assert "as expected  turns_keep_their_order" in lines
    recorded = tmp_path / "turns_keep_their_order"
    (case,) = [case for case in load("responses_over_chat") if case.name == "turns_keep_their_order"]
    assert json.loads((recorded / "request.json").read_bytes()) == case.request
    answers = [path.name for path in recorded.iterdir() if path.name.startswith("upstream.")]
    assert answers == ["upstream.sse" if case.request.get("stream") else "upstream.json"]


def test_a_live_responses_upstream_is_asked(demo: RunningServer) -> None:
    options = ["--wire", "responses", "--model", "demo", "--case", "a_named_*"]
    result = CliRunner().invoke(main, ["verify", "--upstream", demo.base_url, *options])
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "2 cases, all as expected")


def test_an_upstream_that_is_free_to_answer_in_words_does_not_differ(demo: RunningServer) -> None:
    result = CliRunner().invoke(main, ["verify", "--upstream", demo.base_url])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    place = lines.index("free choice  a_call_comes_in_one_chunk")
    assert lines[place + 1].split() == ["message,", "not", "function_call", "get_weather"]
    assert " of them differs; " in lines[-1]
    assert lines[-1].endswith(" are answered otherwise, as any model may")


def find(upstream: ScriptedUpstream, name: str, answer: dict[str, Any] | str, exchange: str = EXCHANGES[0]) -> Finding:
    """What is found where an upstream answers the question of a case so."""
    asked = [entry for entry in questions(exchange) if entry.case.name == name]
    assert len(asked) == 1
    upstream.reply(answer)
    with httpx.Client(base_url=upstream.base_url + "/") as client:
        (finding,) = verify_upstream(client, exchange, asked, model="m")
    return finding


def calling(name: str, arguments: str = "{}") -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return completion("", tool_calls=[call])


def test_a_call_may_be_of_any_tool_that_is_offered_and_of_no_other(upstream: ScriptedUpstream) -> None:
    offered = find(upstream, "a_call_comes_in_one_chunk", calling("get_time"))
    assert (offered.differences, len(offered.choices)) == ([], 1)
    unknown = find(upstream, "a_call_comes_in_one_chunk", calling("drop_tables"))
    assert unknown.differences == ["function_call drop_tables, not function_call get_weather"]
    unasked = find(upstream, "turns_keep_their_order", calling("get_time"))
    assert unasked.differences == ["function_call get_time, not message"]
    silent = find(upstream, "turns_keep_their_order", completion(""))
    assert silent.differences == ["nothing, not message"]
    cut = {**completion("Hel"), "choices": [{**completion("Hel")["choices"][0], "finish_reason": "length"}]}
    assert find(upstream, "turns_keep_their_order", cut).differences == ["it ends with incomplete, not with completed"]


def test_what_was_asked_for_must_be_there_and_what_was_not_may_be(upstream: ScriptedUpstream) -> None:
    uncounted = {**completion("Ada."), "usage": None}
    assert find(upstream, "turns_keep_their_order", uncounted).differences == ["usage: none, not counted"]
    assert find(upstream, "a_json_object_is_asked_for", completion("Hello!")).differences == [
        "text: no JSON object, not JSON"
    ]
    # these cases' own upstreams counted nothing, and answered no JSON
    assert not any(find(upstream, "a_tag_later_in_the_text_is_text", completion("So.")).differences)
    assert not any(find(upstream, "a_refusal_comes_whole", completion("{}")).differences)


def test_completions_are_held_to_the_same(upstream: ScriptedUpstream) -> None:
    text = {"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    call = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "get_weather", "arguments": "{}"}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}

    def found(case: str, *output: dict[str, Any]) -> Finding:
        answer = {"object": "response", "status": "completed", "output": list(output), "usage": usage}
        return find(upstream, case, answer, EXCHANGES[1])

    free = found("a_call_streams_its_arguments", message)
    assert (free.differences, free.choices) == ([], ["content, not a call of get_weather"])
    forced = found("a_named_function_is_forced", message)
    assert forced.differences == ["content, not a call of get_weather"]
    assert found("a_named_tool_and_allowed_tools_are_flat", message).differences
    assert found("a_leading_system_message_is_the_instructions", call).differences == [
        "a call of get_weather, not content"
    ]
    assert found("logprobs_come_whole", message).differences == ["logprobs: none, not told"]


def test_nothing_is_asked_that_names_what_another_upstream_made() -> None:
    for exchange in EXCHANGES:
        asked = json.dumps([entry.request for entry in questions(exchange)])
        assert not any(word in asked for word in ('"encrypted_content"', '"file_id"', "example.com"))


def test_an_answer_that_is_none_is_shown(upstream: ScriptedUpstream) -> None:
    finding = find(upstream, "turns_keep_their_order", "<html>Sign in</html>")
    assert finding.differences == [
        "the answer is neither JSON nor a stream of events, but begins: <html>Sign in</html>"
    ]


def test_what_a_live_upstream_does_otherwise_is_told(upstream: ScriptedUpstream) -> None:
    asked = [
        entry for entry in questions("responses_over_chat") if entry.case.name == "tool_choice_required_is_carried"
    ]
    assert len(asked) == 1
    upstream.reply({**completion("No."), "usage": None})
    upstream.reply({"error": {"message": "Unknown parameter: 'tools'."}}, 400)
    with httpx.Client(base_url=upstream.base_url + "/") as client:
        (first,) = verify_upstream(client, "responses_over_chat", asked, model="m")
        (second,) = verify_upstream(client, "responses_over_chat", asked, model="m")
    assert upstream.next().json["model"] == "m"
    assert first.differences == [
        "the answer failed: The upstream made no tool call although 'tool_choice' demands one."
    ]
    assert second.differences == ["refused with 400: Unknown parameter: 'tools'."]
    upstream.close()
    with httpx.Client(base_url=upstream.base_url + "/") as client:
        (third,) = verify_upstream(client, "responses_over_chat", asked, model="m")
    assert third.differences == ["no answer: ConnectError"]


def test_an_upstream_without_a_list_needs_a_model(upstream: ScriptedUpstream) -> None:
    result = CliRunner().invoke(main, ["verify", "--upstream", upstream.base_url])
    assert result.exit_code == 2
    assert (
        "The upstream cannot be asked: it answers GET models with 404, so name a model with --model." in result.output
    )
    upstream.models = []
    result = CliRunner().invoke(main, ["verify", "--upstream", upstream.base_url])
    assert "it lists no model, so name one with --model" in result.output


def test_where_nothing_can_be_verified_the_status_is_another(upstream: ScriptedUpstream) -> None:
    result = CliRunner().invoke(main, ["verify", "--case", "no_such_case"])
    assert result.exit_code == 2
    assert "No case that can be verified so is called no_such_case" in result.output
    settings = Settings(store="none", upstreams=(), api_keys=("sk-client-key",))
    server = RunningServer(create_app(settings), settings)
    command = ["verify", "--upstream", server.base_url, "--model", "demo", "--case", "turns_keep_their_order"]
    for option, told in (([], "it wants a key"), (["--api-key", "sk-wrong"], "it does not take this --api-key")):
        result = CliRunner().invoke(main, [*command, *option])
        assert (result.exit_code, told in result.output) == (2, True)
    assert CliRunner().invoke(main, [*command, "--api-key", "sk-client-key"]).exit_code == 0
    server.stop()
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, "The upstream cannot be asked: " in result.output) == (2, True)


def test_every_question_is_asked_once() -> None:
    for exchange in EXCHANGES:
        requests = [json.dumps(entry.request, sort_keys=True) for entry in questions(exchange)]
        assert len(requests) == len(set(requests)) > 20


# ---- the published corpus ----


def test_the_readme_of_the_corpus_names_every_file_there_is() -> None:
    text = (SNAPSHOTS / "README.md").read_text()
    folders = [root / exchange for exchange in EXCHANGES for root in (CASES, SNAPSHOTS)]
    names = {path.name for folder in folders for path in folder.rglob("*.*")}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_what_is_given_stands_in_the_readme_of_the_corpus() -> None:
    text = (SNAPSHOTS / "README.md").read_text()
    assert all(str(given) in text for given in (RESPONSE_ID, CREATED_AT, COMPLETED_AT))


@pytest.mark.slow
def test_a_built_wheel_verifies_itself_from_its_own_cases(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    assert not list((tmp_path / "installed").rglob("tests"))
    done = subprocess.run(
        [sys.executable, "-m", "translator", "verify"],
        cwd=tmp_path / "installed",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(" cases, all as expected\n")
