from __future__ import annotations

import base64
from typing import Any

import pytest
from openai import OpenAI
from openai.types.responses import Response, ResponseOutputMessage, ResponseOutputText

from ..servers import ScriptedUpstream, completion

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def user(*parts: dict[str, Any]) -> Any:
    return [{"role": "user", "content": list(parts)}]


def only_text(response: Response) -> tuple[ResponseOutputMessage, ResponseOutputText]:
    """The response's one item and its one part."""
    (message,) = response.output
    assert isinstance(message, ResponseOutputMessage)
    (part,) = message.content
    assert isinstance(part, ResponseOutputText)
    return message, part


def test_create_gives_a_completed_response(client: OpenAI) -> None:
    response = client.responses.create(model="demo", input="Hello, world!")
    message, part = only_text(response)
    assert response.output_text == part.text == "Hello, world!"
    assert (response.status, message.status, message.role) == ("completed", "completed", "assistant")
    assert message.phase == "final_answer"
    assert (response.object, response.model, response.error) == ("response", "demo", None)
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (2, 2, 4)
    assert response.completed_at is not None
    assert 1_700_000_000 < response.created_at <= response.completed_at


def test_every_response_has_an_id_of_its_own(client: OpenAI) -> None:
    first, second = [client.responses.create(model="demo", input="Hi") for _ in range(2)]
    assert first.id.startswith("resp_") and second.id.startswith("resp_")
    assert first.id != second.id
    assert first.output[0].id != second.output[0].id


def test_what_was_asked_is_echoed(client: OpenAI) -> None:
    asked: dict[str, Any] = {
        "instructions": "Be brief.",
        "metadata": {"ticket": "42"},
        "max_output_tokens": 50,
        "temperature": 0.0,
        "top_p": 0.5,
        "user": "u-1",
        "safety_identifier": "s-1",
        "prompt_cache_key": "k-1",
        "truncation": "disabled",
    }
    response = client.responses.create(model="demo", input="Hi", **asked)
    assert {name: getattr(response, name) for name in asked} == asked


def test_a_conversation_is_replayed_with_what_came_out_of_it(client: OpenAI) -> None:
    conversation: list[Any] = [{"role": "user", "content": "one"}]
    for word in ("two", "three"):
        response = client.responses.create(model="demo", input=conversation, reasoning={"effort": "low"})
        conversation += [item.to_dict() for item in response.output]
        conversation.append({"role": "user", "content": word})
    response = client.responses.create(model="demo", input=conversation)
    assert response.output_text == "three"
    assert response.usage is not None
    assert response.usage.input_tokens == len(["one", "one", "two", "two", "three"])


def test_images_reach_the_upstream(client: OpenAI) -> None:
    parts = user(
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": PNG, "detail": "low"},
        {"type": "input_image", "image_url": "https://example.com/cat.jpg", "detail": "auto"},
    )
    response = client.responses.create(model="demo", input=parts)
    assert response.output_text.splitlines() == ["What is this?", "(2 images: image/png, image/jpeg)"]


def test_files_and_sound_reach_the_upstream(client: OpenAI) -> None:
    parts = user(
        {"type": "input_file", "filename": "notes.txt", "file_data": "data:text/plain;base64,QnV5IG1pbGsu"},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    )
    response = client.responses.create(model="demo", input=parts)
    begin, text, end, sound = response.output_text.splitlines()
    assert ('file "notes.txt"' in begin, text, 'end of file "notes.txt"' in end) == (True, "Buy milk.", True)
    assert sound == "(1 audio clip: wav)"


def test_a_cut_answer_is_incomplete_and_says_why(client: OpenAI) -> None:
    response = client.responses.create(model="demo", input="one two three", max_output_tokens=2)
    message, part = only_text(response)
    assert (response.status, message.status, part.text) == ("incomplete", "incomplete", "one two")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


def test_logprobs_come_when_they_are_included(client: OpenAI) -> None:
    response = client.responses.create(
        model="demo", input="one two", include=["message.output_text.logprobs"], top_logprobs=2
    )
    _, part = only_text(response)
    assert part.logprobs is not None
    assert [entry.token for entry in part.logprobs] == ["one", " two"]
    assert [len(entry.top_logprobs) for entry in part.logprobs] == [2, 2]
    _, silent = only_text(client.responses.create(model="demo", input="one two"))
    assert not silent.logprobs


def test_reasoning_is_an_item_before_the_message(client: OpenAI) -> None:
    response = client.responses.create(model="demo", input="Why?", reasoning={"effort": "high", "summary": "auto"})
    reasoning, message = response.output
    assert reasoning.type == "reasoning"
    assert message.type == "message"
    assert reasoning.content is not None
    assert reasoning.content[0].text == reasoning.summary[0].text
    assert "Why?" in reasoning.content[0].text
    assert response.usage is not None
    assert response.usage.output_tokens_details.reasoning_tokens > 0


def test_the_request_id_and_the_losses_are_in_the_headers(client: OpenAI) -> None:
    raw = client.responses.with_raw_response.create(
        model="demo",
        input="Hi",
        include=["file_search_call.results"],
        extra_body={"client_metadata": {"a": "b"}},
        extra_headers={"x-request-id": "mine-1"},
    )
    assert raw.headers["x-request-id"] == "mine-1"
    losses = dict(loss.split(": ", 1) for loss in raw.headers["x-translator-losses"].split("; "))
    assert set(losses) == {"client_metadata", "include[0]"}
    assert raw.parse().output_text == "Hi"


def test_nothing_is_said_of_losses_where_there_are_none(client: OpenAI) -> None:
    raw = client.responses.with_raw_response.create(model="demo", input="Hi", store=False)
    assert "x-translator-losses" not in raw.headers
    assert raw.headers["x-request-id"].startswith("req_")
    assert raw.parse()._request_id == raw.headers["x-request-id"]


def test_extra_body_is_passed_through(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("Hi"))
    response = scripted.responses.create(model="m", input="Hi", extra_body={"top_k": 5, "seed": 7})
    assert response.output_text == "Hi"
    asked = upstream.next().json
    assert (asked["top_k"], asked["seed"]) == (5, 7)


def test_a_refusal_is_a_part_of_its_own(scripted: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.reply(completion("", refusal="I cannot help with that."))
    (message,) = scripted.responses.create(model="m", input="Hi").output
    assert isinstance(message, ResponseOutputMessage)
    assert [part.to_dict() for part in message.content] == [{"type": "refusal", "refusal": "I cannot help with that."}]


def test_the_models_are_listed_and_retrieved(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["demo"]
    assert client.models.retrieve("demo").id == "demo"


@pytest.mark.parametrize("prefix", ["", "/v1", "/api/v1"])
def test_every_prefix_serves_the_same(client: OpenAI, prefix: str) -> None:
    base_url = client.base_url.copy_with(path=prefix)
    with client.with_options(base_url=base_url) as other:
        assert other.responses.create(model="demo", input="Hi").output_text == "Hi"
        assert [model.id for model in other.models.list()] == ["demo"]
