"""A server without client keys: which pages a browser may run that ask it, and what it may be called."""

from __future__ import annotations

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.server.stateful import Socket
from tests.server.test_handshakes import HANDSHAKE
from tests.servers import ScriptedUpstream, Serve, completion
from translator.server.settings import Upstream

ASK = b'{"model": "m", "input": "Hi", "store": false}'
FOREIGN = ["https://example.com", "http://localhost.example.com", "http://192.0.2.1:8080", "null", "", "http://["]
OWN = ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080", "http://my-machine", "chrome-extension://abc"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_foreign_pages_are_refused(origin: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    # without a content type the browser asks nobody before it sends this
    answer = httpx.post(f"{server.base_url}/responses", content=ASK, headers={"origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert answer.headers["x-request-id"].startswith("req_")
    with pytest.raises(InvalidStatus) as caught, Socket(server, headers={"origin": origin}):
        pass
    assert caught.value.response.status_code == 403
    assert upstream.idle()


@pytest.mark.parametrize("origin", OWN)
def test_this_machines_own_pages_and_programs_are_not(origin: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(allowed_hosts=("my-machine",))
    upstream.reply(completion("Hello!"))
    answer = httpx.post(f"{server.base_url}/responses", content=ASK, headers={"origin": origin})
    assert answer.status_code == 200
    with Socket(server, headers={"origin": origin}):
        pass


@pytest.mark.parametrize(
    "host", ["rebound.example.com", "localhost.example.com:8080", "127.0.0.1.example.com", "x", ""]
)
def test_a_name_that_may_have_been_made_to_mean_this_machine_is_refused(host: str, serve: Serve) -> None:
    answer = httpx.get(f"{serve().base_url}/models", headers={"host": host})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "host_not_allowed")
    assert "allowed_hosts" in error["message"]
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.:8080",
        "app.localhost:1",
        "127.0.0.2:80",
        "[::1]:8080",
        "10.0.2.2:8080",
        "host.docker.internal:8080",
        "host.containers.internal",
        "my-machine.example.com:8080",
    ],
)
def test_addresses_names_of_this_machine_and_those_that_are_set_are_not(host: str, serve: Serve) -> None:
    server = serve(allowed_hosts=("My-Machine.example.com",))
    assert httpx.get(f"{server.base_url}/health", headers={"host": host}).status_code == 200


def test_a_websocket_is_held_to_it_too(serve: Serve) -> None:
    headers = {"host": "rebound.example.com"}
    answer = httpx.get(f"{serve().base_url}/responses", headers={**headers, **HANDSHAKE})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host_not_allowed")


def test_with_keys_no_page_and_no_name_is_refused(upstream: ScriptedUpstream, serve: Serve) -> None:
    headers = {"host": "api.example.com", "origin": "https://example.com", "authorization": "Bearer sk-client"}
    passing = (Upstream(base_url=upstream.base_url),)
    for server in (serve(api_keys=("sk-client",)), serve(auth="passthrough", upstreams=passing)):
        assert httpx.get(f"{server.base_url}/health", headers=headers).status_code == 200
        with Socket(server, "sk-client", headers={"origin": "https://example.com"}):
            pass
