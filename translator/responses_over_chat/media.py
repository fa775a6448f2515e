"""Images and sound that an upstream puts into its message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DATA_URL = re.compile(r"data:image/([a-z0-9.+-]+)[^,]*;base64,", re.IGNORECASE)
_FORMATS = {"png": "png", "webp": "webp", "jpeg": "jpeg", "jpg": "jpeg", "gif": "gif", "svg+xml": "svg"}


@dataclass(slots=True)
class Image:
    """An image that the model drew: base64, and its format where OpenAI has a word for it."""

    data: str
    format: str | None


@dataclass(slots=True)
class Untold:
    """Something that no item of a response can carry, and why."""

    reason: str
    path: str = "output"


def read_images(images: Any) -> Iterator[Image | Untold]:
    """OpenRouter's `images`, or parts of a content list: data URLs, plain or in an object."""
    for image in images if isinstance(images, list) else ():
        url = image.get("image_url", image.get("b64_json")) if isinstance(image, dict) else image
        if isinstance(url, dict):
            url = url.get("url")
        if not isinstance(url, str) or not url:
            continue
        data = _DATA_URL.match(url)
        if data is not None:
            yield Image(url[data.end() :], _FORMATS.get(data[1].lower()))
        elif ":" in url:
            yield Untold("the model's image is behind a URL, and a response carries only its bytes")
        else:
            yield Image(url, None)


def read_audio(audio: Any) -> tuple[str, Untold | None]:
    """What was spoken, and that the sound itself cannot be told: OpenAI's output items have no place for it."""
    if not isinstance(audio, dict):
        return "", None
    transcript = audio.get("transcript")
    lost = Untold("the model's speech is told as its transcript, without the sound") if audio.get("data") else None
    return transcript if isinstance(transcript, str) else "", lost
