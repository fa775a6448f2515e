"""Padding hides the lengths of deltas, and only where the client asks for it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from translator.responses_over_chat.obfuscation import pad

from ..laws.completions import Completion, chunks_of, completions
from ..laws.requests import requests
from ..playback import play_chunks, translate

JSON = dict[str, Any]


@given(st.text(min_size=1, max_size=300))
def test_a_delta_and_its_padding_are_as_long_as_a_power_of_two(text: str) -> None:
    padded = pad({"type": "response.output_text.delta", "delta": text})
    size = len(to_json(padded["delta"])) - 2 + len(padded["obfuscation"])
    assert size >= 16
    assert size & (size - 1) == 0
    assert len(padded["obfuscation"]) < max(16, size // 2 + 1)


@given(requests(), completions(), st.integers(0, 2**32))
def test_padding_is_all_that_it_changes(request: JSON, completion: Completion, seed: int) -> None:
    chunks = chunks_of(completion, Random(seed))
    plain = play_chunks(translate(request), chunks).events
    padded = play_chunks(translate({**request, "stream_options": {"include_obfuscation": True}}), chunks).events
    assert [("obfuscation" in event) for event in padded] == [("delta" in event) for event in plain]
    for event in padded:
        event.pop("obfuscation", None)
    assert padded == plain


@pytest.mark.parametrize("options", [{}, {"stream_options": {}}, {"stream_options": {"include_obfuscation": False}}])
def test_nothing_is_padded_unasked(options: JSON) -> None:
    call = translate({"model": "m", "input": "Hello", **options})
    events = play_chunks(call, chunks_of(Completion(tokens=("Hello.",)), Random(0))).events
    assert not any("obfuscation" in event for event in events)
