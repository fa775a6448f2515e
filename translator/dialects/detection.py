"""Which upstream this is, from its address, its model list or its replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from .fact import Fact
from .paths import values_at
from .presets import ADDING_SETS, preset_table


def preset_of_host(base_url: str) -> str | None:
    """The preset whose upstream lives at this address, or None."""
    try:
        host = (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return None
    for name, preset in preset_table().presets.items():
        if any(fnmatchcase(host, pattern) for pattern in preset.hosts):
            return name
    return None


def preset_of_models(body: Any) -> str | None:
    """The preset of the upstream that answered `GET /models` with this body (JSON), or None."""
    entries = list(model_entries(body).values())
    owners = {owner.lower() for entry in entries if isinstance(owner := entry.get("owned_by"), str)}
    presets = preset_table().presets
    for name, preset in presets.items():
        # a gateway lists the models of many vendors; an engine may list its users' beside its own
        if owners.intersection(preset.owned_by) and (len(owners) == 1 or not preset.hosts):
            return name
    for name, preset in presets.items():
        if any(values_at(entry, path) for path in preset.model_fields for entry in entries):
            return name
    return None


def preset_of_reply(headers: Mapping[str, str], body: Any = None) -> str | None:
    """The preset of the upstream that sent these headers with this completion or chunk (JSON), or None."""
    lines = [name.lower() for name in headers] + [f"{name.lower()}: {value.lower()}" for name, value in headers.items()]
    fingerprints = values_at(body, "system_fingerprint")
    for name, preset in preset_table().presets.items():
        if any(values_at(body, path) for path in preset.reply_fields):
            return name
        if preset.fingerprint and any(re.search(preset.fingerprint, str(mark)) for mark in fingerprints):
            return name
        if any(fnmatchcase(line, pattern) for pattern in preset.reply_headers for line in lines):
            return name
    return None


def model_entries(body: Any) -> dict[str, Mapping[str, Any]]:
    """The entries of a model list by their ids: `{"data": […]}`, `{"models": […]}` or a bare list."""
    if isinstance(body, Mapping):
        body = body.get("data") or body.get("models")
    entries = [entry for entry in body if isinstance(entry, Mapping)] if isinstance(body, list) else []
    named = [(entry.get("id") or entry.get("name") or entry.get("model"), entry) for entry in entries]
    return {name.removeprefix("models/"): entry for name, entry in named if isinstance(name, str)}


def add_entries(entries: Mapping[str, Mapping[str, Any]], body: Any) -> dict[str, Mapping[str, Any]]:
    """The entries of a model list with what another list, or one object that holds for every model, adds to them."""
    more = model_entries(body)
    if not more and isinstance(body, Mapping):
        more = dict.fromkeys([*entries] or [""], body)
    return {name: {**entries.get(name, {}), **more.get(name, {})} for name in {**entries, **more}}


def fact_of_model(entry: Mapping[str, Any]) -> Fact | None:
    """What an entry of a model list says the model cannot do, or None where it says nothing."""
    changes: dict[str, Any] = {}
    told: list[str] = []
    for row in preset_table().capabilities:
        for value in values_at(entry, row.field):
            fits = value == row.equals if row.lacks is None else isinstance(value, list) and row.lacks not in value
            if fits:
                told.append(f"{row.field} lacks {row.lacks}" if row.lacks else f"{row.field} is {row.equals}".lower())
                for setting in row.settings:
                    earlier = changes.get(setting.switch) if setting.switch in ADDING_SETS else None
                    changes[setting.switch] = setting.value | earlier if earlier else setting.value
    return Fact(changes, "the model list: " + ", ".join(told)) if changes else None
