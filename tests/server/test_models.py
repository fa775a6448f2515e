"""The public models: the configured ones, else the upstreams' own lists."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.servers import ScriptedUpstream, Serve, completion
from translator.server.settings import Model, Upstream


def ask(base_url: str, model: str) -> httpx.Response:
    return httpx.post(f"{base_url}/responses", json={"model": model, "input": "Hi", "store": False})


def ids(base_url: str) -> list[str]:
    answer = httpx.get(f"{base_url}/models")
    assert answer.status_code == 200
    assert answer.json()["object"] == "list"
    return [model["id"] for model in answer.json()["data"]]


@pytest.mark.parametrize("prefix", ["", "/v1", "/api/v1"])
def test_the_configured_models_are_listed_under_every_prefix(
    prefix: str, upstream: ScriptedUpstream, serve: Serve
) -> None:
    models = (Model(name="small"), Model(name="vendor/large", upstream_name="L-70b"))
    server = serve(upstreams=(Upstream(name="lab", base_url=upstream.base_url, models=models),))
    upstream.models = ["another"]
    base_url = f"http://127.0.0.1:{server.port}{prefix}"
    assert ids(base_url) == ["small", "vendor/large"]
    one = httpx.get(f"{base_url}/models/vendor/large").json()
    assert (one["id"], one["object"], one["owned_by"]) == ("vendor/large", "model", "lab")
    assert isinstance(one["created"], int)
    assert "L-70b" not in str(one)


def test_an_unknown_model_is_a_404_that_names_the_field(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, models=(Model(name="small"),)),))
    for answer in (ask(server.base_url, "nope"), httpx.get(f"{server.base_url}/models/nope")):
        assert answer.status_code == 404
        error = answer.json()["error"]
        assert (error["code"], error["param"]) == ("model_not_found", "model")
        assert error["type"] == "invalid_request_error"
    assert upstream.idle()


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "a", "object": "model", "created": 7, "owned_by": "x"}, {"id": "b/c"}]},
        {"data": ["a", "b/c"]},
        {"models": [{"name": "a"}, {"model": "b/c"}]},
        [{"id": "a", "created": "never"}, {"id": "b/c"}, {"nothing": 1}, 7],
    ],
)
def test_the_upstreams_own_list_is_read_in_any_of_its_shapes(
    body: Any, upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    upstream.models_body = body
    assert ids(server.base_url) == ["a", "b/c"]
    assert httpx.get(f"{server.base_url}/models/b/c").json()["id"] == "b/c"
    assert httpx.get(f"{server.base_url}/models/d").status_code == 404
    assert ask(server.base_url, "d").status_code == 404
    upstream.reply(completion("Hello!"))
    assert ask(server.base_url, "b/c").status_code == 200
    assert upstream.next().json["model"] == "b/c"


def test_the_list_shows_nothing_of_the_upstream_but_names_dates_and_owners(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.models = [{"id": "a", "root": "/srv/models/a", "permission": [], "owned_by": "x", "created": 7}]
    listed = httpx.get(f"{serve().base_url}/models").json()["data"]
    assert listed == [{"id": "a", "object": "model", "created": 7, "owned_by": "x"}]


@pytest.mark.parametrize("body", [None, {"error": "no"}, {"data": []}, "no JSON"])
def test_an_upstream_without_a_list_lets_every_name_pass(body: Any, upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.models_body = body
    assert ids(server.base_url) == []
    assert httpx.get(f"{server.base_url}/models/any").json()["id"] == "any"
    upstream.reply(completion("Hello!"))
    assert ask(server.base_url, "any").status_code == 200


def test_the_list_is_asked_for_once_and_with_the_upstreams_key(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    upstream.models = ["a"]
    for _ in range(3):
        assert ids(server.base_url) == ["a"]
        upstream.reply(completion("Hello!"))
        assert ask(server.base_url, "a").status_code == 200
    assert len(upstream.listings) == 1
    assert upstream.listings[0].headers["authorization"] == "Bearer sk-upstream"
    assert upstream.listings[0].path == "/v1/models"


def test_the_list_is_asked_for_again_when_it_is_old(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(models_cache_seconds=0.001)
    upstream.models = ["a"]
    assert ids(server.base_url) == ["a"]
    upstream.models = ["b"]
    assert ids(server.base_url) == ["b"]


def test_a_list_that_cannot_be_fetched_again_stays(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(models_cache_seconds=0.001)
    upstream.models = ["a"]
    assert ids(server.base_url) == ["a"]
    upstream.models_status = 500
    assert ids(server.base_url) == ["a"]
    assert ask(server.base_url, "b").status_code == 404


def test_a_list_that_never_came_is_an_error_to_who_asks_for_it_and_no_reason_to_refuse_a_model(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve()
    upstream.models_status = 503
    answer = httpx.get(f"{server.base_url}/models")
    assert answer.status_code == 503
    assert answer.json()["error"]["message"]
    upstream.reply(completion("Hello!"))
    assert ask(server.base_url, "any").status_code == 200


def test_with_several_upstreams_each_model_goes_to_its_own(upstream: ScriptedUpstream, serve: Serve) -> None:
    other = ScriptedUpstream()
    try:
        other.models = ["other", "small"]
        server = serve(
            upstreams=(
                Upstream(name="one", base_url=upstream.base_url, models=(Model(name="small"),)),
                Upstream(name="two", base_url=other.base_url),
            )
        )
        assert ids(server.base_url) == ["small", "other"]
        upstream.reply(completion("One"))
        assert ask(server.base_url, "small").json()["output_text"] == "One"
        other.reply(completion("Two"))
        assert ask(server.base_url, "other").json()["output_text"] == "Two"
        assert ask(server.base_url, "neither").status_code == 404
    finally:
        other.close()


def test_an_upstream_that_cannot_say_its_models_does_not_hide_those_of_the_others(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    upstream.models_status = 500
    configured = Upstream(name="one", base_url="http://one.invalid/v1", models=(Model(name="small"),))
    server = serve(upstreams=(configured, Upstream(name="two", base_url=upstream.base_url)))
    assert ids(server.base_url) == ["small"]


def test_in_passthrough_each_client_sees_the_list_of_its_key_and_no_name_is_refused(
    upstream: ScriptedUpstream, serve: Serve
) -> None:
    server = serve(auth="passthrough", upstreams=(Upstream(base_url=upstream.base_url),))
    upstream.models = ["a"]
    for key in ("sk-one", "sk-two"):
        listed = httpx.get(f"{server.base_url}/models", headers={"x-api-key": key})
        assert [model["id"] for model in listed.json()["data"]] == ["a"]
    assert [listing.headers["authorization"] for listing in upstream.listings] == ["Bearer sk-one", "Bearer sk-two"]
    upstream.reply(completion("Hello!"))
    asked = {"model": "mine", "input": "Hi"}
    assert httpx.post(f"{server.base_url}/responses", json=asked, headers={"x-api-key": "k"}).status_code == 200


def test_codex_is_listed_limits_efforts_and_kinds_of_tools_too(upstream: ScriptedUpstream, serve: Serve) -> None:
    upstream.models = [{"id": "vendor/coder", "max_model_len": 65_536}, {"id": "small"}]
    server = serve()
    listed = httpx.get(f"{server.base_url}/models?client_version=0.169.0").json()
    assert [model["id"] for model in listed["data"]] == ["vendor/coder", "small"]
    coder, small = listed["models"]
    assert (coder["slug"], coder["priority"], small["slug"], small["priority"]) == ("vendor/coder", 0, "small", 1)
    assert coder["context_window"] == coder["max_context_window"] == 65_536
    assert "context_window" not in small
    assert [level["effort"] for level in coder["supported_reasoning_levels"]] == ["low", "medium", "high"]
    assert coder["apply_patch_tool_type"] == "freeform"
    assert coder["input_modalities"] == ["text", "image"]
    assert coder["base_instructions"]
    assert coder["prefer_websockets"] is True
    assert "models" not in httpx.get(f"{server.base_url}/models").json()


@pytest.mark.parametrize(
    ("dialect", "efforts"),
    [
        ({"reasoning_control": "none"}, []),
        ({"reasoning_control": "enable_thinking"}, ["none", "medium"]),
        ({"effort_map": {"low": ""}}, ["medium", "high"]),
        ({"params_refused": ["reasoning_effort"]}, []),
    ],
)
def test_codex_may_choose_the_efforts_that_the_upstream_can_be_told(
    dialect: dict[str, Any], efforts: list[str], upstream: ScriptedUpstream, serve: Serve
) -> None:
    models = (Model(name="small"),)
    own = Upstream(base_url=upstream.base_url, models=models, dialect={**dialect, "image": []})
    server = serve(upstreams=(own,), websocket=False)
    (model,) = httpx.get(f"{server.base_url}/models?client_version=").json()["models"]
    assert [level["effort"] for level in model["supported_reasoning_levels"]] == efforts
    assert model["input_modalities"] == ["text"]
    assert model["prefer_websockets"] is False
