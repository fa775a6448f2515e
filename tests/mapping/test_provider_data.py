from __future__ import annotations

from typing import Any

import pytest

from translator.mapping.provider_data import Details, calls_of, details_of

JSON = dict[str, Any]


def merged(*fragments: JSON) -> list[JSON]:
    details = Details()
    for fragment in fragments:
        details.add([fragment])
    return details.take()


def test_text_grows_and_a_late_signature_joins_it() -> None:
    assert merged(
        {"type": "reasoning.text", "index": 0, "text": "One", "signature": None},
        {"type": "reasoning.text", "index": 0, "text": " two"},
        {"type": "reasoning.text", "index": 0, "signature": "s"},
    ) == [{"type": "reasoning.text", "index": 0, "text": "One two", "signature": "s"}]


def test_what_is_encrypted_or_of_another_index_stays_apart_and_in_order() -> None:
    details = [
        {"type": "reasoning.summary", "index": 0, "summary": "a"},
        {"type": "reasoning.summary", "index": 1, "summary": "b"},
        {"type": "reasoning.encrypted", "index": 2, "id": "rs_1", "data": "x"},
        {"type": "reasoning.encrypted", "index": 2, "id": "rs_2", "data": "y"},
    ]
    assert merged(*details) == details


@pytest.mark.parametrize("odd", [5, ["a"], {}, True, None])
def test_what_is_no_text_where_text_grows_gives_way_to_it(odd: Any) -> None:
    text = {"type": "reasoning.text", "text": "a"}
    assert merged({"type": "reasoning.text", "text": odd}, text, text) == [{**text, "text": "aa"}]
    assert merged(text, {"type": "reasoning.text", "text": odd})[0]["text"] == ("a" if odd is None else odd)


def test_details_that_were_taken_are_not_gone_on_with() -> None:
    details = Details()
    for text in ("a", "b"):
        details.add([{"type": "reasoning.text", "text": text}, 5])
    assert details.take() == [{"type": "reasoning.text", "text": "ab"}]
    assert not details
    details.add([{"type": "reasoning.text", "text": "c"}])
    assert details.take() == [{"type": "reasoning.text", "text": "c"}]


def test_what_a_client_made_up_is_passed_over() -> None:
    assert details_of({"reasoning_details": "none"}) == details_of({}) == []
    assert details_of({"reasoning_details": [{"type": "a"}, 1]}) == [{"type": "a"}]
    assert calls_of({"calls": {"a": {"b": 1}, "c": 2}}) == {"a": {"b": 1}}
    assert calls_of({"calls": []}) == {}
