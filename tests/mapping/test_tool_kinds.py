"""Each kind of tools: how it is offered, called and answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from translator.mapping.tool_kinds import CALLS, KINDS, OUTPUTS
from translator.mapping.tool_names import Tool, ToolNames

JSON = dict[str, Any]


def fields(kind: str, arguments: Any) -> JSON | None:
    return KINDS[kind].fields(arguments)


def result(item: JSON) -> Any:
    return OUTPUTS[item["type"]].result(item, ToolNames())


# ---- what is offered ----


def test_a_freeform_tool_is_a_function_with_one_string_and_its_grammar_in_words() -> None:
    format = {"type": "grammar", "syntax": "lark", "definition": 'start: "a"+'}
    offer = KINDS["custom"].offer({"type": "custom", "name": "a", "description": "Says a.", "format": format})
    assert offer["description"].startswith("Says a.\n\n")
    assert "Lark" in offer["description"]
    assert offer["description"].endswith('start: "a"+')
    assert offer["parameters"]["required"] == ["input"] == [*offer["parameters"]["properties"]]
    assert offer["parameters"]["properties"]["input"]["type"] == "string"
    plain = KINDS["custom"].offer({"type": "custom", "name": "a", "format": {"type": "text"}})
    assert "grammar" not in plain["description"]


def test_a_regular_expression_is_called_one() -> None:
    format = {"type": "grammar", "syntax": "regex", "definition": "[0-9]+"}
    description = KINDS["custom"].offer({"type": "custom", "name": "a", "format": format})["description"]
    assert "regular expression" in description and description.endswith("[0-9]+")


def test_a_tool_search_is_offered_as_the_client_describes_it() -> None:
    parameters = {"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "number"}}}
    tool = {"type": "tool_search", "execution": "client", "description": "Finds tools.", "parameters": parameters}
    assert KINDS["tool_search"].offer(tool) == {"description": "Finds tools.", "parameters": parameters}
    bare = KINDS["tool_search"].offer({"type": "tool_search", "execution": "client"})
    assert bare["parameters"]["required"] == ["query"]


def test_the_skills_of_a_local_shell_are_told_to_the_model() -> None:
    skills = [{"name": "pdf", "description": "Reads PDFs.", "path": "/skills/pdf"}]
    offer = KINDS["shell"].offer({"type": "shell", "environment": {"type": "local", "skills": skills}})
    assert "- pdf (/skills/pdf): Reads PDFs." in offer["description"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_offered_is_an_object_schema_that_names_what_it_requires(kind: str) -> None:
    offer = KINDS[kind].offer({"type": kind, "name": "a", "parameters": {"properties": {}}})
    assert offer["parameters"]["type"] == "object"
    assert {*offer["parameters"].get("required", ())} <= {*offer["parameters"]["properties"]}


# ---- what is called ----


@pytest.mark.parametrize(
    "item",
    [
        {
            "type": "apply_patch_call",
            "operation": {"type": "update_file", "path": "a.py", "diff": "@@ def a():\n-  1\n+  2"},
        },
        {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a.py"}},
        {
            "type": "shell_call",
            "action": {"commands": ["ls", "pwd"], "timeout_ms": 10, "max_output_length": 99},
            "environment": {"type": "local"},
        },
        {
            "type": "local_shell_call",
            "action": {
                "type": "exec",
                "command": ["ls", "-l"],
                "env": {"A": "1"},
                "timeout_ms": 10,
                "user": "me",
                "working_directory": "/tmp",
            },
        },
        {"type": "tool_search_call", "execution": "client", "arguments": {"query": "agents", "limit": 5}},
    ],
)
def test_a_call_is_told_as_the_same_that_it_was_made_of(item: JSON) -> None:
    kind = CALLS[item["type"]]
    assert {"type": kind.call, **(kind.fields(json.loads(kind.arguments(item))) or {})} == item


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        (
            "apply_patch",
            {"operation": {"type": "create_file", "path": "a", "diff": "+b"}},
            {"operation": {"type": "create_file", "path": "a", "diff": "+b"}},
        ),
        (
            "apply_patch",
            {"type": "delete_file", "path": "a", "diff": ""},
            {"operation": {"type": "delete_file", "path": "a"}},
        ),
        (
            "shell",
            {"command": "ls", "timeout_ms": 10.0, "max_output_length": True},
            {
                "action": {"commands": ["ls"], "timeout_ms": 10, "max_output_length": None},
                "environment": {"type": "local"},
            },
        ),
        (
            "local_shell",
            {"command": "ls | wc", "timeout_ms": float("nan"), "env": None, "user": 3},
            {"action": {"type": "exec", "command": ["bash", "-lc", "ls | wc"], "env": {}}},
        ),
    ],
)
def test_arguments_that_a_model_shapes_otherwise_are_understood(kind: str, arguments: JSON, said: JSON) -> None:
    assert fields(kind, arguments) == said


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("apply_patch", {}),
        ("apply_patch", {"type": "move_file", "path": "a", "diff": ""}),
        ("apply_patch", {"type": "update_file", "path": "a"}),
        ("apply_patch", {"type": "update_file", "path": "", "diff": ""}),
        ("apply_patch", {"type": ["update_file"], "path": "a", "diff": ""}),
        ("apply_patch", {"operation": "*** Begin Patch"}),
        ("shell", {}),
        ("shell", {"commands": []}),
        ("shell", {"commands": ["ls", 3]}),
        ("local_shell", {"command": []}),
        ("local_shell", {"command": [["ls"]]}),
    ],
)
def test_arguments_that_do_not_make_the_item_are_told_from_those_that_do(kind: str, arguments: JSON) -> None:
    assert fields(kind, arguments) is None


# ---- what is answered ----


def test_the_result_of_a_patch_says_how_it_went() -> None:
    base = {"type": "apply_patch_call_output", "call_id": "c"}
    assert result({**base, "status": "completed"}) == "The patch was applied."
    assert result({**base, "status": "completed", "output": "Done a.py"}) == "Done a.py"
    assert result({**base, "status": "failed", "output": "No such line"}) == "The patch failed. No such line"
    assert result({**base, "status": "failed"}) == "The patch failed."


def test_the_result_of_a_shell_call_says_all_that_its_commands_wrote() -> None:
    outputs = [
        {"stdout": "a\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
        {"stdout": "", "stderr": "gone", "outcome": {"type": "timeout"}},
    ]
    assert result({"type": "shell_call_output", "call_id": "c", "output": outputs}) == (
        "Exit code: 0\nstdout:\na\n\n\nIt was stopped: it took too long.\nstderr:\ngone"
    )
    assert result({"type": "shell_call_output", "call_id": "c", "output": []}) == "There was no output."


def test_the_result_of_a_search_names_the_tools_as_they_are_to_be_called() -> None:
    names = ToolNames()
    taken = names.upstream(Tool("custom", "crm__find"))
    tools = [
        {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find"}]},
        {"type": "function", "name": "help"},
        {"type": "web_search"},
    ]
    said = OUTPUTS["tool_search_output"].result({"type": "tool_search_output", "tools": tools}, names)
    assert isinstance(said, str)
    called = [name.strip() for name in said.partition(":")[2].split(",")]
    assert [names.tool(name) for name in called] == [Tool("function", "find", "crm"), Tool("function", "help")]
    assert taken not in called
    assert result({"type": "tool_search_output", "tools": []}) == "No tools were found."
