"""What clients hear of upstream errors, from bodies as upstreams send them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import UpstreamError
from translator.mapping.upstream_error import map_error_object, map_upstream_error

CTX = (400, "context_length_exceeded", "invalid_request_error")
QUOTA = (429, "insufficient_quota", "insufficient_quota")
RATE = (429, "rate_limit_exceeded", "requests")
RATE_TOKENS = (429, "rate_limit_exceeded", "tokens")
BUSY = (503, "server_is_overloaded", "server_error")
AUTH = (502, "upstream_auth_failed", "server_error")
MODEL = (404, "model_not_found", "invalid_request_error")
POLICY = (400, "content_policy_violation", "invalid_request_error")
INVALID = (400, None, "invalid_request_error")
FAILED = (502, None, "server_error")


def openai(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **more}}


def of(error: UpstreamError) -> tuple[int, str | None, str]:
    return error.status, error.code, error.type


def mapped(status: int, body: Any, **headers: str) -> UpstreamError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return map_upstream_error(status, data, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        # OpenAI, Azure
        (400, openai("Too long.", code="context_length_exceeded", param="messages"), CTX),
        (429, openai("Slow down.", type="requests", code="rate_limit_exceeded"), RATE),
        (
            429,
            openai("Limit 30000, Requested 40000.", type="tokens", code="rate_limit_exceeded"),
            RATE_TOKENS,
        ),
        (429, openai("Check your plan.", type="insufficient_quota", code="insufficient_quota"), QUOTA),
        (400, openai("Hard limit.", code="billing_hard_limit_reached"), QUOTA),
        (401, openai("Incorrect API key provided: sk-abc***xyz.", code="invalid_api_key"), AUTH),
        (400, openai("Flagged.", code="invalid_prompt"), (400, "invalid_prompt", "invalid_request_error")),
        (
            503,
            openai("Overloaded.", type="server_error", code="slow_down"),
            (503, "slow_down", "server_error"),
        ),
        (
            404,
            {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}},
            MODEL,
        ),
        (400, openai("Filtered.", code="content_filter", innererror={"code": "X"}), POLICY),
        (401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."}, AUTH),
        # DeepSeek, Kimi, Qwen, Zhipu, MiniMax
        (402, openai("Insufficient Balance"), QUOTA),
        (422, openai("Failed to deserialize the JSON body", code="invalid_request_error"), INVALID),
        (400, openai("Model Not Exist"), MODEL),
        (429, {"error": {"message": "paused", "type": "exceeded_current_quota_error"}}, QUOTA),
        (429, {"error": {"message": "max RPM: 3", "type": "rate_limit_reached_error"}}, RATE),
        (400, openai("Your request exceeded model token limit: 8192 (requested: 9000)"), CTX),
        (400, {"error": {"code": "invalid_parameter_error", "message": "Bad."}, "request_id": "1"}, INVALID),
        (400, {"code": "InvalidParameter", "message": "Range of input length should be [1, 6000]"}, CTX),
        (400, {"error": {"code": "1213", "message": "empty prompt"}}, INVALID),
        (429, {"error": {"code": "1113", "message": "arrears"}}, QUOTA),
        (429, {"error": {"code": "1308", "message": "limit reached"}}, QUOTA),
        (429, {"error": {"code": "1302", "message": "concurrency"}}, RATE),
        (429, {"error": {"code": "1305", "message": "traffic"}}, BUSY),
        (429, {"error": {"code": "1312", "message": "busy model"}}, BUSY),
        (
            400,
            {
                "type": "error",
                "error": {"type": "bad_request_error", "message": "bad (2013)", "http_code": "400"},
            },
            INVALID,
        ),
        (200, {"base_resp": {"status_code": 1002, "status_msg": "pace"}}, RATE),
        (200, {"base_resp": {"status_code": 1008, "status_msg": "balance"}}, QUOTA),
        (400, {"base_resp": {"status_code": 2013, "status_msg": "context window exceeds limit"}}, CTX),
        # Mistral, Groq, Cerebras
        (422, {"object": "error", "message": {"detail": [{"msg": "no", "loc": ["body", "seed"]}]}}, INVALID),
        (401, {"message": "Unauthorized"}, AUTH),
        (401, {"detail": "Unauthorized"}, AUTH),
        (
            400,
            openai("Prompt contains 9000 tokens too large for model with 8192 maximum context length"),
            CTX,
        ),
        (400, openai("Please reduce the length of the messages or completion."), CTX),
        (
            413,
            openai("Request too large on tokens per minute (TPM): Limit 6000", code="rate_limit_exceeded"),
            RATE_TOKENS,
        ),
        (413, openai("Request too large for model on tokens per minute (TPM)"), RATE_TOKENS),
        (498, openai("Flex tier capacity exceeded"), BUSY),
        (400, openai("Bad call", code="tool_use_failed", failed_generation="{"), (400, "tool_use_failed", INVALID[2])),
        (
            400,
            {
                "message": "x",
                "type": "invalid_request_error",
                "param": "validation_error",
                "code": "wrong_api_format",
            },
            INVALID,
        ),
        (413, b"", CTX),
        (400, b"", INVALID),
        (400, {"message": "Current length is 9000 while limit is 8192"}, CTX),
        (429, {"message": "Tokens per minute limit", "code": "token_quota_exceeded"}, RATE_TOKENS),
        # Together, Fireworks, OpenRouter, xAI, Perplexity
        (400, openai("The input (9 tokens) is longer than the model's context length (8 tokens)."), CTX),
        (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096"}, CTX),
        (400, openai("prompt too long"), CTX),
        (402, {"error": {"code": 402, "message": "This request requires more credits"}}, QUOTA),
        (
            403,
            {"error": {"code": 403, "message": "x", "metadata": {"flagged_input": "…", "reasons": []}}},
            POLICY,
        ),
        (200, {"error": {"code": 429, "message": "Provider returned error"}, "user_id": "u"}, RATE),
        (
            400,
            {"code": "Client error", "error": "This model's maximum prompt length is 10 but it contains 20"},
            CTX,
        ),
        (403, {"code": "x", "error": "Your team has used all available credits."}, QUOTA),
        (
            400,
            {"error": {"message": "roles should be alternating", "type": "invalid_message", "code": 400}},
            INVALID,
        ),
        # Gemini, Anthropic, Bedrock, Cohere, Hugging Face
        (
            400,
            [{"error": {"code": 400, "message": 'Unknown name "store"', "status": "INVALID_ARGUMENT"}}],
            INVALID,
        ),
        (
            400,
            [{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum number"}}],
            CTX,
        ),
        (
            400,
            [
                {
                    "error": {
                        "code": 400,
                        "message": "API key not valid.",
                        "details": [{"reason": "API_KEY_INVALID"}],
                    }
                }
            ],
            AUTH,
        ),
        (
            429,
            [
                {
                    "error": {
                        "code": 429,
                        "message": "You exceeded your current quota",
                        "status": "RESOURCE_EXHAUSTED",
                        "details": [{"violations": [{"quotaId": "GenerateRequestsPerMinutePerProject"}]}],
                    }
                }
            ],
            RATE,
        ),
        (
            429,
            {
                "error": {
                    "code": 429,
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [{"violations": [{"quotaId": "RequestsPerDay-FreeTier"}]}],
                }
            },
            QUOTA,
        ),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, BUSY),
        (400, openai("prompt is too long: 9 tokens > 8 maximum"), CTX),
        (400, {"message": "Input is too long for requested model."}, CTX),
        (429, {"message": "ThrottlingException: Too many tokens, please wait"}, RATE_TOKENS),
        (400, {"Message": "The security token is wrong"}, INVALID),
        (400, {"id": "1", "message": "too many tokens"}, CTX),
        (404, {"error": "The model `x` does not exist"}, MODEL),
        # vLLM, SGLang, llama.cpp, llama-cpp-python, Ollama, LM Studio, TGI, TensorRT-LLM, LocalAI, mlx-lm
        (
            400,
            openai(
                "This model's maximum context length is 10 tokens. However, …",
                type="BadRequestError",
                code=400,
            ),
            CTX,
        ),
        (400, openai("Input length (20) exceeds model's maximum context length (10).", code=400), CTX),
        (401, {"error": "Unauthorized"}, AUTH),
        (404, openai("The model `x` does not exist.", type="NotFoundError", code=404), MODEL),
        (
            400,
            {"object": "error", "message": "bad", "type": "BadRequest", "param": None, "code": 400},
            INVALID,
        ),
        (
            400,
            {
                "object": "error",
                "message": "Requested token count exceeds the model's maximum context length of 9 tokens.",
            },
            CTX,
        ),
        (
            400,
            {"error": {"code": 400, "message": "x", "type": "exceed_context_size_error", "n_ctx": 512}},
            CTX,
        ),
        (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, BUSY),
        (501, openai("not implemented"), INVALID),
        (500, openai("oops", type="internal_server_error"), FAILED),
        (
            500,
            openai(
                "1 validation error:\n  {'type': 'int_parsing', 'loc': ('body', 'top_k')}", type="internal_server_error"
            ),
            INVALID,
        ),
        (404, openai('model "x" not found, try pulling it first', type="not_found_error"), MODEL),
        (
            400,
            {"error": "tokens to keep from the initial prompt is greater than the context length"},
            CTX,
        ),
        (422, {"error": "bad", "error_type": "validation"}, INVALID),
        (429, {"error": "Model is overloaded", "error_type": "overloaded"}, BUSY),
        (424, {"error": "Request failed during generation", "error_type": "generation"}, FAILED),
        (400, {"error": "1 validation error for ChatCompletionRequest"}, INVALID),
        (404, {"error": "list index out of range"}, INVALID),
        (404, {"error": "Not Found"}, MODEL),
        (404, b"", MODEL),
        # gateways
        (502, b"<html><body><h1>502 Bad Gateway</h1>nginx</body></html>", FAILED),
        (400, b"<!DOCTYPE html><title>cloudflare</title>", FAILED),
        (404, b"<html>404</html>", FAILED),
        (503, b"<html>503</html>", BUSY),
        (522, b"", FAILED),
        (500, b"Internal Server Error", FAILED),
        (400, b'data: {"error": {"message": "prompt is too long"}}\n\ndata: [DONE]\n\n', CTX),
        (200, b"", FAILED),
    ],
)
def test_an_upstreams_error_becomes_the_error_openai_would_send(
    status: int, body: Any, expected: tuple[int, str | None, str]
) -> None:
    assert of(mapped(status, body)) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "bad", "type": "BadRequestError", "code": 400}, INVALID),
        ({"error": {"message": "bad", "type": "BadRequestError", "code": 400}}, INVALID),
        ({"message": "bad", "type": "invalid_request_error"}, INVALID),
        ({"object": "error", "message": "late", "code": 429}, RATE),
        ({"code": 429, "message": "late"}, RATE),
        ({"error": {"error": {"message": "late", "code": "429"}}}, RATE),
        ([{"error": {"code": 503, "message": "high demand", "status": "UNAVAILABLE"}}], BUSY),
        ({"error": "overloaded", "status_code": 503}, BUSY),
        ({"x_groq": {"error": "Rate limit reached"}}, RATE),
        ("prompt is too long", CTX),
        ('{"error": {"message": "prompt is too long"}}', CTX),
        ({"message": '{"error": {"message": "prompt is too long"}}'}, CTX),
        (
            {
                "code": 502,
                "message": "Provider returned error",
                "metadata": {"raw": '{"error": {"message": "prompt is too long"}}'},
            },
            CTX,
        ),
        ({"code": "DataInspectionFailed", "message": "no"}, POLICY),
        ({"message": "oops"}, FAILED),
        ({}, FAILED),
        (None, FAILED),
        (17, FAILED),
        (True, FAILED),
    ],
)
def test_an_error_object_in_a_stream_is_read_in_any_shape(error: Any, expected: tuple[int, str | None, str]) -> None:
    assert of(map_error_object(error)) == expected


def test_the_status_given_holds_where_the_object_names_none() -> None:
    assert of(map_error_object({"message": "slow"}, status=429)) == RATE
    assert of(map_error_object({"message": "slow", "code": 400}, status=502)) == INVALID


def test_openrouters_cause_replaces_its_own_empty_words() -> None:
    raw = json.dumps({"error": {"message": "tools are not supported", "code": 400}})
    error = mapped(400, {"error": {"code": 400, "message": "Provider returned error", "metadata": {"raw": raw}}})
    assert error.message == "tools are not supported"


def test_a_list_of_details_is_joined_and_names_the_parameter() -> None:
    detail = [
        {"loc": ["body", "messages", 0, "content"], "msg": "field required"},
        {"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"},
    ]
    error = mapped(422, {"object": "error", "message": {"detail": detail}, "code": 3001})
    assert error.message == "messages[0].content: field required; seed: Extra inputs are not permitted"
    assert error.param == "input"


@pytest.mark.parametrize(
    ("named", "param"),
    [
        ("temperature", "temperature"),
        ("messages[3].content", "input"),
        ("max_tokens", "max_output_tokens"),
        ("max_completion_tokens", "max_output_tokens"),
        ("response_format", "text.format"),
        ("tools[0].function.parameters", "tools[0].parameters"),
        ("validation_error", None),
        ("not a path", None),
    ],
)
def test_a_parameter_is_named_as_the_client_knows_it(named: str, param: str | None) -> None:
    assert mapped(400, openai("bad", param=named)).param == param


def test_the_parameter_of_a_length_or_model_error_is_what_the_client_must_change() -> None:
    assert mapped(400, openai("x", code="context_length_exceeded", param="messages")).param == "input"
    assert mapped(404, openai("x", code="model_not_found")).param == "model"


def test_codes_that_clients_act_on_are_kept() -> None:
    assert mapped(400, openai("x", code="unsupported_parameter")).code == "unsupported_parameter"
    assert mapped(400, openai("x", code="invalid_prompt", type="content_filter")).code == "invalid_prompt"


def test_an_upstreams_own_code_is_passed_on_where_it_is_one_and_says_more_than_the_type() -> None:
    assert mapped(400, openai("x", code="tool_use_failed")).code == "tool_use_failed"  # Groq
    assert mapped(400, {"error": openai("x", code="json_validate_failed")}).code == "json_validate_failed"
    assert map_error_object({"message": "x", "code": "budget_on_hold"}, status=400).code == "budget_on_hold"
    others = ["Client specified an invalid argument", "InvalidParameter", "1213", "wrong", "a_" + "b" * 64, "sk_abc123"]
    for other in (400, "invalid_request_error", "invalid_argument", "bad_request", *others):
        assert mapped(400, openai("x", code=other)).code is None, other
    assert mapped(400, openai("x", type="some_reason", code=None)).code is None
    assert mapped(429, openai("x", code="tool_use_failed")).code == "rate_limit_exceeded"
    assert mapped(500, openai("x", code="tool_use_failed", type="server_error")).code is None
    hidden = map_upstream_error(
        400, json.dumps(openai("x", code="host_of_mine")).encode(), {}, secrets=["host_of_mine"]
    )
    assert hidden.code is None


def test_the_operators_key_is_no_fault_of_the_client() -> None:
    body = json.dumps(openai("Incorrect API key provided: sk-live-1234.", code="invalid_api_key")).encode()
    error = map_upstream_error(401, body, {})
    assert of(error) == AUTH
    assert "sk-" not in error.message and "operator" in error.message and error.param is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_the_client_handed_through_is_its_own_401(status: int) -> None:
    error = map_upstream_error(status, b'{"error": "Unauthorized"}', {}, key_is_clients=True)
    assert of(error) == (401, "invalid_api_key", "invalid_request_error")
    assert error.message == "Unauthorized"


@pytest.mark.parametrize(
    ("headers", "message", "retry_after", "words"),
    [
        ({"Retry-After": "7"}, "Slow down.", "7", "Slow down. Please try again in 7s."),
        ({"retry-after": "1.5"}, "Slow down.", "2", "Slow down. Please try again in 1.5s."),
        ({"retry-after-ms": "250"}, "Slow down.", "1", "Slow down. Please try again in 0.25s."),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Slow.", "Wed, 21 Oct 2026 07:28:00 GMT", "Slow."),
        ({}, "Please try again in 1.2s.", "2", "Please try again in 1.2s."),
        ({}, "Please try again in 120ms.", "1", "Please try again in 120ms."),
        ({}, "Please try again in 1m2.5s.", "63", "Please try again in 1m2.5s. Please try again in 62.5s."),
        (
            {},
            "Please retry after 20 seconds.",
            "20",
            "Please retry after 20 seconds. Please try again in 20s.",
        ),
        ({"x-ratelimit-reset-requests": "1m2.5s"}, "Slow.", "63", "Slow. Please try again in 62.5s."),
        (
            {
                "x-ratelimit-reset-requests": "9s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "2s",
            },
            "Slow.",
            "2",
            "Slow. Please try again in 2s.",
        ),
        ({}, "Slow.", None, "Slow."),
        ({"retry-after": "soon\r\nx-evil: 1"}, "Slow.", None, "Slow."),
    ],
)
def test_how_long_to_wait_is_found_in_every_place_and_said_in_words_codex_reads(
    headers: dict[str, str], message: str, retry_after: str | None, words: str
) -> None:
    error = map_upstream_error(429, json.dumps(openai(message)).encode(), headers)
    assert error.headers.get("retry-after") == retry_after
    assert error.message == words


def test_geminis_delay_is_read_from_the_details() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "14s"}
    error = mapped(429, [{"error": {"code": 429, "message": "Resource exhausted", "details": [info]}}])
    assert error.headers["retry-after"] == "14"
    assert error.message == "Resource exhausted. Please try again in 14s."


def test_rate_limit_headers_are_passed_on_and_no_other() -> None:
    given = {"X-RateLimit-Limit-Requests": "60", "set-cookie": "a=b", "x-request-id": "r", "server": "vllm"}
    error = map_upstream_error(400, b"{}", given)
    assert error.headers == {"x-ratelimit-limit-requests": "60"}


def test_a_refused_request_is_not_told_to_wait_by_counters_that_always_come() -> None:
    assert mapped(400, openai("bad"), x_ratelimit_reset_requests="5s").headers == {"x-ratelimit-reset-requests": "5s"}


def test_aws_names_the_kind_in_a_header() -> None:
    headers = {"x-amzn-ErrorType": "ThrottlingException:http://internal.amazon.com/"}
    assert of(map_upstream_error(400, b'{"message": "Slow."}', headers)) == RATE


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Incorrect key sk-proj-a1B2c3 given", "Incorrect key [key] given"),
        ("The key provided: topsecret, was odd", "The key provided: [key], was odd"),
        ("Got Authorization: Bearer abcdef123456 here", "Got Authorization: Bearer [key] here"),
        ("api_key=0123456789abcdef is wrong", "api_key=[key] is wrong"),
        ("Your api key: ****c9f1 is invalid", "Your api key: [key] is invalid"),
        ("token gsk_abcDEF123 or AIzaSyA1234567890abcdefghijk", "token [key] or [key]"),
        ("Limit reached in organization org-AbC123456 on x", "Limit reached in organization [account] on x"),
        ("see https://platform.openai.com/account?key=1.", "see [address]"),
        ("Cannot connect to host vllm-7:8000 now", "Cannot connect to host [address] now"),
        ("no route to 10.1.2.3:8000, try", "no route to [address], try"),
        (
            "Max retries: HTTPConnectionPool(host='gpu-1', port=8000)",
            "Max retries: HTTPConnectionPool(host=[address])",
        ),
        ("refused by api.internal.example.com:443/v1/chat", "refused by [address]"),
        ('1 error: odd\n\n  File "/srv/llama_cpp/app.py", line 376, in create\n    POST /v1', "1 error: odd"),
        ('boom\nTraceback (most recent call last):\n  File "/srv/x.py"', "boom\n[traceback]"),
    ],
)
def test_keys_addresses_and_accounts_never_leave(message: str, shown: str) -> None:
    assert mapped(400, openai(message)).message == shown


@pytest.mark.parametrize(
    "message",
    [
        "Missing bearer token in the authorization header.",
        "The password is required: messages[0].content must be a string, not null.",
        "maximum context length: limit 8192, requested:12000, line 1 column 5 (char 4)",
        "model meta-llama/Llama-3.1-8B-Instruct does not support tools; use tool_choice=auto.",
        "messages.0.content.1.image_url.url: Field required",
        "task-specific key_value_pairs and token_budget are basic information",
    ],
)
def test_useful_sentences_stay_as_they_are(message: str) -> None:
    assert mapped(400, openai(message)).message == message


def test_what_the_front_knows_to_be_secret_goes_whatever_it_looks_like() -> None:
    body = json.dumps(openai("bad key hunter2 at gpu-box")).encode()
    error = map_upstream_error(400, body, {}, secrets=("hunter2", "gpu-box"))
    assert error.message == "bad key [hidden] at [hidden]"
    assert map_error_object("bad key hunter2", secrets=("hunter2",)).message == "bad key [hidden]"


def test_messages_are_bounded_and_printable() -> None:
    error = mapped(400, openai("x" * 100_000 + "\x00\ud800"))
    assert len(error.message) <= 1000
    assert mapped(400, openai("a\x00b\ud800c\nd")).message == "ab?c\nd"


def test_pages_of_gateways_are_not_shown() -> None:
    assert mapped(502, b"<html>nginx at 10.0.0.1</html>").message == "The upstream failed (502) and did not say why."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "message",
                    "detail",
                    "code",
                    "type",
                    "metadata",
                    "raw",
                    "details",
                    "base_resp",
                    "status_code",
                    "status_msg",
                    "retryDelay",
                    "loc",
                    "param",
                    "violations",
                    "status",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.integers(100, 999))
def test_nothing_an_upstream_says_breaks_the_mapping(error: Any, status: int) -> None:
    for found in (
        map_error_object(error),
        map_upstream_error(status, json.dumps(error).encode(), {"retry-after": "1"}),
    ):
        assert 400 <= found.status <= 599
        assert re.fullmatch(r"[\s\S]{1,1100}", found.message)
        assert json.dumps(found.body()).encode()


@given(st.binary(max_size=200), st.integers(100, 999))
def test_no_bytes_break_the_mapping(body: bytes, status: int) -> None:
    assert map_upstream_error(status, body, {}).status >= 400


def test_deep_nesting_is_not_followed() -> None:
    assert map_upstream_error(400, b"[" * 100_000, {}).status == 400
    assert map_upstream_error(400, b'{"error":' * 500 + b"1" + b"}" * 500, {}).status == 400
    deep: Any = "end"
    for _ in range(20_000):
        deep = {"error": [deep]}
    assert map_error_object(deep).status == 502


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("POST http://127.0.0.1:19911/v1/chat/completions failed", "POST [hidden] failed"),
        ("no route to 127.0.0.1:19911", "no route to [hidden]"),
        ("https://user:word@gpu-box:8000/v1 is down", "[hidden] is down"),
        ("gpu-box refused it: try gpu-box:8000/v1?", "[hidden] refused it: try [hidden]"),
        ("see [fd00::7]:8000.", "see [hidden]."),
    ],
)
def test_nothing_is_left_of_the_address_that_a_host_stands_in(message: str, told: str) -> None:
    secrets = ("127.0.0.1", "127.0.0.1:19911", "gpu-box", "gpu-box:8000", "fd00::7", "[fd00::7]:8000")
    assert map_upstream_error(400, json.dumps(openai(message)).encode(), {}, secrets=secrets).message == told
