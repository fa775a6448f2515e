"""What a switch of the dialect changes in the request, and what the reply then needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator import Unsupported, responses_over_chat
from translator.dialects import DEFAULT, Dialect
from translator.dialects.presets import read_switches
from translator.responses_over_chat import ReplyOptions, Translation

from ..playback import play_chunks

JSON = dict[str, Any]

LOOK_UP: JSON = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
PERSON: JSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
FORMAT: JSON = {"format": {"type": "json_schema", "name": "person", "schema": PERSON}}
LONG_ID = "call_" + "0123456789" * 6


def ask(switches: JSON, **fields: Any) -> Translation:
    request = {"model": "m", "input": "Hello", "store": False, **fields}
    return responses_over_chat.translate_request(request, dialect=replace(DEFAULT, **read_switches(switches)))


def chunk(**delta: Any) -> JSON:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": delta.pop("finish", None)}]}


def call_chunk(arguments: str, name: str | None = None, **more: Any) -> JSON:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return chunk(tool_calls=[{"index": 0, "function": function, **more}])


def losses(call: Translation) -> dict[str, str]:
    return {loss.path: loss.reason for loss in call.losses}


# ---- ids ----


@pytest.mark.parametrize(("shape", "length"), [("alnum9", 9), ("max40", 37)])
def test_a_call_and_its_output_get_the_same_id_and_no_client_sees_it(shape: str, length: int) -> None:
    items = [
        {"role": "user", "content": "Look it up"},
        {"type": "function_call", "call_id": LONG_ID, "name": "look_up", "arguments": "{}"},
        {"type": "function_call_output", "call_id": LONG_ID, "output": "found"},
    ]
    call = ask({"tool_call_id": shape}, input=items, tools=[LOOK_UP])
    assistant, tool = call.chat_request["messages"][1:3]
    assert assistant["tool_calls"][0]["id"] == tool["tool_call_id"]
    assert len(tool["tool_call_id"]) == length
    reply = play_chunks(call, [call_chunk("{}", "look_up", id=LONG_ID + "1"), chunk(finish="tool_calls")])
    assert reply.response["output"][0]["call_id"] == LONG_ID + "1"


# ---- forced calls and thinking ----


def test_where_a_forced_call_excludes_thinking_thinking_is_turned_off_and_reported() -> None:
    switches = {"forced_choice_vs_thinking": "disable_thinking", "reasoning_control": "thinking_type"}
    call = ask(switches, tools=[LOOK_UP], tool_choice="required", reasoning={"effort": "high"})
    assert call.chat_request["thinking"] == {"type": "disabled"}
    assert call.chat_request["tool_choice"] == "required"
    assert "reasoning" in losses(call)
    free = ask(switches, tools=[LOOK_UP], reasoning={"effort": "high"})
    assert free.chat_request["thinking"] == {"type": "enabled"}


def test_where_thinking_stays_the_call_is_asked_for_in_words_and_still_demanded() -> None:
    switches = {"forced_choice_vs_thinking": "downgrade"}
    choice = {"type": "function", "name": "look_up"}
    call = ask(switches, tools=[LOOK_UP, {**LOOK_UP, "name": "other"}], tool_choice=choice)
    assert "tool_choice" not in call.chat_request
    assert [tool["function"]["name"] for tool in call.chat_request["tools"]] == ["look_up"]
    assert "look_up" in call.chat_request["messages"][0]["content"]
    assert "tool_choice" in losses(call)
    assert call.policy.required
    thoughtless = ask(switches, tools=[LOOK_UP], tool_choice=choice, reasoning={"effort": "none"})
    assert thoughtless.chat_request["tool_choice"] == {"type": "function", "function": {"name": "look_up"}}


# ---- schemas and strictness ----


def test_schemas_of_tools_and_formats_are_put_into_the_upstreams_flavour_and_what_goes_is_reported() -> None:
    schema = {"type": "object", "properties": {"a": {"const": "x"}}, "additionalProperties": False}
    call = ask(
        {"schema_flavor": "gemini"},
        tools=[{**LOOK_UP, "parameters": schema}],
        text={"format": {"type": "json_schema", "name": "a", "schema": schema}},
    )
    fitted = {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}
    assert call.chat_request["tools"][0]["function"]["parameters"] == fitted
    assert call.chat_request["response_format"]["json_schema"]["schema"] == fitted
    assert {"tools[0].parameters", "text.format.schema"} <= losses(call).keys()


@pytest.mark.parametrize(
    ("stricts", "sent"), [((True, True), [True, True]), ((True, None), [None, None]), ((False, False), [False, False])]
)
def test_where_all_tools_must_agree_on_strict_they_do(stricts: tuple[Any, ...], sent: list[Any]) -> None:
    tools = [
        {**LOOK_UP, "name": f"f{index}", **({} if strict is None else {"strict": strict})}
        for index, strict in enumerate(stricts)
    ]
    call = ask({"strict_tools": "uniform"}, tools=tools)
    assert [tool["function"].get("strict") for tool in call.chat_request["tools"]] == sent
    assert bool(losses(call)) is (sent[0] is None)


# ---- parameters ----


@pytest.mark.parametrize(
    ("switches", "fields", "sent"),
    [
        ({}, {"stop": "END"}, {"stop": ["END"]}),
        ({"stop_shape": "any"}, {"stop": "END"}, {"stop": "END"}),
        ({"rename": {"seed": "random_seed"}}, {"seed": 7}, {"random_seed": 7}),
        ({"force_stream": "thinking"}, {"reasoning": {"effort": "low"}}, {"stream": True}),
        ({"force_stream": "always"}, {}, {"stream": True}),
        ({"extra_body": {"tool_stream": True}}, {}, {"tool_stream": True}),
    ],
)
def test_a_parameter_is_sent_in_the_shape_the_upstream_takes(switches: JSON, fields: JSON, sent: JSON) -> None:
    assert ask(switches, **fields).chat_request.items() >= sent.items()


@pytest.mark.parametrize("effort", [None, "none"])
def test_a_stream_is_not_forced_where_nothing_is_thought(effort: str | None) -> None:
    assert "stream" not in ask({"force_stream": "thinking"}, reasoning={"effort": effort}).chat_request


def test_what_is_refused_is_not_sent_whether_asked_for_passed_through_or_constant() -> None:
    switches = {"params_refused": ["temperature", "seed", "tool_stream"], "extra_body": {"tool_stream": True}}
    call = ask(switches, temperature=0.5, seed=7)
    assert not {"temperature", "seed", "tool_stream"} & call.chat_request.keys()
    assert {"temperature", "seed"} <= losses(call).keys()


def test_a_capped_limit_is_reported() -> None:
    request = {"model": "m", "input": "Hello", "store": False, "max_output_tokens": 900}
    call = responses_over_chat.translate_request(request, output_limit=100)
    assert call.chat_request["max_tokens"] == 100
    assert losses(call) == {"max_output_tokens": "capped to 100"}


def test_a_schema_stands_beside_the_type_json_object_where_the_upstream_wants_it_there() -> None:
    call = ask({"json_schema": "object_schema"}, text=FORMAT)
    schema = FORMAT["format"]["schema"]
    assert call.chat_request["response_format"] == {"type": "json_object", "schema": schema}
    assert len(call.chat_request["messages"]) == 1
    assert "text.format" not in losses(call)


# ---- the answer as a call ----

FORCED: JSON = {"json_schema": "forced_tool"}


def test_the_arguments_of_the_forced_call_are_streamed_as_the_text_of_the_answer() -> None:
    call = ask(FORCED, text=FORMAT, stream=True)
    (tool,) = call.chat_request["tools"]
    assert tool["function"]["name"] == "person"
    assert call.chat_request["tool_choice"] == {"type": "function", "function": {"name": "person"}}
    assert "response_format" not in call.chat_request
    reply = play_chunks(
        call,
        [
            chunk(content="Here it is:"),
            call_chunk("", "person", id="c1"),
            call_chunk('{"name":'),
            call_chunk(' "Ada"}'),
            chunk(finish="tool_calls"),
        ],
    )
    deltas = [event["delta"] for event in reply.events if event["type"] == "response.output_text.delta"]
    assert deltas == ['{"name":', ' "Ada"}']
    (message,) = reply.response["output"]
    assert message["content"][0]["text"] == reply.response["output_text"] == '{"name": "Ada"}'
    assert message["phase"] == "final_answer"
    assert [loss.path for loss in reply.losses] == ["output"]


def test_text_is_the_answer_where_the_forced_call_does_not_come_and_a_mismatch_is_reported() -> None:
    reply = play_chunks(ask(FORCED, text=FORMAT), [chunk(content="Ada"), chunk(finish="stop")])
    assert reply.response["output_text"] == "Ada"
    assert [loss.reason for loss in reply.losses] == ["the answer is not JSON"]


def test_beside_other_tools_the_model_calls_one_of_them_or_answers() -> None:
    call = ask(FORCED, text=FORMAT, tools=[LOOK_UP, {**LOOK_UP, "name": "person"}])
    assert [tool["function"]["name"] for tool in call.chat_request["tools"]] == ["look_up", "person", "person_"]
    assert call.chat_request["tool_choice"] == "required"
    reply = play_chunks(call, [call_chunk("{}", "look_up", id="c1"), chunk(finish="tool_calls")])
    assert [item["type"] for item in reply.response["output"]] == ["function_call"]


def test_a_second_answer_is_left_out_and_reported() -> None:
    again = chunk(tool_calls=[{"index": 1, "id": "c2", "function": {"name": "person", "arguments": '{"name":"B"}'}}])
    first = call_chunk('{"name":"A"}', "person", id="c1")
    reply = play_chunks(ask(FORCED, text=FORMAT), [first, again, chunk(finish="tool_calls")])
    assert reply.response["output_text"] == '{"name":"A"}'
    assert [loss.reason for loss in reply.losses] == ["the upstream answered more than once"]


def test_where_a_call_is_demanded_no_answer_is_forced() -> None:
    call = ask(FORCED, text=FORMAT, tools=[LOOK_UP], tool_choice="required")
    assert [tool["function"]["name"] for tool in call.chat_request["tools"]] == ["look_up"]


def test_a_native_answer_is_held_to_its_schema_too() -> None:
    reply = play_chunks(ask({}, text=FORMAT), [chunk(content="{}"), chunk(finish="stop")])
    assert [loss.path for loss in reply.losses] == ["text.format"]


# ---- no tools ----


def test_an_upstream_without_tools_is_offered_none_and_told_of_earlier_calls_in_words() -> None:
    items = [
        {"role": "user", "content": "Weather?"},
        {"type": "function_call", "call_id": "c", "name": "weather", "arguments": '{"city":"Paris"}'},
        {"type": "function_call_output", "call_id": "c", "output": "sunny"},
    ]
    with pytest.raises(Unsupported, match="no tools"):
        ask({"tools": "none"}, tools=[LOOK_UP])
    call = ask({"tools": "none"}, input=items, tools=[LOOK_UP], tool_choice="none")
    assert "tools" not in call.chat_request
    assert call.chat_request["messages"] == [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": '(Called weather with {"city":"Paris"})'},
        {"role": "user", "content": "(Output of weather: sunny)"},
    ]
    assert {"tools", "input[2].output"} <= losses(call).keys()


# ---- what the upstream wants back ----

DETAILS = [
    {"type": "reasoning.text", "index": 0, "text": "Hm", "signature": "s"},
    {"type": "reasoning.encrypted", "index": 1, "id": "rs_1", "data": "x"},
]
REPLAYING: JSON = {"reasoning_replay": "all", "reasoning_replay_field": "reasoning_details"}


def replayed(switches: JSON, items: list[JSON], **options: Any) -> JSON:
    given = [{"role": "user", "content": "Q"}, *items, {"role": "user", "content": "Next"}]
    request = {"model": "m", "input": given, "store": False}
    dialect: Dialect = replace(DEFAULT, **read_switches(switches))
    call = responses_over_chat.translate_request(request, dialect=dialect, options=ReplyOptions(**options))
    message: JSON = call.chat_request["messages"][1]
    return message


class Box:
    """Seals by remembering."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, JSON]] = []

    def close(self, kind: str, content: JSON) -> str:
        self.kept.append((kind, content))
        return str(len(self.kept) - 1)

    def open(self, kind: str, sealed: str, path: str) -> JSON | None:
        known, content = self.kept[int(sealed)]
        assert known == kind
        return content


@pytest.mark.parametrize("sealed", [False, True])
def test_reasoning_details_come_back_verbatim_through_the_client(sealed: bool) -> None:
    box = Box()
    request = {"model": "m", "input": "Q", "include": ["reasoning.encrypted_content"] if sealed else []}
    options = ReplyOptions(sealer=box)
    call = responses_over_chat.translate_request(request, options=options)
    deltas = [
        chunk(reasoning="Hm", reasoning_details=[{"type": "reasoning.text", "index": 0, "text": "Hm"}]),
        chunk(reasoning_details=[{"type": "reasoning.text", "index": 0, "signature": "s"}, DETAILS[1]]),
        chunk(content="A"),
        chunk(finish="stop"),
    ]
    output = play_chunks(call, deltas).response["output"]
    assert ("provider_data" in output[0]) is not sealed
    assert replayed(REPLAYING, output, sealer=box)["reasoning_details"] == DETAILS
    assert "reasoning_details" not in replayed({}, output, sealer=box)


def test_details_that_come_after_the_text_stand_in_an_item_that_ends_the_output() -> None:
    deltas = [chunk(content="A"), chunk(reasoning_details=DETAILS), chunk(finish="stop")]
    output = play_chunks(ask({}), deltas).response["output"]
    assert [item["type"] for item in output] == ["message", "reasoning"]
    assert replayed(REPLAYING, output)["reasoning_details"] == DETAILS


SIGNATURE = {"google": {"thought_signature": "sig"}}


@pytest.mark.parametrize("alone", ["with it", "before", "after", "in a fragment"])
@pytest.mark.parametrize("sealed", [False, True])
def test_a_calls_signature_comes_back_through_the_client(alone: str, sealed: bool) -> None:
    box = Box()
    request = {"model": "m", "input": "Q", "tools": [LOOK_UP]}
    request["include"] = ["reasoning.encrypted_content"] if sealed else []
    call = responses_over_chat.translate_request(request, options=ReplyOptions(sealer=box))
    deltas = {
        "with it": [call_chunk("{}", "look_up", id="c", extra_content=SIGNATURE)],
        "before": [chunk(extra_content=SIGNATURE), call_chunk("{}", "look_up", id="c")],
        "after": [call_chunk("{}", "look_up", id="c"), chunk(extra_content=SIGNATURE)],
        "in a fragment": [
            call_chunk("{}", "look_up", id="c"),
            chunk(tool_calls=[{"index": 0, "extra_content": SIGNATURE}]),
        ],
    }[alone]
    output = play_chunks(call, [*deltas, chunk(finish="tool_calls")]).response["output"]
    if sealed:  # as a client returns it that keeps only what it knows
        output = [{key: value for key, value in item.items() if key != "provider_data"} for item in output]
    items = [*output, {"type": "function_call_output", "call_id": "c", "output": "found"}]
    assert replayed({}, items, sealer=box)["tool_calls"][0]["extra_content"] == SIGNATURE
    assert "extra_content" not in replayed({"tool_call_extra": []}, items, sealer=box)["tool_calls"][0]


def test_a_placeholder_stands_in_for_reasoning_that_is_lost_only_where_calls_are() -> None:
    switches = {"reasoning_replay": "tool_turns", "reasoning_placeholder": " "}
    called = [
        {"type": "function_call", "call_id": "c", "name": "look_up", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "found"},
    ]
    assert replayed(switches, called)["reasoning_content"] == " "
    assert "reasoning_content" not in replayed(switches, [{"role": "assistant", "content": "A"}])


# ---- turns ----


def test_mistral_gets_an_assistant_between_a_tool_and_a_user_and_a_prefix_at_the_end() -> None:
    items = [
        {"role": "user", "content": "Q"},
        {"type": "function_call", "call_id": "aaaaaaaaa", "name": "look_up", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "aaaaaaaaa", "output": "found"},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": "Go on"},
        {"role": "assistant", "content": "It is"},
    ]
    messages = ask({"turn_order": "mistral"}, input=items).chat_request["messages"]
    assert [message["role"] for message in messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
        "user",
        "assistant",
    ]
    assert messages[-1] == {"role": "assistant", "content": "It is", "prefix": True}


# ---- reading ----


@pytest.mark.parametrize("whole", [False, True])
def test_where_the_template_opens_the_thinking_what_comes_before_the_closing_tag_is_reasoning(whole: bool) -> None:
    text = "\nLet me see.\n</think>\n\nIt is 4."
    pieces = [text] if whole else list(text)
    deltas = [chunk(content=piece) for piece in pieces]
    output = play_chunks(ask({"opens_thinking": True}), [*deltas, chunk(finish="stop")]).response["output"]
    assert [item["content"][0]["text"] for item in output] == ["Let me see.", "It is 4."]


def test_an_upstream_that_parts_its_reasoning_has_no_open_tag() -> None:
    deltas = [chunk(reasoning_content="Hm."), chunk(content="It is 4."), chunk(finish="stop")]
    output = play_chunks(ask({"opens_thinking": True}), deltas).response["output"]
    assert [item["type"] for item in output] == ["reasoning", "message"]


def test_deltas_that_repeat_what_was_said_are_read_once() -> None:
    snapshots = [chunk(reasoning_content="Let"), chunk(reasoning_content="Let me"), chunk(reasoning_content="Let me")]
    texts = [chunk(content="It"), chunk(content="It is"), chunk(content="It is 4")]
    output = play_chunks(ask({"delta_mode": "snapshot"}), [*snapshots, *texts, chunk(finish="stop")]).response["output"]
    assert [item["content"][0]["text"] for item in output] == ["Let me", "It is 4"]


def test_details_that_repeat_what_was_said_are_read_once() -> None:
    def details(text: str, **more: Any) -> JSON:
        return chunk(reasoning_details=[{"type": "reasoning.text", "text": text, "index": 0, **more}])

    chunks = [details("Let"), details("Let me"), details("Let me", signature="s"), chunk(content="4")]
    reasoning, _ = play_chunks(ask({"delta_mode": "snapshot"}), [*chunks, chunk(finish="stop")]).response["output"]
    assert reasoning["content"][0]["text"] == "Let me"
    (kept,) = reasoning["provider_data"]["reasoning_details"]
    assert (kept["text"], kept["signature"]) == ("Let me", "s")
