"""Whatever comes, however odd: an upstream's words raise nothing, a client's are translated or refused by name."""

from __future__ import annotations

import contextlib
import copy
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from translator import TranslatorError, UpstreamError
from translator.sse import encode_data

from ...chat_playback import QUESTION, play_events, translate
from ...spoiling import spoil
from .conversations import conversations
from .grammar import assert_grammatical
from .replies import Reply, events_of, replies

JSON = dict[str, Any]

_LEGACY: JSON = {
    "functions": [{"name": "f"}],
    "function_call": {"name": "f"},
    "web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": "Paris"}}},
    "reasoning": {"effort": "low"},
    "include": ["x"],
    "stop": [],
    "modalities": ["text"],
}
_ITEMS: list[JSON] = [
    {"type": kind, "id": "x", "call_id": "c"}
    for kind in ("shell_call", "local_shell_call", "apply_patch_call", "tool_search_call", "image_generation_call")
]


@given(replies, st.integers(0, 2**32), st.integers(1, 12))
def test_events_with_any_value_replaced_or_gone_raise_nothing(reply: Reply, seed: int, faults: int) -> None:
    random = Random(seed)
    events = copy.deepcopy(events_of(reply, random))
    for _ in range(faults):
        spoil(random.choice(events), random)
    if random.random() < 0.3:
        random.shuffle(events)
    if random.random() < 0.3:
        item = random.choice(_ITEMS)
        events.insert(1, {"type": "response.output_item.done", "output_index": 9, "item": copy.deepcopy(item)})
    told = play_events(translate({**QUESTION, "stream": True}), events)
    assert_grammatical(told.chunks, usage=False)
    for chunk in told.chunks:
        encode_data(chunk)
    with contextlib.suppress(UpstreamError):
        translate(QUESTION).translate_response(events[-1].get("response") or {})


@given(conversations(), st.integers(0, 2**32), st.integers(1, 6))
def test_a_request_with_any_value_replaced_or_gone_is_translated_or_refused_by_name(
    request: JSON, seed: int, faults: int
) -> None:
    random = Random(seed)
    request = copy.deepcopy({**request, **_LEGACY} if random.random() < 0.3 else request)
    for _ in range(faults):
        spoil(request, random)
    try:
        call = translate(request)
    except TranslatorError as error:
        assert error.status == 400
        assert error.param or error.code == "invalid_json"
        return
    to_json(call.responses_request, inf_nan_mode="constants")
