from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT, Dialect
from translator.errors import InvalidRequest, Unsupported
from translator.mapping.losses import Losses
from translator.mapping.tools import ToolPlan, map_tools

JSON = dict[str, Any]

LOOK_UP = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
SEND = {"type": "function", "name": "send", "parameters": {"type": "object"}}
SEARCH = {"type": "web_search"}


def plan(*tools: JSON, dialect: Dialect = DEFAULT, losses: Losses | None = None, **fields: Any) -> ToolPlan:
    return map_tools({"tools": list(tools), **fields}, dialect, losses if losses is not None else Losses())


def chat(tool: JSON) -> JSON:
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}


def test_a_flat_function_is_nested_and_says_only_what_was_sent() -> None:
    assert plan(LOOK_UP).parameters == {"tools": [chat(LOOK_UP)]}
    full = {**LOOK_UP, "description": "Looks up", "strict": True}
    assert plan(full).parameters["tools"][0]["function"] == {
        "name": "look_up",
        "description": "Looks up",
        "parameters": {"type": "object"},
        "strict": True,
    }


def test_parameters_without_a_type_become_an_object() -> None:
    tool = {**LOOK_UP, "parameters": {"properties": {}}}
    assert plan(tool).parameters["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}


def test_no_tools_means_no_parameters() -> None:
    assert plan(parallel_tool_calls=True).parameters == {}


def test_a_hosted_tool_is_left_out_and_reported_when_others_remain() -> None:
    losses = Losses()
    assert plan(SEARCH, LOOK_UP, losses=losses).parameters == {"tools": [chat(LOOK_UP)]}
    assert [loss.path for loss in losses] == ["tools[0]"]


@pytest.mark.parametrize(
    ("tools", "fields", "param"),
    [((SEARCH,), {}, "tools[0]"), ((LOOK_UP, SEARCH), {"tool_choice": {"type": "web_search"}}, "tools[1]")],
)
def test_a_hosted_tool_alone_or_forced_is_refused(tools: tuple[JSON, ...], fields: JSON, param: str) -> None:
    with pytest.raises(Unsupported) as caught:
        plan(*tools, **fields)
    assert caught.value.param == param


def test_a_hosted_tool_is_forwarded_as_it_is_where_the_configuration_says_so() -> None:
    dialect = replace(DEFAULT, hosted_tools=frozenset({"web_search"}))
    assert plan(SEARCH, dialect=dialect).parameters == {"tools": [SEARCH]}
    forced = plan(SEARCH, dialect=dialect, tool_choice={"type": "web_search"})
    assert forced.parameters["tool_choice"] == {"type": "web_search"}


def test_allowed_tools_keep_the_list_visible_and_bind_the_reply() -> None:
    choice = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "send"}]}
    result = plan(LOOK_UP, SEND, tool_choice=choice)
    assert result.parameters == {"tools": [chat(LOOK_UP), chat(SEND)]}
    assert result.policy.admits("send", 0)
    assert not result.policy.admits("look_up", 0)


@pytest.mark.parametrize(
    ("choice", "parameters", "required"),
    [
        ("auto", {}, False),
        ("none", {"tool_choice": "none"}, False),
        ("required", {"tool_choice": "required"}, True),
        (
            {"type": "function", "name": "send"},
            {"tool_choice": {"type": "function", "function": {"name": "send"}}},
            True,
        ),
    ],
)
def test_a_choice_is_said_in_chats_words(choice: Any, parameters: JSON, required: bool) -> None:
    result = plan(LOOK_UP, SEND, tool_choice=choice)
    assert result.parameters == {"tools": [chat(LOOK_UP), chat(SEND)], **parameters}
    assert result.policy.required is required
    assert result.policy.admits("look_up", 0) is (choice in ("auto", "required"))


def test_a_choice_goes_down_the_ladder_where_the_upstream_knows_less() -> None:
    named = {"type": "function", "name": "send"}
    no_names = replace(DEFAULT, tool_choice=frozenset({"auto", "required"}), required_word="any")
    assert plan(LOOK_UP, SEND, dialect=no_names, tool_choice=named).parameters == {
        "tools": [chat(SEND)],
        "tool_choice": "any",
    }
    nothing = replace(DEFAULT, tool_choice=frozenset())
    in_words = plan(LOOK_UP, SEND, dialect=nothing, tool_choice=named)
    assert in_words.parameters == {"tools": [chat(SEND)]}
    assert in_words.instruction is not None and "send" in in_words.instruction
    assert plan(LOOK_UP, dialect=nothing, tool_choice="none").parameters == {}


@pytest.mark.parametrize("choice", [{"type": "function", "name": "other"}, "required"])
def test_a_choice_of_nothing_is_refused(choice: Any) -> None:
    tools = [LOOK_UP] if isinstance(choice, dict) else []
    with pytest.raises(InvalidRequest) as caught:
        plan(*tools, tool_choice=choice)
    assert caught.value.param == "tool_choice"


def test_one_call_at_a_time_binds_the_reply() -> None:
    result = plan(LOOK_UP, parallel_tool_calls=False)
    assert result.parameters["parallel_tool_calls"] is False
    assert result.policy.admits("look_up", 0)
    assert not result.policy.admits("look_up", 1)


def test_tools_are_refused_where_the_upstream_knows_none() -> None:
    with pytest.raises(Unsupported):
        plan(LOOK_UP, dialect=replace(DEFAULT, tools="none"))


def test_strict_is_taken_off_and_reported_where_the_upstream_rejects_it() -> None:
    losses = Losses()
    result = plan({**LOOK_UP, "strict": True}, dialect=replace(DEFAULT, strict_tools="strip"), losses=losses)
    assert "strict" not in result.parameters["tools"][0]["function"]
    assert [loss.path for loss in losses] == ["tools[0].strict"]
