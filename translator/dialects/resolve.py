"""The dialect of one upstream and model: the default, and four layers over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .detection import preset_of_host
from .dialect import DEFAULT, Dialect
from .fact import Fact, apply
from .presets import Setting, find_preset, lay_over, preset_table, read_switches


def resolve(
    *,
    base_url: str | None = None,
    preset: str | None = None,
    model: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    facts: Iterable[Fact] = (),
) -> Dialect:
    """The default ← the preset, by name or by the host of `base_url` ← the model's ← `overrides` ← `facts`.

    `model` is the upstream's name for the model. `overrides` are the user's switches, as TOML has them: they
    replace what stands below them. `facts` are in the order they were learned. Raises ValueError, in one sentence,
    for an unknown preset or switch or for a value a switch does not take.
    """
    name = preset or preset_of_host(base_url or "") or DEFAULT.name
    dialect = replace(DEFAULT, name=name)
    for layer in layers(name, model):
        dialect = lay_over(dialect, {setting.switch: setting.value for setting in layer})
    if overrides:
        dialect = replace(dialect, **read_switches(overrides))
    for fact in facts:
        dialect = apply(dialect, fact)
    return dialect


def layers(preset: str, model: str | None) -> list[tuple[Setting, ...]]:
    """What stands over the default: the preset's settings, then those of each family the model is of."""
    overlays = preset_table().overlays if model is not None else ()
    return [find_preset(preset).settings, *(row.settings for row in overlays if row.fits(preset, model or ""))]
