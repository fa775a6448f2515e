"""What Responses upstreams do now and then, told to a chat client all the same."""

from __future__ import annotations

import time
from typing import Any, get_args

import pytest
from openai.types.responses import ResponseStreamEvent

from translator import UpstreamError, chat_over_responses

from ..chat_playback import QUESTION, Reply, play_events, translate

JSON = dict[str, Any]

OPENED: JSON = {"type": "response.created", "response": {"id": "resp_1", "created_at": 7, "output": []}}
LEGACY: JSON = {**QUESTION, "functions": [{"name": "find"}]}


def told(*events: JSON, output: list[JSON] | None = None, request: JSON = QUESTION, status: str = "completed") -> Reply:
    """The reply to a stream of these events, at whose end the whole output stands."""
    end = {"type": f"response.{status}", "response": {"status": status, "output": output or []}}
    return play_events(translate(request), [OPENED, *events, end])


def message_of(reply: Reply) -> JSON:
    message: JSON = reply.completion["choices"][0]["message"]
    return message


def a_call(number: int = 1, **more: Any) -> JSON:
    call = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": "find"}
    return {**call, "arguments": "{}", "status": "completed", **more}


def added(item: JSON, index: int = 0) -> JSON:
    opening = {**item, "status": "in_progress", "arguments": ""}
    return {"type": "response.output_item.added", "output_index": index, "item": opening}


def done(item: JSON, index: int = 0) -> JSON:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def text(delta: str, kind: str = "delta", **place: Any) -> JSON:
    return {"type": f"response.output_text.{kind}", **place, "delta" if kind == "delta" else "text": delta}


def test_a_call_that_was_cut_before_its_arguments_has_none() -> None:
    cut = a_call(arguments="", status="incomplete")
    (call,) = message_of(told(added(cut), done(cut), status="incomplete"))["tool_calls"]
    assert call["function"]["arguments"] == ""


SIGNED = {"extra_content": {"google": {"thought_signature": "sig"}}}


def test_what_an_upstream_signed_late_is_told_of_its_call() -> None:
    signed = a_call(provider_data=SIGNED)
    reply = told(added(a_call()), done(signed))
    assert message_of(reply)["tool_calls"][0]["extra_content"] == SIGNED["extra_content"]
    deltas = [choice["delta"] for chunk in reply.chunks for choice in chunk["choices"]]
    assert {"tool_calls": [{"index": 0, **SIGNED}]} in deltas


def test_the_deprecated_form_has_no_place_for_what_was_signed_late() -> None:
    calls = [a_call(1), a_call(2)]
    signed = [{**call, "provider_data": SIGNED} for call in calls]
    events = [event for index in (0, 1) for event in (added(calls[index], index), done(signed[index], index))]
    reply = told(*events, request=LEGACY)
    assert message_of(reply)["function_call"] == {"name": "find", "arguments": "{}"}
    assert "tool_calls" not in message_of(reply)
    assert all("tool_calls" not in choice["delta"] for chunk in reply.chunks for choice in chunk["choices"])
    assert [loss.path for loss in reply.losses] == ["output"]


def test_a_response_that_was_cancelled_fails() -> None:
    end = {"type": "response.cancelled", "response": {"status": "cancelled", "output": []}}
    reply = play_events(translate(QUESTION), [OPENED, text("Hel"), end, text("lo")])
    assert reply.completion["error"]["message"] == "The upstream cancelled the response."
    assert reply.chunks[-1] == reply.completion


def test_half_a_character_before_the_whole_text_is_told_once() -> None:
    whole = "A \U0001f600 here"
    place: JSON = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    first, second = "A \ud83d", "\ude00 here"
    assert message_of(told(text(first, **place), text(second, **place)))["content"] == whole
    assert message_of(told(text(first, **place), text(whole, "done", **place)))["content"] == whole
    late = told(text(first, **place), text(whole, "done", **place), text("\ude00", **place))
    assert message_of(late)["content"].startswith(whole)


def test_items_at_one_index_are_told_apart_by_their_ids() -> None:
    calls = [a_call(1, arguments='{"a":1}'), a_call(2, arguments='{"b":2}')]
    reply = told(*(event for call in calls for event in (added(call), done(call))), output=calls)
    assert [call["id"] for call in message_of(reply)["tool_calls"]] == ["call_1", "call_2"]


def test_a_summary_that_the_request_asks_for_wins_over_the_options() -> None:
    options = chat_over_responses.ReplyOptions(reasoning_summary="auto")

    def asked(**fields: Any) -> Any:
        call = chat_over_responses.translate_request({**QUESTION, **fields}, options=options)
        return call.responses_request["reasoning"]

    assert asked(reasoning={"effort": "low", "summary": "detailed"})["summary"] == "detailed"
    assert asked(reasoning={"effort": "low"})["summary"] == "auto"
    assert "summary" not in asked(reasoning_effort="none")


def test_sealed_reasoning_is_included_once() -> None:
    request = {**QUESTION, "reasoning_effort": "low", "include": ["reasoning.encrypted_content"]}
    assert translate(request).responses_request["include"] == ["reasoning.encrypted_content"]


def test_a_limit_is_capped_and_that_is_reported() -> None:
    call = chat_over_responses.translate_request({**QUESTION, "max_tokens": 500}, output_limit=100)
    assert call.responses_request["max_output_tokens"] == 100
    assert [loss.path for loss in call.losses] == ["max_tokens"]


def test_an_answer_before_the_response_is_complete_fails() -> None:
    with pytest.raises(UpstreamError) as caught:
        translate(QUESTION).translate_response({"object": "response", "status": "queued", "output": []})
    assert caught.value.code == "upstream_incomplete"


def test_a_whole_text_that_contradicts_its_fragments_adds_nothing() -> None:
    place: JSON = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    assert message_of(told(text("Hello", **place), text("Goodbye!", "done", **place)))["content"] == "Hello"


def test_a_final_response_that_gives_two_items_one_id_has_two_items() -> None:
    first, second = ({**a_call(number), "id": "fc"} for number in (1, 2))
    reply = told(added(first), done(first), output=[first, second])
    assert [call["id"] for call in message_of(reply)["tool_calls"]] == ["call_1", "call_2"]


def test_a_freeform_call_has_no_place_in_the_deprecated_form() -> None:
    call = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "note", "input": "Milk"}
    reply = told(output=[call], request=LEGACY)
    assert "function_call" not in message_of(reply)
    assert [loss.path for loss in reply.losses] == ["output"]


@pytest.mark.parametrize(
    "body", [{"message": "No."}, {"detail": "No."}, {"error": "No."}, {"error": {"message": "No."}}]
)
def test_an_error_of_any_shape_keeps_its_words(body: JSON) -> None:
    with pytest.raises(UpstreamError) as caught:
        translate(QUESTION).translate_response(body)
    assert caught.value.message == "No."


def test_usage_is_completed_from_what_there_is() -> None:
    usage = {"input_tokens": 3, "output_tokens": 2, "input_tokens_details": {"cache_write_tokens": 1}}
    response = {"object": "response", "status": "completed", "output": [], "usage": usage}
    assert translate(QUESTION).translate_response(response)["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def test_what_is_sealed_stands_beside_what_a_chat_upstream_signed() -> None:
    details = [{"type": "reasoning.text", "text": "Hm.", "signature": "sig"}]
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    reply = told(output=[{**item, "provider_data": {"reasoning_details": details}}])
    assert [detail["type"] for detail in message_of(reply)["reasoning_details"]] == [
        "reasoning.text",
        "reasoning.encrypted",
    ]


def test_what_an_upstream_signed_cannot_stand_for_the_call_itself() -> None:
    faked = {"id": "other", "type": "text", "function": 5, "index": 9, "custom": {}}
    for reply in (
        told(done(a_call(provider_data={**SIGNED, **faked}))),
        told(added(a_call()), done(a_call(provider_data={**SIGNED, **faked}))),
    ):
        (call,) = message_of(reply)["tool_calls"]
        function = {"name": "find", "arguments": "{}"}
        assert call == {"id": "call_1", "type": "function", "function": function, **SIGNED}


def test_a_call_that_is_done_need_not_say_again_what_it_is() -> None:
    opening = {"type": "response.output_item.added", "output_index": 0, "item": {"type": "custom_tool_call"}}
    item = {"call_id": "call_1", "name": "find", "input": "x"}
    (call,) = message_of(told(opening, done(item)))["tool_calls"]
    assert call == {"id": "call_1", "type": "custom", "custom": {"name": "find", "input": "x"}}


def test_a_document_in_the_place_of_a_stream_is_held_no_further_than_the_limit() -> None:
    options = chat_over_responses.ReplyOptions(max_event_bytes=100)
    stream = chat_over_responses.translate_request(QUESTION, options=options).stream()
    assert stream.receive_bytes(b'{"output": "' + b"x" * 80) == []
    (failure,) = stream.receive_bytes(b"x" * 80)
    assert failure["error"]["code"] == "upstream_event_too_large"
    assert stream.finish() == []


def test_what_stands_beside_the_fields_of_items_and_parts_is_reported_once_however_often_it_is_repeated() -> None:
    text: JSON = {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": [], "mood": "good", "tone": None}
    odd = {"type": ["x"], "mood": 1}
    message = {
        "type": "message",
        "id": "m",
        "role": "assistant",
        "phase": "final_answer",
        "content": [text, odd],
        "a": 1,
    }
    call: JSON = {
        "type": "function_call",
        "id": "f",
        "call_id": "c",
        "name": "find",
        "arguments": "{}",
        "caller": {"b": 2},
    }
    output = [message, call]
    for events in ([], [done(item, place) for place, item in enumerate(output)]):
        reply = told(*events, output=output)
        assert [loss.path for loss in reply.losses] == [
            "output[0].content[1]",
            "output[0].a",
            "output[0].content[0].mood",
            "output[1].caller",
        ]


@pytest.mark.parametrize("caller", [{"type": "direct"}, {}, None])
def test_that_a_call_was_made_by_the_model_itself_is_no_loss(caller: Any) -> None:
    assert list(told(output=[a_call(caller=caller)]).losses) == []
    program = {"type": "program", "caller_id": "call_9"}
    assert [loss.path for loss in told(output=[a_call(caller=program)]).losses] == ["output[0].caller"]


@pytest.mark.parametrize("second", ["B", "\nB"])
def test_thoughts_are_parted_by_one_line_end_however_often_they_were_told_as_chat(second: str) -> None:
    thoughts = [{"type": "reasoning", "id": text, "content": [{"text": text}]} for text in ("A", second)]
    assert message_of(told(output=thoughts))["reasoning_content"] == "A\nB"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.usefixtures("no_collection")
def test_very_many_items_take_no_longer_than_they_are_many(known: bool) -> None:
    def spent(count: int) -> float:
        calls = [a_call(number, id=None) for number in range(count)]
        seen = [added({**call, "id": f"other_{index}"}, index) for index, call in enumerate(calls)] if known else []
        begin = time.process_time()
        assert len(message_of(told(*seen, output=calls))["tool_calls"]) == count
        return time.process_time() - begin

    assert spent(60_000) < 20 * spent(6_000)  # a search among all of them takes 50 times as long and more


KINDS = [get_args(event.model_fields["type"].annotation)[0] for event in get_args(get_args(ResponseStreamEvent)[0])]


def test_events_that_nobody_knows_are_reported_once_and_those_that_repeat_what_items_say_are_not() -> None:
    assert len(KINDS) > 50
    ends = ("error", "response.completed", "response.incomplete", "response.failed")
    known = [{"type": kind} for kind in KINDS if kind not in ends and not kind.startswith("response.audio")]
    odd = [{"type": kind} for kind in ("response.smell.delta", "response.smell.delta", "keepalive", "acme:event")]
    reply = told(*known, *odd, {"type": "response.audio.delta"})
    lost = [loss.path for loss in reply.losses if not loss.path.startswith("output")]
    assert lost == ["response.smell.delta", "response.audio.delta"]
