"""LangChain, Pydantic-AI and LlamaIndex, each in its own words."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Runs, Server, check
from .environment import LLAMAINDEX
from .scenario import ABSENT, Scenario, assistant, has, names, system, tool, user
from .strict_upstream import StrictUpstream, Turn

pytestmark = pytest.mark.clients

PARIS, ROME = '{"city": "Paris"}', '{"city": "Rome"}'
SENTENCE = "Hello, wörld! 😀"
HELLO = Turn(SENTENCE)
CALLED = Turn(calls=[("get_weather", PARIS)])
BOTH = Turn(calls=[("get_weather", PARIS), ("get_weather", ROME)])
THOUGHT = Turn(reasoning="Hm.", calls=[("get_weather", PARIS)])
SUNNY = Turn("It is sunny.")
ZOE = Turn('{"name": "Zoë", "age": 7}')
PERSON = {"name": "Zoë", "age": 7}
BRIEF = system("Be brief.")
HI = {"messages": [BRIEF, user("Hi")]}
SCHEMA = {"type": "json_schema", "json_schema": {"schema": {"properties": {"name": {"type": "string"}}}}}
ASKED = user("Weather?")
TOLD: list[Any] = [assistant("", ("get_weather", has("Paris"))), tool("sunny in Paris")]
TOLD_BOTH: list[Any] = [
    assistant("", ("get_weather", has("Paris")), ("get_weather", has("Rome"))),
    tool("sunny in Paris"),
    tool("sunny in Rome"),
]
THOUGHT_AGAIN: list[Any] = [{**TOLD[0], "reasoning_content": "Hm."}, TOLD[1]]
ONE = user("One?")
TWO: list[Any] = [ONE, assistant("1"), user("Two?")]
IMAGE = [{"text": "What?"}, {"image_url": {"url": has("data:image/png;base64,")}}]
LIMITS = {"temperature": 0.5, "max_tokens": 99}

LANGCHAIN = {
    "text": Scenario([HELLO], {"text": SENTENCE, "usage": 18, "id": "resp_"}, [{**HI, "tools": ABSENT}]),
    "streamed": Scenario([HELLO], {"several": True, "text": SENTENCE}, [{**HI, "stream": True}]),
    "asynchronous": Scenario([HELLO], SENTENCE, [HI]),
    "settings": Scenario([HELLO], SENTENCE, [LIMITS]),
    "tool_round_trip": Scenario(
        [CALLED, SUNNY],
        {"calls": [{"city": "Paris"}], "text": "It is sunny."},
        [{"tools": names("get_weather")}, {"messages": [ASKED, *TOLD]}],
    ),
    "tool_streamed": Scenario(
        [CALLED, SUNNY],
        {"calls": [{"city": "Paris"}], "text": "It is sunny."},
        [{"stream": True}, {"messages": [ASKED, *TOLD], "stream": True}],
    ),
    "tools_in_parallel": Scenario([BOTH, SUNNY], "It is sunny.", [{}, {"messages": [ASKED, *TOLD_BOTH]}]),
    "tool_choice": Scenario([CALLED], 1, [{"tool_choice": {"function": {"name": "get_weather"}}}]),
    "structured": Scenario([ZOE], PERSON, [{"response_format": SCHEMA}]),
    "second_turn": Scenario([Turn("1"), Turn("2")], "2", [{"messages": [ONE]}, {"messages": TWO}]),
    "plain_history": Scenario([Turn("2")], "2", [{"messages": TWO}]),
    "previous_response": Scenario([Turn("1"), Turn("2")], "2", [{"messages": [ONE]}, {"messages": TWO}]),
    "reasoning": Scenario(
        [THOUGHT, SUNNY], "It is sunny.", [{"reasoning_effort": "low"}, {"messages": [ASKED, *THOUGHT_AGAIN]}]
    ),
    "image": Scenario([Turn("A pixel.")], "A pixel.", [{"messages": [user(IMAGE)]}]),
}

PYDANTIC_AI = {
    "text": Scenario([HELLO], {"text": SENTENCE, "usage": 7}, [{**HI, "tools": ABSENT}]),
    "streamed": Scenario([HELLO], {"several": True, "text": SENTENCE}, [{**HI, "stream": True}]),
    "settings": Scenario([HELLO], SENTENCE, [LIMITS]),
    "tool_round_trip": Scenario(
        [CALLED, SUNNY], "It is sunny.", [{"tools": names("get_weather")}, {"messages": [BRIEF, ASKED, *TOLD]}]
    ),
    "tool_streamed": Scenario(
        [CALLED, SUNNY], "It is sunny.", [{"stream": True}, {"messages": [BRIEF, ASKED, *TOLD], "stream": True}]
    ),
    "tools_in_parallel": Scenario([BOTH, SUNNY], "It is sunny.", [{}, {"messages": [BRIEF, ASKED, *TOLD_BOTH]}]),
    "structured": Scenario([ZOE], PERSON, [{"response_format": SCHEMA}]),
    "structured_by_tool": Scenario(
        [Turn(calls=[(0, '{"name": "Zoë", "age": 7}')])],
        PERSON,
        [{"tool_choice": "required", "tools": names("final_result")}],
    ),
    "second_turn": Scenario([Turn("1"), Turn("2")], "2", [{}, {"messages": [BRIEF, *TWO]}]),
    "second_turn_with_tools": Scenario(
        [CALLED, SUNNY, Turn("Still.")],
        "Still.",
        [{}, {}, {"messages": [BRIEF, ASKED, *TOLD, assistant("It is sunny."), user("Again?")]}],
    ),
    "previous_response": Scenario([Turn("1"), Turn("2")], "2", [{}, {"messages": [BRIEF, *TWO]}]),
    "reasoning": Scenario(
        [THOUGHT, SUNNY], "It is sunny.", [{"reasoning_effort": "low"}, {"messages": [BRIEF, ASKED, *THOUGHT_AGAIN]}]
    ),
    "image": Scenario([Turn("A pixel.")], "A pixel.", [{"messages": [BRIEF, user(IMAGE)]}]),
}

LLAMA_INDEX = {
    "text": Scenario([HELLO], SENTENCE, [{**HI, "tools": ABSENT}]),
    "complete": Scenario([HELLO], SENTENCE, [{"messages": [user("Hi")]}]),
    "streamed": Scenario([HELLO], {"several": True, "text": SENTENCE}, [{**HI, "stream": True}]),
    "asynchronous": Scenario([HELLO], SENTENCE, [HI]),
    "settings": Scenario([HELLO], SENTENCE, [LIMITS]),
    "tool_round_trip": Scenario(
        [CALLED, SUNNY], "It is sunny.", [{"tools": names("get_weather")}, {"messages": [ASKED, *TOLD]}]
    ),
    "tool_streamed": Scenario([CALLED], [["get_weather", {"city": "Paris"}]], [{"stream": True}]),
    "structured": Scenario([ZOE], PERSON, [{"response_format": SCHEMA, "tool_choice": ABSENT, "tools": ABSENT}]),
    "second_turn": Scenario([Turn("1"), Turn("2")], "2", [{"messages": [ONE]}, {"messages": TWO}]),
    "image": Scenario([Turn("A pixel.")], "A pixel.", [{"messages": [user(IMAGE)]}]),
}


@pytest.mark.parametrize("name", LANGCHAIN)
def test_langchain(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("langchain_chat.py", "langchain", name, LANGCHAIN, strict=strict, server=server, runs=runs)


@pytest.mark.parametrize("name", PYDANTIC_AI)
def test_pydantic_ai(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("pydantic_agents.py", "pydantic-ai", name, PYDANTIC_AI, strict=strict, server=server, runs=runs)


@pytest.mark.parametrize("name", LLAMA_INDEX)
def test_llama_index(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("llamaindex.py", "llama-index", name, LLAMA_INDEX, strict=strict, server=server, runs=runs, venv=LLAMAINDEX)
