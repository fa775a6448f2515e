"""The presets: what is known of upstreams, of models, and of what a model list tells; data in `presets.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .dialect import DEFAULT, Dialect

ADDING_SETS = frozenset({"params_refused"})
ADDING_MAPS = frozenset({"rename", "extra_body", "effort_map", "upload_fields"})
ADDING = ADDING_SETS | ADDING_MAPS
"""Switches whose values add up when one layer is laid over another; all others are replaced."""

_SWITCHES = frozenset(field.name for field in fields(Dialect)) - {"name"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One switch, what it is set to, and the source that says so."""

    switch: str
    value: Any
    source: str


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A known upstream: how it is recognised and how it differs from the default."""

    name: str
    title: str
    settings: tuple[Setting, ...] = ()
    hosts: tuple[str, ...] = ()
    """Shell patterns of host names."""
    owned_by: tuple[str, ...] = ()
    """What its model list says under `owned_by`."""
    model_fields: tuple[str, ...] = ()
    """Paths that only its model entries have."""
    reply_headers: tuple[str, ...] = ()
    """Shell patterns of header names, or of `name: value`, that only its replies have."""
    reply_fields: tuple[str, ...] = ()
    """Paths that only its completions and chunks have."""
    fingerprint: str | None = None
    """A regular expression for its `system_fingerprint`."""
    list_beside: str | None = None
    """The path, outside `/v1`, of a list of its own that tells more of its models."""


@dataclass(frozen=True, kw_only=True)
class ModelOverlay:
    """How a family of models differs wherever it runs, or on the presets named."""

    title: str
    pattern: str
    settings: tuple[Setting, ...]
    on: frozenset[str] | None = None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)

    def fits(self, preset: str, model: str) -> bool:
        """Whether the model, served by an upstream of this preset, is of the family."""
        return (self.on is None or preset in self.on) and self._compiled.search(model) is not None


@dataclass(frozen=True, kw_only=True)
class Capability:
    """What an entry of a model list tells: it fits where the field is, or is a list that lacks, the value."""

    field: str
    equals: Any = None
    lacks: str | None = None
    settings: tuple[Setting, ...]


@dataclass(frozen=True, kw_only=True)
class PresetTable:
    """All of `presets.toml`."""

    presets: Mapping[str, Preset]
    overlays: tuple[ModelOverlay, ...]
    capabilities: tuple[Capability, ...]


@cache
def preset_table() -> PresetTable:
    """The table, read once."""
    return build_table(tomllib.loads(files(__package__).joinpath("presets.toml").read_text("utf-8")))


def build_table(data: Mapping[str, Any]) -> PresetTable:
    """The table of the TOML document; raises ValueError, naming the row, where one is wrong."""
    presets = {name: _preset(name, row) for name, row in data.get("presets", {}).items()}
    return PresetTable(
        presets=presets,
        overlays=tuple(_overlay(row, presets) for row in data.get("models", ())),
        capabilities=tuple(_capability(row) for row in data.get("capabilities", ())),
    )


def read_switches(switches: Mapping[str, Any], where: str = "dialect") -> dict[str, Any]:
    """Switches as JSON or TOML has them → values of the `Dialect` record.

    Raises ValueError, one sentence that begins with `where`, for an unknown switch or a value it does not take.
    """
    for switch in switches:
        if switch not in _SWITCHES:
            known = ", ".join(sorted(_SWITCHES))
            raise ValueError(f"{where}: there is no switch {switch!r}; the switches are {known}.")
    try:
        dialect = _record().validate_python(dict(switches))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in fault["loc"])
        raise ValueError(f"{where}: {path} is {fault['input']!r}: {_lowered(fault['msg'])}.") from None
    return {switch: getattr(dialect, switch) for switch in switches}


def lay_over(dialect: Dialect, switches: Mapping[str, Any]) -> Dialect:
    """The dialect with these switches (values of the record) laid over it; see `ADDING_SETS`, `ADDING_MAPS`."""
    values = {field.name: getattr(dialect, field.name) for field in fields(Dialect)}
    for switch, value in switches.items():
        if switch in ADDING_SETS:
            values[switch] = values[switch] | value
        elif switch in ADDING_MAPS:
            values[switch] = {**values[switch], **value}
        else:
            values[switch] = value
    return Dialect(**values)


def find_preset(name: str) -> Preset:
    """The preset of this name; `default` differs in nothing. Raises ValueError for a name nobody gave."""
    if name == DEFAULT.name:
        return Preset(name=name, title="The default, safe on an unknown upstream")
    presets = preset_table().presets
    if name not in presets:
        raise ValueError(f"There is no dialect {name!r}; the known ones are {', '.join([DEFAULT.name, *presets])}.")
    return presets[name]


@cache
def _record() -> TypeAdapter[Dialect]:
    return TypeAdapter(Dialect)


def _preset(name: str, row: Mapping[str, Any]) -> Preset:
    where = f"presets.{name}"
    lists = ("hosts", "owned_by", "model_fields", "reply_headers", "reply_fields")
    _no_other_keys(row, {"title", "switches", "fingerprint", "list_beside", *lists}, where)
    return Preset(
        name=name,
        title=_text(row, "title", where),
        settings=_settings(row.get("switches", {}), where),
        fingerprint=row.get("fingerprint"),
        list_beside=row.get("list_beside"),
        **{key: tuple(row.get(key, ())) for key in lists},
    )


def _overlay(row: Mapping[str, Any], presets: Iterable[str]) -> ModelOverlay:
    where = f"models, {row.get('title', 'without a title')}"
    _no_other_keys(row, {"title", "pattern", "on", "switches"}, where)
    on = frozenset(row["on"]) if "on" in row else None
    for name in on or ():
        if name != DEFAULT.name and name not in presets:
            raise ValueError(f"{where}: 'on' names {name!r}, which is no preset.")
    return ModelOverlay(
        title=_text(row, "title", where),
        pattern=_text(row, "pattern", where),
        settings=_settings(row.get("switches", {}), where),
        on=on,
    )


def _capability(row: Mapping[str, Any]) -> Capability:
    where = f"capabilities, {row.get('field', 'without a field')}"
    _no_other_keys(row, {"field", "is", "lacks", "switches"}, where)
    if ("is" in row) == ("lacks" in row):
        raise ValueError(f"{where}: say either what the field 'is' or what it 'lacks'.")
    settings = _settings(row.get("switches", {}), where)
    return Capability(field=_text(row, "field", where), equals=row.get("is"), lacks=row.get("lacks"), settings=settings)


def _settings(rows: Mapping[str, Any], where: str) -> tuple[Setting, ...]:
    for switch, row in rows.items():
        if not isinstance(row, Mapping) or set(row) != {"to", "source"} or not row["source"]:
            raise ValueError(f"{where}: {switch} must be written as {{ to = …, source = … }}.")
    values = read_switches({switch: row["to"] for switch, row in rows.items()}, where)
    return tuple(Setting(switch, value, rows[switch]["source"]) for switch, value in values.items())


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    if not isinstance(row.get(key), str) or not row[key]:
        raise ValueError(f"{where}: '{key}' is missing.")
    return str(row[key])


def _no_other_keys(row: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise ValueError(f"{where}: there is no '{unknown[0]}'; the keys are {', '.join(sorted(known))}.")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
