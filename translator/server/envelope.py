"""What a WebSocket's client is told beside the events of its responses: failures, and what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import TranslatorError
from ..mapping.losses import Loss

JSON = dict[str, Any]

LOSSES = "translator:losses"
"""The type of the event that tells what was lost."""


def envelope(error: TranslatorError) -> JSON:
    """A failure as a WebSocket's client reads it; `headers` are there where the error has some."""
    code = error.code or ("server_error" if error.status >= 500 else "invalid_request")
    told: JSON = {"type": "error", "status": error.status, "error": {**error.payload(), "code": code}}
    return {**told, "headers": dict(error.headers)} if error.headers else told


def losses_event(losses: Sequence[Loss]) -> JSON:
    """What was lost, as an event that still needs a number."""
    return {"type": LOSSES, "losses": [{"path": loss.path, "reason": loss.reason} for loss in losses]}
