"""Known clients are told as they want to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from translator.responses_over_chat import ReplyOptions
from translator.responses_over_chat.clients import Client, clients, options_for

CODEX = {"length_status": "completed", "reasoning_told": "both", "cut_items": "left_open"}


@pytest.mark.parametrize(
    ("user_agent", "originator"),
    [
        ("codex_exec/0.169.0 (Debian 12.0.0; x86_64) xterm (codex_exec; 0.169.0)", "codex_exec"),
        (None, "codex_sdk_ts"),
        ("", "Codex Desktop"),
        ("codex_cli_rs/0.169.0", None),
    ],
)
def test_codex_is_known_by_either_header(user_agent: str | None, originator: str | None) -> None:
    assert options_for(user_agent, originator) == CODEX


@pytest.mark.parametrize(
    ("user_agent", "originator"),
    [
        (None, None),
        ("OpenAI/Python 3.54.0", None),
        ("Agents/Python 0.24.0", None),
        ("ai/7.0.173 ai-sdk-openai/4.0.118 node.js/22", ""),
        ("my-codex-wrapper/1.0", "me"),
    ],
)
def test_all_others_are_told_what_the_api_promises(user_agent: str | None, originator: str | None) -> None:
    assert options_for(user_agent, originator) == {}


@pytest.mark.parametrize("client", clients(), ids=lambda client: client.name)
def test_every_row_sets_options_there_are_and_says_why(client: Client) -> None:
    assert replace(ReplyOptions(), **client.options) != ReplyOptions()
    assert client.source
    assert client.user_agent or client.originator
