"""Files and images that a request refers to, and what the upstream is told in their place."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import APIStatusError, BadRequestError, OpenAI

from translator.server.settings import Upstream

from ..documents import made
from ..servers import Connect, RunningServer, ScriptedUpstream, Serve, chunk, completion, wait_until
from .stateful import Socket

JSON = dict[str, Any]


@pytest.fixture
def server(serve: Serve, upstream: ScriptedUpstream, tmp_path: Path) -> RunningServer:
    """Behind it an upstream that takes images, but no files."""
    entry = Upstream(base_url=upstream.base_url, dialect={"file": False, "image": ["data"]})
    return serve(store=f"sqlite:///{tmp_path / 'store.db'}", upstreams=(entry,), document_max_bytes=1_000_000)


@pytest.fixture
def client(server: RunningServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        yield client


def upload(client: OpenAI, name: str, data: bytes) -> str:
    return client.files.create(file=(name, data), purpose="user_data").id


def data_url(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def ask(client: OpenAI, *parts: JSON, **more: Any) -> Any:
    items: Any = [{"role": "user", "content": list(parts)}]
    return client.responses.create(model="m", input=items, **more)


def told(upstream: ScriptedUpstream) -> Any:
    """The content of the last message that the upstream got."""
    return upstream.next().json["messages"][-1]["content"]


WORDS = {"type": "input_text", "text": "What does it say?"}
PLAN = '--- file "plan.pdf" ---\n--- page 1 of 1 ---\nbuy a bridge\n--- end of file "plan.pdf" ---'


def test_a_file_that_was_uploaded_is_told_as_text(client: OpenAI, upstream: ScriptedUpstream) -> None:
    id = upload(client, "plan.pdf", made.pdf("buy a bridge"))
    upstream.reply(completion("A bridge."))
    items: Any = [{"role": "user", "content": [{"type": "input_file", "file_id": id}, WORDS]}]
    raw = client.responses.with_raw_response.create(model="m", input=items)
    assert told(upstream) == [{"type": "text", "text": PLAN}, {"type": "text", "text": "What does it say?"}]
    assert (
        "input[0].content[0]: the upstream takes no such file, so it is told what stands in 'plan.pdf'"
        in (raw.headers["x-translator-losses"])
    )


@pytest.mark.parametrize("encode", [lambda data: base64.b64encode(data).decode(), lambda data: data_url(data, "a/b")])
def test_file_data_is_told_as_text(client: OpenAI, upstream: ScriptedUpstream, encode: Any) -> None:
    upstream.reply(completion("A bridge."))
    ask(client, {"type": "input_file", "filename": "plan.pdf", "file_data": encode(made.pdf("buy a bridge"))})
    assert told(upstream) == PLAN


def test_a_pdf_goes_as_a_file_where_the_upstream_takes_files(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, dialect={"file": True}),))
    data = made.pdf("buy a bridge")
    sent = {"filename": "plan.pdf", "file_data": data_url(data, "application/pdf")}
    with OpenAI(base_url=server.base_url, api_key="unused") as client:
        for part in ({"file_id": upload(client, "plan.pdf", data)}, sent):
            upstream.reply(completion("A bridge."))
            ask(client, {"type": "input_file", **part})
            assert told(upstream) == [{"type": "file", "file": sent}]
        upstream.reply(completion("Rows."))
        ask(client, {"type": "input_file", "file_id": upload(client, "a.csv", b"a,b")})
        assert told(upstream) == '--- file "a.csv" ---\na,b\n--- end of file "a.csv" ---'


def test_a_scanned_pdf_goes_as_pictures_of_its_pages(client: OpenAI, upstream: ScriptedUpstream) -> None:
    id = upload(client, "scan.pdf", made.scanned_pdf(2))
    upstream.reply(completion("Two pages."))
    ask(client, {"type": "input_file", "file_id": id})
    content = told(upstream)
    assert [part["type"] for part in content] == ["text", "image_url", "text", "image_url", "text"]
    assert content[1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_an_uploaded_image_goes_as_a_data_url(client: OpenAI, upstream: ScriptedUpstream) -> None:
    id = upload(client, "dot.png", made.PNG)
    expected = {"url": data_url(made.PNG, "image/png"), "detail": "low"}
    upstream.reply(completion("A dot."))
    ask(client, {"type": "input_image", "file_id": id, "detail": "low"})
    assert told(upstream) == [{"type": "image_url", "image_url": expected}]
    upstream.reply(completion("A dot."))
    ask(client, {"type": "input_file", "file_id": id})
    assert told(upstream)[0]["image_url"]["url"] == expected["url"]


def note(number: int) -> JSON:
    return {"type": "input_file", "filename": f"{number}.txt", "file_data": base64.b64encode(b"%d" % number).decode()}


def test_more_files_than_may_be_are_refused_before_one_is_read(
    serve: Serve, upstream: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("translator.server.documents.Documents.read")
    image = {"type": "input_image", "image_url": data_url(made.PNG, "image/png")}
    entry = Upstream(base_url=upstream.base_url, dialect={"file": False})
    server = serve(upstreams=(entry,), request_max_files=3)
    with (
        OpenAI(base_url=server.base_url, api_key="unused") as client,
        pytest.raises(BadRequestError, match="request_max_files") as raised,
    ):
        ask(client, note(1), WORDS, image, note(2), note(3))
    assert (raised.value.param, raised.value.code) == ("input[0].content[4]", "too_many_files")
    assert upstream.idle()


def test_of_more_files_than_may_be_those_said_first_stand_back(serve: Serve, upstream: ScriptedUpstream) -> None:
    entry = Upstream(base_url=upstream.base_url, dialect={"file": False})
    with OpenAI(base_url=serve(upstreams=(entry,), request_max_files=2).base_url, api_key="unused") as client:
        previous = None
        for turn in range(3):
            upstream.reply(completion("Read."))
            previous = ask(client, note(turn), previous_response_id=previous).id
            messages = [message["content"] for message in upstream.next().json["messages"] if message["role"] == "user"]
    assert "request_max_files" in messages[0]
    assert [f'"{turn}.txt"' in messages[turn] for turn in range(3)] == [False, True, True]


def test_a_file_is_not_named_over_and_over(client: OpenAI, upstream: ScriptedUpstream) -> None:
    image = {"type": "input_image", "file_id": upload(client, "dot.png", made.PNG + bytes(900_000))}
    with pytest.raises(BadRequestError, match="2000000 bytes") as raised:
        ask(client, *[image] * 20)
    assert (raised.value.param, raised.value.code) == ("input[0].content[2]", "files_too_large")
    assert upstream.idle()


def test_what_was_said_before_stands_back_where_files_are_too_large_together(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    entry = Upstream(base_url=upstream.base_url, dialect={"image": ["data"]})
    with OpenAI(base_url=serve(upstreams=(entry,), document_max_bytes=1000).base_url, api_key="unused") as client:
        image = {"type": "input_image", "file_id": upload(client, "dot.png", made.PNG + bytes(900))}
        upstream.reply(completion("Two dots."))
        before = ask(client, image, image)
        upstream.next()
        upstream.reply(completion("Two more."))
        ask(client, image, image, previous_response_id=before.id)
    first, _, last = upstream.next().json["messages"]
    assert [part["type"] for part in last["content"]] == ["image_url", "image_url"]
    assert "A file stood here" in str(first["content"]) and "image_url" not in str(first["content"])


def test_a_tools_output_may_hold_files_and_images(client: OpenAI, upstream: ScriptedUpstream) -> None:
    file, image = upload(client, "plan.pdf", made.pdf("buy a bridge")), upload(client, "dot.png", made.PNG)
    output = [{"type": "input_file", "file_id": file}, {"type": "input_image", "file_id": image}]
    call = {"type": "function_call", "call_id": "c1", "name": "fetch", "arguments": "{}"}
    answer = {"type": "function_call_output", "call_id": "c1", "output": output}
    items: Any = [{"role": "user", "content": "Fetch."}, call, answer]
    upstream.reply(completion("There."))
    client.responses.create(model="m", input=items)
    messages = upstream.next().json["messages"]
    assert messages[2] == {"role": "tool", "tool_call_id": "c1", "content": PLAN}
    assert messages[3]["content"][1]["image_url"]["url"] == data_url(made.PNG, "image/png")


def encoded(name: str, data: bytes) -> JSON:
    return {"type": "input_file", "filename": name, "file_data": base64.b64encode(data).decode()}


@pytest.mark.parametrize(
    ("part", "message", "field"),
    [
        (encoded("secret.pdf", made.encrypted_pdf()), "The file 'secret.pdf' is encrypted", ".file_data"),
        (encoded("app.exe", b"MZ" + bytes(100)), "The file 'app.exe' is of no kind", ".file_data"),
        (encoded("text.pdf", b"text"), "The file 'text.pdf' is named like a PDF", ".file_data"),
        (encoded("long.txt", b"x" * 1_000_001), "The file 'long.txt' has 1000001 bytes", ".file_data"),
        (encoded("broken.pdf", b"%PDF-"), "The file 'broken.pdf' is a broken PDF", ".file_data"),
        ({"type": "input_file", "filename": "a", "file_data": "no base64!"}, "neither base64 nor", ".file_data"),
        ({"type": "input_file", "file_id": "file-none"}, "'file-none' .* was never uploaded", ".file_id"),
        ({"type": "input_image", "file_id": "file-none"}, "'file-none' .* was never uploaded", ".file_id"),
        ({"type": "input_file", "file_id": "x", "file_data": "eA=="}, "in file_data and file_id", ".file_id"),
        ({"type": "input_file", "file_url": "http://127.0.0.1/a.pdf"}, "file_url", ".file_url"),
        ({"type": "input_file"}, "Missing required parameter", ".file_data"),
    ],
)
def test_what_cannot_be_told_is_a_400_that_names_the_file(
    client: OpenAI, upstream: ScriptedUpstream, part: JSON, message: str, field: str
) -> None:
    with pytest.raises(BadRequestError, match=message) as raised:
        ask(client, WORDS, part)
    assert raised.value.param == f"input[0].content[1]{field}"
    assert upstream.idle()


def test_an_upstream_without_eyes_gets_no_image(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, dialect={"file": False, "image": []}),))
    with OpenAI(base_url=server.base_url, api_key="unused") as client:
        image, scan = upload(client, "dot.png", made.PNG), upload(client, "scan.pdf", made.scanned_pdf(1))
        for part, message in (
            ({"type": "input_image", "file_id": image}, "takes no image like 'dot.png'"),
            ({"type": "input_file", "file_id": image}, "'dot.png' is an image"),
            ({"type": "input_file", "file_id": scan}, "'scan.pdf' has no text, and the upstream takes no pictures"),
        ):
            with pytest.raises(BadRequestError, match=message):
                ask(client, part)


def test_a_chain_goes_on_when_its_file_is_gone(client: OpenAI, upstream: ScriptedUpstream) -> None:
    id = upload(client, "plan.pdf", made.pdf("buy a bridge"))
    upstream.reply(completion("A bridge."))
    first = ask(client, {"type": "input_file", "file_id": id}, WORDS)
    upstream.next()
    client.files.delete(id)
    upstream.reply(completion("Gone."))
    client.responses.create(model="m", previous_response_id=first.id, input="And now?")
    content = upstream.next().json["messages"][0]["content"]
    assert re.search(rf"A file stood here. The file '{id}' .* was deleted or has expired", content[0]["text"])
    with pytest.raises(BadRequestError, match="was never uploaded"):
        ask(client, {"type": "input_file", "file_id": id})


def test_a_chain_goes_on_when_its_content_was_taken_away(
    client: OpenAI, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    id = upload(client, "plan.pdf", made.pdf("buy a bridge"))
    upstream.reply(completion("A bridge."))
    first = ask(client, {"type": "input_file", "file_id": id}, WORDS)
    upstream.next()
    (content,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    content.unlink()
    with pytest.raises(APIStatusError, match="not there any more") as raised:
        ask(client, {"type": "input_file", "file_id": id})
    assert raised.value.status_code == 503
    upstream.reply(completion("Gone."))
    client.responses.create(model="m", previous_response_id=first.id, input="And now?")
    assert "A file stood here. What was kept of this" in upstream.next().json["messages"][0]["content"][0]["text"]


def test_a_client_that_sends_its_history_itself_goes_on_too(client: OpenAI, upstream: ScriptedUpstream) -> None:
    gone = {"role": "user", "content": [{"type": "input_file", "file_id": "file-gone"}]}
    said: Any = [gone, {"role": "assistant", "content": "I see."}, {"role": "user", "content": "And now?"}]
    upstream.reply(completion("Well."))
    client.responses.create(model="m", input=said)
    assert "A file stood here." in upstream.next().json["messages"][0]["content"]
    said.append(gone)
    with pytest.raises(BadRequestError, match="'file-gone'"):
        client.responses.create(model="m", input=said)


def test_another_clients_file_cannot_be_asked_about(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(api_keys=("sk-one", "sk-two"))
    with OpenAI(base_url=server.base_url, api_key="sk-one") as owner:
        id = upload(owner, "plan.txt", b"secret")
    with OpenAI(base_url=server.base_url, api_key="sk-two") as other:
        for kind in ("input_file", "input_image"):
            with pytest.raises(BadRequestError, match="was never uploaded"):
                ask(other, {"type": kind, "file_id": id})
    assert upstream.idle()


def test_without_a_store_data_still_works_and_ids_do_not(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(store="none", upstreams=(Upstream(base_url=upstream.base_url, dialect={"file": False}),))
    with OpenAI(base_url=server.base_url, api_key="unused") as client:
        upstream.reply(completion("Yes."))
        ask(client, encoded("a.txt", b"hello"))
        assert "hello" in told(upstream)
        with pytest.raises(APIStatusError, match="keeps no files"):
            ask(client, {"type": "input_file", "file_id": "file-x"})


def test_what_is_counted_is_what_is_told(server: RunningServer, upstream: ScriptedUpstream) -> None:
    body = {"model": "m", "input": [{"role": "user", "content": [encoded("a.txt", b"hello")]}]}
    upstream.answer(lambda exchange: exchange.reply({"count": 7, "tokens": list(range(7))}))
    httpx.post(f"{server.base_url}/responses/input_tokens", json=body)
    assert b"hello" in upstream.next().body


def test_the_end_of_a_long_document_is_left_out_and_reported(serve: Serve, upstream: ScriptedUpstream) -> None:
    entry = Upstream(base_url=upstream.base_url, dialect={"file": False})
    server = serve(upstreams=(entry,), document_max_characters=10)
    upstream.reply(completion("Yes."))
    body = {"model": "m", "input": [{"role": "user", "content": [encoded("a.txt", b"0123456789-and-more")]}]}
    answer = httpx.post(f"{server.base_url}/responses", json=body)
    assert told(upstream) == '--- file "a.txt" ---\n0123456789\n(The rest is left out.)\n--- end of file "a.txt" ---'
    assert "not all of it: 10 characters" in answer.headers["x-translator-losses"]


def test_an_upstream_that_refuses_files_is_told_their_text_from_then_on(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    server = serve()  # nothing is known of the upstream
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        id = upload(client, "plan.pdf", made.pdf("buy a bridge"))
        upstream.reply({"error": {"message": "Unsupported chat content part type: 'file'."}}, 400)
        for _ in range(2):
            upstream.reply(completion("A bridge."))
            ask(client, {"type": "input_file", "file_id": id})
    assert told(upstream)[0]["type"] == "file"
    assert [told(upstream), told(upstream)] == [PLAN, PLAN]


async def test_hostile_files_do_the_server_no_harm(server: RunningServer, upstream: ScriptedUpstream) -> None:
    hostile = [
        encoded("bomb.docx", made.bomb()),
        encoded("laughs.docx", made.laughing_word()),
        encoded("wide.xlsx", made.sheets(cell="XFD1048576")),
        encoded("cut.pdf", made.pdf("one")[:300]),
        encoded("noise.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 1000),
    ]
    async with httpx.AsyncClient(base_url=server.base_url, timeout=60) as client:

        async def send(part: JSON) -> httpx.Response:
            body = {"model": "m", "input": [{"role": "user", "content": [part]}]}
            return await client.post("/responses", json=body)

        answers = await asyncio.gather(*map(send, hostile * 2))
        assert {answer.status_code for answer in answers} == {400}
        assert {answer.json()["error"]["code"] for answer in answers} == {"unreadable_file"}
        upstream.reply(completion("Fine."))
        assert (await send(encoded("a.txt", b"hello"))).json()["output_text"] == "Fine."
    wait_until(lambda: server.running == 0)


def test_a_client_that_leaves_ends_the_reading_of_its_file(server: RunningServer, connect: Connect) -> None:
    rows = f"<table>{'<tr><td><b>x</b></td></tr>' * 25_000}</table>".encode()  # it would take long
    client = connect(server)
    client.post("/v1/responses", {"model": "m", "input": [{"role": "user", "content": [encoded("a.html", rows)]}]})
    wait_until(lambda: server.running == 1)
    client.close()
    wait_until(lambda: server.running == 0, 2)


def test_files_are_told_over_a_websocket_too(client: OpenAI, server: RunningServer, upstream: ScriptedUpstream) -> None:
    id = upload(client, "plan.pdf", made.pdf("buy a bridge"))
    upstream.stream(chunk("A bridge."), chunk(finish="stop"))
    with Socket(server) as socket:
        items = [{"type": "message", "role": "user", "content": [{"type": "input_file", "file_id": id}]}]
        assert socket.respond(items)["output_text"] == "A bridge."
    assert told(upstream) == PLAN


def test_what_a_file_is_to_be_told_like_is_reported(server: RunningServer, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("Yes."))
    body = {"model": "m", "input": [{"role": "user", "content": [{**encoded("a.txt", b"hi"), "detail": "high"}]}]}
    answer = httpx.post(f"{server.base_url}/responses", json=body)
    assert "input[0].content[0].detail: chat knows no detail of files" in answer.headers["x-translator-losses"]
