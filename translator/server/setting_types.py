"""The types of settings: what a value may be, and what is said of one that may not."""

from __future__ import annotations

import importlib.util
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from ..dialects import DEFAULT
from ..dialects.presets import find_preset, read_switches


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http or https URL such as http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise ValueError("holds a user name or password: give the key as the upstream's API key instead")
    if parts.fragment:
        raise ValueError("holds a fragment (#…), which no server ever sees: leave it out")
    return value


def _host_name(value: str) -> str:
    if not value or any(letter in ":/@ " for letter in value):
        raise ValueError("is no host name such as my-machine.local: give the name alone, without scheme and port")
    return value


def _switches(value: dict[str, Any]) -> dict[str, Any]:
    read_switches(value, "is wrong")
    return value


def _preset(value: str | None) -> str | None:
    try:
        find_preset(value or DEFAULT.name)
    except ValueError as error:
        raise ValueError(f"is wrong: {str(error).rstrip('.')}") from None
    return value


def _pattern(value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise ValueError(f"is no regular expression ({error})") from None
    return value


def _as_list(value: Any) -> Any:
    """`a,b` → a list: an environment variable cannot hold one otherwise."""
    return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value


def _files(files: str | None) -> str | None:
    scheme, separator, rest = (files or "").partition("://")
    if not separator:
        return files
    if scheme != "s3" or not rest.strip("/"):
        raise ValueError("is neither a directory nor s3://BUCKET/PREFIX")
    if importlib.util.find_spec("obstore") is None:
        raise ValueError("is a bucket, which needs the extra s3: pip install 'responses-translator[s3]'")
    return files


Listed = BeforeValidator(_as_list)
"""A list that may be written as one string, its entries parted by commas or spaces."""

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
HostName = Annotated[str, AfterValidator(_host_name)]
Preset = Annotated[str | None, AfterValidator(_preset)]
Switches = Annotated[dict[str, Any], AfterValidator(_switches)]
FilesPlace = Annotated[str | None, Field(min_length=1), AfterValidator(_files)]
Pattern = Annotated[str | None, AfterValidator(_pattern)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
