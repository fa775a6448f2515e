"""What is translated at once is translated as everything is."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import chain
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translator.dialects import DEFAULT, Dialect
from translator.errors import InvalidRequest
from translator.mapping import items as to_items
from translator.mapping import messages as to_messages
from translator.mapping.losses import Loss, Losses
from translator.mapping.plain_messages import map_plain_items, map_plain_messages
from translator.mapping.tool_names import ToolNames

JSON = dict[str, Any]

TEXTS = st.sampled_from(["", "Hello.", "So."])
DIALECTS = [
    *[DEFAULT] * 6,
    replace(DEFAULT, empty_assistant_content="omit"),
    replace(DEFAULT, empty_assistant_content="null", system_layout="anywhere"),
    replace(DEFAULT, turn_order="alternate"),
    replace(DEFAULT, turn_order="mistral", tool_call_id="alnum9"),
    replace(DEFAULT, tool_result_name=True),
    replace(DEFAULT, tools="none"),
    replace(DEFAULT, reasoning_replay="all", reasoning_placeholder=" "),
]


def some(required: dict[str, st.SearchStrategy[Any]], **odd: Any) -> st.SearchStrategy[JSON]:
    """Objects of these fields; now and then, one of them is odd."""
    plain = st.fixed_dictionaries(required)
    oddities = [{key: value} for key, value in odd.items()]
    return st.builds(
        lambda one, other: one | other, plain, st.sampled_from([*[{}] * (9 * len(oddities) + 1), *oddities])
    )


def conversations(turn: Any, message: st.SearchStrategy[JSON]) -> st.SearchStrategy[list[JSON]]:
    """Messages and turns with calls; now and then something is missing, or told twice."""
    parts: st.SearchStrategy[list[list[JSON]]] = st.lists(message.map(lambda said: [said]) | turn(), max_size=3)
    whole = parts.map(lambda parts: list(chain(*parts)))
    faults = st.sampled_from([*[None] * 5, "missing", "twice"])

    def spoil(told: list[JSON], fault: str | None, place: int) -> list[JSON]:
        index = place % len(told) if told else 0
        return told[:index] + told[index + (fault == "missing") - (fault == "twice") :] if fault and index else told

    return st.builds(spoil, whole, faults, st.integers(0, 9))


@st.composite
def item_turn(draw: st.DrawFn) -> list[JSON]:
    """Calls with their outputs, after text or not."""
    ids = draw(
        st.sampled_from([["call_1", "call_2"], ["call_1"], ["call_1", "call_1"], ["call_1", "call_2", "call_3"]])
    )
    name = st.sampled_from(["f", "a.b"])
    calls = [
        some(
            {"type": st.just("function_call"), "call_id": st.just(call_id), "name": name, "arguments": TEXTS},
            id="fc_1",
            status="incomplete",
            namespace="n",
            provider_data={"x": 1},
        )
        for call_id in ids
    ]
    outputs = [
        some(
            {"type": st.just("function_call_output"), "call_id": st.just(call_id), "output": TEXTS},
            output=[{"type": "input_text", "text": "a"}],
            status="completed",
            odd=1,
        )
        for call_id in draw(st.sampled_from([ids, ids[::-1]]))
    ]
    whole = [*calls, *outputs]
    told = draw(st.sampled_from([whole, whole, [*calls[:-1], *outputs[:1], *calls[-1:], *outputs[1:]]]))
    text = [{"role": "assistant", "content": "So."}] if draw(st.booleans()) else []
    return [*text, *[draw(item) for item in told]]


THOUGHT = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
SAID = some(
    {"role": st.sampled_from(["user", "assistant"]), "content": TEXTS}, type="message", id="m", role="developer"
)
ITEM = st.builds(lambda said, other: other or said, SAID, st.sampled_from([*[None] * 9, THOUGHT]))


@st.composite
def chat_turn(draw: st.DrawFn) -> list[JSON]:
    """An assistant's message with calls, and their outputs."""
    ids = draw(st.sampled_from([["call_1"], ["call_2"], ["call_1", "call_2"], ["call_1", "call_1"]]))
    function = some({"name": st.just("f"), "arguments": TEXTS})
    calls = [
        draw(
            some({"id": st.just(call_id), "type": st.just("function"), "function": function}, index=0, extra_content={})
        )
        for call_id in ids
    ]
    role: dict[str, st.SearchStrategy[Any]] = {"role": st.just("assistant"), "tool_calls": st.just(calls)}
    odd = {"name": "Ann", "refusal": "No.", "content": [], "reasoning_content": "Hm."}
    called = draw(some(role, **odd) | some({**role, "content": TEXTS}, **odd))
    tool = [
        some({"role": st.just("tool"), "tool_call_id": st.just(call_id), "content": TEXTS}, name="f", odd=1)
        for call_id in draw(st.permutations(ids))
    ]
    return [called, *[draw(message) for message in tool]]


MESSAGE = some({"role": st.sampled_from(["user", "assistant", "developer"]), "content": TEXTS}, name="Ann", odd=1)


def told_by(translate: Any) -> tuple[Any, list[Loss]]:
    """What comes of it, or its error; and what was lost."""
    losses = Losses()
    try:
        return translate(losses), losses
    except InvalidRequest as error:
        return (error.message, error.param), losses


@given(conversations(item_turn, ITEM), conversations(item_turn, ITEM), st.sampled_from(DIALECTS))
@example([], [{"role": "assistant", "content": "a", "phase": "commentary"}], DEFAULT)
def test_items_become_the_messages_they_would_become_one_by_one(
    history: list[JSON], items: list[JSON], dialect: Dialect
) -> None:
    def translate(losses: Losses) -> Any:
        return to_messages.map_items(items, ["Be brief."], dialect, losses, ToolNames(), history=history)

    at_once = told_by(translate)
    with patch.object(to_messages, "map_plain_items", lambda *_: None):
        assert told_by(translate) == at_once


@given(conversations(chat_turn, MESSAGE).filter(bool))
def test_messages_become_the_items_they_would_become_one_by_one(messages: list[JSON]) -> None:
    def translate(losses: Losses) -> Any:
        return to_items.map_chat_messages(messages, losses)

    at_once = told_by(translate)
    with patch.object(to_items, "map_plain_messages", lambda *_: None):
        assert told_by(translate) == at_once


def test_a_conversation_with_tools_is_translated_at_once_both_ways() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: list[JSON] = [
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "7"},
        {"role": "assistant", "content": "Seven."},
    ]
    items = map_plain_messages(messages)
    assert items is not None
    assert map_plain_items(items, DEFAULT, ToolNames()) == messages


def test_very_many_calls_take_no_longer_than_they_are_many() -> None:
    calls = [{"type": "function_call", "call_id": f"call_{n}", "name": "f", "arguments": "{}"} for n in range(60_000)]
    outputs = [{"type": "function_call_output", "call_id": call["call_id"], "output": "7"} for call in calls]
    begin = time.process_time()
    messages = map_plain_items([*calls, *outputs], DEFAULT, ToolNames())
    assert messages is not None
    assert len(messages) == 60_001
    assert map_plain_messages(messages) == [*calls, *outputs]
    assert time.process_time() - begin < 5  # a search among all of them takes minutes


@pytest.mark.parametrize("dialect", DIALECTS[9:])
def test_an_upstream_that_wants_more_than_that_is_told_one_by_one(dialect: Dialect) -> None:
    assert map_plain_items([{"role": "user", "content": "Hi."}], dialect, ToolNames()) is None
