"""Names of tools are restored exactly, whatever they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.mapping.tool_names import LONGEST, Tool, ToolNames

_WORDS = st.text(min_size=1, max_size=12) | st.sampled_from(("a", "a__b", "b", "A", "a-b", "a b", "a.b", "x" * 70))
_TOOLS = st.builds(Tool, st.sampled_from(("function", "custom", "shell")), _WORDS, st.none() | _WORDS)


@given(st.lists(_TOOLS, max_size=12))
def test_every_tool_has_a_name_of_its_own_that_leads_back_to_it(tools: list[Tool]) -> None:
    names = ToolNames()
    given = [names.upstream(tool) for tool in tools]
    assert [names.tool(name) for name in given] == tools
    assert [names.upstream(tool) for tool in tools] == given
    for name in given:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name)
        assert len(name) <= LONGEST


@given(st.lists(_TOOLS, max_size=8), st.lists(_TOOLS, max_size=8))
def test_tools_that_come_later_change_no_name(tools: list[Tool], later: list[Tool]) -> None:
    alone, together = ToolNames(), ToolNames()
    first = [alone.upstream(tool) for tool in tools]
    assert [together.upstream(tool) for tool in [*tools, *later]][: len(tools)] == first


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        (Tool("function", "get_weather"), "get_weather"),
        (Tool("custom", "apply_patch"), "apply_patch"),
        (Tool("function", "spawn_agent", "multi_agent_v1"), "multi_agent_v1__spawn_agent"),
        (Tool("function", "get.weather"), "get_weather_c688f0dc"),
        (Tool("function", "_private"), "tool_private_f080e875"),
        (Tool("function", "x" * 65), "x" * 55 + "_4d993ae7"),
    ],
)
def test_a_name_is_kept_where_upstreams_take_it_and_ends_in_a_stable_hash_else(tool: Tool, name: str) -> None:
    assert ToolNames().upstream(tool) == name


def test_two_tools_that_would_be_called_the_same_are_told_apart() -> None:
    names = ToolNames()
    plain, nested, freeform = Tool("function", "a__b"), Tool("function", "b", "a"), Tool("custom", "a__b")
    assert names.upstream(plain) == "a__b"
    assert {names.upstream(nested)[:5], names.upstream(freeform)[:5]} == {"a__b_"}
    assert len({names.upstream(tool) for tool in (plain, nested, freeform)}) == 3


def test_a_name_that_looks_like_a_hashed_one_takes_nothing_away() -> None:
    hashed = ToolNames().upstream(Tool("function", "get.weather"))
    names = ToolNames()
    assert names.upstream(Tool("function", hashed)) == hashed
    longer = names.upstream(Tool("function", "get.weather"))
    assert longer != hashed
    assert names.tool(longer) == Tool("function", "get.weather")


def test_a_name_nobody_gave_is_a_function_as_it_stands() -> None:
    assert ToolNames().tool("made_up") == Tool("function", "made_up")


@pytest.mark.parametrize("said", ["sea__look", "sea.look"])
def test_a_tool_is_found_with_its_namespace_before_it(said: str) -> None:
    names = ToolNames()
    for namespace in ("sky", "sea"):
        names.upstream(Tool("custom", "look", namespace), grammar=namespace == "sea")
    assert names.tool(said) == Tool("custom", "look", "sea")
    assert names.has_grammar(said)


def test_a_tool_is_found_without_its_namespace_where_no_other_is_called_so() -> None:
    names = ToolNames()
    names.upstream(Tool("custom", "look", "sky"))
    assert names.tool("look") == Tool("custom", "look", "sky")
    names.upstream(Tool("custom", "look", "sea"))
    assert names.tool("look") == Tool("function", "look")
    names.upstream(Tool("function", "look"))
    assert names.tool("look") == Tool("function", "look")
