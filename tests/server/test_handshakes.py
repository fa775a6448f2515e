"""`/responses` as a WebSocket: how it is opened, and how what opens none is refused."""

from __future__ import annotations

import json
import logging

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.server.stateful import Socket, stream
from tests.servers import Connect, ScriptedUpstream, Serve, wait_until
from translator.server.observation import RequestIdFilter

HANDSHAKE = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the server logs of its answers, and whatever anybody finds wrong: each line with its level and request."""
    caplog.set_level(logging.INFO, "translator")
    caplog.handler.addFilter(RequestIdFilter())
    caplog.handler.setFormatter(logging.Formatter("%(levelname)s %(request_id)s %(message)s"))
    return caplog


def test_a_key_is_asked_for_at_the_upgrade(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(api_keys=("sk-client",))
    for key in (None, "sk-wrong"):
        with pytest.raises(InvalidStatus) as caught, Socket(server, key):
            pass
        assert caught.value.response.status_code == 401
        body = json.loads(caught.value.response.body or b"")
        assert body["error"]["code"] == "invalid_api_key"
        assert caught.value.response.headers["x-request-id"].startswith("req_")
    stream(upstream, "Hello!")
    with Socket(server, "sk-client") as socket:
        assert socket.respond("Hi")["output_text"] == "Hello!"


@pytest.mark.parametrize("headers", [HANDSHAKE, {"upgrade": "websocket"}])
def test_turned_off_it_is_refused_with_426_and_a_body(headers: dict[str, str], serve: Serve) -> None:
    answer = httpx.get(f"{serve(websocket=False).base_url}/responses", headers=headers)
    assert answer.status_code == 426
    assert answer.headers["upgrade"] == "websocket"
    assert answer.json()["error"]["code"] == "websocket_not_available"


def test_a_get_that_is_no_upgrade_is_a_405(serve: Serve) -> None:
    answer = httpx.get(f"{serve().base_url}/responses")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/v1/models", "/v1/responses/resp_1", "/", "/v1/resp%C3%A9"])
def test_an_upgrade_of_what_is_no_websocket_is_a_404_with_a_body(
    path: str, serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    answer = httpx.get(f"http://127.0.0.1:{serve().port}{path}", headers=HANDSHAKE)
    assert answer.status_code == 404
    assert "/responses" in answer.json()["error"]["message"]
    wait_until(lambda: f"INFO {answer.headers['x-request-id']} WEBSOCKET {path} 404" in log.text)


def test_a_refusal_is_logged_as_an_answer_and_not_as_a_fault(serve: Serve, log: pytest.LogCaptureFixture) -> None:
    server = serve(api_keys=("sk-client",))
    with pytest.raises(InvalidStatus) as caught, Socket(server):
        pass
    server.stop()
    (line,) = log.text.splitlines()
    id = caught.value.response.headers["x-request-id"]
    assert line.startswith(f"INFO {id} WEBSOCKET /v1/responses 401 ")


def test_a_fault_before_a_connection_is_opened_is_an_answer(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("translator.server.auth.Authenticator.identify", fail)
    with pytest.raises(InvalidStatus) as caught, Socket(serve()):
        pass
    assert caught.value.response.status_code == 500
    assert json.loads(caught.value.response.body or b"")["error"]["type"] == "server_error"
    id = caught.value.response.headers["x-request-id"]
    assert f"ERROR {id} ZeroDivisionError" in log.text


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"sec-websocket-version": "12"}, 400),
        ("GET", {"sec-websocket-key": "short"}, 400),
        ("GET", {"origin": "http://localhost", "Origin": "http://localhost"}, 400),
        ("GET", {"cookie": "a" * 9000}, 431),
        ("GET", {f"x-{number}": "1" for number in range(200)}, 431),
        ("POST", {}, 405),
        ("POST", {"content-length": "2", "content-type": "application/json"}, 400),
    ],
)
def test_what_is_no_handshake_is_refused_with_a_body(
    method: str, headers: dict[str, str], status: int, serve: Serve, connect: Connect, log: pytest.LogCaptureFixture
) -> None:
    client = connect(serve())
    lines = [f"{name}: {value}" for name, value in {"host": "localhost", **HANDSHAKE, **headers}.items()]
    client.send("\r\n".join([f"{method} /v1/responses HTTP/1.1", *lines, "", "{}"]).encode())
    head, _, body = client.read_all().decode().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert json.loads(body)["error"]["code"] == "invalid_handshake"
    (line,) = log.text.splitlines()
    level, id, said = line.split(" ", 2)
    assert (level, said) == ("INFO", f"a handshake was refused with status {status}")
    assert f"x-request-id: {id}" in head.lower()
