"""How what clients send is read: leniently, explicit nulls as absent, unions by their `type`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from ..errors import InvalidRequest

JSON = dict[str, Any]
T = TypeVar("T")

LENIENT = ConfigDict(extra="allow", strict=True)
"""Keys nobody knows stay; what is known has the type it should."""


def _without_nulls(value: Any) -> Any:
    if type(value) is dict and None in value.values():
        return {key: entry for key, entry in value.items() if entry is not None}
    return value


Nulls = BeforeValidator(_without_nulls)
"""Takes explicit nulls out of an object."""


_SPEAKERS = frozenset({"user", "assistant", "system", "developer"})


def entries(texts: Mapping[str, tuple[str, ...]] | None = None) -> WrapValidator:
    """Takes explicit nulls out of each object of a list, and reads what most of them are by itself.

    Messages of a role and a text stay what they are, in both APIs, and so does what has, besides its `type`, just the
    texts that `texts` names for it. To validate them one by one, with a call for each that takes out its nulls, is
    most of what it takes to validate a long conversation.
    """
    known = {kind: frozenset({"type", *fields}) for kind, fields in (texts or {}).items()}

    def is_known(entry: JSON) -> bool:
        kind = entry.get("type")
        if type(kind) is not str or entry.keys() != known.get(kind):
            return False
        said = entry.values()
        return set(map(type, said)) == {str} and "" not in said

    def read(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        if type(value) is not list:
            return validate(value)
        read: list[Any] = []
        others: list[Any] = []
        places: list[int] = []
        for entry in value:
            if type(entry) is dict:
                size = len(entry)
                if (size == 2 or (size == 3 and entry.get("type") == "message")) and (
                    type(entry.get("content")) is str and type(role := entry.get("role")) is str and role in _SPEAKERS
                ):
                    read.append(entry)
                    continue
                if known and is_known(entry):
                    read.append(entry)
                    continue
                if None in entry.values():
                    entry = _without_nulls(entry)
            places.append(len(read))
            read.append(entry)
            others.append(entry)
        if len(others) == len(read):
            return validate(others)
        if others:
            try:
                validated = validate(others)
            except ValidationError:
                return validate(read)  # which tells their places
            for place, entry in zip(places, validated, strict=True):
                read[place] = entry
        return read

    return WrapValidator(read)


def by_type(known: dict[str, str], default: str = "<other>") -> Callable[[Any], str]:
    """A discriminator whose tags stand in angle brackets, so that they can be told from the path of an error."""

    def tag(value: Any) -> str:
        kind = value.get("type") if isinstance(value, dict) else None
        return known.get(kind, default) if isinstance(kind, str) else default

    return tag


_MISSING_TYPE = "missing_type"


def typed(known: dict[str, str], *more: str) -> Discriminator:
    """Tells objects apart `by_type`, and names the types, and `more` that need no tag, where one says none."""
    tag = by_type(known)
    return told_by(
        lambda value: None if isinstance(value, dict) and value.get("type") is None else tag(value), *known, *more
    )


def told_by(tag: Callable[[Any], str | None], *types: str) -> Discriminator:
    """A discriminator that finds no tag where a type is missing; the error names the types that there are."""
    *others, last = map(repr, types)
    way_out = f"it should be {', '.join(others)} or {last}"
    return Discriminator(tag, custom_error_type=_MISSING_TYPE, custom_error_message=way_out)


def _string_or_list(value: Any) -> str | None:
    return "<string>" if isinstance(value, str) else "<list>" if isinstance(value, list) else None


StringOrList = Discriminator(
    _string_or_list,
    custom_error_type="string_or_list_type",
    custom_error_message="Input should be a string or a list",
)
"""Tells a string from a list, and names both where it is neither."""

_STEP_LENGTH = 64
"""How much of a key is shown in a path: clients choose the keys of metadata."""

_OWN_KEYS = frozenset({"metadata"})
"""Fields whose keys are the client's own, so that they may look like tags."""


def plain(value: Any) -> Any:
    """JSON in which objects of an SDK may stand, such as a reply that is sent back, without them.

    Of an object what was set counts: what it leaves out, the upstream left out.
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


_LEFT_OUT = ("NotGiven", "Omit")
"""What stands for no argument where the OpenAI SDK is called; old code has it in its requests."""


def validate_with(adapter: TypeAdapter[T], body: Any) -> T:
    """The body as its dialect has it; raises InvalidRequest that names the first faulty field."""
    if not isinstance(body, dict):
        raise InvalidRequest("The request body must be a JSON object.", code="invalid_json")
    try:
        return adapter.validate_python(body)
    except ValidationError as error:
        raise _invalid(error, adapter, body) from None
    except RecursionError:
        raise _too_deep(body) from None


def plain_body(body: Mapping[str, Any]) -> JSON:
    """A body as `plain` makes it. Raises InvalidRequest for what is nested too deeply."""
    try:
        return {name: plain(value) for name, value in body.items() if type(value).__name__ not in _LEFT_OUT}
    except RecursionError:
        raise _too_deep(body) from None


def _too_deep(body: Mapping[str, Any]) -> InvalidRequest:
    """Names the field that is nested most deeply."""
    name = max(body, key=lambda name: _depth(body[name]))
    return InvalidRequest(f"'{name}' is nested too deeply: make it flatter.", param=name, code="invalid_value")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


def _invalid(error: ValidationError, adapter: TypeAdapter[Any], body: JSON) -> InvalidRequest:
    """The first fault of a validation as OpenAI would say it."""
    fault = error.errors(include_url=False, include_context=False)[0]
    path = _path(fault["loc"])
    if fault["type"] == _MISSING_TYPE:
        return _missing(f"{path}.type", fault["msg"])
    if fault["type"] == "missing":
        return _missing(path, _words_for(fault["loc"], adapter, body))
    shown = repr(fault["input"])
    if len(shown) > 80:
        shown = shown[:77] + "…"
    code = "invalid_type" if fault["type"].endswith("_type") else "invalid_value"
    wanted = fault["msg"].replace("a valid dictionary", "an object")
    return InvalidRequest(f"Invalid '{path}': {wanted}, got {shown}.", param=path or None, code=code)


def _missing(path: str, way_out: str | None) -> InvalidRequest:
    message = f"Missing required parameter: '{path}'{'' if way_out is None else f'; {way_out}'}."
    return InvalidRequest(message, param=path, code="missing_required_parameter")


def _words_for(location: tuple[int | str, ...], adapter: TypeAdapter[Any], body: JSON) -> str | None:
    """What a missing field could say, where it is one of a few words: an error for a wrong one names them."""
    try:
        adapter.validate_python(_filled(body, location))
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            if fault["type"] == "literal_error" and _path(fault["loc"]) == _path(location):
                return f"it should be {fault['ctx']['expected']}"
    return None


def _filled(value: Any, location: tuple[int | str, ...]) -> Any:
    """A body with an empty word at a location, in whose steps tags may stand."""
    step, *rest = location
    if not rest:
        return {**value, step: ""}
    if isinstance(value, list) and isinstance(step, int):
        return [*value[:step], _filled(value[step], tuple(rest)), *value[step + 1 :]]
    if isinstance(value, dict) and step in value:
        return {**value, step: _filled(value[step], tuple(rest))}
    return _filled(value, tuple(rest))


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    last: int | str = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif last in _OWN_KEYS or not (step == "[key]" or (step.startswith("<") and step.endswith(">"))):
            shown = step if len(step) <= _STEP_LENGTH else step[:_STEP_LENGTH] + "…"
            path += f".{shown}" if path else shown
        last = step
    return path
