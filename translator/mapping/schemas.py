"""JSON Schemas in the subset of the language that an upstream takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from ..dialects.effect import SCHEMA_WORDS

JSON = dict[str, Any]
Flavor = Literal["json_schema", "mfjs", "grammar", "gemini", "openai_strict"]

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLES = ("items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames")
_LABELS = frozenset({"$schema", "$id", "$comment"})
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (type(None), "null"),
    (list, "array"),
    (dict, "object"),
)


def fit_schema(schema: JSON, flavor: Flavor) -> tuple[JSON, tuple[str, ...]]:
    """The schema as this flavour has it, and the words that meant something and had to be left out.

    Only schemas are looked into: a property that is called `const` stays one. What was given is not changed.
    """
    if flavor == "json_schema":
        return schema, ()
    dropped: dict[str, None] = {}
    rewrite = _FLAVORS[flavor]
    fitted = _walk(schema, lambda node: rewrite(node, dropped))
    if flavor == "openai_strict":
        fitted = _without_root_union(fitted, dropped)
    return fitted, tuple(dropped)


def _walk(schema: Mapping[str, Any], rewrite: Callable[[JSON], JSON]) -> JSON:
    """The schema with every schema in it rewritten, the innermost first."""
    node = dict(schema)
    for word in _MAPS:
        if isinstance(node.get(word), Mapping):
            node[word] = {name: _walk_any(inner, rewrite) for name, inner in node[word].items()}
    for word in _LISTS:
        if isinstance(node.get(word), list):
            node[word] = [_walk_any(inner, rewrite) for inner in node[word]]
    for word in _SINGLES:
        if isinstance(node.get(word), Mapping):
            node[word] = _walk(node[word], rewrite)
        elif isinstance(node.get(word), list):  # `items` of older drafts
            node[word] = [_walk_any(inner, rewrite) for inner in node[word]]
    return rewrite(node)


def _walk_any(schema: Any, rewrite: Callable[[JSON], JSON]) -> Any:
    return _walk(schema, rewrite) if isinstance(schema, Mapping) else schema


def _drop(node: JSON, words: frozenset[str], dropped: dict[str, None]) -> JSON:
    dropped.update(dict.fromkeys(word for word in node if word in words and word not in _LABELS))
    return {word: value for word, value in node.items() if word not in words}


def _mfjs(node: JSON, dropped: dict[str, None]) -> JSON:
    """Moonshot's: no `$schema`, `const` or `prefixItems`, no enumeration without a type, a union's type in it."""
    node = _enumerated(_drop(node, _LABELS, dropped))
    if isinstance(node.get("prefixItems"), list):
        entries = node.pop("prefixItems")
        dropped["prefixItems"] = None
        node["items"] = entries[0] if len(entries) == 1 else {"anyOf": entries}
    if isinstance(node.get("anyOf"), list) and "type" in node:
        kind = node.pop("type")
        node["anyOf"] = [
            {"type": kind, **inner} if isinstance(inner, dict) and not {"type", "$ref"} & inner.keys() else inner
            for inner in node["anyOf"]
        ]
    return node


def _grammar(node: JSON, dropped: dict[str, None]) -> JSON:
    """What engines make grammars of: no schema is a bare boolean where a property or a branch is wanted."""
    for word in ("properties", "patternProperties", "$defs", "definitions"):
        if isinstance(node.get(word), dict):
            node[word] = dict(_plain_entries(node[word], dropped))
    for word in _LISTS:
        if isinstance(node.get(word), list):
            node[word] = [{} if inner is True else inner for inner in node[word] if inner is not False]
    return node


def _plain_entries(schemas: JSON, dropped: dict[str, None]) -> Iterator[tuple[str, Any]]:
    for name, schema in schemas.items():
        if schema is False:
            dropped["false"] = None
        else:
            yield name, {} if schema is True else schema


def _gemini(node: JSON, dropped: dict[str, None]) -> JSON:
    """Google's: `const` is an enumeration of one, an exclusive bound of integers the next inclusive one."""
    node = _enumerated(node)
    for exclusive, inclusive, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        bound = node.get(exclusive)
        if type(bound) is int and node.get("type") == "integer" and inclusive not in node:
            del node[exclusive]
            node[inclusive] = bound + step
    return _drop(node, SCHEMA_WORDS | _LABELS, dropped)


def _openai_strict(node: JSON, dropped: dict[str, None]) -> JSON:
    """OpenAI's subset: `anyOf` is the only union, and `allOf` of one schema is that schema."""
    if isinstance(node.get("oneOf"), list) and "anyOf" not in node:
        node["anyOf"] = node.pop("oneOf")
    parts = node.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
        del node["allOf"]
        node = {**parts[0], **node}
    return node


def _without_root_union(schema: JSON, dropped: dict[str, None]) -> JSON:
    """A union of objects at the root as one object: all properties, and only those required that all branches do."""
    branches = schema.get("anyOf")
    if not isinstance(branches, list) or not all(isinstance(branch, dict) for branch in branches):
        return schema
    if not branches or not all("properties" in branch for branch in branches):
        return schema
    dropped["anyOf"] = None
    merged = {word: value for word, value in schema.items() if word != "anyOf"}
    properties: JSON = {}
    for branch in branches:
        for name, inner in branch["properties"].items():
            known = properties.get(name, inner)
            properties[name] = inner if known == inner else {"anyOf": [known, inner]}
    required = [set(branch.get("required", ())) for branch in branches]
    merged["type"] = "object"
    merged["properties"] = {**properties, **merged.get("properties", {})}
    merged["required"] = sorted(set.intersection(*required) | set(merged.get("required", ())))
    return merged


def _enumerated(node: JSON) -> JSON:
    """`const` as an enumeration, and an enumeration with the type of its values."""
    if "const" in node:
        node = {**node, "enum": [node["const"]]}
        del node["const"]
    values = node.get("enum")
    if isinstance(values, list) and values and "type" not in node:
        kinds = {_type_of(value) for value in values}
        if len(kinds) == 1:
            node = {"type": kinds.pop(), **node}
    return node


def _type_of(value: Any) -> str:
    return next(name for kind, name in _TYPES if isinstance(value, kind))


_FLAVORS: dict[Flavor, Callable[[JSON, dict[str, None]], JSON]] = {
    "mfjs": _mfjs,
    "grammar": _grammar,
    "gemini": _gemini,
    "openai_strict": _openai_strict,
}
