"""Rules 13 to 15 and the schema: how a response is told of."""

from __future__ import annotations

import pytest

from tests.server.stateful import Client
from tests.servers import RunningServer, ScriptedUpstream

from .schema import assert_valid_compaction, assert_valid_item, assert_valid_response
from .ways import TERMINAL, Told, Way, speak, tell_of

TOOLS: list[dict[str, object]] = [
    {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}},
    {"type": "custom", "name": "note"},
]


def test_rule_13_events_are_numbered_deltas_and_changes_of_state(way: Told, upstream: ScriptedUpstream) -> None:
    speak(upstream, "Let ", "me see.", reasoning_content="Hm.", calls=[("look_up", "{}")])
    events = way.events(tools=TOOLS)
    assert [event["sequence_number"] for event in events] == [*range(len(events))]
    changes = {"created", "in_progress", "added", "done", "completed"}
    assert {event["type"].rpartition(".")[2] for event in events} == changes | {"delta"}


def test_rule_14_an_error_in_a_stream_is_followed_by_a_failed_response(way: Told, upstream: ScriptedUpstream) -> None:
    speak(upstream, "Hel", breaks=True)
    error, failed = way.events()[-2:]
    assert (error["type"], failed["type"]) == ("error", "response.failed")
    assert failed["response"]["error"]["code"] == "server_error"
    assert failed["response"]["error"]["message"] == error["error"]["message"]


@pytest.mark.parametrize(("finish", "end"), [("stop", "completed"), ("length", "incomplete"), (None, "failed")])
def test_rule_15_a_response_goes_from_in_progress_to_one_end(
    way: Told, upstream: ScriptedUpstream, finish: str | None, end: str
) -> None:
    speak(upstream, "Hello!", finish=finish, breaks=finish is None)
    events = way.events()
    created, started = events[:2]
    assert (created["type"], started["type"]) == ("response.created", "response.in_progress")
    assert created["response"]["status"] == started["response"]["status"] == "in_progress"
    assert [event["type"] for event in events if event["type"] in TERMINAL] == [f"response.{end}"]
    assert events[-1]["response"]["status"] == end
    assert {event["response"]["id"] for event in events if "response" in event} == {created["response"]["id"]}


def test_rule_32_all_that_is_sent_fits_the_schema(any_way: Way, upstream: ScriptedUpstream) -> None:
    # whatever a way gives was held against the schema
    speak(upstream, "Let ", "me see.", reasoning_content="Hm.", calls=[("look_up", "{}"), ("note", '{"input": "x"}')])
    response = any_way.final(
        tools=TOOLS,
        reasoning={"effort": "low", "summary": "auto"},
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}, "verbosity": "low"},
        tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "look_up"}]},
        metadata={"a": "b"},
        safety_identifier="s",
        prompt_cache_key="k",
        top_logprobs=0,
    )
    assert response["tools"][0] == {**TOOLS[0], "description": None, "strict": None}
    assert response["usage"].keys() >= {"input_tokens_details", "output_tokens_details"}


def test_rule_32_all_that_is_sent_fits_the_schema_where_it_is_read_again_over_http(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    client = Client(server)
    with client.http:
        speak(upstream, "Hello!", reasoning_content="Hm.")
        response = client.respond("Hi")
        assert_valid_response(client.get(f"/responses/{response['id']}"))
        for item in client.get(f"/responses/{response['id']}/input_items")["data"]:
            assert_valid_item(item)
        speak(upstream, "They talked.")
        assert_valid_compaction(
            client.post("/responses/compact", {"model": "m", "previous_response_id": response["id"]})
        )


def test_rule_32_all_that_is_sent_fits_the_schema_while_nothing_is_said(way: Told, upstream: ScriptedUpstream) -> None:
    speak(upstream)
    events = way.events()
    assert tell_of(events, "response.output_item.added") == []
    assert events[-1]["response"]["output"] == []
