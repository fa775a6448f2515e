"""The Codex CLI in a temporary git repository, with a home of its own."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .environment import NODE, ROOT

JSON = dict[str, Any]

CODEX = NODE / "node_modules" / ".bin" / "codex"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_SECONDS = 60


@dataclass
class Told:
    """What one run of `codex exec --json` told."""

    events: list[JSON]
    code: int
    stderr: str = field(repr=False)

    @property
    def messages(self) -> list[str]:
        return [item["text"] for item in self.items("agent_message")]

    @property
    def thread(self) -> str:
        return str(self.events[0]["thread_id"])

    @property
    def last(self) -> JSON:
        return self.events[-1]

    def items(self, kind: str) -> list[JSON]:
        """The finished items of a kind."""
        finished = [event["item"] for event in self.events if event["type"] == "item.completed"]
        return [item for item in finished if item["type"] == kind]


@dataclass(frozen=True)
class Workplace:
    """A repository and a home."""

    repository: Path
    home: Path
    environment: Mapping[str, str] = field(repr=False)

    def run(self, *arguments: str, settings: Sequence[str] = (), shell: str | None = None) -> Told:
        """`codex exec` with these arguments; settings as KEY=VALUE; a shell script may be what starts it."""
        options = [option for setting in settings for option in ("-c", setting)]
        program = [str(CODEX)] if shell is None else ["sh", "-euc", shell, "codex"]
        command = [*program, "exec", "--json", "--dangerously-bypass-approvals-and-sandbox", *options, *arguments]
        ran = subprocess.run(
            command,
            cwd=self.repository,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        events = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
        assert events, ran.stderr
        return Told(events, ran.returncode, ran.stderr)


@contextmanager
def workplace(configuration: str, environment: Mapping[str, str]) -> Iterator[Workplace]:
    """A repository with a greeting and a picture in it, and a home with this configuration; gone afterwards."""
    (ROOT / "runs").mkdir(parents=True, exist_ok=True)
    # not below the system's temporary directory: Codex puts no programs there
    place = Path(tempfile.mkdtemp(prefix="codex-", dir=ROOT / "runs"))
    try:
        repository, home = place / "repository", place / "home"
        repository.mkdir()
        home.mkdir()
        (home / "config.toml").write_text(configuration)
        (repository / "greeting.txt").write_text("Hello from the file\n")
        (repository / "pixel.png").write_bytes(PIXEL)
        subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
        given = {"PATH": os.environ["PATH"], "HOME": str(home), "CODEX_HOME": str(home), **environment}
        given["PATH"] = f"{CODEX.parent}{os.pathsep}{given['PATH']}"
        yield Workplace(repository, home, given)
    finally:
        shutil.rmtree(place, ignore_errors=True)
