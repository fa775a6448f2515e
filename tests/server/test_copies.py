"""Files that are given to an upstream which keeps them itself."""

from __future__ import annotations

import base64
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, BadRequestError, OpenAI

from translator.server.app import create_app
from translator.server.file_form import PDF, PIECE_BYTES, FileForm
from translator.server.settings import Settings, Upstream

from ..documents import made
from ..servers import Exchange, RawClient, RunningServer, ScriptedUpstream, Serve, completion, wait_until
from .keeping import KeepingUpstream, unknown
from .test_fetching import fetcher

JSON = dict[str, Any]
PLAN = made.pdf("buy a bridge")
WORDS = {"type": "input_text", "text": "What does it say?"}
KEEPS: JSON = {"file": "upload"}


@pytest.fixture
def keeping() -> Iterator[KeepingUpstream]:
    upstream = KeepingUpstream()
    yield upstream
    upstream.close()


Start = Callable[..., RunningServer]


@pytest.fixture
def start(serve: Serve, keeping: KeepingUpstream, tmp_path: Path) -> Start:
    """Starts a server behind which the upstream is that keeps files; always on the same store."""

    def start(dialect: JSON = KEEPS, **settings: Any) -> RunningServer:
        entry = Upstream(base_url=keeping.base_url, api_key="sk-upstream", dialect=dialect)
        return serve(**{"store": f"sqlite:///{tmp_path / 'store.db'}", "upstreams": (entry,), **settings})

    return start


@pytest.fixture
def client(start: Start) -> Iterator[OpenAI]:
    with client_of(start()) as client:
        yield client


def client_of(server: RunningServer, key: str = "unused") -> OpenAI:
    return OpenAI(base_url=server.base_url, api_key=key, max_retries=0)


def upload(client: OpenAI, data: bytes = PLAN, name: str = "plan.pdf", **more: Any) -> str:
    return client.files.create(file=(name, data), purpose="user_data", **more).id


def inline(data: bytes = PLAN, name: str = "plan.pdf") -> JSON:
    return {"type": "input_file", "filename": name, "file_data": base64.b64encode(data).decode()}


def by_id(id: str) -> JSON:
    return {"type": "input_file", "file_id": id}


def ask(client: OpenAI, *parts: JSON, **more: Any) -> Any:
    items: Any = [{"role": "user", "content": list(parts)}]
    return client.responses.create(model="m", input=items, **more)


def given(id: str) -> JSON:
    return {"type": "file", "file": {"file_id": id}}


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


def test_a_file_that_is_deleted_is_deleted_at_the_upstream(client: OpenAI, keeping: KeepingUpstream) -> None:
    id, other = upload(client), upload(client, made.pdf("sell a bridge"))
    ask(client, by_id(id), by_id(other))
    client.files.delete(id)
    assert list(keeping.files) == ["file-up2"]


def test_what_could_not_be_deleted_is_deleted_later(
    start: Start, keeping: KeepingUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.server.copies.SWEEP_SECONDS", 0.05)

    def known() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "store.db")) as database:
            return [id for (id,) in database.execute("SELECT id FROM translator_copies")]

    with client_of(start()) as client:
        id, other = upload(client), upload(client, made.pdf("sell a bridge"))
        ask(client, by_id(id), by_id(other))
        for _ in range(3):
            keeping.reply({"error": {"message": "Later."}}, 503)
        client.files.delete(id)
        assert len(keeping.files) == 2
        wait_until(lambda: list(keeping.files) == ["file-up2"])
        wait_until(lambda: known() == ["file-up2"])


def test_what_only_this_process_knows_of_is_deleted_when_it_ends(start: Start, keeping: KeepingUpstream) -> None:
    for store in ("none", "memory:"):
        server = start(store=store)
        with client_of(server) as client:
            ask(client, inline())
            ask(client, inline())
        assert len(keeping.files) == 1
        server.stop()
        assert keeping.files == {}
    assert keeping.count("POST") == 2


def test_an_upstream_that_deletes_nothing_now_is_not_asked_for_all_of_it(
    start: Start, keeping: KeepingUpstream
) -> None:
    server = start(store="none")
    with client_of(server) as client:
        ask(client, *[inline(PLAN + bytes([number])) for number in range(30)])
    for _ in range(30):
        keeping.reply({"error": {"message": "Later."}}, 503)
    server.stop()
    assert 1 <= keeping.count("DELETE") < 20


def test_what_the_store_knows_of_stays_when_the_server_ends(start: Start, keeping: KeepingUpstream) -> None:
    server = start()
    with client_of(server) as client:
        ask(client, inline())
    server.stop()
    assert len(keeping.files) == 1


def test_a_client_that_leaves_ends_what_is_being_given_for_it(
    start: Start, keeping: KeepingUpstream, connect: Callable[[RunningServer], RawClient]
) -> None:
    arrived, closed = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> None:
        arrived.set()
        exchange.wait_closed(10)
        closed.set()

    keeping.answer(wait)
    raw = connect(start())
    raw.post("/v1/responses", {"model": "m", "input": [{"role": "user", "content": [inline()]}]})
    assert arrived.wait(10)
    raw.close()
    assert closed.wait(10)


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
