"""History keeps references: data that was sent along is stored once, and read again as it was sent."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import BadRequestError, OpenAI

from translator.server.settings import Upstream

from ..documents import made
from ..servers import RunningServer, ScriptedUpstream, Serve, completion

JSON = dict[str, Any]

LONG = base64.b64encode(made.pdf(*["a page of a long document"] * 300)).decode()
FILE = {"type": "input_file", "filename": "long.pdf", "file_data": LONG}
IMAGE = {"type": "input_image", "image_url": "data:image/png;base64," + "A" * 30_000, "detail": "low"}
SOUND = {"type": "input_audio", "input_audio": {"data": "B" * 40_000, "format": "wav"}}
QUESTION: Any = [{"role": "user", "content": [FILE, IMAGE, SOUND, {"type": "input_text", "text": "What is it?"}]}]


@pytest.fixture
def server(serve: Serve, upstream: ScriptedUpstream, tmp_path: Path) -> RunningServer:
    entry = Upstream(base_url=upstream.base_url, dialect={"file": True})
    return serve(store=f"sqlite:///{tmp_path / 'store.db'}", upstreams=(entry,))


@pytest.fixture
def client(server: RunningServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        yield client


def on_disk(directory: Path) -> int:
    return sum(path.is_file() for path in (directory / "files").rglob("*"))


def rows(directory: Path, query: str) -> int:
    """A number that the database says; what was committed is seen."""
    with sqlite3.connect(directory / "store.db") as connection:
        found: int = connection.execute(query).fetchone()[0]
    connection.close()
    return found


def test_a_chain_that_saw_a_long_file_stores_it_once(
    client: OpenAI, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.reply(completion("A document."))
    response = client.responses.create(model="m", input=QUESTION)
    sent = upstream.next().json["messages"][0]
    for _ in range(3):
        upstream.reply(completion("Still that."))
        response = client.responses.create(model="m", previous_response_id=response.id, input="And now?")
        assert upstream.next().json["messages"][0] == sent
    for _ in range(3):  # and so does a client that sends everything each time
        upstream.reply(completion("Still that."))
        client.responses.create(model="m", input=QUESTION)
        assert upstream.next().json["messages"][0] == sent
    assert on_disk(tmp_path) == 3
    assert rows(tmp_path, "SELECT sum(length(input)) FROM translator_responses") < len(LONG)


def test_input_items_are_read_as_they_were_sent(
    client: OpenAI, upstream: ScriptedUpstream, server: RunningServer
) -> None:
    upstream.reply(completion("A document."))
    response = client.responses.create(model="m", input=QUESTION)
    items = httpx.get(f"{server.base_url}/responses/{response.id}/input_items").json()["data"]
    assert items[0]["content"] == QUESTION[0]["content"]
    upstream.next()
    upstream.reply(completion("The same."))
    again: Any = [{"type": "item_reference", "id": items[0]["id"]}]
    client.responses.create(model="m", input=again)
    assert upstream.next().json["messages"][0]["content"][0]["file"]["file_data"] == LONG


def test_a_conversation_keeps_references_too(
    client: OpenAI, upstream: ScriptedUpstream, server: RunningServer, tmp_path: Path
) -> None:
    conversation = client.conversations.create(items=QUESTION)
    url = f"{server.base_url}/conversations/{conversation.id}/items"
    added = httpx.post(url, json={"items": QUESTION}).json()["data"][0]
    assert added["content"] == QUESTION[0]["content"]
    assert httpx.get(f"{url}/{added['id']}").json() == added
    assert [item["content"] for item in httpx.get(url).json()["data"]] == [added["content"]] * 2
    upstream.reply(completion("Twice."))
    client.responses.create(model="m", conversation=conversation.id, input=QUESTION)
    assert len(upstream.next().json["messages"]) == 3
    assert on_disk(tmp_path) == 3
    assert rows(tmp_path, "SELECT sum(length(body)) FROM translator_conversation_items") < len(LONG)


def test_what_stands_for_data_cannot_be_sent(client: OpenAI, server: RunningServer) -> None:
    forged = {"type": "input_file", "file_data": {"$blob": "0" * 64, "size": -(10**12)}}
    for item in ({"role": "user", "content": [forged]}, {"type": "strange", "content": [forged]}):
        answer = httpx.post(f"{server.base_url}/conversations", json={"items": [item]})
        assert answer.status_code == 400, answer.text


def test_no_more_data_is_read_at_once_than_a_chain_may_have(
    client: OpenAI, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.reply(completion("A document."))
    first = client.responses.create(model="m", input=QUESTION)
    monkeypatch.setattr("translator.server.inline.moved_size", lambda item: 2**40)
    with pytest.raises(BadRequestError, match="upload files") as raised:
        client.responses.create(model="m", previous_response_id=first.id, input="And now?")
    assert raised.value.code == "chain_too_long"


def test_a_chain_goes_on_when_its_data_was_taken_away(
    client: OpenAI, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.reply(completion("A document."))
    first = client.responses.create(model="m", input=QUESTION)
    upstream.next()
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    upstream.reply(completion("Gone."))
    client.responses.create(model="m", previous_response_id=first.id, input="And now?")
    content = upstream.next().json["messages"][0]["content"]
    assert [part["text"] for part in content[:3]] == ["(A file stood here that is no longer kept.)"] * 3
