from __future__ import annotations

from typing import Any, cast

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import InvalidRequest
from translator.server.demo.instance import instance

NODE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        "children": {"type": "array", "items": {"$ref": "#"}},
    },
    "required": ["name", "next", "children"],
    "additionalProperties": False,
}

SCHEMAS: dict[str, Any] = {
    "anything": {},
    "constant": {"const": {"a": [1]}},
    "choice": {"enum": ["red", "green", None]},
    "default": {"type": "integer", "default": 7},
    "strings": {
        "type": "object",
        "properties": {
            "long": {"type": "string", "minLength": 30},
            "short": {"type": "string", "maxLength": 2},
            "day": {"type": "string", "format": "date"},
            "moment": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "id": {"type": "string", "format": "uuid"},
        },
        "required": ["long", "short", "day", "moment", "mail", "id"],
    },
    "numbers": {
        "type": "object",
        "properties": {
            "big": {"type": "integer", "minimum": 10},
            "bigger": {"type": "integer", "exclusiveMinimum": 10},
            "low": {"type": "integer", "maximum": -3},
            "lower": {"type": "number", "exclusiveMaximum": -3},
            "even": {"type": "integer", "multipleOf": 2, "minimum": 3},
            "between": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            "odd": {"type": "integer", "minimum": 5, "maximum": 5},
        },
        "required": ["big", "bigger", "low", "lower", "even", "between", "odd"],
    },
    "arrays": {
        "type": "object",
        "properties": {
            "two": {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
            "none": {"type": "array", "maxItems": 0},
            "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "null"}], "items": False},
            "colours": {
                "type": "array",
                "items": {"enum": ["red", "green"]},
                "minItems": 2,
                "uniqueItems": True,
            },
        },
        "required": ["two", "none", "pair", "colours"],
    },
    "unions": {
        "type": "object",
        "properties": {
            "maybe": {"type": ["null", "integer"]},
            "either": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            "nested": {"anyOf": [{"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}]},
        },
        "required": ["maybe", "either", "nested"],
        "additionalProperties": False,
    },
    "all of": {
        "allOf": [
            {"$ref": "#/$defs/named"},
            {"properties": {"age": {"type": "integer"}}, "required": ["age"]},
        ],
        "$defs": {"named": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    },
    "escaped reference": {"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": {"type": "boolean"}}},
    "undeclared but required": {
        "type": "object",
        "required": ["x"],
        "additionalProperties": {"type": "integer"},
    },
    "recursive": NODE,
    "recursive in a branch": {
        "type": "object",
        "properties": {
            "up": {
                "anyOf": [
                    {"type": "object", "properties": {"up": {"$ref": "#"}}, "required": ["up"]},
                    {"type": "null"},
                ]
            }
        },
        "required": ["up"],
    },
    "mutually recursive": {
        "$ref": "#/$defs/a",
        "$defs": {
            "a": {"type": "object", "properties": {"b": {"$ref": "#/$defs/b"}}, "required": ["b"]},
            "b": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1}, {"type": "null"}]},
        },
    },
}

names = st.sampled_from(["long", "big", "even", "two", "pair", "maybe", "either", "name", "next", "children", "age"])
scalars = st.sampled_from([None, True, 0, -3, 4, 10, 0.5, 1e300, "", "7", "-2.5", "false", "red", "a word"])
values = st.dictionaries(
    names, scalars | st.lists(scalars, max_size=3) | st.dictionaries(names, scalars, max_size=3), max_size=4
)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_an_instance_conforms_to_its_schema(schema: dict[str, Any]) -> None:
    jsonschema.validate(instance(schema, {}), schema, jsonschema.Draft202012Validator)


@given(st.sampled_from(list(SCHEMAS.values())), values)
def test_an_instance_conforms_whatever_values_are_given(schema: dict[str, Any], given: dict[str, Any]) -> None:
    jsonschema.validate(instance(schema, given), schema, jsonschema.Draft202012Validator)


def test_given_values_are_taken_and_optional_ones_with_them() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "fair": {"type": "boolean"},
            "unit": {"enum": ["C", "F"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "degrees": {"type": "number"},
            "note": {"type": ["string", "null"]},
        },
        "required": ["city"],
    }
    given: dict[str, Any] = {
        "city": "Paris",
        "days": "3",
        "fair": "false",
        "unit": "f",
        "tags": ["a", "b"],
        "note": None,
    }
    given["degrees"] = "-2.5"
    assert instance(schema, given) == {
        "city": "Paris",
        "days": 3,
        "fair": False,
        "unit": "F",
        "tags": ["a", "b"],
        "note": None,
        "degrees": -2.5,
    }
    assert instance(schema, {}) == {"city": "city"}


def test_given_values_that_do_not_conform_are_replaced() -> None:
    given = {"long": "a", "short": "abc"}
    filled = instance(SCHEMAS["strings"], given)
    assert filled["long"] != "a" and filled["short"] != "abc"
    jsonschema.validate(filled, SCHEMAS["strings"])


def test_a_recursive_schema_takes_a_recursive_value() -> None:
    tree = {"name": "a", "next": {"name": "b", "next": None, "children": []}, "children": []}
    assert instance(NODE, tree) == tree


def test_properties_that_the_schema_forbids_are_left_out() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    assert instance(schema, {"a": "x", "b": "y"}) == {"a": "x"}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": "object", "properties": {"me": {"$ref": "#"}}, "required": ["me"]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    ],
)
def test_a_schema_that_always_needs_itself_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="finite"):
        instance(schema, {})


@pytest.mark.parametrize("ref", ["#/$defs/nowhere", "https://example.com/schema", "#/type"])
def test_a_reference_that_leads_nowhere_is_refused(ref: str) -> None:
    with pytest.raises(InvalidRequest, match="leads nowhere"):
        instance(cast("dict[str, Any]", {"type": "object", "allOf": [{"$ref": ref}]}), {})
