"""Attachments: what is told in the place of parts that refer to something, as files do that are kept elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

JSON = dict[str, Any]


class Attachment(NamedTuple):
    """What stands for one part."""

    parts: tuple[JSON, ...]
    """The parts in its place, as Responses has them: `input_text`, `input_image` and `input_file` with its data."""

    loss: str | None = None
    """Why they are not the same as what they stand for, where they are not."""


Attachments = Mapping[str, Attachment]
"""By the paths of the parts that they stand for, such as `input[2].content[0]`."""

NO_ATTACHMENTS: Attachments = MappingProxyType({})
