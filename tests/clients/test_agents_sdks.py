"""The Agents SDKs for Python and JavaScript: tools, handoffs, forms, sessions, streams; each scenario in both."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Runs, Server, check
from .scenario import ABSENT, Scenario, assistant, has, names, system, tool, user
from .strict_upstream import StrictUpstream, Turn

pytestmark = pytest.mark.clients

BRIEF = system("Be brief.")
PARIS, ROME = '{"city": "Paris"}', '{"city": "Rome"}'
CALLED = Turn(calls=[("get_weather", PARIS)])
SUNNY = Turn("It is sunny.")
HISTORY = [BRIEF, user("Weather?"), assistant("", ("get_weather", PARIS)), tool("sunny in Paris")]
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"strict": True, "schema": {"properties": {"name": {"type": "string"}}}},
}
DATA = "data:image/png;base64,iVBORw0KGgo="
TWO_TURNS = [
    {"messages": [BRIEF, user("One?")]},
    {"messages": [BRIEF, user("One?"), assistant("1"), user("Two?")]},
]
PATCH = '{"type": "create_file", "path": "a.txt", "diff": "+a"}'


def transfers(tools: list[dict[str, Any]]) -> bool:
    """One tool, whose name the two SDKs write differently."""
    return [tool["function"]["name"].lower() for tool in tools] == ["transfer_to_helper"]


SCENARIOS = {
    "text": Scenario(
        [Turn("Hello!")],
        {"text": "Hello!", "usage": 18},
        [{"messages": [BRIEF, user("Hi")], "tools": ABSENT, "stream": ABSENT}],
    ),
    "streamed": Scenario(
        [Turn("Hello, wörld! 😀")],
        {"several": True, "joined": "Hello, wörld! 😀", "text": "Hello, wörld! 😀"},
        [{"messages": [BRIEF, user("Hi")], "stream": True}],
    ),
    "tool": Scenario(
        [CALLED, SUNNY],
        {"text": "It is sunny.", "turns": 2},
        [{"tools": names("get_weather")}, {"messages": HISTORY}],
    ),
    "tool_streamed": Scenario(
        [CALLED, SUNNY],
        {"text": "It is sunny.", "joined": has("It is sunny.")},
        [{"tools": names("get_weather"), "stream": True}, {"messages": HISTORY, "stream": True}],
    ),
    "tools_in_parallel": Scenario(
        [Turn(calls=[("get_weather", PARIS), ("get_weather", ROME)]), SUNNY],
        {"text": "It is sunny."},
        [
            {},
            {
                "messages": [
                    BRIEF,
                    user("Weather?"),
                    assistant("", ("get_weather", PARIS), ("get_weather", ROME)),
                    tool("sunny in Paris"),
                    tool("sunny in Rome"),
                ]
            },
        ],
    ),
    "tool_required": Scenario(
        [CALLED, SUNNY],
        {"text": "It is sunny."},
        [
            {"tool_choice": "required", "parallel_tool_calls": False, "temperature": 0.5},
            {"messages": HISTORY, "tool_choice": ABSENT},
        ],
    ),
    "handoff": Scenario(
        [Turn(calls=[(0, "{}")]), Turn("Helped.")],
        {"text": "Helped.", "agent": "Helper"},
        [
            {"tools": transfers, "messages": [BRIEF, user("Help me")]},
            {
                "messages": [
                    system("Help."),
                    user("Help me"),
                    assistant("", (lambda name: name.lower() == "transfer_to_helper", "{}")),
                    tool(has("Helper")),
                ]
            },
        ],
    ),
    "agent_as_tool": Scenario(
        [Turn(calls=[("ask_helper", '{"input": "How?"}')]), Turn("So."), Turn("As I heard: so.")],
        {"text": "As I heard: so."},
        [
            {"tools": names("ask_helper")},
            {"messages": [system("Help."), user("How?")]},
            {"messages": [BRIEF, user("Help me"), assistant("", ("ask_helper", has("How?"))), tool("So.")]},
        ],
    ),
    "structured": Scenario(
        [Turn('{"name": "Zoë", "age": 7}')], {"name": "Zoë", "age": 7}, [{"response_format": SCHEMA}]
    ),
    "previous_response": Scenario([Turn("1"), Turn("2")], {"text": "2"}, TWO_TURNS),
    "replayed": Scenario([Turn("1"), Turn("2")], {"text": "2"}, TWO_TURNS),
    "local_session": Scenario(
        [CALLED, SUNNY, Turn("Still.")],
        {"text": "Still."},
        [{}, {"messages": HISTORY}, {"messages": [*HISTORY, assistant("It is sunny."), user("Again?")]}],
    ),
    "conversation": Scenario([Turn("1"), Turn("2")], {"text": "2", "items": 4}, TWO_TURNS),
    "reasoning": Scenario(
        [Turn(reasoning="Hm.", calls=[("get_weather", PARIS)]), SUNNY],
        {"text": "It is sunny."},
        [
            {"reasoning_effort": "low"},
            {"messages": [*HISTORY[:2], {**HISTORY[2], "reasoning_content": "Hm."}, HISTORY[3]]},
        ],
    ),
    "image": Scenario(
        [Turn("A pixel.")],
        {"text": "A pixel."},
        [{"messages": [BRIEF, user([{"text": "What?"}, {"image_url": {"url": DATA}}])]}],
    ),
    "shell": Scenario(
        [Turn(calls=[("shell", '{"commands": ["ls"]}')]), Turn("Listed.")],
        {"text": "Listed."},
        [
            {"tools": names("shell")},
            {"messages": [BRIEF, user("List!"), assistant("", ("shell", has("ls"))), tool(has("ran", "ls"))]},
        ],
    ),
    "apply_patch": Scenario(
        [Turn(calls=[("apply_patch", PATCH)]), Turn("Patched.")],
        {"text": "Patched."},
        [
            {"tools": names("apply_patch")},
            {
                "messages": [
                    BRIEF,
                    user("Patch!"),
                    assistant("", ("apply_patch", has("a.txt"))),
                    tool(has("created a.txt")),
                ]
            },
        ],
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_python(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("agents_sdk.py", "agents-python", name, SCENARIOS, strict=strict, server=server, runs=runs)


@pytest.mark.parametrize("name", SCENARIOS)
def test_javascript(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("agents_sdk.mjs", "agents-js", name, SCENARIOS, strict=strict, server=server, runs=runs)
