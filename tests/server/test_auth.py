"""Client keys: who may ask, and whose key goes upstream."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from tests.servers import ScriptedUpstream, Serve, completion
from translator.errors import InvalidRequest
from translator.server.auth import LOCAL, Authenticator, Principal
from translator.server.settings import Settings, Upstream

ASK = {"model": "m", "input": "Hi", "store": False}


def identify(settings: Settings, *headers: tuple[bytes, bytes]) -> Principal:
    return Authenticator(settings).identify({"type": "http", "headers": list(headers)})


@pytest.mark.parametrize(
    "header",
    [(b"authorization", b"Bearer sk-two"), (b"authorization", b"bearer  sk-two "), (b"x-api-key", b"sk-two")],
)
def test_any_of_the_keys_opens_in_either_header(header: tuple[bytes, bytes]) -> None:
    principal = identify(Settings(api_keys=("sk-one", "sk-two")), header)
    assert principal == Principal(hashlib.sha256(b"sk-two").hexdigest())


def test_each_key_is_a_tenant_of_its_own() -> None:
    settings = Settings(api_keys=("sk-one", "sk-two"))
    one, two = (identify(settings, (b"x-api-key", key))[0] for key in (b"sk-one", b"sk-two"))
    assert one != two
    assert "sk-one" not in one


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"Basic c2stb25l")],
        [(b"authorization", b"sk-one")],
        [(b"x-api-key", b"")],
        [(b"x-api-key", b"sk-on")],
        [(b"x-api-key", b"sk-one\xff")],
        [(b"authorization", b"Bearer wrong"), (b"x-api-key", b"sk-one")],
    ],
)
def test_anything_else_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        identify(Settings(api_keys=("sk-one",)), *headers)
    assert refused.value.status == 401
    assert refused.value.code == "invalid_api_key"


def test_without_a_key_to_ask_for_everyone_on_this_machine_is_one_tenant() -> None:
    assert identify(Settings()) == LOCAL
    assert identify(Settings(), (b"authorization", b"Bearer whatever")) == LOCAL


def test_passthrough_hands_the_key_on_and_keeps_only_its_hash() -> None:
    principal = identify(Settings(auth="passthrough"), (b"authorization", b"Bearer sk-mine"))
    assert principal == Principal(hashlib.sha256(b"sk-mine").hexdigest(), "sk-mine")


@pytest.mark.parametrize("key", [b"", b"sk\xc3\xa4", b"sk\x7f", b"sk\t1"])
def test_passthrough_refuses_a_key_that_no_header_carries(key: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        identify(Settings(auth="passthrough"), (b"x-api-key", key))
    assert refused.value.status == 401


@pytest.mark.parametrize(("method", "path"), [("POST", "/responses"), ("GET", "/models"), ("GET", "/models/m")])
def test_every_route_but_health_wants_the_key(method: str, path: str, upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(api_keys=("sk-client",))
    refused = httpx.request(method, server.base_url + path, headers={"authorization": "Bearer sk-wrong"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["x-request-id"]
    error = refused.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "invalid_api_key", None)
    assert "sk-wrong" not in refused.text
    assert httpx.get(f"{server.base_url}/health").json() == {"status": "ok"}
    assert upstream.idle()


def test_in_passthrough_the_upstream_gets_the_clients_key(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(auth="passthrough", upstreams=(Upstream(base_url=upstream.base_url),))
    for key in ("sk-one", "sk-two"):
        upstream.reply(completion("Hello!"))
        answer = httpx.post(f"{server.base_url}/responses", json=ASK, headers={"x-api-key": key})
        assert answer.status_code == 200
        assert upstream.next().headers["authorization"] == f"Bearer {key}"


def test_in_passthrough_a_key_the_upstream_refuses_is_the_clients_401(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(auth="passthrough", upstreams=(Upstream(base_url=upstream.base_url),))
    upstream.reply({"error": {"message": "Incorrect API key provided: sk-mine."}}, 401)
    answer = httpx.post(f"{server.base_url}/responses", json=ASK, headers={"x-api-key": "sk-mine"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert "sk-mine" not in answer.text
