"""The command line, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.processes import Command
from tests.servers import Exchange, ScriptedUpstream, completion
from translator import __version__
from translator.cli import main


@pytest.fixture
def command() -> Iterator[list[Command]]:
    started: list[Command] = []
    yield started
    for command in started:
        command.kill()


def test_without_an_upstream_the_demo_answers_and_says_so(command: list[Command]) -> None:
    command.append(Command())
    assert command[0].first_line.startswith("Serving the Responses API on http://127.0.0.1:")
    asked = {"model": "demo", "input": "Hello there", "store": False}
    answer = httpx.post(f"{command[0].base_url}/responses", json=asked)
    assert answer.status_code == 200
    assert "Hello there" in answer.json()["output_text"]
    printed, log = command[0].stop()
    assert "This is a demo" in printed and "--upstream" in printed
    assert f"{answer.headers['x-request-id']} POST /v1/responses 200" in log


def test_with_an_upstream_the_demo_is_never_reached_and_no_key_is_printed_or_logged(
    command: list[Command], upstream: ScriptedUpstream
) -> None:
    upstream.reply(completion("Hello!"))
    arguments = ["--upstream", upstream.base_url, "--api-key", "sk-client", "--model", "public=private"]
    command.append(Command(*arguments, TRANSLATOR_UPSTREAM_API_KEY="sk-upstream"))
    headers = {"authorization": "Bearer sk-client"}
    asked = {"model": "public", "input": "the secret question", "store": False}
    answer = httpx.post(f"{command[0].base_url}/responses", json=asked, headers=headers)
    assert answer.json()["output_text"] == "Hello!"
    assert upstream.next().headers["authorization"] == "Bearer sk-upstream"
    refused = httpx.post(f"{command[0].base_url}/responses", json={**asked, "model": "demo"}, headers=headers)
    assert refused.status_code == 404
    printed, log = command[0].stop()
    assert "demo" not in printed
    for secret in ("sk-client", "sk-upstream", "the secret question"):
        assert secret not in printed + log


def test_a_signal_ends_it_at_once_when_nothing_is_asked(command: list[Command]) -> None:
    command.append(Command())
    _, log = command[0].stop()
    assert "Traceback" not in log


def test_a_signal_in_the_middle_of_a_stream_ends_the_stream_as_failed(
    command: list[Command], upstream: ScriptedUpstream
) -> None:
    command.append(Command("--upstream", upstream.base_url, TRANSLATOR_SHUTDOWN_GRACE_SECONDS="1"))
    asked = {"model": "m", "input": "Hi", "stream": True, "store": False}

    def script(exchange: Exchange) -> None:
        exchange.begin()
        exchange.wait_closed(15)

    upstream.answer(script)
    with httpx.stream("POST", f"{command[0].base_url}/responses", json=asked, timeout=15) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: response.created"
        command[0].process.send_signal(signal.SIGTERM)
        rest = list(lines)
    assert "event: response.failed" in rest
    assert rest[-2:] == ["data: [DONE]", ""] or rest[-1] == "data: [DONE]"
    _, log = command[0].process.communicate(timeout=15)
    assert "Traceback" not in log


def test_an_ipv6_address_is_served(command: list[Command]) -> None:
    command.append(Command("--host", "::1"))
    assert command[0].base_url.startswith("http://[::1]:")
    assert httpx.get(f"{command[0].base_url}/health").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "x"], "--port cannot be x"),
        (["--host", "0.0.0.0"], "Without a client key"),
        (["--config", "/nowhere/translator.toml"], "The file /nowhere/translator.toml cannot be read"),
        (["--host", "192.0.2.1", "--api-key", "sk-1"], "Nothing can listen on 192.0.2.1 port 8080 ("),
        (["--host", "nowhere.invalid", "--api-key", "sk-1"], "Nothing can listen on nowhere.invalid port 8080 ("),
    ],
)
def test_a_wrong_setting_is_one_sentence_on_stderr_and_status_2(arguments: list[str], told: str) -> None:
    result = CliRunner(env={name: None for name in os.environ if name.startswith("TRANSLATOR_")}).invoke(
        main, ["serve", *arguments]
    )
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(told)
    assert result.stderr.count("\n") == 1
    assert "sk-1" not in result.stderr


def test_a_port_that_is_taken_is_a_wrong_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ["serve", "--port", port])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Nothing can listen on 127.0.0.1 port {port} (")


def test_a_flag_nobody_knows_is_status_2() -> None:
    assert CliRunner().invoke(main, ["serve", "--colour", "red"]).exit_code == 2


def test_the_help_names_every_flags_variable() -> None:
    told = CliRunner().invoke(main, ["serve", "--help"]).stdout
    for flag in ("upstream", "upstream-api-key", "host", "port", "api-key", "auth", "model", "config"):
        assert f"--{flag} " in told
        assert f"TRANSLATOR_{flag.replace('-', '_').upper()}]" in told


def test_the_version_is_the_packages() -> None:
    assert __version__ in CliRunner().invoke(main, ["--version"]).stdout


def test_the_place_of_the_store_is_printed_and_what_it_keeps_outlives_the_process(
    command: list[Command], tmp_path: Path
) -> None:
    place = tmp_path / "new" / "kept.db"
    command.append(Command("--store", f"sqlite:///{place}"))
    asked = {"model": "demo", "input": "Hello there"}
    response = httpx.post(f"{command[0].base_url}/responses", json=asked).json()
    printed, _ = command[0].stop()
    assert f"Responses are kept for 30 days in {place}\n" in printed
    command.append(Command("--store", f"sqlite:///{place}"))
    assert httpx.get(f"{command[1].base_url}/responses/{response['id']}").json() == response


def test_the_default_store_is_a_file_of_the_users_data(command: list[Command], data_home: Path) -> None:
    command.append(Command())
    printed, _ = command[0].stop()
    assert f"in {data_home / 'responses-translator' / 'store.db'}\n" in printed
    assert (data_home / "responses-translator" / "seal.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("store", "reason"),
    [
        ("sqlite:////proc/none/store.db", "The store cannot be opened"),
        ("sqlite:////dev/null", "The store cannot be opened"),
        ("sqlite:////proc", "The store cannot be opened (unable to open database file)"),
        ("postgresql://user:sk-password@127.0.0.1:1/none", "The store cannot be opened"),
        ("mysql://user:sk-password@127.0.0.1/none", "--store is none of sqlite:///PATH"),
    ],
)
def test_a_store_that_cannot_be_opened_is_one_clear_sentence(command: list[Command], store: str, reason: str) -> None:
    command.append(Command("--store", store))
    printed, log = command[0].process.communicate(timeout=30)
    assert command[0].process.returncode == 2
    assert printed == command[0].first_line == ""
    assert log.startswith(reason) and log.count("\n") == 1
    assert "sk-password" not in log


def test_a_seal_key_that_is_too_short_to_be_one_is_one_clear_sentence(command: list[Command], tmp_path: Path) -> None:
    (tmp_path / "seal.key").write_bytes(b"")
    command.append(Command("--store", f"sqlite:///{tmp_path / 'store.db'}"))
    _, log = command[0].process.communicate(timeout=30)
    assert command[0].process.returncode == 2
    assert log.startswith("The seal key cannot be made or read (") and log.count("\n") == 1


def test_several_workers_share_a_socket_and_a_store(command: list[Command], tmp_path: Path) -> None:
    command.append(Command("--store", f"sqlite:///{tmp_path / 'kept.db'}", "--workers", "2"))
    url = f"{command[0].base_url}/responses"
    previous = None
    for turn in range(12):  # each on a connection of its own, which either worker may take
        asked = {"model": "demo", "input": f"Turn {turn}", "previous_response_id": previous}
        answer = httpx.post(url, json=asked, timeout=30)
        assert answer.status_code == 200, answer.text
        previous = answer.json()["id"]
    _, log = command[0].stop()
    assert log.count("POST /v1/responses 200") == 12
    assert "Traceback" not in log


def test_several_workers_have_no_memory_in_common() -> None:
    result = CliRunner().invoke(main, ["serve", "--store", "memory:", "--workers", "2"])
    assert result.exit_code == 2
    assert "share" in result.output


def test_the_dialects_are_listed_and_one_is_shown_with_its_sources() -> None:
    runner = CliRunner()
    assert "vLLM" in runner.invoke(main, ["dialects"]).stdout
    shown = runner.invoke(main, ["dialects", "moonshot", "--model", "kimi-k3"]).stdout
    assert "mfjs" in shown
    wrong = runner.invoke(main, ["dialects", "nope"])
    assert (wrong.exit_code, wrong.stderr.startswith("There is no dialect 'nope'")) == (2, True)


def test_what_was_learned_is_shown_from_the_store(
    command: list[Command], tmp_path: Path, upstream: ScriptedUpstream
) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    command.append(Command("--upstream", upstream.base_url, TRANSLATOR_STORE=store))
    refusal = {"error": {"message": "Unsupported parameter: 'temperature'", "type": "invalid_request_error"}}
    upstream.reply(refusal, status=400)
    upstream.reply(completion("Hello"))
    body = {"model": "m", "input": "Hi", "temperature": 0.5}
    assert httpx.post(f"{command[0].base_url}/responses", json=body).status_code == 200
    command[0].stop()
    told = CliRunner().invoke(main, ["dialects", "--learned"], env={"TRANSLATOR_STORE": store}).stdout
    assert told == (
        f"{upstream.base_url} m\n  params_refused = temperature\n    because: Unsupported parameter: 'temperature'\n"
    )
