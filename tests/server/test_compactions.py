"""Compaction: `/responses/compact`, the trigger in the input, and what is continued from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.open_responses.schema import assert_valid_compaction, assert_valid_item
from tests.server.stateful import Client, say, told
from tests.servers import ScriptedUpstream, Serve, chunk, completion, read_events
from translator.mapping.sealed import SUMMARY_HEADING

SUMMARY = ("user", f"{SUMMARY_HEADING}\n\nThey talked.")


@pytest.fixture
def client(serve: Serve) -> Iterator[Client]:
    client = Client(serve())
    with client.http:
        yield client


CONVERSATION = [
    {"role": "user", "content": "My name is Ada."},
    {"role": "assistant", "content": "Hello, Ada."},
    {"role": "user", "content": [{"type": "input_text", "text": "What can you do?"}]},
]


def test_a_conversation_becomes_what_users_said_and_one_sealed_item(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "They talked.")
    compacted = client.post("/responses/compact", {"model": "m", "input": CONVERSATION, "instructions": "Be brief."})
    assert_valid_compaction(compacted)
    assert compacted["object"] == "response.compaction"
    assert [item["type"] for item in compacted["output"]] == ["message", "message", "compaction"]
    assert [item["content"][0]["text"] for item in compacted["output"][:2]] == ["My name is Ada.", "What can you do?"]
    assert "talked" not in str(compacted["output"][2])
    assert compacted["usage"]["input_tokens"] == 3
    messages = told(upstream)
    assert messages[:4] == [
        ("system", "Be brief."),
        ("user", "My name is Ada."),
        ("assistant", "Hello, Ada."),
        ("user", "What can you do?"),
    ]
    say(upstream, "Plenty.")
    client.respond([*compacted["output"], {"role": "user", "content": "Go on."}])
    assert told(upstream) == [("user", "My name is Ada."), ("user", "What can you do?"), SUMMARY, ("user", "Go on.")]


def test_a_chain_can_be_compacted_by_its_last_response(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "Hello, Ada.", "They talked.")
    first = client.respond("My name is Ada.")
    compacted = client.post("/responses/compact", {"model": "m", "previous_response_id": first["id"]})
    assert_valid_compaction(compacted)
    assert [item["type"] for item in compacted["output"]] == ["message", "compaction"]
    upstream.next()
    assert told(upstream)[:2] == [("user", "My name is Ada."), ("assistant", "Hello, Ada.")]
    assert client.get(f"/responses/{compacted['id']}", 404)


def test_a_text_is_compacted_and_usage_is_there_even_where_the_upstream_tells_none(
    client: Client, upstream: ScriptedUpstream
) -> None:
    upstream.reply({"choices": [{"message": {"content": "They talked."}, "finish_reason": "stop"}]})
    compacted = client.post("/responses/compact", {"model": "m", "input": "My name is Ada."})
    assert_valid_compaction(compacted)
    assert compacted["usage"]["total_tokens"] == 0


def test_rate_limits_are_told_with_a_compaction_too(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("They talked."), headers={"x-ratelimit-remaining-tokens": "7", "x-secret": "s"})
    answer = client.http.post("/responses/compact", json={"model": "m", "input": "Hi"})
    assert (answer.status_code, answer.headers["x-ratelimit-remaining-tokens"]) == (200, "7")
    assert "x-secret" not in answer.headers


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "Hi"}, "model"),
        ({"model": "m"}, "input"),
        ({"model": "m", "input": []}, "input"),
        ({"model": "m", "input": 5}, "input"),
        ({"model": "m", "input": "Hi", "stream": True}, "stream"),
        ({"model": "m", "previous_response_id": "resp_1"}, "previous_response_id"),
    ],
)
def test_what_cannot_be_compacted_is_refused(
    client: Client, upstream: ScriptedUpstream, body: dict[str, object], param: str
) -> None:
    assert client.post("/responses/compact", body, 400)["error"]["param"] == param
    assert upstream.idle()


def test_tools_are_withheld_from_who_writes_the_summary(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "They talked.")
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}]
    client.post("/responses/compact", {"model": "m", "input": "Hi", "tools": tools})
    assert "tools" not in upstream.next().json


def test_a_trigger_makes_exactly_one_item_and_the_chain_goes_on_from_it(
    client: Client, upstream: ScriptedUpstream
) -> None:
    say(upstream, "Hello, Ada.")
    first = client.respond("My name is Ada.")
    upstream.stream(chunk("They "), chunk("talked."), chunk(finish="stop"))
    asked = {"model": "m", "input": [{"type": "compaction_trigger"}], "previous_response_id": first["id"]}
    answer = client.http.post("/responses", json={**asked, "stream": True})
    final = read_events(answer.content)[-1]["response"]
    (item,) = final["output"]
    assert item["type"] == "compaction" and item["encrypted_content"]
    assert_valid_item(item)
    upstream.next()
    upstream.next()
    say(upstream, "Yes, Ada.", "Ada.")
    second = client.respond("Do you know me?", previous_response_id=final["id"])
    assert told(upstream) == [("user", "My name is Ada."), SUMMARY, ("user", "Do you know me?")]
    client.respond("My name?", previous_response_id=second["id"])
    left = [SUMMARY, ("user", "Do you know me?"), ("assistant", "Yes, Ada."), ("user", "My name?")]
    assert told(upstream)[1:] == left


def test_an_item_that_was_altered_or_made_elsewhere_is_refused(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "They talked.")
    item = client.post("/responses/compact", {"model": "m", "input": "Hi"})["output"][-1]
    sealed = item["encrypted_content"]
    altered = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for content in (altered, "gAAAAAB", ""):
        error = client.respond([{**item, "encrypted_content": content}], 400)["error"]
        assert (error["code"], error["param"]) == ("invalid_encrypted_content", "input[0].encrypted_content")
