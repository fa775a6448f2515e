"""Clients are told their replies as they are known, or set, to want them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from tests.servers import RunningServer, ScriptedUpstream, Serve, chunk, completion, read_events
from translator.responses_over_chat import ReplyOptions
from translator.server.auth import Program
from translator.server.habits import Habits
from translator.server.settings import Client, Settings

CODEX = {"originator": "codex_exec", "user-agent": "codex_exec/0.169.0 (Linux)"}
ROBOT = Client(name="Robot", user_agent="robot/.*", done_marker=False, reasoning_told="raw")


def options(settings: Settings, user_agent: str | None = None, originator: str | None = None) -> ReplyOptions:
    return Habits(settings).of(Program(user_agent, originator))


def test_a_setting_wins_over_what_is_known_and_a_clients_table_over_both() -> None:
    assert options(Settings(), "codex/1").length_status == "completed"
    assert options(Settings()).length_status == "incomplete"
    assert options(Settings(length_status="incomplete"), "codex/1").length_status == "incomplete"
    own = (Client(name="Codex", originator="codex.*", length_status="completed"),)
    assert options(Settings(length_status="incomplete", clients=own), None, "Codex_exec").length_status == "completed"
    assert options(Settings(length_status="incomplete", clients=own), "codex/1").length_status == "incomplete"


def test_what_a_clients_table_leaves_open_stays_as_it_is_for_all() -> None:
    settings = Settings(reasoning_events="reasoning", clients=(ROBOT,))
    assert options(settings, "robot/2") == ReplyOptions(
        reasoning_events="reasoning",
        reasoning_told="raw",
        done_marker=False,
        max_argument_bytes=settings.max_argument_bytes,
        max_event_bytes=settings.max_event_bytes,
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [({"name": "x"}, "can be known by nothing"), ({"name": "x", "originator": "("}, "is no regular expression")],
)
def test_a_table_that_fits_nothing_is_refused(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(clients=(table,))


def ask(server: RunningServer, headers: dict[str, str], **more: Any) -> httpx.Response:
    body = {"model": "m", "input": "Hi", "store": False, **more}
    return httpx.post(f"{server.base_url}/responses", json=body, headers=headers)


def test_a_reply_that_ran_out_of_tokens_is_completed_for_codex_alone(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    cut = completion("Hel")
    cut["choices"][0]["finish_reason"] = "length"
    for headers, status in ((CODEX, "completed"), ({}, "incomplete")):
        upstream.reply(cut)
        assert ask(server, headers).json()["status"] == status
        upstream.stream(chunk("Hel"), chunk(finish="length"))
        last = read_events(ask(server, headers, stream=True).content)[-1]
        assert last["type"] == f"response.{status}"


def test_codex_is_told_reasoning_as_its_summary_too(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve()
    for headers, summaries in ((CODEX, [{"type": "summary_text", "text": "Hm."}]), ({}, [])):
        upstream.reply(completion("Hello!", reasoning_content="Hm."))
        thought = ask(server, headers).json()["output"][0]
        assert (thought["type"], thought["summary"]) == ("reasoning", summaries)


def test_the_end_marker_is_sent_to_those_who_want_it(upstream: ScriptedUpstream, serve: Serve) -> None:
    server = serve(clients=(ROBOT,))
    for agent, marked in (("robot/2", False), ("other/1", True)):
        upstream.stream(chunk("Hello!"), chunk(finish="stop"))
        body = ask(server, {"user-agent": agent}, stream=True).content
        assert body.endswith(b"[DONE]\n\n") is marked
        assert read_events(body)[-1]["type"] == "response.completed"
