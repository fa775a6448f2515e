"""What the README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest

from translator.dialects import preset_of_host, resolve
from translator.server.app import create_app
from translator.server.settings import Settings

from .readme import README, TABLES, code, section
from .servers import RunningServer


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningServer]:
    server = RunningServer(create_app(Settings(store="memory:")))
    yield server
    server.stop()


def run(source: str) -> str:
    """What a program prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "README.md", "exec"), {"__name__": "readme"})
    return printed.getvalue()


@pytest.mark.parametrize("name", TABLES)
def test_the_readmes_tables_are_as_the_code_has_them(name: str) -> None:
    assert section(name) == TABLES[name](), "run `python -m tests.readme`"


def test_the_library_example_prints_what_the_readme_says() -> None:
    assert run(code("library")) == code("library-output")


def test_the_sdk_example_prints_what_the_readme_says(demo: RunningServer) -> None:
    source = code("sdk").replace("http://127.0.0.1:8080/v1", demo.base_url)
    assert source != code("sdk")
    assert run(source) == code("sdk-output")


def test_the_state_example_prints_what_the_readme_says(demo: RunningServer) -> None:
    source = code("state").replace("http://127.0.0.1:8080/v1", demo.base_url)
    assert source != code("state")
    assert run(source) == code("state-output")


def test_the_step_of_the_guide_prints_what_the_readme_says(demo: RunningServer) -> None:
    source = code("moving").replace("http://127.0.0.1:8080/v1", demo.base_url)
    assert run(source) == "Hello, world!\n"


def test_the_guide_names_every_example_of_a_step() -> None:
    steps = [path.name for path in (README.parent / "examples").glob("moving_*.py")]
    assert len(steps) == 5
    assert all(f"`examples/{step}`" in README.read_text() for step in steps)


def test_the_curl_example_streams_the_events_the_readme_shows(demo: RunningServer) -> None:
    command = code("curl").replace("http://127.0.0.1:8080/v1", demo.base_url)
    streamed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=30).stdout
    lines = [line for line in streamed.splitlines() if line.startswith("event:") or line.endswith("[DONE]")]
    assert "".join(f"{line}\n" for line in lines) == code("curl-output")


def test_the_toml_example_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KEY", "sk-local")
    settings = Settings.model_validate(tomllib.loads(code("toml")), strict=False)
    assert settings.upstreams[0].models[0].upstream_name == "Qwen/Qwen3-32B"


def test_the_example_of_a_dialect_is_valid() -> None:
    (upstream,) = Settings.model_validate(tomllib.loads(code("dialect-toml")), strict=False).upstreams
    dialect = resolve(preset=upstream.preset, overrides=upstream.dialect)
    assert dialect.tool_choice == {"auto", "none"}
    assert dialect.json_schema == "json_object"


def test_the_example_of_an_upstream_that_keeps_files_is_valid() -> None:
    given = code("upload-toml")
    for shown, expires in ((given, True), (given.replace("# upload_fields", "upload_fields"), False)):
        (upstream,) = Settings.model_validate(tomllib.loads(shown), strict=False).upstreams
        dialect = resolve(preset=preset_of_host(upstream.base_url), overrides=upstream.dialect)
        assert (dialect.file, dialect.upload_fields["purpose"]) == ("upload", "user_data")
        assert (dialect.upload_fields.get("expires_after[seconds]") == str(30 * 24 * 3600)) is expires


def test_the_toml_example_of_an_upstream_that_speaks_responses_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KEY", "sk-local")
    settings = Settings.model_validate(tomllib.loads(code("toml-responses")), strict=False)
    assert settings.upstreams[0].wire == "responses"


def test_every_flag_the_readme_shows_exists() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "translator", "serve", "--help"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    shown = set(re.findall(r"(?<=\s)--[a-z-]+", "\n".join(re.findall(r"translator serve( .*)", README.read_text()))))
    assert {"--upstream", "--port"} <= shown
    assert shown <= set(re.findall(r"--[a-z-]+", help_text))


def test_the_clients_are_installed_and_run_in_ci_as_the_readme_says() -> None:
    script = (README.parent / ".ci" / "run").read_text()
    commands = code("clients-command").strip().split(" && ")
    assert len(commands) == 2
    assert all(f"{command}\n" in script for command in commands)
