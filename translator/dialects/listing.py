"""The dialects as text: all of them, one with its sources, and what was learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from .dialect import DEFAULT, Dialect
from .fact import Fact
from .presets import ADDING, Preset, find_preset, preset_table
from .resolve import layers, resolve


def list_dialects() -> str:
    """One line for each preset: its name, whose it is, how it is recognised."""
    presets = [find_preset(DEFAULT.name), *preset_table().presets.values()]
    return _table((preset.name, preset.title, _signs(preset)) for preset in presets)


def show_dialect(name: str, model: str | None = None) -> str:
    """Every switch of one preset, for one model where it is given: first what differs from the default, and why.

    Raises ValueError for a name nobody gave.
    """
    dialect = resolve(preset=name, model=model)
    switches = [field.name for field in fields(Dialect) if field.name != "name"]
    differing = [switch for switch in switches if getattr(dialect, switch) != getattr(DEFAULT, switch)]
    alike = [switch for switch in switches if switch not in differing]
    sections = [f"{name}: {find_preset(name).title}"]
    if differing:
        sections.append("Differs from the default in:\n" + _rows(dialect, differing, _sources(name, model)))
    sections.append("As the default:\n" + _rows(dialect, alike, {}))
    return "\n\n".join(sections)


def list_learned(facts: Mapping[str, Sequence[Fact]]) -> str:
    """What was learned, by upstream and model (the mapping's keys), each with the upstream's words."""
    if not any(facts.values()):
        return "Nothing was learned yet."
    lines = []
    for place, learned in facts.items():
        lines.append(place)
        for fact in learned:
            lines += [f"  {switch} = {_text(value)}" for switch, value in fact.changes.items()]
            lines.append(f"    because: {fact.because}")
    return "\n".join(lines)


def _sources(name: str, model: str | None) -> dict[str, str]:
    """Who says what a switch is set to: the last layer that sets it, or all of them where they add up."""
    sources: dict[str, str] = {}
    for setting in (setting for layer in layers(name, model) for setting in layer):
        earlier = sources.get(setting.switch) if setting.switch in ADDING else None
        sources[setting.switch] = f"{earlier}; {setting.source}" if earlier else setting.source
    return sources


def _rows(dialect: Dialect, switches: Iterable[str], sources: Mapping[str, str]) -> str:
    rows = [(f"  {name}", _text(getattr(dialect, name)), sources.get(name, "")) for name in switches]
    return _table(rows)


def _signs(preset: Preset) -> str:
    owners = [f"owned_by {owner}" for owner in preset.owned_by]
    signs = [*preset.hosts, *owners]
    signs += ["its model list"] * bool(preset.model_fields)
    signs += ["its replies"] * bool(preset.reply_headers or preset.reply_fields or preset.fingerprint)
    return ", ".join(signs) or ("by name" if preset.name != DEFAULT.name else "everything else")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset | list | tuple):
        return ", ".join(sorted(map(str, value))) or "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} → {_text(entry) or 'left out'}" for key, entry in value.items()) or "nothing"
    if isinstance(value, str) and value != value.strip():
        return repr(value)
    return "not set" if value is None else str(value)


def _table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as columns, the last one ragged; a cell that is wider than its column pushes its row."""
    written = list(rows)
    widths = [min(max((len(row[column]) for row in written), default=0), 40) for column in (0, 1)]
    return "\n".join(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in written)
