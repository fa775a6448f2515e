from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema
import pytest

from translator.server import demo
from translator.sse import Decoder

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time"}}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=demo.transport(), base_url=demo.BASE_URL) as client:
        yield client


def body(content: Any = "Hello, world!", **fields: Any) -> dict[str, Any]:
    return {"model": "demo", "messages": [{"role": "user", "content": content}], **fields}


async def complete(http: httpx.AsyncClient, request: dict[str, Any]) -> dict[str, Any]:
    response = await http.post("/chat/completions", json=request)
    assert response.status_code == 200, response.text
    completion: dict[str, Any] = response.json()
    return completion


async def choice(http: httpx.AsyncClient, request: dict[str, Any]) -> dict[str, Any]:
    completion = await complete(http, request)
    (only,) = completion["choices"]
    assert isinstance(only, dict)
    return only


async def chunks(http: httpx.AsyncClient, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The chunks of a stream that ends as it should."""
    response = await http.post("/chat/completions", json=request | {"stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, last = Decoder().receive(response.content)
    assert last[0] == b"[DONE]"
    return [json.loads(data) for data, _ in events]


def calls(message: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls", [])
    ]


def answered(request: dict[str, Any], message: dict[str, Any], *results: str) -> dict[str, Any]:
    """The next request of a tool loop."""
    replies = [
        {"role": "tool", "tool_call_id": call["id"], "content": result}
        for call, result in zip(message["tool_calls"], results, strict=True)
    ]
    return request | {"messages": [*request["messages"], message, *replies]}


async def test_it_echoes_the_last_user_text_and_counts_words(http: httpx.AsyncClient) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "One"},
        {"role": "user", "content": "more"},
        {"role": "user", "content": [{"type": "text", "text": "two\nthree"}]},
    ]
    completion = await complete(http, {"model": "demo", "messages": messages})
    assert completion["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "two\nthree", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert completion["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 2,
        "total_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    assert (completion["object"], completion["model"]) == ("chat.completion", "demo")


async def test_the_same_request_gets_the_same_bytes(http: httpx.AsyncClient) -> None:
    first, again = [await http.post("/chat/completions", json=body()) for _ in range(2)]
    assert first.content == again.content
    other = await http.post("/chat/completions", json=body("Hello, you!"))
    assert other.json()["id"] != first.json()["id"]


async def test_a_stream_goes_word_by_word_between_role_and_finish_reason(http: httpx.AsyncClient) -> None:
    stream = await chunks(http, body("one two  three\n"))
    deltas = [chunk["choices"][0]["delta"] for chunk in stream]
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"content": "one"},
        {"content": " two"},
        {"content": "  three\n"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in stream] == [None, None, None, None, "stop"]
    assert all("usage" not in chunk for chunk in stream)


async def test_usage_ends_the_stream_when_it_is_asked_for(http: httpx.AsyncClient) -> None:
    *others, last = await chunks(http, body("one two", stream_options={"include_usage": True}))
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 4
    assert all(chunk["usage"] is None for chunk in others)


async def test_a_stream_tells_what_the_completion_tells(http: httpx.AsyncClient) -> None:
    request = body("get_weather city=Paris get_time", tools=[WEATHER, TIME], reasoning_effort="low")
    whole = await complete(http, request)
    stream = await chunks(http, request)
    assert {chunk["id"] for chunk in stream} == {whole["id"]}
    deltas = [chunk["choices"][0]["delta"] for chunk in stream]
    reasoning = "".join(delta.get("reasoning_content", "") for delta in deltas)
    assert reasoning == whole["choices"][0]["message"]["reasoning_content"]
    arguments = {0: "", 1: ""}
    for delta in deltas:
        for call in delta.get("tool_calls", []):
            arguments[call["index"]] += call["function"]["arguments"]
    told = [call["function"]["arguments"] for call in whole["choices"][0]["message"]["tool_calls"]]
    assert list(arguments.values()) == told
    assert stream[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_tool_is_called_when_the_text_names_it(http: httpx.AsyncClient) -> None:
    request = body("Please ask get_weather about city='New York', days=3.", tools=[WEATHER, TIME])
    reply = await choice(http, request)
    assert calls(reply["message"]) == [("get_weather", {"city": "New York", "days": 3})]
    assert reply["message"]["content"] is None
    assert reply["finish_reason"] == "tool_calls"
    reply = await choice(http, body("In city=Oslo. What does get_weather say?", tools=[WEATHER]))
    assert calls(reply["message"]) == [("get_weather", {"city": "Oslo"})]
    reply = await choice(http, body("What about get_weather_now or my-get_time?", tools=[WEATHER, TIME]))
    assert calls(reply["message"]) == [], "a longer word is another name"


async def test_each_mention_is_a_call_with_the_values_that_follow_it(http: httpx.AsyncClient) -> None:
    text = 'get_weather {"city": "Paris", "days": 2} and get_weather city=Rome, then get_time and get_time'
    reply = await choice(http, body(text, tools=[WEATHER, TIME]))
    assert calls(reply["message"]) == [
        ("get_weather", {"city": "Paris", "days": 2}),
        ("get_weather", {"city": "Rome"}),
        ("get_time", {}),
    ]
    assert len({call["id"] for call in reply["message"]["tool_calls"]}) == len(reply["message"]["tool_calls"])
    one = await choice(http, body(text, tools=[WEATHER, TIME], parallel_tool_calls=False))
    assert calls(one["message"]) == [("get_weather", {"city": "Paris", "days": 2})]


async def test_after_the_results_it_says_what_they_say(http: httpx.AsyncClient) -> None:
    request = body("get_weather city=Paris, get_weather city=Rome", tools=[WEATHER])
    message = (await choice(http, request))["message"]
    reply = await choice(http, answered(request, message, "18 °C", "24 °C"))
    assert reply["message"]["content"] == "18 °C\n24 °C"
    assert reply["finish_reason"] == "stop"


async def test_a_message_after_the_results_is_no_new_request_for_tools(http: httpx.AsyncClient) -> None:
    request = body("get_weather city=Paris", tools=[WEATHER])
    request = answered(request, (await choice(http, request))["message"], "see the next message")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    caption = {"type": "text", "text": "What get_weather drew:"}
    request["messages"].append({"role": "user", "content": [caption, image]})
    content = (await choice(http, request))["message"]["content"]
    assert content.splitlines() == ["see the next message", "What get_weather drew:", "(1 image: image/png)"]


async def test_one_call_at_a_time_takes_several_rounds(http: httpx.AsyncClient) -> None:
    request = body("get_weather city=Paris, get_time", tools=[WEATHER, TIME], parallel_tool_calls=False)
    first = (await choice(http, request))["message"]
    assert [name for name, _ in calls(first)] == ["get_weather"]
    request = answered(request, first, "sunny")
    second = (await choice(http, request))["message"]
    assert [name for name, _ in calls(second)] == ["get_time"]
    request = answered(request, second, "noon")
    assert (await choice(http, request))["message"]["content"] == "sunny\nnoon"


async def test_a_finished_turn_does_not_bear_on_the_next(http: httpx.AsyncClient) -> None:
    request = body("get_time", tools=[TIME])
    message = (await choice(http, request))["message"]
    request = answered(request, message, "noon")
    request["messages"] += [{"role": "assistant", "content": "noon"}, {"role": "user", "content": "Thanks"}]
    assert (await choice(http, request))["message"]["content"] == "Thanks"


@pytest.mark.parametrize(
    ("tool_choice", "text", "names"),
    [
        ("none", "get_time", []),
        ("auto", "hello", []),
        ("required", "hello", ["get_weather"]),
        ("required", "get_time", ["get_time"]),
        ({"type": "function", "function": {"name": "get_time"}}, "get_weather", ["get_time"]),
    ],
)
async def test_tool_choice_is_honoured(http: httpx.AsyncClient, tool_choice: Any, text: str, names: list[str]) -> None:
    reply = await choice(http, body(text, tools=[WEATHER, TIME], tool_choice=tool_choice))
    assert [name for name, _ in calls(reply["message"])] == names


async def test_the_answer_conforms_to_a_given_schema(http: httpx.AsyncClient) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "guests": {"type": "array", "items": {"type": "string"}}},
        "required": ["name", "guests"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "event", "schema": schema, "strict": True}}
    reply = await choice(http, body('An event with name="Science fair"', response_format=form))
    event = json.loads(reply["message"]["content"])
    jsonschema.validate(event, schema)
    assert event["name"] == "Science fair"
    request = body("get_time", tools=[TIME], response_format=form)
    asked = answered(request, (await choice(http, request))["message"], '{"guests": ["Ann"]}')
    event = json.loads((await choice(http, asked))["message"]["content"])
    assert event == {"name": "name", "guests": ["Ann"]}


async def test_json_object_is_an_object_with_the_values_that_were_given(http: httpx.AsyncClient) -> None:
    form = {"type": "json_object"}
    reply = await choice(http, body("Hello", response_format=form))
    assert json.loads(reply["message"]["content"]) == {"text": "Hello"}
    reply = await choice(http, body('Repeat {"a": [1]}, please', response_format=form))
    assert json.loads(reply["message"]["content"]) == {"a": [1]}


async def test_it_thinks_only_when_asked_to(http: httpx.AsyncClient) -> None:
    for quiet in ({}, {"reasoning_effort": "none"}):
        assert "reasoning_content" not in (await choice(http, body(**quiet)))["message"]
    completion = await complete(http, body("Why?", reasoning_effort="high"))
    message, usage = completion["choices"][0]["message"], completion["usage"]
    assert message["content"] == "Why?"
    reasoning = len(message["reasoning_content"].split())
    assert reasoning > 5
    assert usage["completion_tokens_details"] == {"reasoning_tokens": reasoning}
    assert usage["completion_tokens"] == reasoning + 1


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_the_token_limit_cuts_the_answer(http: httpx.AsyncClient, name: str) -> None:
    completion = await complete(http, body("one two three", **{name: 2}))
    assert completion["choices"][0]["message"]["content"] == "one two"
    assert completion["choices"][0]["finish_reason"] == "length"
    assert completion["usage"]["completion_tokens"] == 2
    exact = await choice(http, body("one two three", **{name: 3}))
    assert exact["finish_reason"] == "stop"


@pytest.mark.parametrize("stop", [" three", ["four", " three"]])
async def test_the_answer_ends_before_a_stop_sequence(http: httpx.AsyncClient, stop: Any) -> None:
    reply = await choice(http, body("one two three four", stop=stop))
    assert (reply["message"]["content"], reply["finish_reason"]) == ("one two", "stop")


async def test_logprobs_come_with_every_word(http: httpx.AsyncClient) -> None:
    reply = await choice(http, body("hé ho", logprobs=True, top_logprobs=2))
    first, second = reply["logprobs"]["content"]
    assert first["token"] + second["token"] == "hé ho"
    assert first["bytes"] == list("hé".encode())
    assert first["logprob"] == second["logprob"] == first["top_logprobs"][0]["logprob"] < 0
    assert len(first["top_logprobs"]) == 2
    assert first["top_logprobs"][1]["logprob"] < first["logprob"]
    stream = await chunks(http, body("hé ho", logprobs=True))
    told = [chunk["choices"][0]["logprobs"] for chunk in stream]
    assert [one and one["content"][0]["token"] for one in told] == [None, "hé", " ho", None]


async def test_it_says_what_was_attached(http: httpx.AsyncClient) -> None:
    content = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "image_url", "image_url": {"url": "https://example.com/cat.jpg", "detail": "low"}},
        {"type": "file", "file": {"filename": "notes.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ]
    completion = await complete(http, body(content))
    assert completion["choices"][0]["message"]["content"].splitlines() == [
        "Look:",
        "(2 images: image/png, image/jpeg)",
        "(1 file: notes.pdf)",
        "(1 audio clip: wav)",
    ]
    assert completion["usage"]["prompt_tokens"] == 5


async def test_the_one_model_is_listed(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/models")).json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == [demo.MODEL] == ["demo"]


async def test_another_model_does_not_exist(http: httpx.AsyncClient) -> None:
    response = await http.post("/chat/completions", json=body() | {"model": "gpt-9"})
    error = response.json()["error"]
    assert response.status_code == 404
    assert (error["code"], error["param"], error["type"]) == (
        "model_not_found",
        "model",
        "invalid_request_error",
    )
    assert "gpt-9" in error["message"]


async def test_a_refusal_is_a_400_in_openais_body(http: httpx.AsyncClient) -> None:
    response = await http.post("/chat/completions", json=body(tools=[]))
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "tools", None)


async def test_a_body_that_is_no_json_object_is_refused(http: httpx.AsyncClient) -> None:
    for content in (b"{", b"[]", b"\xff"):
        response = await http.post("/chat/completions", content=content)
        assert response.status_code == 400
        assert "JSON object" in response.json()["error"]["message"]


async def test_other_paths_and_methods_answer_with_the_same_error_body(http: httpx.AsyncClient) -> None:
    for response, status in ((await http.get("/nothing"), 404), (await http.get("/chat/completions"), 405)):
        assert response.status_code == status
        assert response.json()["error"]["type"] == "invalid_request_error"
