"""What a Responses upstream said, as clean deltas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UpstreamError

JSON = dict[str, Any]


@dataclass(slots=True)
class Opening:
    """What the upstream calls the reply, and when it began it; None where it does not say."""

    id: str | None
    created: int | None


@dataclass(slots=True)
class Text:
    """Text of the answer, with the logprobs of its tokens; with logprobs it may be empty."""

    text: str
    logprobs: list[JSON]


@dataclass(slots=True)
class Refusal:
    """Text of a refusal."""

    text: str


@dataclass(slots=True)
class Reasoning:
    """Text of the reasoning, raw or as a summary."""

    text: str


@dataclass(slots=True)
class Details:
    """What text does not say of a reasoning item, in chat's shape."""

    details: list[JSON]


@dataclass(slots=True)
class Call:
    """A tool call that begins; `key` says which. Its first arguments may come with it."""

    key: int
    chat: JSON
    """The call in chat's words."""


@dataclass(slots=True)
class Arguments:
    """More of the arguments of a call, or of its input."""

    key: int
    text: str


@dataclass(slots=True)
class Extra:
    """What a chat upstream behind the upstream said of a call besides, and wants back."""

    key: int
    extra: JSON


@dataclass(slots=True)
class Annotation:
    """A citation, in chat's shape."""

    annotation: JSON


@dataclass(slots=True)
class Image:
    """An image the model made, as a data URL."""

    url: str


@dataclass(slots=True)
class Untold:
    """What the upstream said and chat has no place for."""

    path: str
    reason: str


@dataclass(slots=True)
class Usage:
    """Token usage, in chat's shape."""

    usage: JSON


@dataclass(slots=True)
class Tier:
    """The service tier that was used."""

    tier: str


@dataclass(slots=True)
class Finish:
    """How the response ended: `completed` or `incomplete`, and why."""

    status: str
    reason: str | None


@dataclass(slots=True)
class Fault:
    """The upstream reported that it failed."""

    error: UpstreamError


Delta = (
    Opening
    | Text
    | Refusal
    | Reasoning
    | Details
    | Call
    | Arguments
    | Extra
    | Annotation
    | Image
    | Untold
    | Usage
    | Tier
    | Finish
    | Fault
)
