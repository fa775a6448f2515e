"""Law 8: translating twice gives the same bytes, and a conversation's messages only ever grow at the end."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.dialects import Dialect
from translator.responses_over_chat import translate_request

from ..cases import Case, load_answered
from ..playback import play, play_chunks, translate, wire
from .completions import Completion, chunks_of, completions
from .requests import conversations, requests

JSON = dict[str, Any]

DIALECTS = [
    Dialect(),
    Dialect(name="openai", system_role="developer", system_layout="anywhere", empty_assistant_content="null"),
    Dialect(name="deepseek", reasoning_replay="tool_turns", tool_result_media="drop"),
    Dialect(name="mistral", turn_order="mistral", tool_call_id="alnum9", tool_result_name=True),
    Dialect(name="tags", reasoning_replay="all", reasoning_replay_field="tags", tool_result_media="inline"),
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(conversations())
def test_the_messages_of_a_turn_begin_with_those_of_the_turn_before(dialect: Dialect, conversation: list[JSON]) -> None:
    before: list[bytes] = []
    for request in conversation:
        chat = translate_request(request, dialect=dialect).chat_request
        messages = [json.dumps(message).encode() for message in chat["messages"]]
        assert messages[: len(before)] == before
        assert len(messages) > len(before)
        before = messages


@given(requests(), completions(), st.integers(0, 2**32))
def test_a_reply_translated_twice_gives_the_same_bytes(request: JSON, completion: Completion, seed: int) -> None:
    chunks = chunks_of(completion, Random(seed))
    first, second = (wire(play_chunks(translate(request), chunks).events) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("case", load_answered("responses_over_chat"), ids=str)
def test_a_case_translated_twice_gives_the_same_bytes(case: Case) -> None:
    assert case.upstream is not None
    request = json.dumps(case.request)
    first, second = translate(case.request, case.dialect), translate(case.request, case.dialect)
    assert json.dumps(first.chat_request) == json.dumps(second.chat_request)
    assert wire(play(first, [case.upstream]).events) == wire(play(second, [case.upstream]).events)
    assert json.dumps(case.request) == request, "the client's request was changed"
