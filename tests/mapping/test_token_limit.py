from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT, Limits
from translator.mapping.losses import Losses
from translator.mapping.token_limit import map_token_limit

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "x" * 300}]}


@pytest.mark.parametrize(
    ("policy", "asked", "limits", "limit"),
    [
        ("cap_model", 500, Limits(), 500),
        ("cap_model", 500, Limits(max_output=100), 100),
        ("cap_model", 50, Limits(max_output=100), 50),
        ("cap_model", None, Limits(max_output=100), None),
        ("cap_model", 5000, Limits(window=1000), 5000),
        ("as_is", 500, Limits(max_output=100), 500),
        ("always_send", None, Limits(max_output=100), 100),
        ("always_send", None, Limits(), None),
        ("always_send", 500, Limits(max_output=100), 100),
        ("cap_window", 5000, Limits(window=1000), 835),
        ("cap_window", 500, Limits(window=1000), 500),
        ("cap_window", 5000, Limits(window=50), 50),
        ("cap_window", 5000, Limits(), 5000),
    ],
)
def test_the_limit_is_capped_as_the_upstream_needs_it_and_the_cap_is_reported(
    policy: Any, asked: int | None, limits: Limits, limit: int | None
) -> None:
    losses = Losses()
    assert map_token_limit(asked, limits, CHAT, replace(DEFAULT, max_tokens_policy=policy), losses) == limit
    capped = asked is not None and asked != limit
    assert losses == ([("max_output_tokens", f"capped to {limit}")] if capped else [])


def test_the_bytes_of_an_image_are_not_counted_as_text() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    chat = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}]}
    dialect = replace(DEFAULT, max_tokens_policy="cap_window")
    assert map_token_limit(5000, Limits(window=2000), chat, dialect, Losses()) == 1931
