"""Flags over environment over file → settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from .origins import PREFIX, Origins, WrongSetting
from .setting_types import HostName, HttpUrl, Listed
from .settings import Model, Settings, Upstream, Wire


def _pair(value: Any) -> Any:
    """`PUBLIC=UPSTREAM` → a model; a name alone stands on both sides."""
    if isinstance(value, str):
        public, _, upstream_name = value.partition("=")
        return {"name": public, "upstream_name": upstream_name}
    return value


class Sources(BaseSettings, Settings):
    """The settings as people write them, with a shorthand for a single upstream."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_prefix_target="all",
        env_ignore_empty=True,
        populate_by_name=True,
        extra="forbid",
    )

    upstream: HttpUrl | None = None
    """The base URL of the upstream, such as http://127.0.0.1:8000/v1; without one a demo answers."""

    upstream_api_key: SecretStr | None = None
    """The key that the upstream wants."""

    upstream_wire: Wire | None = None
    """What the upstream speaks, chat or responses; chat where nothing is said."""

    models: Annotated[tuple[Annotated[Model, BeforeValidator(_pair)], ...], Listed, NoDecode] = Field(
        default=(), validation_alias=AliasChoices("model", "models")
    )
    """A public model and the upstream's name for it, as PUBLIC=UPSTREAM; without one the upstream's own list."""

    api_keys: Annotated[tuple[SecretStr, ...], Listed, NoDecode] = Field(
        default=(), validation_alias=AliasChoices("api_key", "api_keys")
    )
    """A key that clients may use; without one the server serves this machine only."""

    allowed_hosts: Annotated[tuple[HostName, ...], Listed, NoDecode] = ()
    """A name that clients may call a server without client keys by, besides localhost and addresses."""


def load(flags: Mapping[str, Any], config: Path | None = None) -> Settings:
    """The settings from the flags that were given, by the settings' names, the environment and a TOML file.

    Raises WrongSetting.
    """
    origins = Origins(Sources, flags, config)
    try:
        sources = _from_everywhere(config)(**flags)
        values = {name: getattr(sources, name) for name in Settings.model_fields}
        return Settings(**values | {"upstreams": _upstreams(sources, origins)})
    except ValidationError as error:
        raise origins.explain(error) from None
    except SettingsError:
        raise WrongSetting(f"{PREFIX}UPSTREAMS is no JSON: describe several upstreams in a TOML file.") from None


def _from_everywhere(config: Path | None) -> type[Sources]:
    class FromEverywhere(Sources):
        """The sources with the file of this run."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config)

    return FromEverywhere


_OF_ONE_UPSTREAM = {"upstream_api_key": "api_key", "upstream_wire": "wire", "models": "models"}
"""The shorthand's settings that describe its upstream, and what they are called in a table."""


def _upstreams(sources: Sources, origins: Origins) -> tuple[Upstream, ...]:
    """The tables, or the one upstream of the shorthand, whichever the higher source names."""
    if sources.upstream is not None and sources.upstreams and origins.in_file("upstream"):
        if origins.in_file("upstreams"):
            raise WrongSetting(f"{origins.of('upstream')} stands beside tables of upstreams: keep one of the two.")
        return sources.upstreams
    given = [name for name in _OF_ONE_UPSTREAM if name in sources.model_fields_set]
    changes: dict[str, Any] = {_OF_ONE_UPSTREAM[name]: getattr(sources, name) for name in given}
    if sources.upstream is not None:
        return (Upstream(base_url=sources.upstream, **changes),)
    if not given:
        return sources.upstreams
    if len(sources.upstreams) != 1:
        raise WrongSetting(
            f"{origins.of(given[0])} describes one upstream, but the settings name {len(sources.upstreams) or 'none'}: "
            "name it with --upstream, or write this into the upstream's own table of the file."
        )
    if "api_key" in changes:
        changes["api_key_env"] = None
    return (sources.upstreams[0].model_copy(update=changes),)
