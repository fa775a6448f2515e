"""The choice of a tool, by what the client calls it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT
from translator.errors import InvalidRequest

from .test_tools import CRM, LOOK_UP, NOTE, PATCH, offered, plan

JSON = dict[str, Any]

NOTE_CHOICE = {"type": "custom", "name": "note"}


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({"type": "custom", "name": "note"}, "note"),
        ({"type": "function", "name": "note"}, "note"),
        ({"type": "function", "name": "find", "namespace": "crm"}, "crm__find"),
        ({"type": "function", "name": "find"}, "crm__find"),
        ({"type": "custom", "name": "query"}, "crm__query"),
        ({"type": "apply_patch"}, "apply_patch"),
    ],
)
def test_any_kind_of_tool_can_be_forced_by_what_the_client_calls_it(choice: JSON, name: str) -> None:
    result = plan(NOTE, CRM, PATCH, tool_choice=choice)
    assert result.parameters["tool_choice"] == {"type": "function", "function": {"name": name}}
    assert result.policy.allowed == frozenset({name})
    assert result.policy.required


def test_a_choice_without_a_namespace_means_the_tool_that_is_in_none() -> None:
    find = {"type": "function", "name": "find"}
    assert plan(CRM, find, tool_choice=find).policy.allowed == frozenset({"find"})


def test_a_choice_that_fits_several_tools_is_cut_down_to_them() -> None:
    erp = {**CRM, "name": "erp"}
    result = plan(LOOK_UP, CRM, erp, tool_choice={"type": "function", "name": "find"})
    assert offered(result) == ["crm__find", "erp__find"]
    assert result.parameters["tool_choice"] == "required"


def test_where_only_names_are_taken_the_only_tool_is_required_by_its_name() -> None:
    dialect = replace(DEFAULT, tool_choice=frozenset({"auto", "named"}))
    assert plan(LOOK_UP, tool_choice="required", dialect=dialect).parameters["tool_choice"] == {
        "type": "function",
        "function": {"name": "look_up"},
    }
    several = plan(LOOK_UP, NOTE, tool_choice="required", dialect=dialect)
    assert "tool_choice" not in several.parameters
    assert several.instruction == "You must call one of these tools before you answer: look_up, note."


def test_allowed_tools_may_name_any_kind_and_whole_namespaces() -> None:
    chosen = [{"type": "namespace", "name": "crm"}, {"type": "apply_patch"}, {"type": "custom", "name": "note"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": chosen}
    result = plan(LOOK_UP, NOTE, CRM, PATCH, tool_choice=choice)
    assert offered(result) == ["look_up", "note", "crm__find", "crm__query", "apply_patch"]
    assert result.policy.allowed == frozenset({"note", "crm__find", "crm__query", "apply_patch"})


@pytest.mark.parametrize("choice", [{"type": "function"}, {"type": "shell"}, {"type": "function", "name": "f"}])
def test_a_choice_that_names_no_tool_is_refused(choice: JSON) -> None:
    with pytest.raises(InvalidRequest) as caught:
        plan(CRM, tool_choice=choice)
    assert caught.value.param == "tool_choice"


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_an_allowed_tool_that_nobody_listed_is_refused_with_its_path(mode: str) -> None:
    choice = {"type": "allowed_tools", "mode": mode, "tools": [NOTE_CHOICE, {"type": "function", "name": "nope"}]}
    with pytest.raises(InvalidRequest, match="names 'nope', which is not in 'tools'") as refused:
        plan(NOTE, tool_choice=choice)
    assert refused.value.param == "tool_choice.tools[1]"


@pytest.mark.usefixtures("no_collection")
def test_very_many_allowed_tools_take_no_longer_than_they_are_many() -> None:
    def spent(count: int) -> float:
        names = [f"f{number}" for number in range(count)]
        tools = [{"type": "function", "name": name} for name in names]
        allowed = [*tools, *({"type": "namespace", "name": "crm"} for _ in names)]
        begin = time.process_time()
        result = plan(CRM, *tools, tool_choice={"type": "allowed_tools", "mode": "auto", "tools": allowed})
        assert result.policy.allowed is not None
        assert result.policy.allowed.issuperset(names)
        return time.process_time() - begin

    assert spent(10_000) < 20 * spent(1_000)  # a search among all of them takes 80 times as long
