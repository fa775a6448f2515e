from __future__ import annotations

import json
from typing import Any

import pytest
from openai import BadRequestError, OpenAI
from openai.types.responses import FunctionToolParam, Response, ResponseFunctionToolCall

WEATHER = FunctionToolParam(
    type="function",
    name="get_weather",
    description="The weather of a city.",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    strict=True,
)
TIME = FunctionToolParam(type="function", name="get_time", parameters=None, strict=None)
TOOLS = [WEATHER, TIME]


def calls(response: Response) -> list[ResponseFunctionToolCall]:
    return [item for item in response.output if item.type == "function_call"]


def run(call: ResponseFunctionToolCall) -> str:
    """What the tools of this test do."""
    arguments = json.loads(call.arguments)
    return f"{arguments['city']} is sunny." if call.name == "get_weather" else "It is noon."


def loop(client: OpenAI, text: str, **more: Any) -> tuple[list[list[str]], Response]:
    """Asks until nothing is called any more: the names called in each round, and the last response."""
    items: list[Any] = [{"role": "user", "content": text}]
    rounds: list[list[str]] = []
    while True:
        response = client.responses.create(model="demo", input=items, tools=TOOLS, **more)
        items += [item.to_dict() for item in response.output]
        if not calls(response):
            return rounds, response
        rounds.append([call.name for call in calls(response)])
        items += [
            {"type": "function_call_output", "call_id": call.call_id, "output": run(call)} for call in calls(response)
        ]


def test_a_tool_loop_with_one_call(client: OpenAI) -> None:
    rounds, response = loop(client, "Ask get_weather about city=Paris.")
    assert rounds == [["get_weather"]]
    assert response.output_text == "Paris is sunny."


def test_a_tool_loop_with_parallel_calls(client: OpenAI) -> None:
    rounds, response = loop(client, "get_weather city=Paris, get_weather city=Rome, get_time")
    assert rounds == [["get_weather", "get_weather", "get_time"]]
    assert response.output_text.splitlines() == ["Paris is sunny.", "Rome is sunny.", "It is noon."]


def test_a_tool_loop_of_several_rounds(client: OpenAI) -> None:
    rounds, response = loop(client, "get_weather city=Paris, get_time", parallel_tool_calls=False)
    assert rounds == [["get_weather"], ["get_time"]]
    assert response.output_text.splitlines() == ["Paris is sunny.", "It is noon."]
    assert response.parallel_tool_calls is False


def test_a_tool_loop_that_thinks_in_every_round(client: OpenAI) -> None:
    rounds, response = loop(client, "get_weather city=Paris", reasoning={"effort": "low"})
    assert rounds == [["get_weather"]]
    assert [item.type for item in response.output] == ["reasoning", "message"]


def test_calls_have_ids_that_tell_them_apart(client: OpenAI) -> None:
    response = client.responses.create(model="demo", input="get_weather city=Paris get_time", tools=TOOLS)
    first, second = calls(response)
    assert first.call_id != second.call_id
    assert first.id != second.id
    assert first.id is not None and first.id.startswith("fc_")
    assert first.status == "completed"


def test_an_image_in_a_tools_output_reaches_the_upstream(client: OpenAI) -> None:
    text = "get_weather city=Paris"
    (call,) = calls(client.responses.create(model="demo", input=text, tools=TOOLS))
    output: Any = [
        {"type": "input_text", "text": "A map:"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
    ]
    items: list[Any] = [{"role": "user", "content": text}, call.to_dict()]
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
    response = client.responses.create(model="demo", input=items, tools=TOOLS)
    assert response.output_text.startswith("A map:")
    assert response.output_text.endswith("(1 image: image/png)")


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("none", []),
        ("auto", ["get_weather", "get_time"]),
        ("required", ["get_weather", "get_time"]),
        ({"type": "function", "name": "get_time"}, ["get_time"]),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_time"}]},
            ["get_time"],
        ),
    ],
)
def test_the_tool_choice_decides_what_may_be_called(client: OpenAI, choice: Any, names: list[str]) -> None:
    text = "get_weather city=Paris get_time"
    response = client.responses.create(model="demo", input=text, tools=TOOLS, tool_choice=choice)
    assert [call.name for call in calls(response)] == names
    assert [tool.type for tool in response.tools] == ["function", "function"], "the full list stays visible"


def test_no_tools_is_the_same_as_an_empty_list(client: OpenAI) -> None:
    response = client.responses.create(model="demo", input="Hi", tools=[], tool_choice="auto")
    assert response.output_text == "Hi"


def test_an_output_without_its_call_is_refused(client: OpenAI) -> None:
    items: Any = [
        {"role": "user", "content": "Hi"},
        {"type": "function_call_output", "call_id": "call_lost", "output": "x"},
    ]
    with pytest.raises(BadRequestError, match="call_lost") as caught:
        client.responses.create(model="demo", input=items)
    assert caught.value.param == "input[1].call_id"


def test_a_call_without_its_output_is_refused(client: OpenAI) -> None:
    items: Any = [
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "call_open", "name": "get_time", "arguments": "{}"},
    ]
    with pytest.raises(BadRequestError, match="call_open"):
        client.responses.create(model="demo", input=items, tools=TOOLS)


def test_a_hosted_tool_beside_others_is_reported_and_alone_refused(client: OpenAI) -> None:
    raw = client.responses.with_raw_response.create(model="demo", input="Hi", tools=[WEATHER, {"type": "web_search"}])
    assert "tools[1]: " in raw.headers["x-translator-losses"]
    with pytest.raises(BadRequestError) as caught:
        client.responses.create(model="demo", input="Hi", tools=[{"type": "web_search"}])
    assert caught.value.param == "tools[0]"
