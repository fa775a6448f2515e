"""Images that a model draws, as items of a response."""

from __future__ import annotations

from typing import Any

from ..wire import events
from .builders import Emit
from .media import Image

JSON = dict[str, Any]


def tell_image(emit: Emit, item_id: str, index: int, image: Image) -> JSON:
    """Tell of an image, which comes whole, from its announcement to its end; returns its item."""
    place = {"item_id": item_id, "output_index": index}
    announced: JSON = {"id": item_id, "type": "image_generation_call", "status": "in_progress", "result": None}
    if image.format is not None:
        announced["output_format"] = image.format
    item = {**announced, "status": "completed", "result": image.data}
    emit({"type": events.OUTPUT_ITEM_ADDED, "output_index": index, "item": announced})
    emit({"type": events.IMAGE_GENERATION_IN_PROGRESS, **place})
    emit({"type": events.IMAGE_GENERATION_COMPLETED, **place})
    emit({"type": events.OUTPUT_ITEM_DONE, "output_index": index, "item": item})
    return item
