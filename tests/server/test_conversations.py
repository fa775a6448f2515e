"""The Conversations API, and responses that add to a conversation."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.open_responses.schema import assert_valid_item
from tests.server.stateful import Client, say, told
from tests.servers import ScriptedUpstream, Serve, chunk, read_events

UNKNOWN = "conv_" + "0" * 32


@pytest.fixture
def client(serve: Serve) -> Iterator[Client]:
    client = Client(serve())
    with client.http:
        yield client


def test_a_conversation_is_made_read_changed_and_deleted(client: Client) -> None:
    made = client.post("/conversations", {"metadata": {"a": "b"}})
    assert made["object"] == "conversation" and made["metadata"] == {"a": "b"}
    assert made["id"].startswith("conv_")
    path = f"/conversations/{made['id']}"
    assert client.get(path) == made
    assert client.post(path, {"metadata": {"c": "d"}}) == {**made, "metadata": {"c": "d"}}
    assert client.post(path, {"metadata": None})["metadata"] == {}
    assert client.delete(path) == {"id": made["id"], "object": "conversation.deleted", "deleted": True}
    assert client.get(path, 404)["error"]["code"] == "conversation_not_found"
    assert client.delete(path, 404)


def test_a_conversation_may_be_made_of_nothing(client: Client) -> None:
    assert client.http.post("/conversations").json()["metadata"] == {}
    assert client.post("/conversations", {"items": None, "metadata": None})["metadata"] == {}


def test_items_are_added_listed_read_and_deleted(client: Client) -> None:
    made = client.post("/conversations", {"items": [{"role": "user", "content": "One"}]})
    path = f"/conversations/{made['id']}/items"
    added = client.post(path, {"items": [{"role": "user", "content": word} for word in ("Two", "Three")]})
    assert added["object"] == "list" and len(added["data"]) == 2
    listed = client.get(path, order="asc")
    assert [item["content"][0]["text"] for item in listed["data"]] == ["One", "Two", "Three"]
    for item in listed["data"]:
        assert_valid_item(item)
    ids = [item["id"] for item in listed["data"]]
    assert [item["id"] for item in client.get(path)["data"]] == ids[::-1]
    page = client.get(path, order="asc", after=ids[0], limit=1)
    assert ([item["id"] for item in page["data"]], page["has_more"]) == ([ids[1]], True)
    assert client.get(f"{path}/{ids[1]}") == listed["data"][1]
    assert client.delete(f"{path}/{ids[1]}")["id"] == made["id"]
    assert client.get(f"{path}/{ids[1]}", 404)["error"]["code"] == "item_not_found"
    assert client.delete(f"{path}/{ids[1]}", 404)
    assert [item["id"] for item in client.get(path, order="asc")["data"]] == [ids[0], ids[2]]


@pytest.mark.parametrize("as_object", [False, True])
def test_a_response_continues_its_conversation_and_adds_to_it(
    client: Client, upstream: ScriptedUpstream, as_object: bool
) -> None:
    made = client.post("/conversations", {"items": [{"role": "user", "content": "Before"}]})
    conversation = {"id": made["id"]} if as_object else made["id"]
    say(upstream, "One.")
    upstream.stream(chunk("Two."), chunk(finish="stop"))
    response = client.respond("First?", conversation=conversation)
    assert response["conversation"] == {"id": made["id"]}
    asked = {"model": "m", "input": "Second?", "conversation": conversation, "stream": True}
    answer = client.http.post("/responses", json=asked)
    assert read_events(answer.content)[-1]["type"] == "response.completed"
    assert told(upstream) == [("user", "Before"), ("user", "First?")]
    assert told(upstream) == [
        ("user", "Before"),
        ("user", "First?"),
        ("assistant", "One."),
        ("user", "Second?"),
    ]
    items = client.get(f"/conversations/{made['id']}/items", order="asc")["data"]
    assert [item["content"][0]["text"] for item in items] == ["Before", "First?", "One.", "Second?", "Two."]


def test_a_response_of_a_conversation_is_continued_with_what_stood_before_it(
    client: Client, upstream: ScriptedUpstream
) -> None:
    made = client.post("/conversations", {"items": [{"role": "user", "content": "Before", "id": "msg_mine"}]})
    say(upstream, "One.", "Two.", "Three.", "Four.")
    first = client.respond("First?", conversation=made["id"])
    client.respond("Aside?", conversation=made["id"])
    second = client.respond("Second?", previous_response_id=first["id"])
    client.respond("Third?", previous_response_id=second["id"])
    for _ in range(3):
        upstream.next()
    assert told(upstream) == [
        ("user", "Before"),
        ("user", "First?"),
        ("assistant", "One."),
        ("user", "Second?"),
        ("assistant", "Three."),
        ("user", "Third?"),
    ]
    client.delete(f"/conversations/{made['id']}")
    error = client.respond("Fourth?", 400, previous_response_id=second["id"])["error"]
    assert (error["code"], error["param"]) == ("previous_response_not_found", "previous_response_id")


def test_what_is_not_stored_is_not_added_and_that_is_reported(client: Client, upstream: ScriptedUpstream) -> None:
    made = client.post("/conversations", {"items": [{"role": "user", "content": "Before"}]})
    say(upstream, "One.")
    asked = {"model": "m", "input": "First?", "conversation": made["id"], "store": False}
    answer = client.http.post("/responses", json=asked)
    assert answer.headers["x-translator-losses"].startswith("conversation: ")
    assert told(upstream) == [("user", "Before"), ("user", "First?")]
    assert len(client.get(f"/conversations/{made['id']}/items")["data"]) == 1


def test_a_failed_response_adds_nothing_to_its_conversation(client: Client, upstream: ScriptedUpstream) -> None:
    made = client.post("/conversations")
    upstream.stream(chunk("Hel"), {"error": {"message": "broke"}})
    client.http.post("/responses", json={"model": "m", "input": "Hi", "conversation": made["id"], "stream": True})
    assert client.get(f"/conversations/{made['id']}/items")["data"] == []


def test_concurrent_responses_on_one_conversation_lose_no_item(client: Client, upstream: ScriptedUpstream) -> None:
    made = client.post("/conversations")
    say(upstream, *(f"answer {number}" for number in range(8)))
    threads = [
        threading.Thread(target=client.respond, args=(f"question {number}",), kwargs={"conversation": made["id"]})
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    items = client.get(f"/conversations/{made['id']}/items", order="asc", limit=100)["data"]
    assert sorted(item["content"][0]["text"] for item in items) == sorted(
        [f"{word} {number}" for number in range(8) for word in ("question", "answer")]
    )
    # what belongs together stands together
    assert [item["role"] for item in items] == ["user", "assistant"] * 8


def test_one_cannot_continue_a_response_and_a_conversation(client: Client) -> None:
    made = client.post("/conversations")
    error = client.respond("Hi", 400, conversation=made["id"], previous_response_id="resp_1")["error"]
    assert error["param"] == "conversation"


@pytest.mark.parametrize("conversation", [UNKNOWN, {"id": UNKNOWN}])
def test_an_unknown_conversation_is_not_found(client: Client, conversation: object) -> None:
    error = client.respond("Hi", 404, conversation=conversation)["error"]
    assert (error["code"], error["param"]) == ("conversation_not_found", "conversation")
    assert client.get(f"/conversations/{UNKNOWN}/items", 404)["error"]["code"] == "conversation_not_found"
    assert client.post(f"/conversations/{UNKNOWN}/items", {"items": [{"role": "user", "content": "Hi"}]}, 404)
    assert client.post(f"/conversations/{UNKNOWN}", {"metadata": {}}, 404)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"items": [{"role": "robot", "content": "Hi"}]}, "items[0].role"),
        ("", {"metadata": {"key": "v" * 513}}, "metadata.key"),
        (f"/{UNKNOWN}", {}, "metadata"),
        (f"/{UNKNOWN}/items", {}, "items"),
        (f"/{UNKNOWN}/items", {"items": []}, "items"),
        ("", {"items": [{"type": "item_reference", "id": "msg_1"}]}, "items[0].id"),
    ],
)
def test_a_faulty_body_names_its_parameter(client: Client, path: str, body: dict[str, object], param: str) -> None:
    answer = client.http.post(f"/conversations{path}", json=body)
    assert answer.status_code == (404 if param.endswith(".id") else 400)
    assert answer.json()["error"]["param"] == param


def test_the_same_item_does_not_stand_in_a_conversation_twice(client: Client) -> None:
    item = {"role": "user", "content": "Hi", "id": "msg_mine"}
    made = client.post("/conversations", {"items": [item]})
    error = client.post(f"/conversations/{made['id']}/items", {"items": [item]}, 400)["error"]
    assert error["code"] == "duplicate_item"
