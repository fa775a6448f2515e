"""The Codex SDK, which runs the Codex it comes with."""

from __future__ import annotations

import json

import pytest

from .conftest import Runs, Server, check
from .scenario import Scenario, has, offers
from .strict_upstream import StrictUpstream, Turn

pytestmark = pytest.mark.clients

PATCH = "*** Begin Patch\n*** Update File: greeting.txt\n@@\n-Hello from the file\n+Patched\n*** End Patch"
HELLO = Turn("Hello!")
STREAMED = ["thread.started", "item.completed", "turn.started", "turn.completed"]
"""The first item warns that nothing is known of the model, which this version of Codex does before the turn."""


def ends(*texts: str) -> object:
    """Messages whose last ones say so."""
    return lambda messages: [message["content"] for message in messages[-len(texts) :]] == list(texts)


SCENARIOS = {
    "text": Scenario([HELLO], {"text": "Hello!", "usage": 7}, [{"tools": offers("exec_command"), "stream": True}]),
    "streamed": Scenario(
        [HELLO],
        {"types": STREAMED, "text": "Hello!"},
        [{"messages": ends("Say hello")}],
    ),
    "command": Scenario(
        [Turn(calls=[("exec_command", json.dumps({"cmd": "cat greeting.txt"}))]), Turn("It greets.")],
        {"text": "It greets.", "output": "Hello from the file\n"},
        [{}, {"messages": lambda sent: sent[-1]["role"] == "tool" and "Hello from the file" in sent[-1]["content"]}],
    ),
    "patch": Scenario(
        [
            Turn(calls=[("exec_command", json.dumps({"cmd": f"apply_patch <<'EOF'\n{PATCH}\nEOF\n"}))]),
            Turn("Patched."),
        ],
        {"text": "Patched.", "file": "Patched\n"},
        [{}, {"messages": lambda sent: has("Success")(sent[-1]["content"])}],
    ),
    "two_turns": Scenario([Turn("1"), Turn("2")], {"text": "2"}, [{}, {"messages": ends("One?", "1", "Two?")}]),
    "resumed": Scenario([Turn("1"), Turn("2")], {"text": "2"}, [{}, {"messages": ends("One?", "1", "Two?")}]),
    "structured": Scenario([Turn('{"a": 1}')], {"a": 1}, [{"response_format": {"type": "json_schema"}}]),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_codex_sdk(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("codex_sdk.mjs", "codex-sdk", name, SCENARIOS, strict=strict, server=server, runs=runs)
