"""The server, the upstream behind it, and what each program reported of its scenarios."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .environment import COMMAND, NODE, PYTHON, ROOT, is_installed, python
from .scenario import Scenario, differences
from .strict_upstream import KEY, StrictUpstream

JSON = dict[str, Any]

PROGRAMS = Path(__file__).parent / "programs"
PUBLISHED_URL = "http://127.0.0.1:8080"
"""Where the server is in the programs, as in the README; they are run against where it really is."""
CLIENT_KEY = "sk-client"
LISTED = "codex.listed"
"""The one model that the settings name; all others pass by whatever name they have."""
SECONDS = 120


@pytest.fixture(scope="session")
def strict() -> Iterator[StrictUpstream]:
    upstream = StrictUpstream()
    yield upstream
    upstream.close()


@dataclass(frozen=True)
class Server:
    """A running `translator serve`."""

    url: str
    """Without the prefix of the API."""

    environment: Mapping[str, str] = field(repr=False)
    """What programs get: its address and a client's key, and nothing that leads elsewhere."""


@contextmanager
def serving(strict: StrictUpstream, home: Path, settings: str = "") -> Iterator[Server]:
    """`translator serve`, as an operator starts it, with the strict upstream behind it; more settings as TOML."""
    config = home / "translator.toml"
    upstream = f'[[upstreams]]\nbase_url = "{strict.base_url}"\napi_key = "{KEY}"\n'
    config.write_text(
        f'port = 0\napi_keys = ["{CLIENT_KEY}"]\nstore = "sqlite:///{home}/store.db"\n{settings}\n{upstream}'
        'dialect = {reasoning_replay = "tool_turns", reasoning_replay_field = "reasoning_content"}\n\n'
        f'{upstream}name = "listed"\nmodels = [{{name = "{LISTED}"}}]\n'
    )
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "translator", "serve", "--config", str(config)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        try:
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found is not None, (home / "log").read_text()
            yield Server(found[0], {"OPENAI_API_KEY": CLIENT_KEY, "OPENAI_BASE_URL": f"{found[0]}/v1"})
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


@pytest.fixture(scope="session")
def server(strict: StrictUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(strict, tmp_path_factory.mktemp("clients")) as server:
        yield server
    for place in (NODE, ROOT):
        shutil.rmtree(place / "runs" / str(os.getpid()), ignore_errors=True)


Runs = dict[tuple[str, str], dict[str, JSON]]


@pytest.fixture(scope="session")
def runs() -> Runs:
    """What programs reported, by program and argument: each runs once."""
    return {}


def need(place: Path) -> None:
    """Fails where the clients are not installed."""
    if not is_installed(place):
        pytest.fail(f"the clients are not installed: run `{COMMAND}`", pytrace=False)


def published(program: str, server: Server) -> Path:
    """A program as it is run: a copy of what the README shows of it and all beside it, with the server's real address.

    Each process of the tests has its own copies.
    """
    suffix = Path(program).suffix
    place = (NODE if suffix == ".mjs" else ROOT) / "runs" / str(os.getpid())
    place.mkdir(parents=True, exist_ok=True)
    for source in PROGRAMS.glob(f"*{suffix}"):
        (place / source.name).write_text(source.read_text().replace(PUBLISHED_URL, server.url))
    return place / program


def run_program(program: str, argument: str, server: Server, venv: Path = PYTHON) -> dict[str, JSON]:
    """Runs all scenarios of a program in one process; its reports by scenario."""
    need(NODE if program.endswith(".mjs") else venv)
    copy = published(program, server)
    command = ["node", str(copy)] if copy.suffix == ".mjs" else [str(python(venv)), str(copy)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(copy.parent), **server.environment}
    with subprocess.Popen(
        [*command, argument],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=copy.parent,
    ) as process:
        try:
            said, complained = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, complained = process.communicate()  # what was reported before one hung counts
    reports = {}
    for line in said.splitlines():
        if line.startswith('{"scenario"'):
            report = json.loads(line)
            reports[report["scenario"]] = report
    assert reports, f"{program} reported nothing:\n{said[-2000:]}\n{complained[-4000:]}"
    return reports


def check(
    program: str,
    argument: str,
    name: str,
    scenarios: Mapping[str, Scenario],
    *,
    strict: StrictUpstream,
    server: Server,
    runs: Runs,
    venv: Path = PYTHON,
) -> None:
    """One scenario of a program: what the client saw and what the upstream was asked are as they should be."""
    if (program, argument) not in runs:
        runs[program, argument] = {}
        for other, scenario in scenarios.items():
            strict.scripts[f"{argument}.{other}"] = scenario.turns
        runs[program, argument] = run_program(program, argument, server, venv)
    model = f"{argument}.{name}"
    report = runs[program, argument].get(name)
    assert report is not None, f"{program} has no scenario {name}"
    assert strict.refused[model] == [], report
    assert "error" not in report, report["error"]
    verify(scenarios[name], report["saw"], strict.asked[model])


def verify(scenario: Scenario, saw: Any, asked: list[JSON]) -> None:
    """Nothing differs from the patterns."""
    assert differences(scenario.saw, saw, "saw") == []
    assert differences(list(scenario.asked), asked, "asked") == []
