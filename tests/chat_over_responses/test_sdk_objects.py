"""Both directions take the SDK's own objects where dicts would do."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from translator import InvalidRequest, UpstreamError, chat_over_responses, responses_over_chat

JSON = dict[str, Any]

_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
WEATHER: JSON = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
QUESTION: JSON = {"model": "m", "messages": [{"role": "user", "content": "Weather?"}], "tools": [WEATHER]}


def respond(message: JSON, finish: str = "stop") -> JSON:
    """The response of a chat-only upstream's message, as this library tells it."""
    call = responses_over_chat.translate_request({"model": "m", "input": "Weather?", "store": False})
    completion = {"choices": [{"message": message, "finish_reason": finish}]}
    return call.translate_response(completion, response_id="resp_1", created_at=7)


CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}


def test_old_code_goes_on_reading_choices() -> None:
    response = Response.model_validate(respond({"content": "Let me look.", "tool_calls": [CALL]}))
    completion = ChatCompletion.model_validate(chat_over_responses.translate_response(response))
    message = completion.choices[0].message
    assert completion.choices[0].finish_reason == "tool_calls"
    assert message.content == "Let me look."
    assert message.tool_calls is not None
    assert message.tool_calls[0].to_dict() == CALL
    assert completion.model == "m"
    assert completion.id == "chatcmpl-1"
    assert completion.created == 7


def test_a_message_that_was_received_can_be_sent_back_as_it_is() -> None:
    first = chat_over_responses.translate_request(QUESTION)
    reply = respond({"content": None, "tool_calls": [CALL]})
    completion = ChatCompletion.model_validate(first.translate_response(reply))
    messages = [
        *QUESTION["messages"],
        completion.choices[0].message,
        {"role": "tool", "tool_call_id": "call_1", "content": "18"},
    ]
    second = chat_over_responses.translate_request({**QUESTION, "messages": messages})
    assert second.responses_request["input"] == [
        {"type": "message", "role": "user", "content": "Weather?"},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city":"Paris"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "18"},
    ]


def test_items_that_were_received_can_be_sent_back_as_they_are() -> None:
    response = Response.model_validate(respond({"content": None, "tool_calls": [CALL]}))
    output = {"type": "function_call_output", "call_id": "call_1", "output": "18"}
    items = [{"role": "user", "content": "Weather?"}, *response.output, output]
    call = responses_over_chat.translate_request({"model": "m", "input": items, "store": False})
    assert [message["role"] for message in call.chat_request["messages"]] == ["user", "assistant", "tool"]
    assert call.chat_request["messages"][1]["tool_calls"] == [CALL]


def test_a_completion_of_the_sdk_becomes_a_response() -> None:
    call = responses_over_chat.translate_request({"model": "m", "input": "Hi", "store": False})
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
    completion = ChatCompletion.model_validate(
        {"id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice]}
    )
    assert call.translate_response(completion, response_id="resp_1")["output_text"] == "Hello."
    stream = call.stream(response_id="resp_1")
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 7, "model": "m"}
    chunk["choices"] = [{"index": 0, "delta": {"content": "Hello."}, "finish_reason": "stop"}]
    stream.receive(ChatCompletionChunk.model_validate(chunk))
    stream.finish()
    assert stream.response["output_text"] == "Hello."


def test_a_stream_of_the_sdks_events_becomes_chunks() -> None:
    asked = responses_over_chat.translate_request({"model": "m", "input": "Hi", "store": False})
    told = asked.stream(response_id="resp_1")
    events = [*told.receive({"choices": [{"delta": {"content": "Hello."}, "finish_reason": "stop"}]}), *told.finish()]
    stream = chat_over_responses.translate_request(QUESTION).stream()
    chunks = [chunk for event in events for chunk in stream.receive(_EVENT.validate_python(event))]
    assert [chunk["choices"][0]["delta"].get("content") for chunk in chunks] == ["", "Hello.", None]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_errors_are_raised_and_name_their_place() -> None:
    with pytest.raises(InvalidRequest) as invalid:
        chat_over_responses.translate_request({"model": "m", "messages": [{"role": "user", "content": 5}]})
    assert invalid.value.param == "messages[0].content"
    failed = {"object": "response", "status": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow."}}
    with pytest.raises(UpstreamError) as caught:
        chat_over_responses.translate_response(failed)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.status == 429


def test_too_long_arguments_fail() -> None:
    options = chat_over_responses.ReplyOptions(max_argument_bytes=10)
    call = chat_over_responses.translate_request(QUESTION, options=options)
    with pytest.raises(UpstreamError) as caught:
        call.translate_response(respond({"content": None, "tool_calls": [CALL]}))
    assert caught.value.code == "upstream_arguments_too_large"


def test_the_caller_can_name_the_completion() -> None:
    call = chat_over_responses.translate_request(QUESTION)
    completion = call.translate_response(respond({"content": "Hi"}), completion_id="chatcmpl-mine", created=9)
    assert (completion["id"], completion["created"]) == ("chatcmpl-mine", 9)
