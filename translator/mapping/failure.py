"""Why a response failed, in the words that the API's types list and its clients act on."""

from __future__ import annotations

from typing import Any

from ..errors import TranslatorError, UpstreamError

JSON = dict[str, Any]

LISTED = frozenset(
    {"server_error", "rate_limit_exceeded", "vector_store_timeout"}
    | {"invalid_prompt", "data_residency_mismatch", "bio_policy", "misalignment_policy_violation"}
    | {"invalid_image", "invalid_image_format", "invalid_image_mode", "invalid_image_url", "invalid_base64_image"}
    | {"image_too_large", "image_too_small", "image_file_too_large", "image_file_not_found", "empty_image_file"}
    | {"image_parse_error", "image_content_policy_violation", "unsupported_image_media_type"}
    | {"failed_to_download_image"}
)
"""The codes that the OpenAI SDK's type `ResponseError` lists: a client that validates takes no other."""

ACTED_ON = frozenset(
    {"context_length_exceeded", "insufficient_quota", "usage_not_included"}
    | {"server_is_overloaded", "slow_down", "cyber_policy"}
)
"""Codes beside these that OpenAI's server sends all the same: on reading them Codex compacts, waits or gives up."""


def failure_of(error: TranslatorError) -> JSON:
    """The `error` of the response that an error ends; the `error` event before it has the code as it was."""
    return {"code": _code(error), "message": error.message}


def _code(error: TranslatorError) -> str:
    if error.code in LISTED or error.code in ACTED_ON:
        return str(error.code)
    if not isinstance(error, UpstreamError) or not 400 <= error.status < 500:
        return "server_error"
    return "rate_limit_exceeded" if error.status == 429 else "invalid_prompt"  # the latter is not to be tried again
