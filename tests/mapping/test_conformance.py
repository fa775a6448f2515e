from __future__ import annotations

from typing import Any

import pytest

from translator.mapping.conformance import fault_of

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "ages": {"type": "array", "items": {"type": "integer"}}},
    "required": ["name"],
}


def schema(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "name": "person", "schema": value}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"name": "Ada"}', None),
        ("Ada", "the answer is not JSON"),
        ("{}", "the answer does not conform to the schema: 'required' is not met at $"),
        (
            '{"name": "Ada", "ages": [1, "secret"]}',
            "the answer does not conform to the schema: 'type' is not met at $.ages[1]",
        ),
    ],
)
def test_an_answer_is_held_to_its_schema_and_not_quoted(text: str, fault: str | None) -> None:
    assert fault_of(text, schema(PERSON)) == fault


def test_plain_text_and_any_object_are_formats_too() -> None:
    assert fault_of("Ada", {"type": "text"}) is None
    assert fault_of("{}", {"type": "json_object"}) is None
    assert fault_of("[]", {"type": "json_object"}) is not None


@pytest.mark.parametrize("faulty", [{"type": "strin"}, {"$ref": "http://127.0.0.1:9/schema.json"}, {"$schema": "x:y"}])
def test_a_faulty_schema_is_told_and_nothing_is_fetched(faulty: dict[str, Any]) -> None:
    assert fault_of("{}", schema(faulty)) == "the schema itself is faulty, so the answer was not checked"


def test_a_pattern_that_backtracks_does_not_hold_anybody_up() -> None:
    assert fault_of(f'"{"a" * 40}!"', schema({"pattern": "(a+)+$"})) is not None
