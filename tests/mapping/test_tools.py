from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT, Dialect
from translator.errors import InvalidRequest, Unsupported
from translator.mapping.losses import Losses
from translator.mapping.tool_names import Tool
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


# ---- tools of other kinds, and in other places ----

NOTE = {"type": "custom", "name": "note"}
CRM = {
    "type": "namespace",
    "name": "crm",
    "description": "Customers.",
    "tools": [{"type": "function", "name": "find", "description": "Finds one."}, {"type": "custom", "name": "query"}],
}
PATCH = {"type": "apply_patch"}


def offered(result: ToolPlan) -> list[str]:
    return [tool["function"]["name"] for tool in result.parameters["tools"]]


def test_what_the_client_runs_is_offered_as_functions() -> None:
    search = {"type": "tool_search", "execution": "client"}
    tools: list[JSON] = [LOOK_UP, NOTE, CRM, PATCH, {"type": "shell"}, {"type": "local_shell"}, search]
    losses = Losses()
    result = plan(*tools, losses=losses)
    names = ["look_up", "note", "crm__find", "crm__query", "apply_patch", "shell", "local_shell", "tool_search"]
    assert offered(result) == names
    assert {tool["type"] for tool in result.parameters["tools"]} == {"function"}
    assert result.names.tool("crm__query") == Tool("custom", "query", "crm")
    assert losses == []


def test_a_namespaces_description_is_said_once_with_its_first_tool() -> None:
    find, query = (tool["function"] for tool in plan(CRM).parameters["tools"])
    assert find["description"] == "[crm: Customers.]\n\nFinds one."
    assert "Customers." not in query["description"]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "tool_search"},
        {"type": "tool_search", "execution": "server"},
        {"type": "shell", "environment": {"type": "container_auto"}},
    ],
)
def test_what_the_server_would_run_is_a_hosted_tool(tool: JSON) -> None:
    losses = Losses()
    assert offered(plan(LOOK_UP, tool, losses=losses)) == ["look_up"]
    assert [loss.path for loss in losses] == ["tools[1]"]
    with pytest.raises(Unsupported):
        plan(tool)


def test_a_built_in_tool_is_forwarded_as_it_is_where_the_configuration_says_so() -> None:
    dialect = replace(DEFAULT, hosted_tools=frozenset({"apply_patch", "mcp"}))
    servers = [{"type": "mcp", "server_label": label} for label in ("one", "two")]
    assert plan(PATCH, *servers, dialect=dialect).parameters["tools"] == [PATCH, *servers]


def test_tools_in_the_input_and_tools_that_were_found_are_offered_after_the_others() -> None:
    items = [
        {"type": "additional_tools", "tools": [NOTE, SEND]},
        {"role": "user", "content": "Hello"},
        {"type": "tool_search_output", "call_id": "c", "tools": [{**CRM, "defer_loading": True}, SEND]},
    ]
    losses = Losses()
    assert offered(plan(LOOK_UP, input=items, losses=losses)) == ["look_up", "note", "send", "crm__find", "crm__query"]
    assert losses == []


def test_a_hosted_tool_in_the_input_is_reported_with_its_path() -> None:
    losses = Losses()
    plan(LOOK_UP, input=[{"type": "additional_tools", "tools": [SEARCH]}], losses=losses)
    assert [loss.path for loss in losses] == ["input[0].tools[0]"]


def test_deferred_tools_are_offered_at_once_and_that_is_said() -> None:
    losses = Losses()
    tools: list[JSON] = [{"type": "tool_search", "execution": "client"}, {**SEND, "defer_loading": True}]
    assert offered(plan(*tools, losses=losses)) == ["tool_search", "send"]
    assert [loss.path for loss in losses] == ["tools[1].defer_loading"]


def test_the_last_definition_of_a_tool_counts_and_the_difference_is_reported() -> None:
    losses = Losses()
    other = {**LOOK_UP, "description": "Otherwise"}
    result = plan(LOOK_UP, SEND, LOOK_UP, other, losses=losses)
    assert result.parameters["tools"] == [chat(other), chat(SEND)]
    assert [loss.path for loss in losses] == ["tools[3]"]


def test_what_chat_functions_cannot_say_is_reported() -> None:
    losses = Losses()
    plan({**LOOK_UP, "output_schema": {}, "allowed_callers": ["direct"], "eager": True}, losses=losses)
    told = [loss.path for loss in losses]
    assert told == ["tools[0].allowed_callers", "tools[0].eager", "tools[0].output_schema"]
