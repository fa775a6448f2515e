"""Clients never meet: on every route there is, another client's id is answered exactly as one that never was.

The routes are read off the app, so that a new one fails here until it is covered: by a line in `TRIES` for each way in
which it takes an id, or in `WITHOUT_IDS` with the reason why it takes none. In paths, queries and bodies `<response>`
stands for the id of something that another client has; `belongings` makes one of each kind, and `<my response>` is the
same kind of thing, of the client that tries.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route, WebSocketRoute

from tests.server.stateful import Client, Socket, say
from tests.servers import RunningServer, ScriptedUpstream, Serve
from translator.server.app import PREFIXES, create_app
from translator.server.settings import Settings, Upstream

JSON = dict[str, Any]

OWNER, STRANGER = "sk-owner", "sk-stranger"

_RESPOND: tuple[JSON, ...] = (
    {"input": "Go on", "previous_response_id": "<response>"},
    {"input": "Go on", "conversation": "<conversation>"},
    {"input": "Go on", "conversation": {"id": "<conversation>"}},
    {"input": [{"type": "item_reference", "id": "<item>"}]},
    {"input": [{"type": "item_reference", "id": "<conversation item>"}]},
    {"input": "Go on", "conversation": "<conversation>", "store": False},
    {"input": [{"type": "item_reference", "id": "<item>"}], "store": False},
    {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "<file>"}]}]},
    {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "<file>"}]}]},
)

TRIES: dict[tuple[str, str], list[tuple[str, JSON | None]]] = {
    ("POST", "/responses"): [
        *(("/responses", body) for body in _RESPOND),
        *(("/responses", {**body, "stream": True}) for body in _RESPOND),
    ],
    ("WEBSOCKET", "/responses"): [("/responses", body) for body in _RESPOND],
    ("POST", "/responses/compact"): [("/responses/compact", body) for body in _RESPOND],
    ("POST", "/responses/input_tokens"): [("/responses/input_tokens", body) for body in _RESPOND],
    ("GET", "/responses/{id}"): [("/responses/<response>", None)],
    ("DELETE", "/responses/{id}"): [("/responses/<response>", None)],
    ("POST", "/responses/{id}/cancel"): [("/responses/<response>/cancel", {})],
    ("GET", "/responses/{id}/input_items"): [
        ("/responses/<response>/input_items", None),
        ("/responses/<my response>/input_items?after=<input item>", None),
        ("/responses/<my response>/input_items?before=<input item>", None),
    ],
    ("POST", "/conversations"): [
        ("/conversations", {"items": [{"type": "item_reference", "id": "<item>"}]}),
        ("/conversations", {"items": [{"type": "item_reference", "id": "<conversation item>"}]}),
    ],
    ("GET", "/conversations/{id}"): [("/conversations/<conversation>", None)],
    ("POST", "/conversations/{id}"): [("/conversations/<conversation>", {"metadata": {"mine": "now"}})],
    ("DELETE", "/conversations/{id}"): [("/conversations/<conversation>", None)],
    ("GET", "/conversations/{id}/items"): [
        ("/conversations/<conversation>/items", None),
        ("/conversations/<my conversation>/items?after=<conversation item>", None),
        ("/conversations/<my conversation>/items?before=<conversation item>", None),
    ],
    ("POST", "/conversations/{id}/items"): [
        ("/conversations/<conversation>/items", {"items": [{"role": "user", "content": "Hello"}]}),
        ("/conversations/<my conversation>/items", {"items": [{"type": "item_reference", "id": "<item>"}]}),
    ],
    ("GET", "/conversations/{id}/items/{item_id}"): [
        ("/conversations/<conversation>/items/<conversation item>", None),
        ("/conversations/<my conversation>/items/<conversation item>", None),
    ],
    ("DELETE", "/conversations/{id}/items/{item_id}"): [
        ("/conversations/<conversation>/items/<conversation item>", None),
        ("/conversations/<my conversation>/items/<conversation item>", None),
    ],
    ("GET", "/files"): [("/files?after=<file>", None)],
    ("GET", "/files/{id}"): [("/files/<file>", None)],
    ("GET", "/files/{id}/content"): [("/files/<file>/content", None)],
    ("DELETE", "/files/{id}"): [("/files/<file>", None)],
    ("POST", "/uploads/{id}/parts"): [("/uploads/<upload>/parts", {"form": {"data": "more"}})],
    ("POST", "/uploads/{id}/complete"): [
        ("/uploads/<upload>/complete", {"part_ids": ["<part>"]}),
        ("/uploads/<my upload>/complete", {"part_ids": ["<part>"]}),
    ],
    ("POST", "/uploads/{id}/cancel"): [("/uploads/<upload>/cancel", {})],
}
"""Method and route, then the path and the body of each way to try it; `form` is sent as a form."""

WITHOUT_IDS = {
    ("GET", "/responses"): "it only says that a WebSocket is to be opened otherwise",
    ("POST", "/chat/completions"): "each request brings its whole conversation, and nothing is kept of it",
    ("POST", "/files"): "it makes a new one",
    ("POST", "/uploads"): "it makes a new one",
    ("GET", "/models"): "models are everybody's",
    ("GET", "/models/{id:path}"): "models are everybody's",
    ("GET", "/health"): "it says nothing of anybody",
}


def serve_with(auth: str, serve: Serve, upstream: ScriptedUpstream, **settings: Any) -> RunningServer:
    """A server that knows the two clients by its own keys, or by those that they bring for the upstream."""
    given = {"auth": auth, "upstreams": (Upstream(base_url=upstream.base_url),), **settings}
    return serve(**given, api_keys=(OWNER, STRANGER) if auth == "keys" else ())


def belongings(client: Client, upstream: ScriptedUpstream) -> dict[str, str]:
    """One of each kind of thing that a client can have: its name here, and its id."""
    say(upstream, "The secret answer.")
    response = client.respond("The secret question?")
    conversation = client.post("/conversations", {"items": [{"role": "user", "content": "The secret remark."}]})
    listed = client.get(f"/responses/{response['id']}/input_items")
    remarks = client.get(f"/conversations/{conversation['id']}/items")
    upstream.next()
    file = client.http.post("/files", data={"purpose": "user_data"}, files={"file": ("secret.txt", b"The secret.")})
    upload = client.post("/uploads", {"bytes": 5, "filename": "b", "mime_type": "text/plain", "purpose": "user_data"})
    part = client.http.post(f"/uploads/{upload['id']}/parts", files={"data": ("b", b"12345")})
    return {
        "response": response["id"],
        "item": response["output"][0]["id"],
        "input item": listed["data"][0]["id"],
        "conversation": conversation["id"],
        "conversation item": remarks["data"][0]["id"],
        "file": file.json()["id"],
        "upload": upload["id"],
        "part": part.json()["id"],
    }


def showing(client: Client, ids: dict[str, str]) -> list[Any]:
    """All that a client can see of its belongings."""
    return [
        client.get(path.format(**{name.replace(" ", "_"): id for name, id in ids.items()}))
        for path in (
            "/responses/{response}",
            "/responses/{response}/input_items",
            "/conversations/{conversation}",
            "/conversations/{conversation}/items",
            "/files/{file}",
        )
    ]


def never_were(ids: dict[str, str]) -> dict[str, str]:
    """Ids of the same forms that nobody has."""
    return {
        name: re.sub(r"(?<![0-9a-f])[0-9a-f]{32}", f"{number:032x}", id)
        for number, (name, id) in enumerate(sorted(ids.items()))
    }


def fill_in(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"<([a-z ]+)>", lambda found: ids[found[1]], text)


def blank(text: str, ids: dict[str, str]) -> str:
    for name, id in ids.items():
        text = text.replace(id, f"<{name}>")
    return text


Try = Callable[[str, str, JSON | None], tuple[int, str]]
"""Asks with a method, a path and a body; the status and the body of the answer."""


def over_http(client: Client) -> Try:
    def ask(method: str, path: str, body: JSON | None) -> tuple[int, str]:
        given = {"files": body["form"]} if body and "form" in body else {"json": body}
        answer = client.http.request(method, path, **given)
        return answer.status_code, answer.text

    return ask


def over_websocket(server: RunningServer) -> Try:
    def ask(method: str, path: str, body: JSON | None) -> tuple[int, str]:
        with Socket(server, STRANGER) as socket:
            refused = socket.refusal(**(body or {}))
        return refused["status"], json.dumps(refused)

    return ask


def routes() -> set[tuple[str, str]]:
    """Every method and path of the app, without the prefixes; they are the same under each prefix."""
    found: dict[str, set[tuple[str, str]]] = {prefix: set() for prefix in PREFIXES}
    for route in create_app(Settings(store="none")).routes:
        assert isinstance(route, Route | WebSocketRoute), f"{route} is of a kind that is not looked at"
        prefix = max((prefix for prefix in PREFIXES if route.path.startswith(prefix)), key=len)
        methods = {"WEBSOCKET"} if isinstance(route, WebSocketRoute) else (route.methods or {"GET"}) - {"HEAD"}
        found[prefix] |= {(method, route.path.removeprefix(prefix)) for method in methods}
    assert len({frozenset(paths) for paths in found.values()}) == 1, "not every route is served under every prefix"
    return found[""]


def test_every_route_is_tried_or_takes_no_id() -> None:
    assert not TRIES.keys() & WITHOUT_IDS.keys()
    assert routes() == TRIES.keys() | WITHOUT_IDS.keys()


@pytest.mark.parametrize("auth", ["keys", "passthrough"])
def test_on_every_route_anothers_id_is_answered_as_one_that_never_was(
    auth: str, serve: Serve, upstream: ScriptedUpstream
) -> None:
    server = serve_with(auth, serve, upstream)
    owner, stranger = Client(server, OWNER), Client(server, STRANGER)
    with owner.http, stranger.http:
        theirs = belongings(owner, upstream)
        mine = {f"my {name}": id for name, id in belongings(stranger, upstream).items()}
        nobodys = never_were(theirs)
        assert not set(nobodys.values()) & set(theirs.values()), "an id does not look like one"
        before = showing(owner, theirs)
        for (method, route), tries in TRIES.items():
            ask = over_websocket(server) if method == "WEBSOCKET" else over_http(stranger)
            for path, body in tries:
                answers = []
                for ids in (theirs, nobodys):
                    filled = json.loads(fill_in(json.dumps(body), {**ids, **mine}))
                    asked = {"model": "m", **filled} if filled and "input" in filled else filled
                    status, told = ask(method, fill_in(path, {**ids, **mine}), asked)
                    answers.append((status, blank(told, ids)))
                assert answers[0] == answers[1], f"{method} {route}: {path} {body}"
                assert answers[0][0] in (400, 404), f"{method} {route}: {path} {body}: {answers[0]}"
        assert upstream.idle(), "the upstream was asked"
        assert showing(owner, theirs) == before, "something of another client was changed"


def test_what_was_sealed_for_another_client_is_as_if_it_was_made_elsewhere(
    serve: Serve, upstream: ScriptedUpstream
) -> None:
    server = serve(api_keys=(OWNER, STRANGER))
    owner, stranger = Client(server, OWNER), Client(server, STRANGER)
    with owner.http, stranger.http:
        say(upstream, "They talked.")
        compacted = owner.post("/responses/compact", {"model": "m", "input": "The secret question?"})["output"]
        upstream.next()
        error = stranger.respond(compacted, 400)["error"]
        assert error["code"] == "invalid_encrypted_content"
        assert upstream.idle()
        say(upstream, "Go on.")
        owner.respond(compacted)


@pytest.mark.parametrize("auth", ["keys", "passthrough"])
def test_no_key_is_ever_stored(auth: str, serve: Serve, upstream: ScriptedUpstream, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    server = serve_with(auth, serve, upstream, store=f"sqlite:///{path}")
    owner = Client(server, OWNER)
    with owner.http:
        belongings(owner, upstream)
    server.stop()
    with sqlite3.connect(path) as connection:
        dump = "\n".join(
            str(row)
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for row in connection.execute(f"SELECT * FROM {table}")
        )
    connection.close()
    assert "The secret question?" in dump
    assert OWNER not in dump
