"""`/responses/{id}` and its chains: what is stored, continued, listed and deleted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.open_responses.schema import assert_valid_item, assert_valid_response
from tests.server.stateful import Client, call, say, told
from tests.servers import PATIENCE, Exchange, ScriptedUpstream, Serve, chunk, completion, read_events

TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture
def client(serve: Serve) -> Iterator[Client]:
    client = Client(serve())
    with client.http:
        yield client


def test_a_stored_response_is_read_as_it_was_told(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "Hello!")
    response = client.respond("Hi", metadata={"a": "b"})
    assert response["store"] is True
    found = client.get(f"/responses/{response['id']}")
    assert found == response
    assert_valid_response(found)


def test_a_streamed_response_is_stored_before_its_end_is_told(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.stream(chunk("Hello!"), chunk(finish="stop"))
    with client.http.stream("POST", "/responses", json={"model": "m", "input": "Hi", "stream": True}) as answer:
        body = b""
        for data in answer.iter_bytes():
            body += data
            if b"response.completed" in body:
                break
        final = read_events(body)[-1]["response"]
        assert client.get(f"/responses/{final['id']}") == final


def test_what_is_not_to_be_stored_is_nowhere(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "Hello!")
    response = client.respond("Hi", store=False)
    assert response["store"] is False
    assert client.get(f"/responses/{response['id']}", 404)["error"]["code"] == "response_not_found"


def test_a_chain_is_told_whole_and_in_order(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One.", "Two.", "Three.")
    first = client.respond("First?", instructions="Be brief.")
    second = client.respond("Second?", previous_response_id=first["id"], model="other")
    third = client.respond("Third?", previous_response_id=second["id"])
    assert third["previous_response_id"] == second["id"]
    assert told(upstream) == [("system", "Be brief."), ("user", "First?")]
    # instructions are not inherited, and a chain may switch models
    assert told(upstream) == [("user", "First?"), ("assistant", "One."), ("user", "Second?")]
    assert told(upstream) == [
        ("user", "First?"),
        ("assistant", "One."),
        ("user", "Second?"),
        ("assistant", "Two."),
        ("user", "Third?"),
    ]


def test_a_response_can_be_continued_twice(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One.", "Left.", "Right.")
    first = client.respond("First?")
    for word in ("left", "right"):
        client.respond(word, previous_response_id=first["id"])
    told(upstream)
    assert told(upstream)[-2:] == [("assistant", "One."), ("user", "left")]
    assert told(upstream)[-2:] == [("assistant", "One."), ("user", "right")]


def test_the_output_of_a_call_needs_no_call_beside_it(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(call("look_up", '{"a":1}'))
    say(upstream, "Done.")
    first = client.respond("Go", tools=[TOOL])
    call_id = first["output"][0]["call_id"]
    client.respond(
        [{"type": "function_call_output", "call_id": call_id, "output": "42"}], previous_response_id=first["id"]
    )
    upstream.next()
    messages = upstream.next().json["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]
    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"] == call_id


@pytest.mark.parametrize("reference", [{"type": "item_reference"}, {"type": None}, {}])
def test_an_item_reference_stands_for_the_item(
    client: Client, upstream: ScriptedUpstream, reference: dict[str, Any]
) -> None:
    say(upstream, "The answer.", "Again.")
    first = client.respond("First?")
    client.respond([{**reference, "id": first["output"][0]["id"]}, {"role": "user", "content": "Really?"}])
    told(upstream)
    assert told(upstream) == [("assistant", "The answer."), ("user", "Really?")]


@pytest.mark.parametrize("id", [5, None, [], {"id": "msg_1"}])
def test_a_reference_to_what_can_be_no_id_is_refused(client: Client, id: Any) -> None:
    error = client.respond([{"type": "item_reference", "id": id}], 400)["error"]
    assert error["param"] == "input[0].id"


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_response_is_not_continued(client: Client, upstream: ScriptedUpstream, stream: bool) -> None:
    error = client.respond("Hi", 400, previous_response_id="resp_" + "0" * 32, stream=stream)["error"]
    assert (error["code"], error["param"]) == ("previous_response_not_found", "previous_response_id")
    assert upstream.idle()


def test_a_failed_response_is_kept_and_not_continued(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.stream(chunk("Hel"), {"error": {"message": "broke"}})
    answer = client.http.post("/responses", json={"model": "m", "input": "Hi", "stream": True})
    failed = read_events(answer.content)[-1]["response"]
    assert client.get(f"/responses/{failed['id']}")["status"] == "failed"
    error = client.respond("Go on", 400, previous_response_id=failed["id"])["error"]
    assert error["code"] == "previous_response_not_found"


def test_a_response_that_still_runs_is_not_continued(client: Client, upstream: ScriptedUpstream) -> None:
    asked = threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(chunk("Hel"))
        assert asked.wait(PATIENCE)
        exchange.event(chunk(finish="stop"))
        exchange.done()

    upstream.answer(answer)
    with client.http.stream("POST", "/responses", json={"model": "m", "input": "Hi", "stream": True}) as streamed:
        lines = streamed.iter_lines()
        running = json.loads(next(line[6:] for line in lines if line.startswith("data: ")))["response"]["id"]
        error = client.respond("Go on", 400, previous_response_id=running)["error"]
        assert (error["code"], error["param"]) == ("previous_response_not_found", "previous_response_id")
        asked.set()
        assert "response.completed" in "\n".join(lines)
    say(upstream, "Yes.")
    client.respond("Go on", previous_response_id=running)


def test_a_call_that_was_cut_short_does_not_stop_its_chain(client: Client, upstream: ScriptedUpstream) -> None:
    cut = call("look_up", '{"a":')
    cut["choices"][0]["finish_reason"] = "length"
    upstream.reply(cut)
    first = client.respond("Go", tools=[TOOL])
    assert first["status"] == first["output"][0]["status"] == "incomplete"
    upstream.next()
    say(upstream, "Done.")
    asked = {"model": "m", "input": "Go on", "tools": [TOOL], "previous_response_id": first["id"]}
    answer = client.http.post("/responses", json=asked)
    assert answer.json()["output_text"] == "Done."
    assert "cut short" in answer.headers["x-translator-losses"]
    assert told(upstream) == [("user", "Go"), ("user", "Go on")]


def test_a_deleted_response_is_gone_and_so_are_the_chains_through_it(
    client: Client, upstream: ScriptedUpstream
) -> None:
    say(upstream, "One.", "Two.")
    first = client.respond("First?")
    second = client.respond("Second?", previous_response_id=first["id"])
    deleted = client.delete(f"/responses/{first['id']}")
    assert deleted == {"id": first["id"], "object": "response", "deleted": True}
    assert client.get(f"/responses/{first['id']}", 404)
    assert client.delete(f"/responses/{first['id']}", 404)
    assert client.get(f"/responses/{second['id']}")["output_text"] == "Two."
    error = client.respond("Third?", 400, previous_response_id=second["id"])["error"]
    assert error["code"] == "previous_response_not_found"


def test_a_stored_response_is_not_streamed_again(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One.")
    first = client.respond("First?")
    error = client.get(f"/responses/{first['id']}", 400, stream="true")["error"]
    assert error["param"] == "stream"


def test_nothing_that_runs_in_the_background_can_be_cancelled(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One.")
    first = client.respond("First?")
    error = client.post(f"/responses/{first['id']}/cancel", status=400)["error"]
    assert error["code"] == "response_not_cancellable"
    assert client.post(f"/responses/resp_{'0' * 32}/cancel", status=404)["error"]["code"] == "response_not_found"


def test_the_input_items_are_those_of_the_request_alone(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One.", "Two.")
    first = client.respond("First?")
    second = client.respond(
        [{"role": "user", "content": word} for word in ("a", "b", "c")], previous_response_id=first["id"]
    )
    path = f"/responses/{second['id']}/input_items"
    page = client.get(path, order="asc")
    assert [item["content"][0]["text"] for item in page["data"]] == ["a", "b", "c"]
    assert page["object"] == "list" and page["has_more"] is False
    ids = [item["id"] for item in page["data"]]
    assert (page["first_id"], page["last_id"]) == (ids[0], ids[2])
    for item in page["data"]:
        assert_valid_item(item)
    assert [item["id"] for item in client.get(path)["data"]] == ids[::-1]
    shown = client.get(path, order="asc", limit=1, after=ids[0])
    assert ([item["id"] for item in shown["data"]], shown["has_more"]) == ([ids[1]], True)
    assert [item["id"] for item in client.get(path, order="asc", before=ids[2])["data"]] == ids[:2]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"order": "up"}, {"after": "msg_1"}])
def test_a_page_that_cannot_be_is_refused(client: Client, upstream: ScriptedUpstream, query: dict[str, Any]) -> None:
    say(upstream, "One.")
    first = client.respond("First?")
    error = client.get(f"/responses/{first['id']}/input_items", 400, **query)["error"]
    assert error["param"] == next(iter(query))


def test_every_kind_of_input_item_is_listed_as_the_standard_has_it(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "Fine.")
    items: list[dict[str, Any]] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"role": "assistant", "content": "Hello."},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
        {"type": "function_call", "call_id": "c1", "name": "look_up", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "42"},
        {"role": "user", "content": "So?", "id": "bad id\n"},
    ]
    response = client.respond(items)
    listed = client.get(f"/responses/{response['id']}/input_items", order="asc")["data"]
    assert [item["type"] for item in listed] == [item.get("type", "message") for item in items]
    for item in listed:
        assert_valid_item(item)
    assert len({item["id"] for item in listed}) == len(items)


def test_reasoning_is_sealed_on_the_way_out_where_it_is_asked_for(client: Client, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("Yes.", reasoning_content="Let me think."))
    response = client.respond("Why?")
    path = f"/responses/{response['id']}"
    assert "encrypted_content" not in client.get(path)["output"][0]
    for spelling in ("include", "include[]"):
        asked: dict[str, Any] = {spelling: "reasoning.encrypted_content"}
        sealed = client.get(path, **asked)["output"][0]["encrypted_content"]
        assert "think" not in sealed
    upstream.reply(completion("Yes.", reasoning_content="Let me think."))
    same = client.respond("Why?", include=["reasoning.encrypted_content"])
    assert same["output"][0]["encrypted_content"] == sealed


def test_what_cannot_be_included_is_reported(client: Client, upstream: ScriptedUpstream) -> None:
    say(upstream, "One.")
    response = client.respond("First?")
    answer = client.http.get(f"/responses/{response['id']}", params={"include": "file_search_call.results"})
    assert answer.headers["x-translator-losses"].startswith("include[0]: ")


def test_auto_truncation_drops_the_oldest_turns_and_disabled_none(client: Client, upstream: ScriptedUpstream) -> None:
    too_long = {"error": {"message": "This model's maximum context length is 10", "code": "context_length_exceeded"}}
    say(upstream, "One.", "Two.")
    first = client.respond("First?")
    second = client.respond("Second?", previous_response_id=first["id"])
    for _ in range(2):
        upstream.next()
    upstream.reply(too_long, 400)
    error = client.respond("Third?", 400, previous_response_id=second["id"])["error"]
    assert error["code"] == "context_length_exceeded"
    upstream.next()
    upstream.reply(too_long, 400)
    say(upstream, "Three.")
    asked = {"model": "m", "input": "Third?", "previous_response_id": second["id"], "truncation": "auto"}
    answer = client.http.post("/responses", json={**asked, "instructions": "Be brief."})
    assert answer.json()["output_text"] == "Three."
    assert "truncation: " in answer.headers["x-translator-losses"]
    upstream.next()
    assert told(upstream) == [
        ("system", "Be brief."),
        ("user", "Second?"),
        ("assistant", "Two."),
        ("user", "Third?"),
    ]
    # what was left out for the upstream is still in the chain
    say(upstream, "Four.")
    client.respond("Fourth?", previous_response_id=answer.json()["id"])
    assert told(upstream)[0] == ("user", "First?")


@pytest.mark.parametrize("truncation", ["auto", "disabled"])
def test_what_surely_exceeds_a_window_that_is_known_is_dropped_before_it_is_sent(
    client: Client, upstream: ScriptedUpstream, truncation: str
) -> None:
    upstream.models = [{"id": "m", "object": "model", "max_model_len": 100}]
    say(upstream, "One.", "Two.", "Three.")
    first = client.respond("x" * 400)
    second = client.respond("y" * 100, previous_response_id=first["id"])
    asked = {"model": "m", "input": "z" * 100, "previous_response_id": second["id"], "truncation": truncation}
    answer = client.http.post("/responses", json={**asked, "instructions": "Be brief."})
    for _ in range(2):
        upstream.next()
    words = [content for _, content in told(upstream)]
    assert upstream.idle(), "the upstream was asked again"
    if truncation == "auto":
        assert words == ["Be brief.", "y" * 100, "Two.", "z" * 100]
        assert "truncation: the 2 oldest items were left out" in answer.headers["x-translator-losses"]
    else:
        assert words == ["Be brief.", "x" * 400, "One.", "y" * 100, "Two.", "z" * 100]


def test_a_server_without_a_store_says_so_in_the_response(serve: Serve, upstream: ScriptedUpstream) -> None:
    client = Client(serve(store="none"))
    with client.http:
        say(upstream, "Hello!")
        answer = client.http.post("/responses", json={"model": "m", "input": "Hi"})
        assert answer.json()["store"] is False
        assert answer.headers["x-translator-losses"].startswith("store: ")
        assert client.respond("Hi", 400, previous_response_id="resp_1")["error"]["param"] == "previous_response_id"
        assert client.post("/conversations", status=503)["error"]["code"]


def test_a_store_that_is_full_of_nothing_it_can_hold_refuses_with_503(serve: Serve, upstream: ScriptedUpstream) -> None:
    client = Client(serve(store_max_bytes=1024 * 1024))
    with client.http:
        say(upstream, "Hello!")
        error = client.respond("x" * 1_020_000, 503)["error"]
        assert error["code"] == "store_unavailable"
        upstream.stream(chunk("Hello!"), chunk(finish="stop"))
        answer = client.http.post("/responses", json={"model": "m", "input": "x" * 1_020_000, "stream": True})
        events = read_events(answer.content)
        assert events[-1]["type"] == "response.failed"
        assert events[-2]["error"]["code"] == "store_unavailable"
        assert events[-1]["response"]["error"]["code"] == "server_error"
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
