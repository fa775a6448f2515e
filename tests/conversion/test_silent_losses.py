"""What only a reply could make good, or nothing reads: a file that loses it says so."""

from __future__ import annotations

from typing import Any

from translator.conversion import Converter

JSON = dict[str, Any]

FUNCTION: JSON = {"type": "function", "name": "find", "parameters": {"type": "object"}, "strict": False}


def lost(to: Any, document: JSON) -> list[str]:
    return [loss.path for loss in Converter(to).convert(document).losses]


def asking(**fields: Any) -> JSON:
    return {"model": "m", "input": "Hi", "store": False, **fields}


def test_what_a_server_would_have_echoed_or_held_to_is_reported() -> None:
    assert lost("chat", asking(metadata={"a": "b"})) == ["metadata"]
    assert lost("chat", asking(metadata={}, reasoning={"effort": "low"}, tools=[FUNCTION])) == []
    assert lost("chat", asking(reasoning={"effort": "low", "summary": "auto"})) == ["reasoning.summary"]
    assert lost("chat", asking(tools=[FUNCTION, {"type": "custom", "name": "note"}])) == ["tools[1]"]
    assert lost("chat", asking(tools=[{"type": "namespace", "name": "crm", "tools": [FUNCTION]}])) == ["tools[0]"]
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "find"}]}
    assert lost("chat", asking(tools=[FUNCTION, {**FUNCTION, "name": "lose"}], tool_choice=allowed)) == [
        "tool_choice.tools"
    ]
    assert lost("chat", asking(tools=[FUNCTION], tool_choice={**allowed, "mode": "required"})) == []
    assert lost("chat", asking(tools=[FUNCTION, {**FUNCTION, "name": "crm.find"}])) == ["tools[1].name"]


CALLED: list[JSON] = [
    {"type": "custom_tool_call", "call_id": "1", "name": "note", "input": "Milk"},
    {"type": "custom_tool_call_output", "call_id": "1", "output": "Noted."},
    {"type": "function_call", "call_id": "2", "name": "find", "namespace": "crm", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "2", "output": "Found."},
    {"type": "custom_tool_call", "call_id": "3", "name": "note", "input": "Bread"},
    {"type": "custom_tool_call_output", "call_id": "3", "output": "Noted."},
]
NOTE: JSON = {"type": "custom", "name": "note"}


def test_calls_of_tools_that_the_request_does_not_list_are_reported_where_chat_knows_them_otherwise() -> None:
    assert lost("chat", asking(input=CALLED)) == ["input[0]", "input[2]"]
    assert lost("chat", asking(input=CALLED, tools=[NOTE])) == ["tools[0]", "input[2]"]
    assert lost("chat", asking(input=[{"type": "additional_tools", "tools": [NOTE, NOTE]}, *CALLED[:2]])) == [
        "input[0]"
    ]
    function = {"type": "function_call", "call_id": "1", "name": "find", "arguments": "{}"}
    assert lost("chat", asking(input=[function, CALLED[1]])) == []


def test_a_freeform_call_of_a_tool_that_the_chat_request_does_not_list_stays_one() -> None:
    call = {"id": "1", "type": "custom", "custom": {"name": "note", "input": "Milk"}}
    messages = [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "1", "content": "Noted."}]
    converted = Converter("responses").convert({"model": "m", "messages": messages})
    assert (converted.document["input"], list(converted.losses)) == (CALLED[:2], [])


def answering(**fields: Any) -> JSON:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice], **fields}


def test_what_no_response_says_of_a_completion_is_reported() -> None:
    usage: JSON = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    usage["prompt_tokens_details"] = {"cached_tokens": 1, "audio_tokens": 0}
    usage["completion_tokens_details"] = {"reasoning_tokens": 1, "accepted_prediction_tokens": 1}
    assert lost("responses", answering(usage=usage, system_fingerprint="fp", service_tier="flex")) == [
        "usage.completion_tokens_details.accepted_prediction_tokens"
    ]
    assert lost(
        "responses", answering(prompt_filter_results=[{"prompt_index": 0, "severity": "safe"}], provider=None)
    ) == ["prompt_filter_results"]
    (choice,) = answering()["choices"]
    token = {"token": "Hello.", "logprob": -0.1, "bytes": None, "top_logprobs": []}
    odd = {**choice, "stop_reason": 5, "logprobs": {"content": [token], "refusal": [token]}}
    odd["message"] = {**choice["message"], "mood": "good", "annotations": []}
    assert lost("responses", answering(choices=[odd])) == [
        "choices[0].message.mood",
        "choices[0].stop_reason",
        "choices[0].logprobs.refusal",
    ]


def test_what_no_completion_says_of_a_response_is_reported() -> None:
    response = Converter("responses").convert(answering()).document
    assert lost("chat", {**response, "metadata": {"a": "b"}, "moderation": None}) == []
    assert lost("chat", {**response, "moderation": {"flagged": True}}) == ["moderation"]
    unused = {"image_gen": {"input_tokens": 0, "input_tokens_details": {"text_tokens": 0}}, "web_search": [None]}
    ordinary = {"billing": {"payer": "developer"}, "access_programs": None, "tool_usage": unused}
    assert lost("chat", {**response, **ordinary}) == []
    assert lost("chat", {**response, "tool_usage": {"web_search": {"num_requests": 1}}}) == ["tool_usage"]


def test_the_first_answer_is_told_wherever_it_stands() -> None:
    first = {"index": 0, "message": {"role": "assistant", "content": "A"}, "finish_reason": "stop"}
    second = {"index": 1, "message": {"role": "assistant", "content": "B"}, "finish_reason": "stop"}
    for choices, place in (([first, second], 1), ([second, first], 0)):
        converted = Converter("responses").convert(answering(choices=choices))
        assert converted.document["output_text"] == "A"
        assert [loss.path for loss in converted.losses] == [f"choices[{place}]"]
    converted = Converter("responses").convert(answering(choices=[["odd"], first]))
    assert (converted.document["output_text"], [loss.path for loss in converted.losses]) == ("A", ["choices[0]"])


def test_a_default_that_nobody_wrote_is_not_lost() -> None:
    assert lost("chat", {"model": "m", "input": "Hi"}) == []
    assert lost("chat", {"model": "m", "input": "Hi", "store": True}) == ["store"]
