"""Windows and output limits are found wherever an upstream puts them."""

from __future__ import annotations

from typing import Any

import pytest

from translator.dialects import Limits, limits_of


@pytest.mark.parametrize(
    ("entry", "limits"),
    [
        ({"id": "m", "max_model_len": 4096}, Limits(4096, None)),
        ({"meta": {"n_ctx": 4096, "n_ctx_train": 131072}}, Limits(4096, None)),
        ({"meta": {"n_ctx_train": 131072}}, Limits(131072, None)),
        ({"loaded_context_length": 8192, "max_context_length": 131072}, Limits(8192, None)),
        ({"context_window": 131072, "max_completion_tokens": 32768}, Limits(131072, 32768)),
        (
            {"context_length": 200000, "top_provider": {"context_length": 128000, "max_completion_tokens": 16384}},
            Limits(128000, 16384),
        ),
        ({"context_length": 200000, "top_provider": {"max_completion_tokens": None}}, Limits(200000, None)),
        ({"max_context_length": 32768}, Limits(32768, None)),
        ({"limits": {"max_context_length": 65536, "max_completion_tokens": 8192}}, Limits(65536, 8192)),
        ({"contextLength": 4096}, Limits(4096, None)),
        ({"inputTokenLimit": 1048576, "outputTokenLimit": 65536}, Limits(1048576, 65536)),
        ({"max_input_tokens": 200000, "max_tokens": 64000}, Limits(200000, 64000)),
        ({"max_total_tokens": 4096}, Limits(4096, None)),
        ({"providers": [{"context_length": 32768}, {"context_length": 131072}, {}]}, Limits(32768, None)),
        ({"max_output_tokens": 100}, Limits(None, 100)),
        ({"context_length": 65536, "max_completion_tokens": 65536}, Limits(65536, None)),
        ({"context_length": 65536, "max_completion_tokens": 99999}, Limits(65536, None)),
        ({"context_length": "32768"}, Limits(32768, None)),
        ({"context_length": 32768.0}, Limits(32768, None)),
        ({"context_length": 0, "max_context_length": 10}, Limits(10, None)),
        ({"context_length": -1}, Limits()),
        ({"context_length": True}, Limits()),
        ({"context_length": float("inf")}, Limits()),
        ({"context_length": "many", "meta": [], "providers": {}}, Limits()),
        ({}, Limits()),
    ],
)
def test_limits_are_read_from_a_model_entry(entry: dict[str, Any], limits: Limits) -> None:
    assert limits_of(entry) == limits
