"""What clients have to say to every family, and what the model behind it means to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Say:
    """What the model means to say, whatever shape its server gives it."""

    text: str = ""
    thought: str = ""
    """Said only where the model thinks."""

    calls: tuple[tuple[str, JSON], ...] = ()
    """Made only of tools that were offered."""

    made_to: bool = False
    """The calls are made only by a model that was told it must; else it says the text."""

    data: JSON | None = None
    """Said as JSON by a model that was told the schema; else it says the text."""

    finish: str = "stop"
    fault: str = ""
    """`too_long` and `too_fast` refuse the request, `breaks` ends a stream with an error."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the client adds to the conversation, and what it is answered."""

    says: Say
    adds: tuple[JSON, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Of the calls of the turn before, by the function's name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Conversation:
    """Turns, and the fields that all their requests have."""

    name: str
    turns: tuple[Turn, ...]
    fields: JSON = field(default_factory=dict)
    error: tuple[int, str] | None = None
    """Status and code of the error that is the right end of it; None: it ends well."""

    fails: bool = False
    """Whether a stream's right end is `response.failed`."""


def _function(name: str, *properties: str) -> JSON:
    parameters = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in properties},
        "required": [*properties],
        "additionalProperties": False,
    }
    return {"type": "function", "name": name, "parameters": parameters}


def _user(text: str) -> JSON:
    return {"role": "user", "content": text}


WEATHER = _function("get_weather", "city")
TIME = _function("get_time", "city")
SCHEMA: JSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}, "unit": {"const": "celsius"}},
    "required": ["city", "degrees", "unit"],
    "additionalProperties": False,
}
FORM: JSON = {"format": {"type": "json_schema", "name": "weather", "schema": SCHEMA, "strict": True}}
FILLED: JSON = {"city": "Paris", "degrees": 21, "unit": "celsius"}
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)
PARIS, ROME = {"city": "Paris"}, {"city": "Rome"}
SUNNY = Say(text="It is sunny in Paris.", thought="The tool said so.")

CONVERSATIONS = (
    Conversation(
        name="text",
        fields={"instructions": "Be brief."},
        turns=(
            Turn(
                adds=({"role": "developer", "content": "Speak English."}, _user("Hello!")),
                says=Say(text="Hello, how are you?", thought="A greeting."),
            ),
            Turn(adds=(_user("Fine."), _user("And you?")), says=Say(text="Fine — thanks.", thought="Small talk.")),
        ),
    ),
    Conversation(
        name="late developer",
        fields={"instructions": "Be brief."},
        turns=(
            Turn(adds=(_user("Hello!"),), says=Say(text="Hello!")),
            Turn(
                adds=({"role": "developer", "content": "From now on rhyme."}, _user("What is red?")),
                says=Say(text="A bed."),
            ),
        ),
    ),
    Conversation(
        name="tools, two rounds",
        fields={"tools": [WEATHER, TIME]},
        turns=(
            Turn(adds=(_user("The weather in Paris?"),), says=Say(calls=(("get_weather", PARIS),), thought="I look.")),
            Turn(outputs={"get_weather": "sunny"}, says=Say(calls=(("get_time", PARIS),), thought="And the time.")),
            Turn(outputs={"get_time": "noon"}, says=SUNNY),
            Turn(adds=(_user("Thanks."),), says=Say(text="You are welcome.")),
        ),
    ),
    Conversation(
        name="parallel calls",
        fields={"tools": [{**WEATHER, "strict": True}, TIME]},
        turns=(
            Turn(
                adds=(_user("The weather in Paris, and in Rome?"),),
                says=Say(calls=(("get_weather", PARIS), ("get_weather", ROME)), thought="Both."),
            ),
            Turn(
                outputs={"get_weather": "sunny"},
                adds=(_user("Is it so in both?"),),
                says=Say(text="It is sunny in both.", thought="The same."),
            ),
        ),
    ),
    Conversation(
        name="forced call",
        fields={"tools": [WEATHER, TIME], "tool_choice": {"type": "function", "name": "get_weather"}},
        turns=(
            Turn(
                adds=(_user("Paris!"),),
                says=Say(calls=(("get_weather", PARIS),), made_to=True, text="A fine city.", thought="I must."),
            ),
        ),
    ),
    Conversation(
        name="forced while thinking",
        fields={"tools": [WEATHER], "tool_choice": "required", "reasoning": {"effort": "high"}},
        turns=(
            Turn(
                adds=(_user("Paris!"),),
                says=Say(calls=(("get_weather", PARIS),), made_to=True, text="A fine city.", thought="I must."),
            ),
        ),
    ),
    Conversation(
        name="schema",
        fields={"text": FORM},
        turns=(Turn(adds=(_user("21 degrees in Paris."),), says=Say(data=FILLED, text="Yes, it is warm there.")),),
    ),
    Conversation(
        name="schema and tools",
        fields={"text": FORM, "tools": [WEATHER]},
        turns=(
            Turn(adds=(_user("The weather in Paris?"),), says=Say(calls=(("get_weather", PARIS),), thought="I look.")),
            Turn(outputs={"get_weather": "21 degrees"}, says=Say(data=FILLED, text="It is warm.")),
        ),
    ),
    Conversation(
        name="thinking with tools",
        fields={
            "tools": [WEATHER],
            "reasoning": {"effort": "medium", "summary": "auto"},
            "include": ["reasoning.encrypted_content"],
        },
        turns=(
            Turn(adds=(_user("The weather in Paris?"),), says=Say(calls=(("get_weather", PARIS),), thought="I look.")),
            Turn(outputs={"get_weather": "sunny"}, says=SUNNY),
            Turn(adds=(_user("Thanks."),), says=Say(text="You are welcome.", thought="Polite.")),
        ),
    ),
    Conversation(
        name="image",
        turns=(
            Turn(
                adds=(
                    {
                        "role": "user",
                        "content": [
                            {"type": "input_text", "text": "What is this?"},
                            {"type": "input_image", "image_url": DOT},
                        ],
                    },
                ),
                says=Say(text="A dot."),
            ),
        ),
    ),
    Conversation(
        name="output limit",
        fields={"max_output_tokens": 1_000_000},
        turns=(Turn(adds=(_user("Write a book."),), says=Say(text="Once upon a", finish="length")),),
    ),
    Conversation(
        name="parameters",
        fields={
            "temperature": 0.5,
            "metadata": {"user": "7"},
            "prompt_cache_key": "thread-7",
            "safety_identifier": "user-7",
            "service_tier": "auto",
            "parallel_tool_calls": True,
            "text": {"verbosity": "low"},
            "stop": "END",
        },
        turns=(Turn(adds=(_user("Hello!"),), says=Say(text="Hello!")),),
    ),
    Conversation(
        name="too long",
        error=(400, "context_length_exceeded"),
        turns=(Turn(adds=(_user("Blah. " * 200),), says=Say(fault="too_long")),),
    ),
    Conversation(
        name="too fast",
        error=(429, "rate_limit_exceeded"),
        turns=(Turn(adds=(_user("Hello!"),), says=Say(fault="too_fast")),),
    ),
    Conversation(
        name="breaks off",
        fails=True,
        turns=(Turn(adds=(_user("Hello!"),), says=Say(text="Hel", fault="breaks")),),
    ),
)
