"""Flags over environment over file, and one clear sentence for what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from translator.server.configuration import load
from translator.server.origins import WrongSetting
from translator.server.settings import Settings

TWO = """
[[upstreams]]
name = "a"
base_url = "http://a.invalid/v1"
api_key = "sk-file-a"
headers = { X-Team = "blue" }
connect_timeout_seconds = 3
idle_timeout_seconds = 60
models = [{ name = "m", upstream_name = "M", max_output_tokens = 100, hosted_tools = ["web_search"] }, { name = "n" }]
[upstreams.dialect]
max_tokens_field = "max_completion_tokens"
[[upstreams]]
name = "b"
base_url = "http://b.invalid/v1"
"""
ONE = TWO[: TWO.rindex("[[upstreams]]")]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in os.environ:
        if name.upper().startswith("TRANSLATOR_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def configure(toml: str | None = None, **flags: Any) -> Settings:
    if toml is None:
        return load(flags)
    Path("translator.toml").write_text(toml, encoding="utf-8")
    return load(flags, Path("translator.toml"))


def sentence(toml: str | None = None, **flags: Any) -> str:
    with pytest.raises(WrongSetting) as wrong:
        configure(toml, **flags)
    told = str(wrong.value)
    assert "\n" not in told and told[-1] in ".?" and "sk-" not in told
    return told


def test_nothing_set_is_the_demo_on_loopback() -> None:
    assert configure() == Settings()
    assert (Settings().host, Settings().port, Settings().upstreams) == ("127.0.0.1", 8080, ())


def test_flags_win_over_the_environment_and_it_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    toml = "port = 1\nheartbeat_seconds = 1\nmax_body_bytes = 1\n"
    monkeypatch.setenv("TRANSLATOR_PORT", "2")
    monkeypatch.setenv("TRANSLATOR_HEARTBEAT_SECONDS", "2")
    settings = configure(toml, port="3")
    assert (settings.port, settings.heartbeat_seconds, settings.max_body_bytes) == (3, 2, 1)


@pytest.mark.parametrize("name", ["TRANSLATOR_API_KEY", "TRANSLATOR_API_KEYS", "translator_api_key"])
def test_keys_in_the_environment_are_parted_by_commas_or_spaces(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "one, two three")
    assert [key.get_secret_value() for key in configure().api_keys] == ["one", "two", "three"]


@pytest.mark.parametrize("toml", ['api_key = "one"', 'api_keys = ["one"]', 'api_key = ["one"]'])
def test_keys_in_the_file_are_one_or_a_list_and_outdone_as_a_whole(toml: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [key.get_secret_value() for key in configure(toml).api_keys] == ["one"]
    monkeypatch.setenv("TRANSLATOR_API_KEY", "two")
    assert [key.get_secret_value() for key in configure(toml).api_keys] == ["two"]
    assert [key.get_secret_value() for key in configure(toml, api_keys=("three",)).api_keys] == ["three"]


def test_an_empty_variable_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_PORT", "")
    assert configure().port == 8080


def test_the_shorthand_describes_one_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_UPSTREAM_API_KEY", "sk-secret")
    settings = configure(upstream="http://x.invalid/v1", models=("public=private/name", "same"))
    (upstream,) = settings.upstreams
    assert (upstream.base_url, upstream.key()) == ("http://x.invalid/v1", "sk-secret")
    assert [(model.name, model.upstream_name) for model in upstream.models] == [
        ("public", "private/name"),
        ("same", "same"),
    ]


def test_what_a_single_upstream_speaks_can_be_set_wherever_it_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def wire(toml: str | None = None, **flags: Any) -> str:
        (upstream,) = configure(toml, **flags).upstreams
        return upstream.wire

    toml = 'upstream = "http://a.invalid/v1"\n'
    assert wire(toml) == "chat"
    assert wire(toml + 'upstream_wire = "responses"') == "responses"
    assert wire(upstream="http://x.invalid/v1", upstream_wire="responses") == "responses"
    assert wire(ONE, upstream_wire="responses") == "responses"
    monkeypatch.setenv("TRANSLATOR_UPSTREAM_WIRE", "responses")
    assert wire(toml) == wire(ONE) == wire(upstream="http://x.invalid/v1") == "responses"
    assert wire(toml, upstream_wire="chat") == wire(ONE, upstream_wire="chat") == "chat"
    assert sentence().startswith("TRANSLATOR_UPSTREAM_WIRE describes one upstream, but the settings name none: ")


def test_the_file_describes_several_upstreams() -> None:
    a, b = configure(TWO).upstreams
    assert (a.name, a.key(), a.headers["X-Team"].get_secret_value()) == ("a", "sk-file-a", "blue")
    assert (a.connect_timeout_seconds, a.idle_timeout_seconds) == (3, 60)
    assert a.dialect == {"max_tokens_field": "max_completion_tokens"}
    assert [(m.name, m.upstream_name, m.max_output_tokens, m.hosted_tools) for m in a.models] == [
        ("m", "M", 100, frozenset({"web_search"})),
        ("n", "n", None, frozenset()),
    ]
    assert (b.key(), b.models, b.dialect) == (None, (), {})


def test_a_key_can_be_read_from_a_variable_of_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-secret")
    toml = '[[upstreams]]\nbase_url = "http://a.invalid/v1"\napi_key_env = "LAB_KEY"\n'
    assert configure(toml).upstreams[0].key() == "sk-secret"


def test_an_upstream_by_flag_outdoes_those_of_the_file() -> None:
    (upstream,) = configure(TWO, upstream="http://x.invalid/v1").upstreams
    assert (upstream.base_url, upstream.key(), upstream.models) == ("http://x.invalid/v1", None, ())


def test_key_and_models_by_flag_change_the_only_upstream_of_the_file() -> None:
    (upstream,) = configure(ONE, upstream_api_key="sk-flag", models=("x=y",)).upstreams
    assert (upstream.base_url, upstream.key()) == ("http://a.invalid/v1", "sk-flag")
    assert [model.name for model in upstream.models] == ["x"]


def test_upstreams_can_stand_in_the_environment_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_UPSTREAMS", '[{"base_url": "http://x.invalid/v1"}]')
    assert configure('upstream = "http://a.invalid/v1"').upstreams[0].base_url == "http://x.invalid/v1"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"port": "99999"}, "--port cannot be 99999: input should be less than or equal to 65535"),
        ({"port": "x"}, "--port cannot be x: input should be a valid integer"),
        ({"auth": "none"}, "--auth cannot be none: input should be 'keys' or 'passthrough'"),
        (
            {"upstream": "http://a/v1", "upstream_wire": "grpc"},
            "--upstream-wire cannot be grpc: input should be 'chat' or 'responses'",
        ),
        ({"upstream": "localhost:8000"}, "--upstream is no http or https URL such as http://127.0.0.1:8000/v1."),
        ({"upstream": "http://me:sk-1@a/v1"}, "--upstream holds a user name or password"),
        ({"upstream": "http://a/v1", "models": ("=x",)}, "--model is wrong: string should have at least 1 character"),
        ({"upstream": "http://a/v1", "models": ("x=a", "x=b")}, "upstreams has 2 models named 'x'"),
        ({"api_keys": ("",)}, "--api-key holds an empty key"),
        ({"models": ("x=a",)}, "--model describes one upstream, but the settings name none: name it with --upstream"),
        ({"host": "0.0.0.0"}, "Without a client key the server serves this machine only, not 0.0.0.0: set a key"),
        ({"host": "::"}, "Without a client key the server serves this machine only, not ::"),
        ({"host": "example.org"}, "Without a client key the server serves this machine only"),
        ({"auth": "passthrough", "api_keys": ("sk-1",)}, "Client keys are set and auth is passthrough"),
        (
            {"auth": "passthrough", "upstream": "http://a/v1", "upstream_api_key": "sk-1"},
            "An upstream has a key and auth is passthrough",
        ),
    ],
)
def test_a_wrong_flag_is_named_with_the_way_out(flags: dict[str, Any], told: str) -> None:
    assert sentence(**flags).startswith(told)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("port = 'x'", "port in translator.toml cannot be x: "),
        ("prot = 1", "prot in translator.toml is no setting: did you mean port?"),
        ("colour = 1", "colour in translator.toml is no setting: leave it out."),
        ("port = ", "The file translator.toml is no TOML: "),
        (TWO + "bas_url = 1", "upstreams[1].bas_url in translator.toml is no setting"),
        (TWO + "api_key = 7", "upstreams[1].api_key in translator.toml is wrong: "),
        (TWO + "api_key_env = 'UNSET'", "upstreams[1] in translator.toml takes its key from UNSET, which is not set"),
        (TWO + "headers = { Content-Length = '1' }", "upstreams[1].headers in translator.toml has 'Content-Length'"),
        (TWO + 'headers = { X = "a\\nb" }', "upstreams[1].headers in translator.toml has a value for 'X' that"),
        (TWO + "connect_timeout_seconds = 0", "upstreams[1].connect_timeout_seconds in translator.toml is wrong"),
        (TWO.replace('"b"', '"a"'), "upstreams in translator.toml has 2 upstreams named 'a'"),
        (TWO + "[upstreams.dialect]\nfoo = 1", "upstreams[1].dialect in translator.toml is wrong: there is no"),
        (TWO + "[upstreams.dialect]\ntools = 'x'", "upstreams[1].dialect in translator.toml is wrong: tools is 'x'"),
        (TWO + "preset = 'none'", "upstreams[1].preset in translator.toml is wrong: There is no dialect 'none'"),
        ("upstream = 'http://a/v1'\n" + TWO, "upstream in translator.toml stands beside tables of upstreams"),
    ],
)
def test_a_fault_in_the_file_is_named_with_its_path(toml: str, told: str) -> None:
    assert sentence(toml).startswith(told)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(WrongSetting, match=r"^The file nope\.toml cannot be read \(No such file or directory\)"):
        load({}, Path("nope.toml"))


def test_a_wrong_variable_is_named_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_PORT", "x")
    assert sentence("port = 1").startswith("TRANSLATOR_PORT cannot be x: ")


def test_a_variable_that_is_almost_a_setting_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_API_KYE", "sk-1")
    assert sentence() == "TRANSLATOR_API_KYE is no setting: did you mean TRANSLATOR_API_KEY?"


def test_a_variable_that_resembles_no_setting_is_someone_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_TEST_POSTGRES", "x")
    assert configure() == Settings()


def test_a_model_by_flag_is_refused_where_the_file_names_several_upstreams() -> None:
    assert sentence(TWO, models=("x=y",)).startswith("--model describes one upstream, but the settings name 2: ")


def test_broken_json_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_UPSTREAMS", '[{"api_key": "sk-1"')
    assert sentence().startswith("TRANSLATOR_UPSTREAMS is no JSON")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    assert configure(host=host).host == host


def test_any_address_can_be_served_with_a_key_or_with_the_clients_own() -> None:
    assert configure(host="0.0.0.0", api_keys=("sk-1",)).host == "0.0.0.0"
    assert configure(host="0.0.0.0", auth="passthrough").host == "0.0.0.0"


def test_no_secret_shows_in_what_is_printed_of_the_settings() -> None:
    settings = configure(ONE, api_keys=("sk-client",))
    shown = repr(settings) + str(settings)
    for secret in ("sk-client", "sk-file-a", "blue"):
        assert secret not in shown
