"""The dialects can be read by people."""

from __future__ import annotations

import pytest

from translator.dialects import Fact
from translator.dialects.listing import list_dialects, list_learned, show_dialect
from translator.dialects.presets import preset_table


def test_the_list_has_a_line_for_every_preset_and_the_default() -> None:
    lines = list_dialects().splitlines()
    assert [line.split()[0] for line in lines] == ["default", *preset_table().presets]
    assert "api.groq.com" in next(line for line in lines if line.startswith("groq"))
    assert "owned_by vllm" in next(line for line in lines if line.startswith("vllm"))


def test_a_dialect_is_shown_with_its_differences_and_their_sources() -> None:
    text = show_dialect("deepseek")
    first, rest = text.split("As the default:")
    assert first.startswith("deepseek: DeepSeek\n\nDiffers from the default in:\n")
    assert "  json_schema" in first and "json_object" in first and "C PYD" in first
    assert "  turn_order" in rest and "C PYD" not in rest


def test_a_model_is_shown_with_what_its_family_changes() -> None:
    assert "max_tokens_field  max_completion_tokens" in show_dialect("default", "gpt-5.5")
    shown = show_dialect("moonshot", "kimi-k3")
    assert "seed, temperature, top_p" in shown
    assert "C AISDK; C LL, I kimi-code#686" in shown, "what adds up has all its sources"


def test_the_default_differs_in_nothing() -> None:
    assert show_dialect("default").startswith("default: The default, safe on an unknown upstream\n\nAs the default:\n")


def test_a_dialect_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no dialect 'nobody'"):
        show_dialect("nobody")


def test_what_was_learned_is_shown_with_the_upstreams_words() -> None:
    learned = Fact({"max_tokens_field": "max_completion_tokens"}, "Use it.")
    assert list_learned({"main · gpt-5": [learned]}) == (
        "main · gpt-5\n  max_tokens_field = max_completion_tokens\n    because: Use it."
    )
    assert list_learned({"main · other": []}) == list_learned({}) == "Nothing was learned yet."
