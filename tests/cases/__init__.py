"""The corpus: each folder is a case, a request with what an upstream answers to it; no Python knows them by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from translator.dialects import DEFAULT, Dialect, resolve

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One folder of the corpus; its name is the claim that its snapshot holds."""

    exchange: str
    name: str
    request: dict[str, Any]
    """What the client sends."""

    dialect: Dialect
    """The upstream's: the default with the switches of `dialect.json`, where there is one."""

    upstream: bytes | None
    """The body of the upstream's answer; None where it is never asked, because the request is refused."""

    upstream_streams: bool
    """Whether that body is a stream of events; a completion otherwise."""

    def __str__(self) -> str:
        return f"{self.exchange}/{self.name}"


@cache
def load(exchange: str) -> Sequence[Case]:
    """All cases of an exchange, by name."""
    return [_read(folder) for folder in sorted((_HERE / exchange).iterdir())]


def load_answered(exchange: str) -> Sequence[Case]:
    """The cases of an exchange whose request is not refused."""
    return [case for case in load(exchange) if case.upstream is not None]


def _read(folder: Path) -> Case:
    answers = [*folder.glob("upstream.*")]
    assert len(answers) <= 1, f"{folder} has more than one upstream answer"
    switches = folder / "dialect.json"
    return Case(
        exchange=folder.parent.name,
        name=folder.name,
        request=json.loads((folder / "request.json").read_bytes()),
        dialect=resolve(overrides=json.loads(switches.read_bytes())) if switches.exists() else DEFAULT,
        upstream=answers[0].read_bytes() if answers else None,
        upstream_streams=bool(answers) and answers[0].suffix == ".sse",
    )
