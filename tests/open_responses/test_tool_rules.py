"""Rules 16 to 18: tools."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.stateful import Client, Socket
from tests.servers import ScriptedUpstream, Serve, read_events
from translator.server.settings import Model, Upstream

from .schema import assert_valid_event
from .ways import Way, speak

JSON = dict[str, Any]

A, B = ({"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}} for name in "ab")
ONLY_A = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "a"}]}


def called(response: JSON) -> list[str]:
    return [item["name"] for item in response["output"] if item["type"] == "function_call"]


def test_rule_16_tool_choice_binds_none(any_way: Way, upstream: ScriptedUpstream) -> None:
    speak(upstream, "Well.", calls=[("a", "{}")])
    response = any_way.final(tools=[A, B], tool_choice="none")
    assert (response["status"], response["output_text"], called(response)) == ("completed", "Well.", [])
    assert response["tool_choice"] == "none"


def test_rule_16_tool_choice_binds_a_named_function(any_way: Way, upstream: ScriptedUpstream) -> None:
    named = {"type": "function", "name": "b"}
    speak(upstream, calls=[("a", "{}"), ("b", "{}")])
    response = any_way.final(tools=[A, B], tool_choice=named)
    assert called(response) == ["b"]
    assert upstream.next().json["tool_choice"] == {"type": "function", "function": {"name": "b"}}


def test_rule_16_tool_choice_binds_required(any_way: Way, upstream: ScriptedUpstream) -> None:
    speak(upstream, calls=[("a", "{}")])
    assert called(any_way.final(tools=[A, B], tool_choice="required")) == ["a"]
    assert upstream.next().json["tool_choice"] == "required"


def test_rule_16_tool_choice_binds_auto(any_way: Way, upstream: ScriptedUpstream) -> None:
    speak(upstream, calls=[("a", "{}"), ("b", "{}")])
    assert called(any_way.final(tools=[A, B], tool_choice="auto")) == ["a", "b"]
    speak(upstream, "No need.")
    assert any_way.final(tools=[A, B], tool_choice="auto")["output_text"] == "No need."


def test_rule_17_allowed_tools_bind_and_all_tools_stay_visible(any_way: Way, upstream: ScriptedUpstream) -> None:
    speak(upstream, calls=[("b", "{}"), ("a", "{}")])
    response = any_way.final(tools=[A, B], tool_choice=ONLY_A)
    assert called(response) == ["a"]
    assert response["tool_choice"] == ONLY_A
    assert [tool["name"] for tool in response["tools"]] == ["a", "b"]
    assert [tool["function"]["name"] for tool in upstream.next().json["tools"]] == ["a", "b"]


@pytest.fixture
def drawing(serve: Serve, upstream: ScriptedUpstream) -> Any:
    """A server whose upstream has a hosted tool that draws."""
    model = Model(name="m", hosted_tools=frozenset({"image_generation"}))
    return serve(upstreams=(Upstream(base_url=upstream.base_url, models=(model,)),))


def speak_in_pictures(upstream: ScriptedUpstream) -> None:
    url = {"url": "data:image/png;base64,aGVsbG8="}
    speak(upstream, "Here.", images=[{"type": "image_url", "image_url": url}])


def check_picture(response: JSON) -> JSON:
    (item,) = [item for item in response["output"] if item["type"] == "image_generation_call"]
    assert (item["status"], item["result"]) == ("completed", "aGVsbG8=")
    return {"model": "m", "input": [*response["output"], {"role": "user", "content": "Another."}]}


def test_rule_18_hosted_tools_have_items_that_can_be_sent_back_over_http(
    drawing: Any, upstream: ScriptedUpstream
) -> None:
    client = Client(drawing)
    with client.http:
        for stream in (False, True):
            speak_in_pictures(upstream)
            asked = {"model": "m", "input": "Draw.", "tools": [{"type": "image_generation"}], "stream": stream}
            answer = client.http.post("/responses", json=asked)
            events = read_events(answer.content) if stream else []
            for event in events:
                assert_valid_event(event)
            again = check_picture(events[-1]["response"] if stream else answer.json())
            upstream.next()
            speak(upstream, "Done.")
            client.post("/responses", again)
            assert "aGVsbG8=" in upstream.next().body.decode(), "the picture is not told again"


def test_rule_18_hosted_tools_have_items_that_can_be_sent_back_over_websocket(
    drawing: Any, upstream: ScriptedUpstream
) -> None:
    with Socket(drawing) as socket:
        speak_in_pictures(upstream)
        again = check_picture(socket.respond("Draw.", tools=[{"type": "image_generation"}]))
        upstream.next()
        speak(upstream, "Done.")
        socket.respond(**again)
        assert "aGVsbG8=" in upstream.next().body.decode(), "the picture is not told again"
