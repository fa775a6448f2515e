"""An instance of a JSON schema: always the same one, with the values that were given where they fit."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import InvalidRequest

_MISSING: Any = object()

_FORMATS = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def instance(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """A value that conforms to `schema`, with `values` taken by property name where they conform.

    A string may spell the number or boolean that the schema wants. It reads type, enum, const, default,
    properties, required, additionalProperties, items, prefixItems, anyOf, oneOf, allOf, $ref, format and the
    bounds of numbers, strings and arrays; not `pattern`, `not` and `if`. Raises InvalidRequest where there is
    no finite instance, or a reference leads nowhere.
    """
    try:
        return _Schema(schema).fill(schema, values or _MISSING, "value", 0, frozenset({"#"}))
    except (_Circle, RecursionError):
        raise InvalidRequest("The schema has no finite instance; let what recurs be optional or null.") from None


class _Circle(Exception):
    """A schema needs an instance of itself to have one."""


class _Schema:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def fill(self, schema: Any, given: Any, name: str, nth: int, refs: frozenset[str]) -> Any:
        """What conforms to `schema`.

        `name` is what a string says for want of better; `nth` tells equal schemas apart; `refs` are the
        references that are being filled.
        """
        schema, refs = self._resolve(schema if isinstance(schema, Mapping) else {}, refs)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return _choice(schema["enum"], given, nth)
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                rest = {key: value for key, value in schema.items() if key != word}
                return self._branch([_merge(rest, branch) for branch in schema[word]], given, name, nth, refs)
        if given is _MISSING and "default" in schema:
            return schema["default"]
        match _type(schema, given):
            case "object":
                return self._object(schema, given, refs)
            case "array":
                return self._array(schema, given, name, refs)
            case "string":
                return _string(schema, given, name, nth)
            case "integer" | "number" as kind:
                return _number(schema, given, nth, kind)
            case "boolean":
                return _boolean(given)
            case "null":
                return None
        return name if given is _MISSING else given

    def _resolve(self, schema: Mapping[str, Any], refs: frozenset[str]) -> tuple[Mapping[str, Any], frozenset[str]]:
        """The schema with its references and `allOf` written out."""
        while "$ref" in schema or "allOf" in schema:
            merged: Mapping[str, Any] = {key: schema[key] for key in schema if key not in ("$ref", "allOf")}
            targets = list(schema.get("allOf", ()))
            if ref := schema.get("$ref"):
                if ref in refs:
                    raise _Circle
                refs |= {ref}
                targets.append(self._target(ref))
            for target in targets:
                merged = _merge(merged, target)
            schema = merged
        return schema, refs

    def _target(self, ref: str) -> Mapping[str, Any]:
        here: Any = self._root if ref.startswith("#") else None
        for step in ref.removeprefix("#").split("/")[1:]:
            here = here.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(here, Mapping) else None
        if not isinstance(here, Mapping):
            raise InvalidRequest(f"The schema's reference '{ref}' leads nowhere; define it under '$defs'.")
        return here

    def _branch(self, branches: list[Any], given: Any, name: str, nth: int, refs: frozenset[str]) -> Any:
        """The branch that takes what was given as it is, else the first that leads in no circle."""
        first = _MISSING
        for branch in branches:
            try:
                value = self.fill(branch, given, name, nth, refs)
            except _Circle:
                continue
            if given is _MISSING or (value == given and type(value) is type(given)):
                return value
            first = value if first is _MISSING else first
        if first is _MISSING:
            raise _Circle
        return first

    def _object(self, schema: Mapping[str, Any], given: Any, refs: frozenset[str]) -> dict[str, Any]:
        given = given if isinstance(given, Mapping) else {}
        properties: Mapping[str, Any] = schema.get("properties", {})
        required: list[str] = schema.get("required", [])
        extra = schema.get("additionalProperties", not properties)
        names = [name for name in properties if name in required or name in given]
        names += [name for name in required if name not in properties]
        if extra is not False:
            names += [name for name in given if name not in names]
        return {
            name: self._child(properties.get(name, extra), given.get(name, _MISSING), name, 0, refs) for name in names
        }

    def _array(self, schema: Mapping[str, Any], given: Any, name: str, refs: frozenset[str]) -> list[Any]:
        prefix, items = schema.get("prefixItems", []), schema.get("items", {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        most = len(prefix) if items is False else most
        if given is _MISSING:
            given = [_MISSING] * max(least, len(prefix), 1)
        elif not isinstance(given, list):
            given = [given]
        given = given[: int(min(most, len(given)))] + [_MISSING] * (least - len(given))
        schemas = prefix[: len(given)] + [items] * (len(given) - len(prefix))
        try:
            pairs = enumerate(zip(schemas, given, strict=True))
            return [self._child(one, value, name, nth, refs) for nth, (one, value) in pairs]
        except _Circle:
            if least:
                raise
            return []

    def _child(self, schema: Any, given: Any, name: str, nth: int, refs: frozenset[str]) -> Any:
        # What was given is finite, so a recursive schema may be entered again for it.
        return self.fill(schema, given, name, nth, refs if given is _MISSING else frozenset())


def _merge(one: Mapping[str, Any], other: Any) -> Mapping[str, Any]:
    if not isinstance(other, Mapping):
        return one
    merged = {**other, **one}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return merged


def _type(schema: Mapping[str, Any], given: Any) -> str | None:
    """The one type to make, of those the schema allows."""
    kind = schema.get("type")
    if isinstance(kind, list):
        fitting = [one for one in kind if given is not _MISSING and _is(given, one)]
        return str([*fitting, *(one for one in kind if one != "null"), "null"][0])
    if kind is None:
        hints = {
            "object": ("properties", "required"),
            "array": ("items", "prefixItems"),
            "string": ("format",),
        }
        return next((one for one, words in hints.items() if any(word in schema for word in words)), None)
    return str(kind)


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "number":
            return _as_number(value, kind) is not None
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
    return isinstance(value, Mapping)


def _choice(choices: list[Any], given: Any, nth: int) -> Any:
    for choice in choices:
        if choice == given or (isinstance(given, str) and str(choice).lower() == given.lower()):
            return choice
    return choices[nth % len(choices)]


def _string(schema: Mapping[str, Any], given: Any, name: str, nth: int) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if given is not _MISSING and given is not None:
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        if least <= len(text) <= most:
            return text
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = (f"{name} {nth + 1}" if nth else name).ljust(least, ".")
    return text[: int(min(most, len(text)))]


def _as_number(value: Any, kind: str) -> float | int | None:
    """The number that `value` is or spells, if there is one."""
    if isinstance(value, str):
        try:
            value = int(value) if value.lstrip("+-").isdigit() else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return None if kind == "integer" and value != int(value) else value


def _number(schema: Mapping[str, Any], given: Any, nth: int, kind: str) -> float | int:
    step = schema.get("multipleOf", 0)
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)

    def candidates() -> Iterator[float | int | None]:
        yield _as_number(given, kind)
        unit, low, high = step or 1, max(least, above), min(most, below)
        yield (1 + nth) * unit
        if math.isfinite(low):
            yield (math.floor(low / unit) + 1 + nth) * unit
        if math.isfinite(high):
            yield (math.ceil(high / unit) - 1 - nth) * unit
            yield math.floor(high / unit) * unit
        if kind == "number" and math.isfinite(low + high):
            yield (low + high) / 2

    for number in candidates():
        if number is None or (step and number % step):
            continue
        if least <= number <= most and above < number < below:
            return number
    return 1


def _boolean(given: Any) -> bool:
    if isinstance(given, str):
        return given.lower() not in ("false", "no", "off", "0")
    return True if given is _MISSING else bool(given)
