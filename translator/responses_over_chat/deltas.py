"""What an upstream said, as clean deltas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UpstreamError
from .media import Image, Untold

JSON = dict[str, Any]


@dataclass(slots=True)
class Text:
    """Text of the answer, with the logprobs of its tokens in chat's shape."""

    text: str
    logprobs: list[JSON] | None = None


@dataclass(slots=True)
class Refusal:
    """Text of a refusal."""

    text: str


@dataclass(slots=True)
class Reasoning:
    """Text of the raw reasoning."""

    text: str


@dataclass(slots=True)
class Call:
    """A fragment of a tool call; `key` says which, in the order they began. Id and name are "" until they are known."""

    key: int
    call_id: str
    name: str
    arguments: str
    extra: JSON
    """What else the upstream said of the call, and may want back."""


@dataclass(slots=True)
class Details:
    """Reasoning as OpenRouter and others detail it, with what signs it; its text comes as `Reasoning` too."""

    details: list[JSON]


@dataclass(slots=True)
class Annotation:
    """A citation, in Responses' shape."""

    annotation: JSON


@dataclass(slots=True)
class Finish:
    """The upstream's finish reason, in its own word."""

    reason: str


@dataclass(slots=True)
class Usage:
    """Token usage, in Responses' shape; the last one counts."""

    usage: JSON


@dataclass(slots=True)
class Tier:
    """The service tier that was used."""

    tier: str


@dataclass(slots=True)
class Fault:
    """The upstream reported an error inside its answer."""

    error: UpstreamError


Delta = Text | Refusal | Reasoning | Details | Call | Annotation | Image | Untold | Finish | Usage | Tier | Fault
