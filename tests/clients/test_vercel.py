"""The Vercel AI SDK, with OpenAI's provider and with that of Open Responses; each scenario with both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .conftest import Runs, Server, check
from .scenario import ABSENT, Scenario, assistant, has, names, system, tool, user
from .strict_upstream import StrictUpstream, Turn

pytestmark = pytest.mark.clients

PARIS, ROME = '{"city": "Paris"}', '{"city": "Rome"}'
CALLED = Turn(calls=[("get_weather", PARIS)])
SUNNY = Turn("It is sunny.")
SENTENCE = "Hello, wörld! 😀"
DATA = "data:image/png;base64,iVBORw0KGgo="
ZOE = Turn('{"name": "Zoë", "age": 7}')
SCHEMA = {"type": "json_schema", "json_schema": {"schema": {"properties": {"name": {"type": "string"}}}}}
LIMITED = {"message": "Slow down.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
TWO_TURNS = [
    {"messages": [user("One?")]},
    {"messages": [user("One?"), assistant("1"), user("Two?")]},
]


def paris(arguments: str) -> bool:
    """The arguments as the SDK writes them again."""
    return arguments.replace(" ", "") == PARIS.replace(" ", "")


def rome(arguments: str) -> bool:
    return arguments.replace(" ", "") == ROME.replace(" ", "")


HISTORY: list[Any] = [user("Weather?"), assistant("", ("get_weather", paris)), tool(has("sunny in Paris"))]

SCENARIOS = {
    "text": Scenario(
        [Turn(SENTENCE)],
        {"text": SENTENCE, "usage": 7, "finishReason": "stop"},
        [{"messages": [system("Be brief."), user("Hi")], "tools": ABSENT}],
    ),
    "streamed": Scenario(
        [Turn(SENTENCE)],
        {"text": SENTENCE, "several": True, "usage": 7},
        [{"messages": [system("Be brief."), user("Hi")], "stream": True}],
    ),
    "settings": Scenario([Turn("Hello!")], "Hello!", [{"temperature": 0.5, "top_p": 0.5, "max_tokens": 99}]),
    "object": Scenario([ZOE], {"name": "Zoë", "age": 7}, [{"response_format": SCHEMA}]),
    "object_streamed": Scenario([ZOE], {"name": "Zoë", "age": 7}, [{"response_format": SCHEMA, "stream": True}]),
    "tool": Scenario(
        [CALLED, SUNNY],
        {"text": "It is sunny.", "calls": [["get_weather", {"city": "Paris"}]]},
        [{"tools": names("get_weather")}, {"messages": HISTORY}],
    ),
    "tool_streamed": Scenario(
        [CALLED, SUNNY],
        {"text": "It is sunny.", "deltas": True},
        [{"tools": names("get_weather"), "stream": True}, {"messages": HISTORY, "stream": True}],
    ),
    "tools_in_parallel": Scenario(
        [Turn(calls=[("get_weather", PARIS), ("get_weather", ROME)]), SUNNY],
        "It is sunny.",
        [
            {},
            {
                "messages": [
                    user("Weather?"),
                    assistant("", ("get_weather", paris), ("get_weather", rome)),
                    tool(has("sunny in Paris")),
                    tool(has("sunny in Rome")),
                ]
            },
        ],
    ),
    "tool_choice": Scenario([CALLED], 1, [{"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}]),
    "second_turn": Scenario([Turn("1"), Turn("2")], "2", TWO_TURNS),
    "second_turn_streamed": Scenario([Turn("1"), Turn("2")], "2", TWO_TURNS),
    "second_turn_with_tools": Scenario(
        [CALLED, SUNNY, Turn("Still.")],
        "Still.",
        [{}, {"messages": HISTORY}, {"messages": [*HISTORY, assistant("It is sunny."), user("Again?")]}],
    ),
    "reasoning": Scenario([Turn("So.", reasoning="Hm.")], {"text": "So."}, [{"messages": [user("Why?")]}]),
    "reasoning_streamed": Scenario(
        [Turn("So.", reasoning="Hm.")], {"text": "So.", "reasoned": True}, [{"stream": True}]
    ),
    "second_turn_after_reasoning": Scenario([Turn("1", reasoning="Hm."), Turn("2")], "2", TWO_TURNS),
    "image": Scenario(
        [Turn("A pixel.")], "A pixel.", [{"messages": [user([{"text": "What?"}, {"image_url": {"url": DATA}}])]}]
    ),
    "length": Scenario([Turn("Hel", finish="length")], "length", [{"max_tokens": 16}]),
    "failure": Scenario(
        [Turn(status=429, error=LIMITED)], {"api": True, "status": 429, "retryable": True}, [{"messages": [user("Hi")]}]
    ),
}


THOUGHT = Turn("So.", reasoning="Hm, hm.")
WITH_OPENAI = SCENARIOS | {
    "reasoning_summary": Scenario([THOUGHT], {"thought": "Hm, hm.", "text": "So."}, [{"reasoning_effort": "low"}]),
    "reasoning_summary_streamed": Scenario([THOUGHT], {"thought": "Hm, hm.", "text": "So."}, [{"stream": True}]),
}


@pytest.mark.parametrize("name", WITH_OPENAI)
def test_openai(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("vercel_openai.mjs", "vercel-openai", name, WITH_OPENAI, strict=strict, server=server, runs=runs)


WITH_OPEN_RESPONSES = SCENARIOS | {
    # this provider tells a call when it is whole
    "tool_streamed": replace(SCENARIOS["tool_streamed"], saw={"text": "It is sunny.", "deltas": False}),
}


@pytest.mark.parametrize("name", WITH_OPEN_RESPONSES)
def test_open_responses(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check(
        "vercel_open_responses.mjs", "vercel-open", name, WITH_OPEN_RESPONSES, strict=strict, server=server, runs=runs
    )
