"""The small concepts: usage, outcome, structured output, effort."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT
from translator.mapping.losses import Losses
from translator.mapping.outcome import COMPLETED, FAILED, FILTERED, OUT_OF_TOKENS, Outcome, map_finish_reason
from translator.mapping.reasoning import map_effort, reasoning_text
from translator.mapping.text_format import map_text_format
from translator.mapping.usage import map_usage

JSON = dict[str, Any]

SCHEMA: JSON = {"type": "json_schema", "name": "person", "schema": {"type": "object"}, "strict": True}


def counts(usage: JSON) -> tuple[int, int, int, int, int]:
    mapped = map_usage(usage)
    return (
        mapped["input_tokens"],
        mapped["input_tokens_details"]["cached_tokens"],
        mapped["output_tokens"],
        mapped["output_tokens_details"]["reasoning_tokens"],
        mapped["total_tokens"],
    )


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, (3, 0, 4, 0, 7)),
        ({"prompt_tokens": 3, "completion_tokens": 4}, (3, 0, 4, 0, 7)),
        ({"prompt_tokens": "3", "completion_tokens": 4.0, "total_tokens": None}, (3, 0, 4, 0, 7)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
            (9, 8, 5, 2, 14),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 5, "prompt_cache_hit_tokens": 8}, (9, 8, 5, 0, 14)),
        ({"prompt_tokens": 9, "completion_tokens": 5, "reasoning_tokens": 3, "total_tokens": 17}, (9, 0, 8, 3, 17)),
        ({"prompt_tokens": -1, "completion_tokens": None, "prompt_tokens_details": None}, (0, 0, 0, 0, 0)),
    ],
)
def test_usage_is_read_however_it_was_written(usage: JSON, expected: tuple[int, ...]) -> None:
    assert counts(usage) == expected


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("stop", COMPLETED),
        ("tool_calls", COMPLETED),
        ("eos", COMPLETED),
        ("length", OUT_OF_TOKENS),
        ("MAX_TOKENS", OUT_OF_TOKENS),
        ("content_filter", FILTERED),
        ("sensitive", FILTERED),
        ("error", FAILED),
    ],
)
def test_a_finish_reason_says_how_the_response_ended(reason: str, outcome: Outcome) -> None:
    assert map_finish_reason(reason) == outcome


@pytest.mark.parametrize(
    ("format", "dialect", "expected", "in_words"),
    [
        (None, {}, None, False),
        ({"type": "text"}, {}, None, False),
        ({"type": "json_object"}, {}, {"type": "json_object"}, False),
        ({"type": "json_object"}, {"json_object": "prompt"}, None, True),
        (
            {"type": "json_object"},
            {"json_object": "as_schema"},
            {"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}},
            False,
        ),
        (
            SCHEMA,
            {},
            {"type": "json_schema", "json_schema": {"name": "person", "schema": {"type": "object"}, "strict": True}},
            False,
        ),
        (
            SCHEMA,
            {"json_schema": "value"},
            {"type": "json_schema", "value": {"name": "person", "schema": {"type": "object"}, "strict": True}},
            False,
        ),
        (SCHEMA, {"json_schema": "json_object"}, {"type": "json_object"}, True),
        (SCHEMA, {"json_schema": "prompt"}, None, True),
    ],
)
def test_structured_output_is_asked_for_by_the_means_the_upstream_has(
    format: JSON | None, dialect: JSON, expected: JSON | None, in_words: bool
) -> None:
    losses = Losses()
    result = map_text_format(format, replace(DEFAULT, **dialect), tools=(), must_call=False, losses=losses)
    assert result.response_format == expected
    assert (result.instruction is not None) is in_words
    assert bool(losses) is in_words


def test_a_schema_goes_to_the_prompt_where_it_may_not_stand_beside_tools() -> None:
    dialect = replace(DEFAULT, structured_with_tools=False)
    assert (
        map_text_format(SCHEMA, dialect, tools=("look_up",), must_call=False, losses=Losses()).response_format is None
    )
    assert map_text_format(SCHEMA, dialect, tools=(), must_call=False, losses=Losses()).response_format is not None


@pytest.mark.parametrize(
    ("effort", "dialect", "expected"),
    [
        (None, {}, {}),
        ("low", {}, {"reasoning_effort": "low"}),
        ("minimal", {"effort_map": {"minimal": "low"}}, {"reasoning_effort": "low"}),
        (
            "high",
            {"reasoning_control": "thinking_type"},
            {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        ),
        ("none", {"reasoning_control": "thinking_type"}, {"thinking": {"type": "disabled"}}),
        ("none", {"reasoning_control": "enable_thinking"}, {"enable_thinking": False}),
        ("low", {"reasoning_control": "template_kwargs"}, {"chat_template_kwargs": {"enable_thinking": True}}),
        ("low", {"reasoning_control": "reasoning_object"}, {"reasoning": {"effort": "low"}}),
        ("none", {"reasoning_control": "reasoning_object"}, {"reasoning": {"enabled": False}}),
    ],
)
def test_the_effort_is_told_as_the_upstream_takes_it(effort: str | None, dialect: JSON, expected: JSON) -> None:
    losses = Losses()
    assert map_effort(effort, replace(DEFAULT, **dialect), losses) == expected
    assert not losses


@pytest.mark.parametrize("dialect", [{"reasoning_control": "none"}, {"effort_map": {"high": ""}}])
def test_an_effort_that_cannot_be_told_is_reported(dialect: JSON) -> None:
    losses = Losses()
    assert map_effort("high", replace(DEFAULT, **dialect), losses) == {}
    assert [loss.path for loss in losses] == ["reasoning.effort"]


def test_raw_reasoning_comes_before_its_summary() -> None:
    summary = [{"type": "summary_text", "text": "short"}]
    assert reasoning_text({"summary": summary, "content": [{"type": "reasoning_text", "text": "long"}]}) == "long"
    assert reasoning_text({"summary": summary}) == "short"
    assert reasoning_text({"summary": [], "encrypted_content": "…"}) == ""
