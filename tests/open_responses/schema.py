"""Validates what is sent against the Open Responses schema, fast enough to do it in every test.

jsonschema tries each branch of a `oneOf` and resolves each `$ref` anew. Here references are replaced by what
they point to, and a union with a discriminator goes straight to the branch the instance names, so that an
error speaks of that branch alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

Schema = dict[str, Any]

_SOURCE = Path(__file__).with_name("openapi-2026-04-24.json")
_ANNOTATIONS = {
    "description",
    "title",
    "example",
    "examples",
    "default",
    "x-enumDescriptions",
    "x-openresponses-added-in",
}

# OpenAI's names of two events that the standard names otherwise; what they hold is the same.
_STANDARD_NAME = {
    "response.reasoning_text.delta": "response.reasoning.delta",
    "response.reasoning_text.done": "response.reasoning.done",
}

# Tools that the standard leaves out.
_OPENAI_TOOLS = (
    "web_search",
    "file_search",
    "image_generation",
    "custom",
    "namespace",
    "tool_search",
    "apply_patch",
    "shell",
    "local_shell",
)

# Where the schema contradicts its own text, or what every client sends and every server echoes. Each entry
# replaces one node, named by its schema and the path in it.
_CORRECTIONS: dict[tuple[str, ...], Schema] = {
    # Published as null alone; the request's own schema wants an object here.
    ("JsonSchemaResponseFormat", "properties", "schema"): {"type": ["object", "null"]},
    # Both are required to be present, and requests may leave both out: null says so, as in `FunctionTool`.
    ("JsonSchemaResponseFormat", "properties", "description"): {"type": ["string", "null"]},
    ("JsonSchemaResponseFormat", "properties", "strict"): {"type": ["boolean", "null"]},
    # A response echoes the choice as it was made, and OpenAI's other tools can be chosen too.
    ("FunctionToolChoice", "properties", "type", "enum"): {"enum": ["function", *_OPENAI_TOOLS]},
    # `minimal` is described beside the list of efforts and missing in it.
    ("ReasoningEffortEnum", "enum"): {"enum": ["none", "minimal", "low", "medium", "high", "xhigh"]},
}

# OpenAI's variants of a union that the standard leaves out: union, then `type`, then the variant's schema. A response
# echoes the tools as they were asked for, and tells of calls by the names that OpenAI's own SDK knows.
_OPENAI_VARIANTS: dict[str, dict[str, Schema]] = {
    "Tool": {kind: {"required": ["type"]} for kind in _OPENAI_TOOLS},
    "ItemField": {
        kind: {"required": ["id", "type", "status", *fields]}
        for kind, fields in {
            "custom_tool_call": ("call_id", "name", "input"),
            "tool_search_call": ("call_id", "execution", "arguments"),
            "apply_patch_call": ("call_id", "operation"),
            "shell_call": ("call_id", "action"),
            "local_shell_call": ("call_id", "action"),
            "image_generation_call": ("result",),
        }.items()
    },
}

# OpenAI's events of those items; their shapes are checked by the types of its SDK.
_OPENAI_EVENTS = ("custom_tool_call_input", "shell_call_command", "image_generation_call")


def assert_valid_event(event: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where a streamed event breaks the schema."""
    kind = event["type"]
    if kind.split(".")[1:2] and kind.split(".")[1] in _OPENAI_EVENTS:
        assert isinstance(event["sequence_number"], int)
        return
    name = _event_schemas().get(_STANDARD_NAME.get(kind, kind))
    assert name is not None, f"Open Responses knows no event {kind!r}"
    _assert_valid(name, {**event, "type": _STANDARD_NAME.get(kind, kind)})


def assert_valid_response(response: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where a response object breaks the schema."""
    _assert_valid("ResponseResource", response)


def assert_valid_request(request: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where a request breaks the schema."""
    for error in _request_validator().iter_errors(request):
        place = "".join(f"[{step!r}]" for step in error.instance_path)
        raise AssertionError(f"CreateResponseBody{place}: {error.message}")


@cache
def _request_validator() -> jsonschema_rs.Validator:
    """Its unions have no types to tell their branches apart by, so it is asked as it stands."""
    schema = {"$ref": "#/components/schemas/CreateResponseBody", "components": {"schemas": _source()}}
    return jsonschema_rs.validator_for(schema)


def assert_valid_item(item: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where a listed item breaks the schema."""
    _assert_valid("ItemField", item)


def assert_valid_compaction(compaction: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where the answer of `/responses/compact` breaks the schema."""
    _assert_valid("CompactResource", compaction)


def assert_valid_error(error: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where the `error` of an answer breaks the schema."""
    _assert_valid("ErrorPayload", error)


def assert_valid_websocket_error(message: Mapping[str, Any]) -> None:
    """Raise an AssertionError that names the place where the envelope of a WebSocket failure breaks the schema."""
    _assert_valid("WebSocketErrorEvent", message)


def _assert_valid(name: str, instance: Mapping[str, Any]) -> None:
    for error in _validator(name).iter_errors(instance):
        place = "".join(f"[{step!r}]" for step in error.absolute_path)
        raise AssertionError(f"{name}{place}: {error.message}")


@cache
def _event_schemas() -> dict[str, str]:
    """The `type` of each streamed event and the name of its schema."""
    return {
        schema["properties"]["type"]["enum"][0]: name
        for name, schema in _source().items()
        if name.endswith("StreamingEvent")
    }


@cache
def _source() -> dict[str, Schema]:
    schemas: dict[str, Schema] = json.loads(_SOURCE.read_bytes())["components"]["schemas"]
    for (name, *steps, last), replacement in _CORRECTIONS.items():
        node = schemas[name]
        for step in steps:
            node = node[step]
        assert last in node, f"{name} no longer has {last}: the correction is out of date"
        node[last] = replacement.get(last, replacement)
    return schemas


@cache
def _compiled(name: str) -> Schema:
    compiled: Schema = _compile(_source()[name])
    if name in _OPENAI_VARIANTS:
        compiled["discriminated"] |= _OPENAI_VARIANTS[name]
    return compiled


def _compile(node: Any) -> Any:
    """The node without references and annotations, its discriminated unions as tables by `type`."""
    if isinstance(node, list):
        return [_compile(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _compiled(node["$ref"].rpartition("/")[2])
    if "discriminator" in node:
        branches = [_compile(branch) for branch in node["oneOf"]]
        return {"discriminated": {branch["properties"]["type"]["enum"][0]: branch for branch in branches}}
    kept = {key: value for key, value in node.items() if key not in _ANNOTATIONS}
    if "properties" in kept:  # its keys are names of properties, which annotations' names may be too
        kept["properties"] = {key: _compile(value) for key, value in kept["properties"].items()}
    compiled = {key: value if key == "properties" else _compile(value) for key, value in kept.items()}
    if "anyOf" in compiled:  # null first: it is the cheap one to rule out, and most often what stands there
        compiled["anyOf"].sort(key=lambda branch: branch.get("type") != "null")
    constraints = [branch for branch in compiled.get("allOf", ()) if branch]
    if len(constraints) == 1 and len(compiled) == 1:
        return constraints[0]
    return compiled


def _discriminated(
    validator: Any, branches: Mapping[str, Schema], instance: Any, _schema: Schema
) -> Iterator[ValidationError]:
    kind = instance.get("type") if isinstance(instance, dict) else None
    if not isinstance(kind, str) or kind not in branches:
        yield ValidationError(f"{kind!r} is none of {sorted(branches)}")
    else:
        yield from validator.descend(instance, branches[kind], schema_path=kind)


_Validator: Any = extend(Draft202012Validator, {"discriminated": _discriminated})  # type: ignore[no-untyped-call]


@cache
def _validator(name: str) -> Validator:
    validator: Validator = _Validator(_compiled(name))
    return validator
