"""Where a setting came from, and what is wrong with it, in one sentence."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, ValidationError

PREFIX = "TRANSLATOR_"

_SHOWN = {"host", "port", "auth", "upstream_wire"}
"""Settings whose value may be repeated in a message: none of these can hold a secret."""


class WrongSetting(Exception):
    """One sentence that names the setting, where it came from and the way out; it never holds a secret."""


class Origins:
    """How each setting was written: as a flag, as an environment variable, in the file."""

    def __init__(self, settings: type[BaseModel], flags: Mapping[str, Any], config: Path | None) -> None:
        self._fields = settings.model_fields
        self._flags = flags
        self._environment = {
            name.upper().removeprefix(PREFIX).lower(): name
            for name, value in os.environ.items()
            if value and name.upper().startswith(PREFIX)
        }
        self._config = config
        self._file = _read(config) if config is not None else {}
        self._refuse_misspelt()

    def of(self, name: str) -> str:
        """How the user wrote a setting: `--port`, `TRANSLATOR_PORT`, `port in translator.toml`; else its name."""
        spellings = self._spellings(name)
        for spelling in spellings:
            if spelling in self._flags:
                return "--" + spellings[0].replace("_", "-")
        for spelling in spellings:
            if spelling in self._environment:
                return self._environment[spelling]
        for spelling in spellings:
            if spelling in self._file:
                return f"{spelling} in {self._config}"
        return name

    def in_file(self, name: str) -> bool:
        """Whether the file has the last word on a setting."""
        return self.of(name).endswith(f" in {self._config}")

    def explain(self, error: ValidationError) -> WrongSetting:
        """The first thing that is wrong, as one sentence."""
        first = error.errors(include_url=False, include_context=False)[0]
        name, *rest = first["loc"] or ("",)
        reason = first["msg"].removeprefix("Value error, ")
        if not name:
            return WrongSetting(f"{reason}.")
        field = self._field(str(name))
        if field is None:
            near = self._nearest(str(name))
            way_out = f"did you mean {near}?" if near else "leave it out."
            return WrongSetting(f"{self.of(str(name))} is no setting: {way_out}")
        within = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
        written = self.of(field)
        subject = written.replace(field, field + within, 1) if self.in_file(field) else written
        if first["type"] == "extra_forbidden":
            return WrongSetting(f"{subject} is no setting: leave it out or correct its name.")
        if first["type"] == "value_error":
            return WrongSetting(f"{subject} {reason}.")
        verdict = f"cannot be {first['input']}" if field in _SHOWN else "is wrong"
        return WrongSetting(
            f"{subject} {verdict}: {reason[0].lower()}{reason[1:]}{'' if rest else self._meaning(field)}."
        )

    def _field(self, spelling: str) -> str | None:
        return next((name for name in self._fields if spelling in self._spellings(name)), None)

    def _spellings(self, name: str) -> list[str]:
        alias = self._fields[name].validation_alias if name in self._fields else None
        return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]

    def _meaning(self, field: str) -> str:
        meaning = (self._fields[field].description or "").rstrip(".")
        return f" (it is {meaning[0].lower()}{meaning[1:]})" if meaning else ""

    def _nearest(self, spelling: str) -> str | None:
        known = [spelling for name in self._fields for spelling in self._spellings(name)]
        return next(iter(difflib.get_close_matches(spelling, [*known, "config"], n=1, cutoff=0.75)), None)

    def _refuse_misspelt(self) -> None:
        """A variable that looks like one of ours and is none would be passed over in silence."""
        for spelling, name in self._environment.items():
            if self._field(spelling) is None and spelling != "config" and (near := self._nearest(spelling)):
                raise WrongSetting(f"{name} is no setting: did you mean {PREFIX}{near.upper()}?")


def _read(config: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongSetting(f"The file {config} cannot be read ({error.strerror}): correct --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSetting(f"The file {config} is no TOML: {error}.") from None
