"""A refusal teaches one fact, and the retried request is another."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from functools import reduce
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.dialects import DEFAULT, Dialect, Fact, OperatorError, apply, changes_request, learn, remember, resolve
from translator.dialects.effect import EFFECTS
from translator.dialects.learning import build_table, learning_table
from translator.dialects.presets import preset_table
from translator.errors import Unsupported
from translator.responses_over_chat import translate_request

DATA = tomllib.loads(files("translator.dialects").joinpath("learning.toml").read_text("utf-8"))

USER = {"role": "user", "content": "Hi"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED = [USER, {"role": "assistant", "content": "", "tool_calls": [CALL]}, {"role": "tool", "content": "1"}]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
NAMED = {"type": "function", "function": {"name": "f"}}
FILE = [{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}]
IMAGE = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}]


def asked(*messages: Any, **parameters: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages) or [USER], **parameters}


def refused(message: str, **more: Any) -> bytes:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error", **more}}).encode()


def taught(message: str, sent: dict[str, Any], dialect: Dialect = DEFAULT, status: int = 400, **more: Any) -> Any:
    fact = learn(status, refused(message, **more), dialect, sent)
    if fact is None or isinstance(fact, OperatorError):
        return fact
    assert changes_request(dialect, apply(dialect, fact), sent)
    return dict(fact.changes)


SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}}
OBJECT = {"response_format": {"type": "json_object"}}
ARRAY = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
REPLAYING = replace(DEFAULT, reasoning_replay="all")
MCT = replace(DEFAULT, max_tokens_field="max_completion_tokens")


@pytest.mark.parametrize(
    ("message", "sent", "changes"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
            asked(max_tokens=5),
            {"max_tokens_field": "max_completion_tokens"},
        ),
        # keys
        ('Invalid JSON payload received. Unknown name "store": Cannot find field.', asked(store=False), "store"),
        ("property 'store' is unsupported, did you mean 'stop'?", asked(store=False), "store"),
        ("body.store: property 'body.store' is unsupported", asked(store=False), "store"),
        ("Unrecognized request argument supplied: user", asked(user="u"), "user"),
        ("Unrecognized request arguments supplied: seed, top_k", asked(seed=1, top_k=2), "seed top_k"),
        ("Unknown parameter: 'verbosity'.", asked(verbosity="low"), "verbosity"),
        ("unknown field `service_tier`, expected one of `model`", asked(service_tier="auto"), "service_tier"),
        (
            "Extra inputs are not permitted, field: 'prompt_cache_key', value: x",
            asked(prompt_cache_key="x"),
            "prompt_cache_key",
        ),
        (
            "1 validation error for ChatCompletionRequest\nmetadata\n  Extra inputs are not permitted [type=x]",
            asked(metadata={}),
            "metadata",
        ),
        (
            "[{'type': 'extra_forbidden', 'loc': ('body', 'enable_thing'), 'msg': 'Extra inputs are not permitted'}]",
            asked(enable_thing=False),
            "enable_thing",
        ),
        ("[{'loc': ('body', 'user'), 'msg': 'extra fields not permitted'}]", asked(user="u"), "user"),
        ("create() got an unexpected keyword argument 'top_logprobs'", asked(top_logprobs=2), "top_logprobs"),
        (
            "Unsupported value: 'temperature' does not support 0.2. Only the default (1) value is supported.",
            asked(temperature=0.2),
            "temperature",
        ),
        ("invalid temperature: only 1 is allowed for this model", asked(temperature=0.2), "temperature"),
        ("Argument not supported on this model: presence_penalty", asked(presence_penalty=1), "presence_penalty"),
        ("`logprobs` is not yet supported by this model", asked(logprobs=True), "logprobs"),
        ("This model does not support parallel_tool_calls", asked(parallel_tool_calls=True), "parallel_tool_calls"),
        ("temperature and top_p cannot both be specified", asked(temperature=1, top_p=1), "top_p"),
        # keys that a switch decides
        (
            "Extra inputs are not permitted, field: 'stream_options', value: {}",
            asked(stream=True, stream_options={"include_usage": True}),
            {"stream_usage": "implicit"},
        ),
        (
            "Unrecognized request argument supplied: reasoning_effort",
            asked(reasoning_effort="low"),
            {"reasoning_control": "none"},
        ),
        (
            "Unknown parameter: 'tools[0].function.strict'.",
            asked(tools=[{"type": "function", "function": {"name": "f", "strict": True}}]),
            {"strict_tools": "strip"},
        ),
        (
            "Unknown name \"additionalProperties\" at 'tools[0].functions[0].parameters': Cannot find field.",
            asked(tools=[{"type": "function", "function": {"parameters": {"additionalProperties": False}}}]),
            {"schema_flavor": "gemini"},
        ),
        # roles and turns
        ("System role not supported", asked({"role": "system", "content": "x"}, USER), {"system_role": "user"}),
        (
            "Unexpected role 'user' after role 'tool'",
            asked(*CALLED, USER),
            {"turn_order": "mistral"},
        ),
        (
            "After the (optional) system message(s), user and assistant roles should be alternating.",
            asked(USER, USER),
            {"turn_order": "alternate"},
        ),
        (
            "Conversation roles must alternate user/assistant/user/assistant/...",
            asked(USER, USER),
            {"turn_order": "alternate"},
        ),
        (
            "Failed to deserialize: messages[0]: invalid type: sequence, expected a string at line 1 column 9",
            asked(ARRAY),
            {"content_arrays": frozenset()},
        ),
        (
            "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
            asked(*CALLED),
            {"tool_call_id": "alnum9"},
        ),
        (
            "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40",
            asked(USER, {"role": "assistant", "tool_calls": [{**CALL, "id": "c" * 41}]}),
            {"tool_call_id": "max40"},
        ),
        # how long an answer may be
        (
            "max_tokens is too large: 1000000. This model supports at most 16384 completion tokens, whereas you "
            "provided 1000000.",
            asked(max_tokens=1_000_000),
            {"max_output": 16384},
        ),
        (
            "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
            asked(max_tokens=1_000_000),
            {"max_output": 8192},
        ),
        (
            "`max_completion_tokens` must be less than or equal to `65536`, the maximum value for this model",
            asked(max_tokens=1_000_000),
            {"max_output": 65536},
        ),
        (
            "max_tokens=1000000 cannot be greater than max_model_len=32768. Please request fewer output tokens.",
            asked(max_tokens=1_000_000),
            {"max_output": 32768},
        ),
        (
            "max_tokens: 1000000 > 64000, which is the maximum allowed number of output tokens for this model",
            asked(max_tokens=1_000_000),
            {"max_output": 64000},
        ),
        (
            "it has a maxOutputTokens value of 1000000 but the supported range is from 1 (inclusive) to 65537 "
            "(exclusive). Update the value and try again.",
            asked(max_tokens=1_000_000),
            {"max_output": 65536},
        ),
        (
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 20 `inputs` tokens "
            "and 1000000 `max_new_tokens`",
            asked(max_tokens=1_000_000),
            {"window": 4096, "max_tokens_policy": "cap_window"},
        ),
        (
            "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total "
            "of 1000020 tokens: 20 tokens from the input messages and 1000000 tokens for the completion.",
            asked(max_tokens=1_000_000),
            {"window": 32768, "max_tokens_policy": "cap_window"},
        ),
        (
            "This model's maximum context length is 4096 tokens. However, you requested 1000020 tokens (20 in the "
            "messages, 1000000 in the completion). Please reduce the length of the messages or completion.",
            asked(max_tokens=1_000_000),
            {"window": 4096, "max_tokens_policy": "cap_window"},
        ),
        # reasoning
        (
            "The reasoning_content in the thinking mode must be passed back to the API",
            asked(*CALLED),
            {
                "reasoning_replay": "tool_turns",
                "reasoning_replay_field": "reasoning_content",
                "reasoning_placeholder": " ",
            },
        ),
        (
            "parameter.enable_thinking must be set to false for non-streaming calls",
            asked(),
            {"force_stream": "always"},
        ),
        (
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. "
            "Supported values are: 'low', 'medium', and 'high'.",
            asked(reasoning_effort="minimal"),
            {"effort_map": {"minimal": "low"}},
        ),
        (
            "reasoning_effort medium is not supported for this model, supported values: [high, none]",
            asked(reasoning_effort="medium"),
            {"effort_map": {"medium": "high"}},
        ),
        (
            'think value "medium" is not supported for this model',
            asked(reasoning_effort="medium"),
            {"reasoning_control": "none"},
        ),
        ('"llama3" does not support thinking', asked(reasoning_effort="low"), {"reasoning_control": "none"}),
        (
            "invalid thinking: only type=enabled is allowed for this model",
            asked(thinking={"type": "disabled"}),
            {"reasoning_control": "none"},
        ),
        # tools
        (
            "tool_choice 'specified' is incompatible with thinking enabled",
            asked(tools=TOOLS, tool_choice=NAMED),
            {"forced_choice_vs_thinking": "downgrade"},
        ),
        (
            "Thinking mode does not support this tool_choice",
            asked(tools=TOOLS, tool_choice="required"),
            {"forced_choice_vs_thinking": "downgrade"},
        ),
        (
            "Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
            asked(tools=TOOLS, tool_choice=NAMED),
            {"tool_choice": frozenset({"auto", "none", "required"})},
        ),
        (
            "tool_choice must be auto",
            asked(tools=TOOLS, tool_choice=NAMED),
            {"tool_choice": frozenset({"auto", "none"})},
        ),
        (
            "tool_choice is not supported: required",
            asked(tools=TOOLS, tool_choice="required"),
            {"tool_choice": frozenset({"auto", "none", "named"})},
        ),
        (
            "Tools with mixed values for 'strict' are not allowed.",
            asked(tools=[{"type": "function", "function": {"name": "f", "strict": True}}, *TOOLS]),
            {"strict_tools": "uniform"},
        ),
        ("library/gemma:2b does not support tools", asked(tools=TOOLS), {"tools": "none"}),
        ("Tool calling is not supported for this model", asked(tools=TOOLS), {"tools": "none"}),
        ("No endpoints found that support tool use.", asked(tools=TOOLS), {"tools": "none"}),
        # structured output
        ("This response_format type is unavailable now", asked(**SCHEMA), {"json_schema": "json_object"}),
        (
            "'response_format.type' must be 'json_schema' or 'text'",
            asked(**OBJECT),
            {"json_object": "as_schema", "json_schema": "native"},
        ),
        ("response_format is not supported", asked(**OBJECT), {"json_object": "prompt", "json_schema": "prompt"}),
        (
            "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input should be 'text' or "
            "'json_object'\"}]",
            asked(**SCHEMA),
            {"json_schema": "json_object"},
        ),
        ("Failed to deserialize: missing field `value` at line 1", asked(**SCHEMA), {"json_schema": "value"}),
        (
            "You cannot specify response format and function call at the same time",
            asked(tools=TOOLS, **SCHEMA),
            {"structured_with_tools": False},
        ),
        (
            "json mode cannot be combined with tool/function calling",
            asked(tools=TOOLS, **SCHEMA),
            {"structured_with_tools": False},
        ),
        # media
        *(
            (message, asked({"role": "user", "content": FILE}), {"file": False})
            for message in (
                "Unsupported chat content part type: 'file'. Supported types: text, image_url",
                "Unknown part type: file",
                "messages[0].content[0]: unknown variant `file`, expected `text` or `image_url`",
                "Input tag 'file' found using 'type' does not match any of the expected tags: 'text', 'image_url'",
                "Input should be 'text' [type=literal_error, input_value='file', input_type=str]",
                "Invalid Value: 'file'. This model does not support file content types.",
                "unsupported content[].type",
                "Only 'text' content type is supported.",
            )
        ),
        (
            "image input is not supported by this server",
            asked({"role": "user", "content": IMAGE}),
            {"image": frozenset()},
        ),
        (
            "messages[0].content: unknown variant `image_url`, expected `text` at line 1 column 64",
            asked({"role": "user", "content": IMAGE}),
            {"image": frozenset()},
        ),
        ("Only 'text' content type is supported.", asked({"role": "user", "content": IMAGE}), {"image": frozenset()}),
        ("invalid image input", asked({"role": "user", "content": IMAGE}), {"image": frozenset({"data"})}),
    ],
)
def test_a_refusal_teaches_what_to_do_otherwise(message: str, sent: dict[str, Any], changes: Any) -> None:
    if isinstance(changes, str):
        changes = {"params_refused": frozenset(changes.split())}
    assert taught(message, sent) == changes


OPENAI = resolve(preset="openai")


@pytest.mark.parametrize(
    ("dialect", "message", "sent", "changes"),
    [
        (
            REPLAYING,
            "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : "
            "property 'reasoning_content' is unsupported)]",
            asked(USER, {"role": "assistant", "content": "", "reasoning_content": "hm"}),
            {"reasoning_replay": "never"},
        ),
        (
            replace(REPLAYING, reasoning_replay_field="reasoning"),
            "messages[1].reasoning: reasoning is not supported with this model",
            asked(USER, {"role": "assistant", "content": "", "reasoning": "hm"}),
            {"reasoning_replay": "never"},
        ),
        (
            OPENAI,
            "messages[0].role: unknown variant `developer`, expected one of `system`, `user`",
            asked({"role": "developer", "content": "x"}, USER),
            {"system_role": "system"},
        ),
        (
            OPENAI,
            "System message must be at the beginning.",
            asked(USER, {"role": "system", "content": "x"}),
            {"system_layout": "single_leading"},
        ),
        (
            MCT,
            "max_completion_tokens: Extra inputs are not permitted",
            asked(max_completion_tokens=5),
            {"max_tokens_field": "max_tokens"},
        ),
        (
            MCT,
            "Unrecognized request argument supplied: max_completion_tokens",
            asked(max_completion_tokens=5),
            {"max_tokens_field": "max_tokens"},
        ),
        (
            resolve(preset="mistral"),
            "messages[2].name: Extra inputs are not permitted",
            asked(*CALLED[:2], {"role": "tool", "name": "f", "content": "1"}),
            {"tool_result_name": False},
        ),
        (
            OPENAI,
            "Unknown parameter: 'messages[0].refusal'.",
            asked({"role": "assistant", "refusal": "No."}),
            {"refusal_field": False},
        ),
    ],
)
def test_a_preset_that_is_wrong_is_corrected(
    dialect: Dialect, message: str, sent: dict[str, Any], changes: Any
) -> None:
    assert taught(message, sent, dialect) == changes


@pytest.mark.parametrize(
    ("dialect", "changes", "sent"),
    [
        (OPENAI, {"system_layout": "single_leading"}, asked({"role": "system", "content": "x"}, USER)),
        (DEFAULT, {"reasoning_replay": "all"}, asked(*CALLED)),
        (REPLAYING, {"reasoning_replay_field": "reasoning"}, asked(*CALLED)),
        (DEFAULT, {"strict_tools": "strip"}, asked(tools=TOOLS)),
        (DEFAULT, {"image": frozenset({"url"})}, asked({"role": "user", "content": IMAGE})),
        (DEFAULT, {"file": False}, asked({"role": "user", "content": IMAGE})),
        (DEFAULT, {"tool_choice": frozenset({"auto"})}, asked(tools=TOOLS)),
        (DEFAULT, {"effort_map": {"low": "high"}}, asked(reasoning_effort="medium")),
        (DEFAULT, {"hosted_tools": frozenset({"web_search"})}, asked()),
        (DEFAULT, {}, asked(user="u")),
    ],
)
def test_a_change_that_the_request_does_not_depend_on_makes_no_other_request(
    dialect: Dialect, changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert not changes_request(dialect, replace(dialect, **changes), sent)


def test_bodies_of_every_shape_teach() -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]
    for body in (
        {"object": "error", "message": {"detail": detail}},
        {"object": "Error", "detail": detail, "message": detail, "code": 3001},
        {"error": "seed: Extra inputs are not permitted"},
        {"error": {"code": 400, "message": "x", "metadata": {"raw": json.dumps({"detail": detail})}}},
    ):
        fact = learn(422, json.dumps(body).encode(), DEFAULT, asked(seed=1))
        assert isinstance(fact, Fact)
        assert fact.changes == {"params_refused": {"seed"}}


def test_the_parameter_named_beside_the_message_is_learned() -> None:
    sent = asked(top_k=1, user="u")
    assert taught("No.", sent, code="unsupported_parameter", param="top_k") == {"params_refused": {"top_k"}}
    assert taught("No.", sent, code="unknown_parameter", param="top_k") == {"params_refused": {"top_k", "user"}}
    assert taught("No.", sent, code="other", param="top_k") is None


def test_with_one_unknown_key_all_hints_go_so_that_one_retry_will_do() -> None:
    sent = asked(user="u", verbosity="low", prompt_cache_key="k", safety_identifier="s", service_tier="auto", seed=1)
    changes = taught("property 'prompt_cache_key' is unsupported", sent)
    assert changes == {"params_refused": {"user", "verbosity", "prompt_cache_key", "safety_identifier", "service_tier"}}
    after = resolve(facts=[Fact(changes, "")])
    assert learn(400, refused("property 'seed' is unsupported"), after, asked(seed=1)) is not None


def test_hints_that_the_dialect_knows_stay() -> None:
    changes = taught("property 'verbosity' is unsupported", asked(user="u", verbosity="low"), resolve(preset="groq"))
    assert changes == {"params_refused": {"verbosity"}}


def test_hints_stay_where_a_known_key_has_a_wrong_value() -> None:
    changes = taught("invalid temperature: only 1 is allowed for this model", asked(temperature=0, user="u"))
    assert changes == {"params_refused": {"temperature"}}


def test_hints_stay_where_the_unknown_key_stands_inside_a_message() -> None:
    sent = asked({"role": "assistant", "content": "", "reasoning_content": "hm"}, user="u")
    assert taught("property 'messages.0.reasoning_content' is unsupported", sent, REPLAYING) == {
        "reasoning_replay": "never"
    }


def test_a_renamed_parameter_is_learned_by_its_own_name() -> None:
    mistral = resolve(preset="mistral")
    assert taught("random_seed: Extra inputs are not permitted", asked(random_seed=1), mistral) == {
        "params_refused": {"seed"}
    }


def test_of_two_efforts_as_near_the_greater_is_taken() -> None:
    message = "reasoning_effort low is not supported for this model, supported values: [high, none]"
    assert taught(message, asked(reasoning_effort="low")) == {"effort_map": {"low": "high"}}


def test_an_effort_is_mapped_from_every_word_that_was_sent_as_it() -> None:
    dialect = replace(DEFAULT, effort_map={"xhigh": "max"})
    message = "reasoning_effort must be one of low, high"
    assert taught(message, asked(reasoning_effort="max"), dialect) == {"effort_map": {"max": "high", "xhigh": "high"}}


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ("The model is overloaded", asked()),
        ("property 'messages' is unsupported", asked()),
        ("property 'model' is unsupported", asked()),
        ("Unknown parameter: 'nothing_we_sent'.", asked(user="u")),
        ("Unknown parameter: 'tools'.", asked(tools=TOOLS)),
        ("unknown variant `developer`", asked({"role": "system", "content": "x"})),
        ("stream_options is not supported", asked()),
        ("response_format is not supported", asked()),
        ("Conversation roles must alternate", asked(USER)),
        ("System message must be at the beginning.", asked({"role": "system", "content": "x"}, USER)),
        ("invalid type: sequence, expected a string", asked(USER)),
        ("must be a-z, A-Z, 0-9, with a length of 9", asked(USER)),
        ("image input is not supported", asked(USER)),
        ("tool_choice must be auto", asked(tools=TOOLS)),
        ("enable_thinking must be set to false for non-streaming calls", asked(stream=True)),
        ("Use 'max_completion_tokens'", asked(max_completion_tokens=1)),
        ("", asked(user="u")),
    ],
)
def test_nothing_is_learned_where_the_same_request_would_go_out_again(message: str, sent: dict[str, Any]) -> None:
    assert taught(message, sent) is None


@pytest.mark.parametrize("status", [200, 401, 403, 413, 429, 502, 503])
def test_only_refusals_of_the_request_teach(status: int) -> None:
    assert taught("property 'user' is unsupported", asked(user="u"), status=status) is None


def test_an_engine_that_calls_a_faulty_request_its_own_fault_teaches_too() -> None:
    assert taught("property 'user' is unsupported", asked(user="u"), status=500) is not None


@pytest.mark.parametrize(
    ("message", "way_out"),
    [
        (
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
            "--enable-auto-tool-choice and --tool-call-parser NAME",
        ),
        ('tool_choice="required" requires --tool-call-parser to be set', "--tool-call-parser"),
        ("tools param requires --jinja flag", "--jinja"),
        ("As of transformers v4.44, default chat template is no longer allowed", "--chat-template"),
    ],
)
def test_what_only_the_operator_can_mend_is_said_with_the_way_out(message: str, way_out: str) -> None:
    error = taught(message, asked(tools=TOOLS, tool_choice="required"))
    assert isinstance(error, OperatorError)
    assert way_out in error.message
    assert (error.status, error.code, error.type) == (502, "upstream_misconfigured", "server_error")


def test_a_fact_keeps_the_upstreams_words_short_and_without_secrets() -> None:
    message = "property 'user' is unsupported for sk-live-12345678 at https://internal.example.com/v1 " + "x" * 999
    fact = learn(400, refused(message), DEFAULT, asked(user="u"))
    assert isinstance(fact, Fact)
    assert "sk-live" not in fact.because and "internal" not in fact.because
    assert len(fact.because) <= 300


def test_a_fact_survives_being_written_and_read() -> None:
    for changes in (
        {"params_refused": frozenset({"user", "store"})},
        {"effort_map": {"low": "high"}},
        {"reasoning_replay": "tool_turns", "reasoning_placeholder": " "},
    ):
        fact = Fact(changes, "because")
        assert Fact.from_json(json.loads(json.dumps(fact.to_json()))) == fact
    assert Fact({"image": frozenset({"url", "data"})}, "x").to_json()["changes"] == {"image": ["data", "url"]}


@pytest.mark.parametrize(
    "written", [{}, {"changes": {"gone": 1}, "because": ""}, {"changes": {"file": "?"}, "because": ""}, {"changes": 1}]
)
def test_a_fact_of_another_version_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fact"):
        Fact.from_json(written)


def test_facts_cannot_be_changed() -> None:
    changes = {"file": False}
    fact = Fact(changes, "x")
    changes["file"] = True
    assert fact.changes == {"file": False}


def test_every_switch_that_a_rule_teaches_has_an_effect_that_is_looked_for() -> None:
    watched = {switch for switch, _ in EFFECTS}
    table = learning_table()
    set_by_rules = {switch for rule in table.rules for switch in rule.changes or ()}
    set_by_keys = {switch for ways in table.keys.values() for changes in ways for switch in changes}
    learned = {"params_refused", "effort_map", "tool_choice", "json_schema", "json_object"}
    assert set_by_rules | set_by_keys | learned <= watched


def test_every_rule_names_a_source_with_its_grade() -> None:
    for row in DATA["rules"]:
        assert re.match(r"[SKDCIW]\b", row["source"]), row


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"messages": ["x"]}, "the rule for 'x' has none or several of 'set', 'learn', 'operator'."),
        ({"messages": ["x"], "set": {"file": False}, "operator": "y"}, "none or several"),
        ({"messages": ["x"], "learn": "magic"}, "names no lesson: 'magic'; the lessons are refused_keys,"),
        ({"messages": ["x"], "learn": "refused_keys"}, "not all its messages have a group named 'key'."),
        ({"messages": ["x"], "set": {"nope": 1}}, "the rule for 'x': there is no switch 'nope'"),
    ],
)
def test_a_wrong_rule_is_named(row: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        build_table({**DATA, "rules": [row]})


REQUEST = {
    "model": "m",
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "input_text", "text": "b"}, {"type": "input_text", "text": "c"}]},
    ],
    "max_output_tokens": 5,
    "temperature": 0.2,
    "user": "u",
    "prompt_cache_key": "k",
    "safety_identifier": "s",
    "stream": True,
    "reasoning": {"effort": "minimal"},
    "text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}, "verbosity": "low"},
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}],
    "tool_choice": {"type": "function", "name": "f"},
}


@pytest.mark.parametrize(
    "message",
    [
        "Use 'max_completion_tokens'",
        "property 'user' is unsupported",
        "System role not supported",
        "roles must alternate",
        "invalid type: sequence, expected a string",
        "Unrecognized request argument supplied: reasoning_effort",
        "'reasoning_effort' does not support 'minimal'. Supported values are: 'low'",
        "tool_choice: object is invalid",
        "This response_format type is unavailable now",
        "missing field `value`",
        "response_format cannot be used with tools",
        "stream_options is unsupported",
        "invalid temperature: only 1 is allowed for this model",
        "tools with strict true are not supported",
    ],
)
def test_the_request_made_with_the_fact_is_another(message: str) -> None:
    sent = translate_request(REQUEST, dialect=DEFAULT).chat_request
    fact = learn(400, refused(message), DEFAULT, sent)
    assert isinstance(fact, Fact)
    again = translate_request(REQUEST, dialect=apply(DEFAULT, fact)).chat_request
    assert again != sent
    assert learn(400, refused(message), apply(DEFAULT, fact), again) != fact, "it is not learned twice"


WORDS = sorted(
    {
        re.sub(r"\(\?P<key>.*?\)", "user", re.sub(r"\.\{0,\d+\}|\\[sbwn]\+?|[\\^$?]", " ", pattern))
        for row in DATA["rules"]
        for pattern in row["messages"]
    }
)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.sampled_from(sorted(preset_table().presets)))
def test_an_upstream_that_refuses_everything_soon_has_nothing_new_to_teach(words: list[str], preset: str) -> None:
    base = replace(resolve(preset=preset), tools="native", params=None)
    dialect, facts = base, tuple[Fact, ...]()
    for _ in range(20):
        try:
            sent = translate_request(REQUEST, dialect=dialect).chat_request
        except Unsupported:
            break  # it knows no tools: nothing is asked any more
        fact = learn(400, refused(" ".join(words)), dialect, sent)
        if not isinstance(fact, Fact):
            break
        dialect, facts = apply(dialect, fact), remember(facts, fact)
    assert len(facts) <= 12
    assert reduce(apply, facts, base) == dialect


def test_a_fact_takes_the_place_of_those_it_replaces() -> None:
    first = Fact({"max_tokens_field": "max_tokens"}, "1")
    second = Fact({"params_refused": frozenset({"user"})}, "2")
    third = Fact({"max_tokens_field": "max_completion_tokens"}, "3")
    fourth = Fact({"params_refused": frozenset({"seed"})}, "4")
    assert remember(remember(remember((first,), second), third), fourth) == (second, third, fourth)
    assert remember((second, third), second) == (third, second)


@given(st.text(max_size=300), st.sampled_from([400, 422, 500]))
def test_no_words_break_the_learning(message: str, status: int) -> None:
    sent = asked(user="u", seed=1)
    learn(status, refused(message), DEFAULT, sent)
    learn(status, refused(f"unknown parameter {message}"), DEFAULT, sent)
    learn(status, message.encode(), DEFAULT, sent)
