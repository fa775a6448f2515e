"""What a failed response says of why it failed."""

from __future__ import annotations

from typing import get_args

import pytest
from openai.types.responses.response_error import ResponseError

from translator.errors import InvalidRequest, StoreUnavailable, TranslatorError, UpstreamError
from translator.mapping.failure import ACTED_ON, LISTED, failure_of
from translator.mapping.upstream_error import map_error_object


def test_the_codes_that_are_taken_for_listed_are_those_of_the_sdk() -> None:
    assert set(get_args(ResponseError.model_fields["code"].annotation)) >= LISTED
    assert not LISTED & ACTED_ON


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamError("x", code="upstream_incomplete"), "server_error"),
        (StoreUnavailable("x"), "server_error"),
        (InvalidRequest("x", code="websocket_connection_limit_reached"), "server_error"),
        (UpstreamError("x"), "server_error"),
        (UpstreamError("x", status=429, code="throttled_here"), "rate_limit_exceeded"),
        (UpstreamError("x", status=400), "invalid_prompt"),
        (UpstreamError("x", status=400, code="content_policy_violation"), "invalid_prompt"),
        (UpstreamError("x", status=404, code="model_not_found"), "invalid_prompt"),
        (UpstreamError("x", status=400, code="invalid_image_url"), "invalid_image_url"),
        *((UpstreamError("x", code=code), code) for code in sorted(ACTED_ON)),
    ],
)
def test_a_failed_response_says_why_by_a_code_that_its_clients_know(error: TranslatorError, code: str) -> None:
    assert failure_of(error) == {"code": code, "message": "x"}


@pytest.mark.parametrize("code", sorted((LISTED | ACTED_ON) - {"server_error", "vector_store_timeout"}))
def test_what_an_upstream_failed_of_keeps_its_code_inside_a_stream(code: str) -> None:
    error = map_error_object({"error": {"code": code, "message": "No."}})
    told = {"usage_not_included": "insufficient_quota"}.get(code, code)
    assert (error.code, failure_of(error)["code"]) == (told, told)
    assert (error.status >= 500) == (code in ("server_is_overloaded", "slow_down"))
