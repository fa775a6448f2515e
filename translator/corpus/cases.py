"""The cases: each folder is one, a request with what an upstream answers to it; no Python knows them by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic_core import from_json

from ..dialects import DEFAULT, Dialect, resolve

Exchange = Literal["responses_over_chat", "chat_over_responses"]

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parent.parent
_INSTALLED = (_HERE / "data").is_dir()

CASES = _HERE / "data" / "cases" if _INSTALLED else _CHECKOUT / "tests" / "cases"
"""Where the cases are: packaged with an installation, else in the checkout that this is."""

SNAPSHOTS = _HERE / "data" / "snapshots" if _INSTALLED else _CHECKOUT / "snapshots"
"""Where it stands what they translate to."""


@dataclass(frozen=True)
class Case:
    """One folder of the corpus; its name is the claim that its snapshot holds."""

    exchange: str
    name: str
    request: dict[str, Any]
    """What the client sends."""

    settings: dict[str, Any]
    """What the exchange is told besides: the upstream's `dialect.json`, or `options.json`; mostly nothing."""

    upstream: bytes | None
    """The body of the upstream's answer; None where it is never asked, because the request is refused."""

    upstream_streams: bool
    """Whether that body is a stream of events; a document otherwise."""

    @property
    def dialect(self) -> Dialect:
        """The chat upstream's dialect: the default with the switches of `dialect.json`, where there is one."""
        return resolve(overrides=self.settings) if self.settings else DEFAULT

    def __str__(self) -> str:
        return f"{self.exchange}/{self.name}"


@cache
def load(exchange: str) -> Sequence[Case]:
    """All cases of an exchange, by name."""
    return [_read(folder) for folder in sorted((CASES / exchange).iterdir())]


def snapshots(case: Case) -> dict[str, bytes]:
    """What the case is to translate to: the files by name."""
    folder = SNAPSHOTS / str(case)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def _read(folder: Path) -> Case:
    answers = [*folder.glob("upstream.*")]
    if len(answers) > 1:
        raise ValueError(f"{folder} has more than one upstream answer")
    settings = [*folder.glob("dialect.json"), *folder.glob("options.json")]
    return Case(
        exchange=folder.parent.name,
        name=folder.name,
        request=from_json((folder / "request.json").read_bytes()),
        settings=from_json(settings[0].read_bytes()) if settings else {},
        upstream=answers[0].read_bytes() if answers else None,
        upstream_streams=bool(answers) and answers[0].suffix == ".sse",
    )
