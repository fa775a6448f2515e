"""Upstreams that forget the files they were given, or do not take them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, BadRequestError, OpenAI

from ...servers import Exchange
from .asking import JSON, PLAN, WORDS, ask, by_id, given, inline, upload
from .keeping import KeepingUpstream, unknown


@pytest.mark.parametrize(
    "refusal",
    [
        (unknown("file-up1"), 404),
        ({"error": {"message": "Invalid file.", "param": "messages[0].content[0].file.file_id"}}, 400),
        ({"detail": "file-up1?"}, 422),
    ],
)
def test_a_file_that_the_upstream_forgot_is_given_once_more(
    client: OpenAI, keeping: KeepingUpstream, refusal: tuple[JSON, int]
) -> None:
    id = upload(client)
    first = ask(client, by_id(id))
    keeping.files.clear()
    keeping.reply(*refusal)
    assert client.responses.create(model="m", input="And now?", previous_response_id=first.id).status == "completed"
    assert keeping.chats[-1]["messages"][0]["content"] == [given("file-up2")]
    assert keeping.asked[2:] == [
        "chat", "GET /files/file-up1", "DELETE /files/file-up1", "POST /files", "chat",
    ]  # fmt: skip
    ask(client, by_id(id))
    assert keeping.count("POST") == 2


def test_a_file_that_is_forgotten_at_once_is_not_given_for_ever(client: OpenAI, keeping: KeepingUpstream) -> None:
    keeping.forgetful = True
    with pytest.raises(APIStatusError, match="just given") as raised:
        ask(client, inline())
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_file_forgotten")
    assert (keeping.count("chat"), keeping.count("POST")) == (2, 2)


def test_a_file_that_another_request_gave_again_meanwhile_is_told_by_its_new_id(
    client: OpenAI, keeping: KeepingUpstream
) -> None:
    ask(client, inline())
    keeping.files.clear()
    arrived, given_again = threading.Event(), threading.Event()

    def refuse_late(exchange: Exchange) -> None:
        arrived.set()
        given_again.wait(10)
        exchange.reply(unknown("file-up1"), 404)

    keeping.answer(refuse_late)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask, client, inline())
        assert arrived.wait(10)
        ask(client, inline())
        given_again.set()
        assert late.result().status == "completed"
    assert keeping.told == [given("file-up2")]
    assert keeping.count("POST") == 2


def test_a_refusal_for_something_else_gives_nothing_again(client: OpenAI, keeping: KeepingUpstream) -> None:
    ask(client, inline())
    for message in ("The file file-up1 has too many pages.", "No words."):
        keeping.reply({"error": {"message": message}}, 400)
        with pytest.raises(BadRequestError) as raised:
            ask(client, inline())
        assert message.replace("file-up1", "[file]") in str(raised.value)
    assert (keeping.count("POST"), keeping.count("GET"), keeping.count("DELETE")) == (1, 1, 0)


@pytest.mark.parametrize(
    ("status", "body", "expected", "code", "message"),
    [
        (400, {"error": {"message": "Pages are missing."}}, 400, "file_not_taken", "'plan.pdf': Pages are missing."),
        (413, {"error": {"message": "Too large."}}, 400, "file_not_taken", "does not take the file"),
        (404, {"detail": "Not Found"}, 502, "upstream_files_missing", "has no file store"),
        (401, {"error": {"message": "Bad sk-upstream"}}, 502, "upstream_auth_failed", "could not be given"),
        (500, {"error": {"message": "Oh."}}, 502, None, "could not be given"),
        (200, {"object": "file"}, 502, "upstream_invalid_reply", "names no id"),
        (200, {"id": "../chat"}, 502, "upstream_invalid_reply", "names no id"),
    ],
)
def test_a_file_that_the_upstream_does_not_take_is_an_error_that_names_it(
    client: OpenAI, keeping: KeepingUpstream, status: int, body: JSON, expected: int, code: str | None, message: str
) -> None:
    keeping.reply(body, status)
    with pytest.raises(APIStatusError, match=message) as raised:
        ask(client, WORDS, inline())
    error: Any = raised.value
    assert error.status_code == expected or (status == 500 and error.status_code >= 500)
    assert error.param == "input[0].content[1].file_data"
    assert code is None or error.code == code
    assert "sk-upstream" not in str(error)
    ask(client, inline())
    assert keeping.told == [given("file-up1")]


def test_a_chain_goes_on_when_the_upstream_takes_its_file_no_more(client: OpenAI, keeping: KeepingUpstream) -> None:
    first = ask(client, inline(), WORDS)
    for body, status in (
        (unknown("file-up1"), 404),  # the chat request
        (unknown("file-up1"), 404),  # is it there?
        (unknown("file-up1"), 404),  # it shall be deleted, if it is
        ({"error": {"message": "No room."}}, 400),  # it is given again
    ):
        keeping.reply(body, status)
    client.responses.create(model="m", input="And now?", previous_response_id=first.id)
    assert "A file stood here. The upstream does not take" in str(keeping.chats[-1]["messages"][0]["content"])


def test_an_upstream_that_fails_when_it_is_given_an_earlier_file_is_an_error(
    client: OpenAI, keeping: KeepingUpstream
) -> None:
    first = ask(client, by_id(upload(client)))
    for body, status in ((unknown("file-up1"), 404), ({}, 404), ({}, 404), ({"error": {"message": "Oh."}}, 503)):
        keeping.reply(body, status)
    with pytest.raises(APIStatusError, match="could not be given") as raised:
        client.responses.create(model="m", input="And now?", previous_response_id=first.id)
    assert (raised.value.status_code, raised.value.param) == (503, None)
    client.responses.create(model="m", input="And now?", previous_response_id=first.id)
    assert keeping.chats[-1]["messages"][0]["content"] == [given("file-up2")]


def test_a_file_whose_content_is_cut_off_is_not_given_and_not_the_upstreams_fault(
    client: OpenAI, keeping: KeepingUpstream, tmp_path: Path
) -> None:
    id = upload(client)
    first = ask(client, by_id(id), WORDS)
    (content,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    content.write_bytes(PLAN[:-10])
    keeping.forgetful = True
    with pytest.raises(APIStatusError, match="not there any more") as raised:
        ask(client, by_id(id))
    assert (raised.value.status_code, raised.value.code) == (503, "store_unavailable")
    client.responses.create(model="m", input="And now?", previous_response_id=first.id)
    assert "A file stood here. What was kept of this" in str(keeping.chats[-1]["messages"][0]["content"])
    assert keeping.files == {}


def test_an_upstream_that_does_not_answer_about_a_file_holds_up_no_refusal_for_long(
    client: OpenAI, keeping: KeepingUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.server.upstream.FILE_SECONDS", 0.1)
    given_up = threading.Event()

    def say_nothing(exchange: Exchange) -> None:
        exchange.wait_closed(10)
        given_up.set()

    ask(client, inline())
    keeping.reply({"error": {"message": "Invalid file."}}, 400)
    keeping.answer(say_nothing)
    with pytest.raises(BadRequestError, match="Invalid file"):
        ask(client, inline(), timeout=5)
    assert given_up.wait(10)
    assert keeping.count("POST") == 1
