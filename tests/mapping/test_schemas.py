from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from translator.mapping.schemas import Flavor, fit_schema

JSON = dict[str, Any]


@pytest.mark.parametrize(
    ("flavor", "schema", "fitted", "dropped"),
    [
        ("json_schema", {"$schema": "x", "const": 1}, {"$schema": "x", "const": 1}, ()),
        ("mfjs", {"$schema": "x", "const": "a"}, {"type": "string", "enum": ["a"]}, ()),
        ("mfjs", {"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}, ()),
        ("mfjs", {"enum": ["a", 1]}, {"enum": ["a", 1]}, ()),
        (
            "mfjs",
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            ("prefixItems",),
        ),
        (
            "mfjs",
            {"type": "object", "anyOf": [{"required": ["a"]}, {"$ref": "#/$defs/b"}]},
            {"anyOf": [{"type": "object", "required": ["a"]}, {"$ref": "#/$defs/b"}]},
            (),
        ),
        (
            "grammar",
            {"properties": {"a": True, "b": False, "c": {"type": "string"}}, "additionalProperties": False},
            {"properties": {"a": {}, "c": {"type": "string"}}, "additionalProperties": False},
            ("false",),
        ),
        ("grammar", {"anyOf": [True, False]}, {"anyOf": [{}]}, ()),
        (
            "gemini",
            {"type": "object", "additionalProperties": False, "properties": {"const": {"const": 3}}},
            {"type": "object", "properties": {"const": {"type": "integer", "enum": [3]}}},
            ("additionalProperties",),
        ),
        (
            "gemini",
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
            {"type": "integer", "minimum": 1, "maximum": 9},
            (),
        ),
        ("gemini", {"type": "number", "exclusiveMinimum": 0}, {"type": "number"}, ("exclusiveMinimum",)),
        (
            "openai_strict",
            {
                "oneOf": [
                    {"properties": {"a": {"type": "string"}, "k": {"const": 1}}, "required": ["a", "k"]},
                    {"properties": {"b": {"type": "string"}, "k": {"const": 2}}, "required": ["k"]},
                ]
            },
            {
                "type": "object",
                "properties": {
                    "a": {"type": "string"},
                    "k": {"anyOf": [{"const": 1}, {"const": 2}]},
                    "b": {"type": "string"},
                },
                "required": ["k"],
            },
            ("anyOf",),
        ),
        ("openai_strict", {"properties": {"a": {"allOf": [{"type": "string"}]}}}, None, ()),
    ],
)
def test_a_schema_is_put_into_the_subset_an_upstream_takes(
    flavor: Flavor, schema: JSON, fitted: JSON | None, dropped: tuple[str, ...]
) -> None:
    given = deepcopy(schema)
    expected = {"properties": {"a": {"type": "string"}}} if fitted is None else fitted
    assert fit_schema(schema, flavor) == (expected, dropped)
    assert schema == given, "what was given is not changed"


@pytest.mark.parametrize("flavor", ["mfjs", "grammar", "gemini", "openai_strict"])
def test_a_fitted_schema_fits_already(flavor: Flavor) -> None:
    schema = {"$schema": "s", "properties": {"a": {"const": 1}, "b": {"items": [True, {"enum": [None]}]}, "c": True}}
    once, _ = fit_schema(schema, flavor)
    assert fit_schema(once, flavor) == (once, ())
