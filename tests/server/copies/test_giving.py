"""Files that are given to an upstream which keeps them itself: once each, and told by its ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from translator.server.app import create_app
from translator.server.file_form import PDF, PIECE_BYTES, FileForm
from translator.server.settings import Settings, Upstream

from ...documents import made
from ...servers import RunningServer, ScriptedUpstream, completion, wait_until
from ..test_fetching import fetcher
from .asking import KEEPS, PLAN, WORDS, Start, ask, by_id, client_of, given, inline, upload
from .keeping import KeepingUpstream


def test_a_pdf_is_given_to_the_upstream_and_told_by_its_id(client: OpenAI, keeping: KeepingUpstream) -> None:
    items: Any = [{"role": "user", "content": [by_id(upload(client, name="naïve plan.pdf")), WORDS]}]
    raw = client.responses.with_raw_response.create(model="m", input=items)
    assert keeping.told == [given("file-up1"), {"type": "text", "text": "What does it say?"}]
    file = keeping.files["file-up1"]
    assert (file.data, file.kind, file.fields) == (PLAN, "application/pdf", {"purpose": "user_data"})
    assert file.name == "naïve plan.pdf"
    assert file.key == "Bearer sk-upstream"
    assert file.lengths[0] == file.lengths[1]
    assert "x-translator-losses" not in raw.headers


def test_a_name_does_not_end_where_it_says(client: OpenAI, keeping: KeepingUpstream) -> None:
    ask(client, inline(name='a"; name="purpose".pdf'))
    assert keeping.files["file-up1"].name == "a%22; name=%22purpose%22.pdf"


def test_what_is_said_of_a_file_is_the_dialects(start: Start, keeping: KeepingUpstream) -> None:
    server = start({"file": "upload", "upload_fields": {"purpose": "ocr", "visibility": "user"}})
    with client_of(server) as client:
        ask(client, inline())
    assert keeping.files["file-up1"].fields == {"purpose": "ocr", "visibility": "user"}
    with client_of(start()) as client:  # what was said of it may have been wrong
        ask(client, inline())
    assert keeping.told == [given("file-up2")]


def test_a_content_is_given_once_however_it_is_named_and_as_often_as_it_is(
    client: OpenAI, start: Start, keeping: KeepingUpstream
) -> None:
    first = ask(client, by_id(upload(client)), WORDS)
    ask(client, by_id(upload(client, name="again.pdf")))
    ask(client, inline(), inline(name="third.pdf"))
    with client_of(start()) as another:  # a new process knows it, too
        another.responses.create(model="m", input="And now?", previous_response_id=first.id)
    assert keeping.chats[-1]["messages"][0]["content"][0] == given("file-up1")
    assert keeping.count("POST") == 1
    ask(client, inline(made.pdf("sell a bridge")))
    assert keeping.told == [given("file-up2")]


def test_requests_at_the_same_time_give_a_content_once(client: OpenAI, keeping: KeepingUpstream) -> None:
    keeping.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, client, inline()) for _ in range(4)]
        wait_until(lambda: keeping.count("POST") == 1)
        keeping.gate.set()
        for one in asked:
            one.result()
    assert (keeping.count("POST"), keeping.count("chat")) == (1, 4)


def test_a_fetched_file_is_given_too(upstream: ScriptedUpstream, keeping: KeepingUpstream) -> None:
    upstream.reply(PLAN)
    entry = Upstream(base_url=keeping.base_url, dialect=KEEPS)
    settings = Settings(store="memory:", upstreams=(entry,))
    server = RunningServer(create_app(settings, fetcher=fetcher(upstream, example_org=[["127.0.0.1"]])), settings)
    try:
        with client_of(server) as client:
            ask(client, {"type": "input_file", "file_url": f"http://example.org:{upstream.port}/plan.pdf"})
        assert keeping.told == [given("file-up1")]
        assert keeping.files["file-up1"].name == "plan.pdf"
    finally:
        server.stop()


def test_what_is_no_pdf_is_told_as_before(client: OpenAI, keeping: KeepingUpstream) -> None:
    ask(client, inline(b"a,b", "a.csv"), inline(made.PNG, "dot.png"))
    assert [part["type"] for part in keeping.told] == ["text", "image_url"]
    assert keeping.count("POST") == 0


@pytest.mark.parametrize("switch", [True, False])
def test_nothing_is_given_to_an_upstream_whose_dialect_does_not_say_so(
    start: Start, keeping: KeepingUpstream, switch: bool
) -> None:
    keeping.reply(completion("Read."))
    with client_of(start({"file": switch})) as client:
        id = upload(client)
        ask(client, by_id(id))
        client.files.delete(id)
    assert keeping.asked == ["chat"]


def test_a_file_may_be_larger_than_what_is_read(start: Start, keeping: KeepingUpstream) -> None:
    with client_of(start(document_max_bytes=1000)) as client:
        large = PLAN + bytes(300_000)
        ask(client, by_id(upload(client, large)), inline(large))
        assert keeping.files["file-up1"].data == large
        with pytest.raises(BadRequestError, match="1000 is the most that are read"):
            ask(client, inline(bytes(2000), "a.txt"))


def test_clients_are_given_none_of_each_others_ids(start: Start, keeping: KeepingUpstream) -> None:
    server = start(api_keys=("sk-one", "sk-two"))
    for key, id in (("sk-one", "file-up1"), ("sk-two", "file-up2"), ("sk-one", "file-up1")):
        with client_of(server, key) as client:
            ask(client, inline())
        assert keeping.told == [given(id)]
    assert keeping.count("POST") == 2


def test_a_clients_own_key_is_the_one_its_files_are_given_and_deleted_with(
    start: Start, keeping: KeepingUpstream
) -> None:
    server = start(auth="passthrough", upstreams=(Upstream(base_url=keeping.base_url, dialect=KEEPS),))
    with client_of(server, "sk-own") as client:
        id = upload(client)
        ask(client, by_id(id))
        assert keeping.files["file-up1"].key == "Bearer sk-own"
        client.files.delete(id)
    assert keeping.files == {}


async def test_a_form_is_written_in_small_pieces_however_its_file_comes() -> None:
    async def open() -> AsyncIterator[bytes]:
        yield bytes(1_000_000)

    form = FileForm({"purpose": "user_data"}, "a.pdf", PDF, 1_000_000, open)
    sizes = [len(piece) async for piece in form]
    assert sum(sizes) == len(form)
    assert max(sizes) == PIECE_BYTES


def test_counting_gives_nothing_to_the_upstream(client: OpenAI, keeping: KeepingUpstream) -> None:
    keeping.reply({"count": 7})
    items: Any = [{"role": "user", "content": [inline()]}]
    assert client.responses.input_tokens.count(model="m", input=items).input_tokens == 7
    assert keeping.asked == ["POST /tokenize"]


def test_no_key_and_no_id_is_logged(client: OpenAI, keeping: KeepingUpstream, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(0):
        id = upload(client)
        ask(client, by_id(id))
        keeping.files.clear()
        ask(client, by_id(id))
        client.files.delete(id)
    assert "POST /v1/responses 200" in caplog.text
    assert "sk-upstream" not in caplog.text
    assert "file-up" not in caplog.text


def test_a_tools_output_may_hold_such_a_file(client: OpenAI, keeping: KeepingUpstream) -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "fetch", "arguments": "{}"}
    answer = {"type": "function_call_output", "call_id": "c1", "output": [inline()]}
    items: Any = [{"role": "user", "content": "Fetch."}, call, answer]
    client.responses.create(model="m", input=items)
    assert given("file-up1") in keeping.told
