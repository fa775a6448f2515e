"""How an answer ended: finish reasons and statuses."""

from __future__ import annotations

from typing import Literal, NamedTuple

Status = Literal["completed", "incomplete", "failed"]


class Outcome(NamedTuple):
    """The status of a response, and why it is incomplete."""

    status: Status
    reason: Literal["max_output_tokens", "content_filter"] | None = None


COMPLETED = Outcome("completed")
OUT_OF_TOKENS = Outcome("incomplete", "max_output_tokens")
FILTERED = Outcome("incomplete", "content_filter")
FAILED = Outcome("failed")

FINISH_REASONS: dict[str, Outcome] = {
    **dict.fromkeys(
        (
            "stop",
            "tool_calls",
            "function_call",
            "tool_use",
            "eos",
            "eos_token",
            "end_turn",
            "stop_sequence",
            "complete",
        ),
        COMPLETED,
    ),
    "length": OUT_OF_TOKENS,
    "max_tokens": OUT_OF_TOKENS,
    "max_output_tokens": OUT_OF_TOKENS,
    "model_length": OUT_OF_TOKENS,  # Mistral
    "model_context_window_exceeded": OUT_OF_TOKENS,  # Zhipu
    "content_filter": FILTERED,
    "content-filter": FILTERED,
    "sensitive": FILTERED,  # Zhipu
    "safety": FILTERED,  # Gemini
    "recitation": FILTERED,  # Gemini
    "guardrail_intervened": FILTERED,  # Bedrock
    "error": FAILED,  # Mistral, OpenRouter
    "abort": FAILED,  # SGLang
    "network_error": FAILED,  # Zhipu
    "insufficient_system_resource": FAILED,  # DeepSeek
}


def map_finish_reason(reason: str) -> Outcome | None:
    """Chat's finish reason → the status of the response, None for one that nobody knows; case does not matter."""
    return FINISH_REASONS.get(reason.lower())


def finish_reason_to_chat(status: str, reason: str | None, called: str | None) -> str:
    """The status of a response, and why it is incomplete → chat's finish reason.

    `called` is the reason where there are calls: `tool_calls`, or `function_call` for a client of the deprecated form.
    An unknown reason counts as the limit: a partial answer must not look complete.
    """
    if status == "incomplete":
        return "content_filter" if reason == FILTERED.reason else "length"
    return called or "stop"
