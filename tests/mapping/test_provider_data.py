from __future__ import annotations

from typing import Any

from translator.mapping.provider_data import calls_of, details_of, merge_details

JSON = dict[str, Any]


def merged(*fragments: JSON) -> list[JSON]:
    known: list[JSON] = []
    for fragment in fragments:
        merge_details(known, [fragment])
    return known


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


def test_what_a_client_made_up_is_passed_over() -> None:
    assert details_of({"reasoning_details": "none"}) == details_of({}) == []
    assert details_of({"reasoning_details": [{"type": "a"}, 1]}) == [{"type": "a"}]
    assert calls_of({"calls": {"a": {"b": 1}, "c": 2}}) == {"a": {"b": 1}}
    assert calls_of({"calls": []}) == {}
