"""The validator: it lets pass what the standard allows, and names the place of what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from ..playback import answer, translate
from . import assert_valid_event, assert_valid_response

JSON = dict[str, Any]

MESSAGE: JSON = {"role": "assistant", "content": "Hello!"}


@pytest.fixture
def response() -> JSON:
    choice = {"index": 0, "message": MESSAGE, "finish_reason": "stop"}
    return answer(translate({"model": "m", "input": "Say hello."}), {"choices": [choice]})


def test_a_response_is_valid(response: JSON) -> None:
    assert_valid_response(response)
    assert_valid_event({"type": "response.completed", "sequence_number": 0, "response": response})


@pytest.mark.parametrize("field", ["store", "usage", "completed_at", "error", "tools", "metadata"])
def test_a_response_without_a_required_field_is_invalid(response: JSON, field: str) -> None:
    del response[field]
    with pytest.raises(AssertionError, match=f"'{field}' is a required property"):
        assert_valid_response(response)


def test_the_place_of_a_fault_is_named(response: JSON) -> None:
    del response["output"][0]["content"][0]["annotations"]
    with pytest.raises(AssertionError, match=r"ResponseResource\['output'\]\[0\]\['content'\]\[0\]: 'annotations'"):
        assert_valid_response(response)


def test_an_item_the_standard_does_not_know_is_invalid(response: JSON) -> None:
    response["output"].append({"type": "web_search_call", "id": "ws_1", "status": "completed"})
    with pytest.raises(AssertionError, match="'web_search_call' is none of"):
        assert_valid_response(response)


def test_an_event_the_standard_does_not_know_is_invalid() -> None:
    with pytest.raises(AssertionError, match="knows no event"):
        assert_valid_event({"type": "response.output_words.delta", "sequence_number": 3})


def test_openais_name_of_a_reasoning_delta_is_held_to_the_standards_schema() -> None:
    delta: JSON = {
        "type": "response.reasoning_text.delta",
        "sequence_number": 3,
        "item_id": "rs_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "Hm.",
    }
    assert_valid_event(delta)
    with pytest.raises(AssertionError, match="'delta' is a required property"):
        assert_valid_event({key: value for key, value in delta.items() if key != "delta"})
