"""Files kept here, in requests that are passed on to upstreams which know nothing of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from translator.server.settings import Upstream

from ..documents import made
from ..servers import RunningServer, ScriptedUpstream, Serve, completion
from .test_attachments import data_url

JSON = dict[str, Any]

PDF = made.pdf("buy a bridge")
SENT = {"filename": "plan.pdf", "file_data": data_url(PDF, "application/pdf")}
ANSWER = {"id": "resp_1", "object": "response", "status": "completed", "output": []}


def upload(server: RunningServer, name: str, data: bytes, key: str = "") -> str:
    form: JSON = {"files": {"file": (name, data)}, "data": {"purpose": "user_data"}}
    id: str = httpx.post(f"{server.base_url}/files", headers={"x-api-key": key}, **form).json()["id"]
    return id


def post(server: RunningServer, path: str, parts: list[JSON], key: str = "") -> httpx.Response:
    field = "messages" if "chat" in path else "input"
    body = {"model": "m", field: [{"role": "user", "content": parts}]}
    return httpx.post(f"{server.base_url}{path}", json=body, headers={"x-api-key": key})


def test_a_chat_client_asks_about_a_file_that_is_kept_here(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve()
    file = {"file_id": upload(server, "plan.pdf", PDF)}
    upstream.reply(completion("A bridge."))
    post(server, "/chat/completions", [{"type": "file", "file": file}])
    assert upstream.next().json["messages"][0]["content"] == [{"type": "file", "file": SENT}]


@pytest.mark.parametrize("path", ["/responses", "/chat/completions"])
def test_a_responses_upstream_gets_the_data(serve: Serve, upstream: ScriptedUpstream, path: str) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, wire="responses"),))
    id, text, image = upload(server, "plan.pdf", PDF), upload(server, "a.txt", b"a"), upload(server, "a", made.PNG)
    parts: list[JSON]
    if path == "/responses":
        parts = [{"type": "input_file", "file_id": id}, {"type": "input_file", "file_id": text}]
        parts.append({"type": "input_image", "file_id": image, "detail": "low"})
    else:
        parts = [{"type": "file", "file": {"file_id": id}}]
    upstream.reply(ANSWER)
    post(server, path, parts)
    content = upstream.next().json["input"][0]["content"]
    assert content[0] == {"type": "input_file", **SENT}
    if path == "/responses":
        plain = {"filename": "a.txt", "file_data": data_url(b"a", "text/plain")}
        assert content[1] == {"type": "input_file", **plain}
        assert content[2] == {"type": "input_image", "image_url": data_url(made.PNG, "image/png"), "detail": "low"}


def test_ids_that_are_not_kept_here_and_those_of_others_are_left(serve: Serve, upstream: ScriptedUpstream) -> None:
    entry = Upstream(base_url=upstream.base_url, wire="responses")
    server = serve(upstreams=(entry,), api_keys=("sk-one", "sk-two"))
    others = upload(server, "plan.pdf", PDF, "sk-one")
    parts: list[JSON] = [{"type": "input_file", "file_id": id} for id in (others, "file-of-the-upstream")]
    upstream.reply(ANSWER)
    post(server, "/responses", parts, "sk-two")
    assert upstream.next().json["input"][0]["content"] == parts


def test_a_file_that_is_too_large_to_be_sent_along_is_refused(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(document_max_bytes=10)
    answer = post(server, "/chat/completions", [{"type": "file", "file": {"file_id": upload(server, "a.pdf", PDF)}}])
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "messages[0].content[0].file.file_id")
    assert upstream.idle()


def test_a_file_is_not_sent_along_over_and_over(serve: Serve, upstream: ScriptedUpstream) -> None:
    server = serve(document_max_bytes=1000)
    part = {"type": "file", "file": {"file_id": upload(server, "a.txt", b"a" * 900)}}
    answer = post(server, "/chat/completions", [part] * 5)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "files_too_large")
    assert error["param"] == "messages[0].content[2].file.file_id"
    assert upstream.idle()


@pytest.mark.parametrize("path", ["/responses", "/chat/completions"])
def test_only_so_many_ids_are_looked_up(serve: Serve, upstream: ScriptedUpstream, path: str) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, wire="responses"),), request_max_files=2)
    named: JSON = {"file_id": "file-of-the-upstream"}
    part = {"type": "input_file", **named} if path == "/responses" else {"type": "file", "file": named}
    answer = post(server, path, [part] * 3)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "too_many_files")
    assert "content[2]" in error["param"]
    assert upstream.idle()
