from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT, Dialect
from translator.errors import InvalidRequest, Unsupported
from translator.mapping.losses import Losses
from translator.mapping.messages import map_items
from translator.mapping.tool_names import Tool, ToolNames

JSON = dict[str, Any]

IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
CHAT_IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


def user(text: str) -> JSON:
    return {"role": "user", "content": text}


def call(call_id: str, name: str = "look_up", arguments: str = "{}") -> JSON:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def output(call_id: str, output: Any = "found") -> JSON:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def chat_call(call_id: str, name: str = "look_up", arguments: str = "{}") -> JSON:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(call_id: str, content: str = "found") -> JSON:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def messages(*items: JSON, dialect: Dialect = DEFAULT, losses: Losses | None = None, said: str = "") -> list[JSON]:
    return map_items(list(items), [said] if said else [], dialect, losses if losses is not None else Losses())


def test_a_string_is_one_user_message() -> None:
    assert map_items("Hello", [], DEFAULT, Losses()) == [user("Hello")]


def test_two_equal_user_messages_stay_two() -> None:
    assert messages(user("yes"), user("yes")) == [user("yes"), user("yes")]


def test_instructions_and_leading_developer_messages_are_one_system_message() -> None:
    items = ({"role": "developer", "content": "B"}, {"role": "system", "content": "C"}, user("Hi"))
    assert messages(*items, said="A") == [{"role": "system", "content": "A\n\nB\n\nC"}, user("Hi")]


def test_a_late_developer_message_becomes_the_users_and_is_reported() -> None:
    losses = Losses()
    assert messages(user("Hi"), {"role": "developer", "content": "Now in French"}, losses=losses) == [
        user("Hi"),
        user("Now in French"),
    ]
    assert [loss.path for loss in losses] == ["input[1].role"]


def test_an_upstream_that_knows_developers_gets_them_where_they_stand() -> None:
    dialect = replace(DEFAULT, system_role="developer", system_layout="anywhere")
    items = ({"role": "system", "content": "A"}, user("Hi"), {"role": "developer", "content": "B"})
    assert messages(*items, dialect=dialect, said="I") == [
        {"role": "developer", "content": "I"},
        {"role": "system", "content": "A"},
        user("Hi"),
        {"role": "developer", "content": "B"},
    ]


def test_text_and_contiguous_calls_are_one_assistant_message_and_outputs_follow_in_call_order() -> None:
    items = ({"role": "assistant", "content": "Let me see."}, call("a"), call("b"), output("b", "B"), output("a", "A"))
    assert messages(*items) == [
        {"role": "assistant", "content": "Let me see.", "tool_calls": [chat_call("a"), chat_call("b")]},
        tool("a", "A"),
        tool("b", "B"),
    ]


def test_what_stands_between_a_call_and_its_output_comes_after_the_output() -> None:
    assert messages(call("a"), user("Hurry"), output("a")) == [
        {"role": "assistant", "content": "", "tool_calls": [chat_call("a")]},
        tool("a"),
        user("Hurry"),
    ]


def test_a_call_after_an_output_is_a_turn_of_its_own() -> None:
    assert [message["role"] for message in messages(call("a"), output("a"), call("b"), output("b"))] == [
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]


def test_reasoning_between_text_and_call_does_not_part_them() -> None:
    thought = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}
    mapped = messages({"role": "assistant", "content": "Wait."}, thought, call("a"), output("a"))
    assert mapped[0]["content"] == "Wait." and len(mapped[0]["tool_calls"]) == 1


def test_images_of_outputs_go_to_a_user_message_after_the_whole_block() -> None:
    items = (call("a"), call("b"), output("a", [{"type": "input_text", "text": "Look:"}, IMAGE]), output("b"))
    assert messages(*items)[1:] == [
        tool("a", "Look:"),
        tool("b"),
        {"role": "user", "content": [{"type": "text", "text": "Output of look_up (a):"}, CHAT_IMAGE]},
    ]


def test_an_output_that_is_only_an_image_leaves_no_empty_tool_message() -> None:
    assert messages(call("a"), output("a", [IMAGE]))[1]["content"] == "The output of this call is in the next message."


def test_images_of_outputs_stay_where_the_upstream_takes_them_and_are_reported_where_it_takes_none() -> None:
    items = (call("a"), output("a", [IMAGE]))
    inline = messages(*items, dialect=replace(DEFAULT, tool_result_media="inline"))
    assert inline[1]["content"] == [CHAT_IMAGE]
    losses = Losses()
    assert len(messages(*items, dialect=replace(DEFAULT, tool_result_media="drop"), losses=losses)) == 2
    assert [loss.path for loss in losses] == ["input[1].output"]


@pytest.mark.parametrize(
    ("items", "param", "says"),
    [
        ([output("zz")], "input[0].call_id", "'zz', which has no call"),
        ([call("a"), output("a"), output("a")], "input[2].call_id", "'a', which already has an output"),
        ([call("a"), user("Hi")], "input", "No tool output found for function call 'a'"),
    ],
)
def test_a_call_and_its_output_belong_together(items: list[JSON], param: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        messages(*items)
    assert caught.value.param == param
    assert says in caught.value.message


def test_an_id_that_was_used_again_in_a_later_turn_finds_its_own_output() -> None:
    mapped = messages(call("call_0"), output("call_0", "first"), call("call_0"), output("call_0", "second"))
    assert [message["content"] for message in mapped if message["role"] == "tool"] == ["first", "second"]


def test_an_item_nobody_can_be_told_is_refused_with_its_path() -> None:
    with pytest.raises(Unsupported) as caught:
        messages(user("Hi"), {"type": "mcp_list_tools"})
    assert caught.value.param == "input[1]"


def test_several_text_parts_stay_parts_for_users_and_are_joined_elsewhere() -> None:
    parts = [{"type": "input_text", "text": "A"}, {"type": "input_text", "text": "B"}]
    assert messages({"role": "user", "content": parts})[0]["content"] == [
        {"type": "text", "text": "A"},
        {"type": "text", "text": "B"},
    ]
    assert messages({"role": "developer", "content": parts})[0]["content"] == "A\n\nB"
    spoken = [{"type": "output_text", "text": "A"}, {"type": "output_text", "text": "B"}]
    assert messages({"role": "assistant", "content": spoken})[0]["content"] == "AB"


def test_a_refusal_in_the_history_reaches_the_model() -> None:
    item = {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]}
    assert messages(item) == [{"role": "assistant", "content": "I will not."}]
    assert messages(item, dialect=replace(DEFAULT, refusal_field=True)) == [
        {"role": "assistant", "content": None, "refusal": "I will not."}
    ]


@pytest.mark.parametrize(
    ("wanted", "content"),
    [("empty", {"content": ""}), ("null", {"content": None}), ("space", {"content": " "}), ("omit", {})],
)
def test_an_assistant_message_that_only_calls_has_the_content_its_upstream_wants(wanted: Any, content: JSON) -> None:
    mapped = messages(call("a"), output("a"), dialect=replace(DEFAULT, empty_assistant_content=wanted))
    assert mapped[0] == {"role": "assistant", **content, "tool_calls": [chat_call("a")]}


THOUGHT = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm"}]}
SAID = {"role": "assistant", "content": "Done."}


def test_reasoning_that_is_not_replayed_is_reported() -> None:
    losses = Losses()
    assert messages(THOUGHT, SAID, losses=losses) == [SAID]
    assert [loss.path for loss in losses] == ["input[0]"]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("reasoning_content", {"content": "Done.", "reasoning_content": "Hm"}),
        ("reasoning", {"content": "Done.", "reasoning": "Hm"}),
        ("tags", {"content": "<think>Hm</think>Done."}),
        (
            "parts",
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                    {"type": "text", "text": "Done."},
                ]
            },
        ),
    ],
)
def test_reasoning_is_replayed_where_the_upstream_looks_for_it(field: Any, message: JSON) -> None:
    dialect = replace(DEFAULT, reasoning_replay="all", reasoning_replay_field=field)
    losses = Losses()
    assert messages(THOUGHT, SAID, dialect=dialect, losses=losses) == [{"role": "assistant", **message}]
    assert not losses


def test_reasoning_is_replayed_on_tool_turns_alone_where_the_upstream_wants_just_these() -> None:
    dialect = replace(DEFAULT, reasoning_replay="tool_turns", reasoning_placeholder=".")
    mapped = messages(THOUGHT, call("a"), output("a"), THOUGHT, SAID, call("b"), output("b"), dialect=dialect)
    assert [message.get("reasoning_content") for message in mapped] == ["Hm", None, "Hm", None]
    assert messages(call("a"), output("a"), dialect=dialect)[0]["reasoning_content"] == "."
    assert "reasoning_content" not in messages(THOUGHT, SAID, dialect=dialect)[0]


def test_equal_roles_in_a_row_are_merged_where_roles_must_alternate() -> None:
    dialect = replace(DEFAULT, turn_order="alternate")
    assert messages(
        user("A"), user("B"), SAID, SAID, {"role": "user", "content": [IMAGE]}, user("C"), dialect=dialect
    ) == [
        user("A\n\nB"),
        {"role": "assistant", "content": "Done.\n\nDone."},
        {"role": "user", "content": [CHAT_IMAGE, {"type": "text", "text": "C"}]},
    ]


def test_an_assistant_message_stands_between_tool_and_user_where_mistral_wants_it() -> None:
    mapped = messages(call("a"), output("a"), user("Go on"), dialect=replace(DEFAULT, turn_order="mistral"))
    assert [message["role"] for message in mapped] == ["assistant", "tool", "assistant", "user"]


def test_tool_messages_carry_the_name_where_the_upstream_wants_it() -> None:
    mapped = messages(call("a"), output("a"), dialect=replace(DEFAULT, tool_result_name=True))
    assert mapped[1] == {"role": "tool", "tool_call_id": "a", "content": "found", "name": "look_up"}


# ---- calls of other tools than functions ----


def output_of(kind: str, call_id: str, **said: Any) -> JSON:
    return {"type": f"{kind}_output", "call_id": call_id, **said}


def test_calls_of_any_kind_are_functions_and_their_outputs_tool_messages() -> None:
    operation = {"type": "delete_file", "path": "a.py"}
    written = messages(
        {"type": "custom_tool_call", "call_id": "c1", "name": "note", "input": 'say "hi"'},
        {"type": "function_call", "call_id": "c2", "name": "find", "namespace": "crm", "arguments": "{}"},
        {"type": "apply_patch_call", "call_id": "c3", "operation": operation},
        output_of("custom_tool_call", "c1", output=[{"type": "input_text", "text": "noted"}]),
        output_of("apply_patch_call", "c3", status="completed"),
        output_of("function_call", "c2", output="found"),
    )
    assert [call["function"] for call in written[0]["tool_calls"]] == [
        {"name": "note", "arguments": '{"input":"say \\"hi\\""}'},
        {"name": "crm__find", "arguments": "{}"},
        {"name": "apply_patch", "arguments": '{"type":"delete_file","path":"a.py"}'},
    ]
    assert [message["content"] for message in written[1:]] == ["noted", "found", "The patch was applied."]


def test_the_names_of_the_history_are_those_that_are_offered() -> None:
    names = ToolNames()
    names.upstream(Tool("custom", "crm__find"))  # takes the name that the function would get
    call = {"type": "function_call", "call_id": "c", "name": "find", "namespace": "crm", "arguments": "{}"}
    written = map_items([call, output_of("function_call", "c", output="")], [], DEFAULT, Losses(), names)
    name = written[0]["tool_calls"][0]["function"]["name"]
    assert name != "crm__find"
    assert names.tool(name) == Tool("function", "find", "crm")


@pytest.mark.parametrize("key", ["call_id", "id"])
def test_the_output_of_a_local_shell_may_name_its_call_by_either_id(key: str) -> None:
    call = {"type": "local_shell_call", "id": "lsh_1", "call_id": "c", "action": {"command": ["ls"], "env": {}}}
    for named in ("c", "lsh_1") if key == "id" else ("c",):
        written = messages(call, {"type": "local_shell_call_output", key: named, "output": "a"})
        assert written[1] == {"role": "tool", "tool_call_id": "c", "content": "a"}


def test_additional_tools_are_no_message() -> None:
    assert messages({"type": "additional_tools", "tools": []}, user("Hello")) == [user("Hello")]


def test_a_search_that_another_server_ran_is_left_out_and_reported() -> None:
    losses = Losses()
    call = {"type": "tool_search_call", "execution": "server", "arguments": {}}
    written = messages(
        call, {"type": "tool_search_output", "execution": "server", "tools": []}, user("Hi"), losses=losses
    )
    assert written == [user("Hi")]
    assert [loss.path for loss in losses] == ["input[0]"]


def test_an_image_in_a_freeform_tools_output_goes_behind_the_tool_block() -> None:
    written = messages(
        {"type": "custom_tool_call", "call_id": "c", "name": "draw", "input": ""},
        output_of("custom_tool_call", "c", output=[IMAGE]),
    )
    assert written[2]["content"][0]["text"] == "Output of draw (c):"
    assert written[2]["content"][1] == CHAT_IMAGE


def test_two_calls_of_one_id_cannot_be_told_apart_and_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="'call_1'") as refused:
        map_items([call("call_1"), call("call_1"), output("call_1"), output("call_1")], [], DEFAULT, Losses())
    assert refused.value.param == "input[1].call_id"
    in_turn = map_items([call("call_1"), output("call_1"), call("call_1"), output("call_1")], [], DEFAULT, Losses())
    assert [message["role"] for message in in_turn] == ["assistant", "tool", "assistant", "tool"]
