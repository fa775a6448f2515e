"""`translator verify`: an installation, or a live upstream, is held to the published cases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

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
from translator.verification.upstream import questions

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
    assert result.exit_code == 1
    assert "The upstream cannot be asked" in result.output
    upstream.models = []
    result = CliRunner().invoke(main, ["verify", "--upstream", upstream.base_url])
    assert "name one with --model" in result.output


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
