"""Rules 6 to 12: items and what they hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.stateful import Client, Socket
from tests.servers import RunningServer, ScriptedUpstream, Serve
from translator.server.settings import Upstream

from .schema import assert_valid_item
from .ways import OverWebSocket, Plain, Streamed, Told, Way, said, speak, tell_of

JSON = dict[str, Any]

LOOK_UP = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}


def speak_of_all(upstream: ScriptedUpstream) -> None:
    """An answer of a reasoning item, a message and two calls."""
    speak(upstream, "Let ", "me see.", reasoning_content="Hm.", calls=[("look_up", '{"a":1}'), ("look_up", '{"a":2}')])


ALL = ["reasoning", "message", "function_call", "function_call"]


def test_rule_06_items_have_id_type_and_status_and_end_once(any_way: Way, upstream: ScriptedUpstream) -> None:
    speak_of_all(upstream)
    output = any_way.final(tools=[LOOK_UP])["output"]
    assert [item["type"] for item in output] == ALL
    assert [item["status"] for item in output] == ["completed"] * 4
    assert len({item["id"] for item in output}) == 4


def test_rule_06_items_have_id_type_and_status_and_end_once_and_are_not_changed_afterwards(
    way: Told, upstream: ScriptedUpstream
) -> None:
    speak_of_all(upstream)
    events = way.events(tools=[LOOK_UP])
    done: dict[str, JSON] = {}
    for event in events:
        if event["type"] == "response.output_item.done":
            assert event["item"]["id"] not in done
            done[event["item"]["id"]] = event["item"]
        else:
            assert event.get("item_id") not in done, "an item was told of after its end"
    assert list(done.values()) == events[-1]["response"]["output"]


@pytest.mark.parametrize("call", [False, True])
def test_rule_07_an_incomplete_item_is_the_last_of_an_incomplete_response(
    any_way: Way, upstream: ScriptedUpstream, call: bool
) -> None:
    calls = [("look_up", '{"a":')] if call else []
    speak(upstream, "Let me", calls=calls, finish="length", reasoning_content="Hm.")
    response = any_way.final(tools=[LOOK_UP])
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    statuses = [item["status"] for item in response["output"]]
    assert statuses == ["completed"] * (len(statuses) - 1) + ["incomplete"]


def test_rule_08_an_item_is_added_first_with_all_that_is_known(way: Told, upstream: ScriptedUpstream) -> None:
    speak_of_all(upstream)
    events = way.events(tools=[LOOK_UP])
    known = set()
    for event in events:
        if event["type"] == "response.output_item.added":
            assert event["item"]["status"] == "in_progress"
            known.add(event["item"]["id"])
        elif "item_id" in event:
            assert event["item_id"] in known
    reasoning, message, call, _ = [event["item"] for event in tell_of(events, "response.output_item.added")]
    assert reasoning["summary"] == []
    assert (message["role"], message["content"]) == ("assistant", [])
    assert (call["name"], call["arguments"]) == ("look_up", "")
    assert call["call_id"]


def test_rule_09_content_is_told_in_parts(way: Told, upstream: ScriptedUpstream) -> None:
    speak_of_all(upstream)
    events = way.events(tools=[LOOK_UP])
    message = tell_of(events, "response.output_item.done")[1]["item"]
    kinds = [
        event["type"].removeprefix("response.")
        for event in events
        if event.get("item_id", event.get("item", {}).get("id")) == message["id"]
    ]
    deltas = kinds.count("output_text.delta")
    assert deltas >= 1
    assert kinds == [
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * deltas,
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]


def test_rule_10_what_is_not_standard_has_a_prefix_and_can_be_ignored(way: Told, upstream: ScriptedUpstream) -> None:
    speak(upstream, "Hel", "lo!")
    events = way.events(include=["file_search_call.results"])
    # whatever has no prefix was found in the schema already
    assert {event["type"] for event in events if ":" in event["type"]} <= {"translator:losses"}
    text = "".join(event["delta"] for event in tell_of(events, "response.output_text.delta"))
    assert text == events[-1]["response"]["output_text"] == "Hello!"


def test_rule_10_what_is_not_standard_has_a_prefix_and_can_be_ignored_over_websocket(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    speak(upstream, "Hello!")
    with Socket(server) as socket:
        socket.send(input="Hi", include=["file_search_call.results"])
        events = socket.events()
    (own,) = [event for event in events if ":" in event["type"]]
    assert own["type"] == "translator:losses" and own["sequence_number"] == events.index(own)


def test_rule_11_what_users_and_models_say_differs_and_reasoning_can_be_sent_back(
    any_way: Way, upstream: ScriptedUpstream
) -> None:
    speak(upstream, "Yes.", reasoning_content="Let me think.")
    first = any_way.final(include=["reasoning.encrypted_content"], reasoning={"summary": "auto"}, store=False)
    reasoning, message = first["output"]
    assert reasoning["content"] == [{"type": "reasoning_text", "text": "Let me think."}]
    assert [part["type"] for part in reasoning["summary"]] == ["summary_text"]
    assert "think" not in reasoning["encrypted_content"]
    assert [part["type"] for part in message["content"]] == ["output_text"]
    upstream.next()
    asked = [{"type": "input_text", "text": "Why?"}]
    speak(upstream, "So.")
    # nothing but the sealed form is sent back: the model is told the reasoning again
    sealed = {"type": "reasoning", "summary": [], "encrypted_content": reasoning["encrypted_content"]}
    call = {"type": "function_call", "call_id": "c", "name": "look_up", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "42"}
    any_way.final(input=[sealed, call, output, {"role": "user", "content": asked}], tools=[LOOK_UP])
    upstream.next()
    for part in ({"type": "input_words", "text": "x"}, {"type": "refusal"}, {"type": "input_text", "text": 5}):
        status, error = any_way.refusal(input=[{"role": "user", "content": [part]}])
        assert (status, error["param"].partition(".")[0]) == (400, "input[0]")


def check_reasoning_is_told_again(way: Way, upstream: ScriptedUpstream) -> None:
    """A client that keeps everything itself sends the sealed reasoning back, and the model is told it in the clear."""
    speak(upstream, calls=[("look_up", "{}")], reasoning_content="Let me think.")
    asked = {"role": "user", "content": "Why?"}
    fields: JSON = {"tools": [LOOK_UP], "store": False, "include": ["reasoning.encrypted_content"]}
    reasoning, call = way.final(input=[asked], **fields)["output"]
    upstream.next()
    sealed = {"type": "reasoning", "summary": [], "encrypted_content": reasoning["encrypted_content"]}
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
    speak(upstream, "So.")
    way.final(input=[asked, sealed, call, output], **fields)
    told = upstream.next().json["messages"][1]
    assert (told["role"], told["reasoning_content"]) == ("assistant", "Let me think.")


def serve_deepseek(serve: Serve, upstream: ScriptedUpstream) -> RunningServer:
    """In front of an upstream that wants its reasoning back."""
    return serve(upstreams=(Upstream(base_url=upstream.base_url, preset="deepseek"),))


def test_rule_11_what_users_and_models_say_differs_and_reasoning_can_be_sent_back_over_http(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    server = serve_deepseek(serve, upstream)
    for way in (Plain(server), Streamed(server)):
        check_reasoning_is_told_again(way, upstream)


def test_rule_11_what_users_and_models_say_differs_and_reasoning_can_be_sent_back_over_websocket(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    with Socket(serve_deepseek(serve, upstream)) as socket:
        check_reasoning_is_told_again(OverWebSocket(socket), upstream)


def test_rule_12_assistant_messages_may_have_a_phase(any_way: Way, upstream: ScriptedUpstream) -> None:
    spoken = [
        {"type": "message", "role": "assistant", "phase": phase, "content": [{"type": "output_text", "text": phase}]}
        for phase in ("commentary", "final_answer")
    ]
    speak(upstream, "Let me see.", calls=[("look_up", "{}")])
    first = any_way.final(input=[*spoken, {"role": "user", "content": "Hi"}], tools=[LOOK_UP])
    assert "final_answer" in said(upstream)
    speak(upstream, "Done.")
    output = {"type": "function_call_output", "call_id": first["output"][1]["call_id"], "output": "42"}
    second = any_way.final(input=[output], previous_response_id=first["id"], tools=[LOOK_UP])
    assert first["output"][0]["phase"] == "commentary"
    assert second["output"][0]["phase"] == "final_answer"


def test_rule_12_assistant_messages_may_have_a_phase_over_http(serve: Serve, upstream: ScriptedUpstream) -> None:
    client = Client(serve())
    with client.http:
        speak(upstream, "Hello!")
        message = {"role": "assistant", "phase": "commentary", "content": "Let me see."}
        response = client.respond([message, {"role": "user", "content": "Hi"}])
        listed = client.get(f"/responses/{response['id']}/input_items", order="asc")["data"]
        assert listed[0]["phase"] == "commentary"
        for item in listed:
            assert_valid_item(item)
