"""Images that a model draws, as items of a response."""

from __future__ import annotations

from typing import Any

from ..wire import events
from .builders import Emit

JSON = dict[str, Any]


def image_item(item_id: str, data: str, format: str | None) -> JSON:
    """The item that carries an image: base64, and its format where it is known."""
    item: JSON = {"id": item_id, "type": "image_generation_call", "status": "completed", "result": data}
    if format is not None:
        item["output_format"] = format
    return item


def tell_image(emit: Emit, item: JSON, index: int) -> None:
    """Tell of an image, which comes whole, from its announcement to its end."""
    place = {"item_id": item["id"], "output_index": index}
    announced = {**item, "status": "in_progress", "result": None}
    emit({"type": events.OUTPUT_ITEM_ADDED, "output_index": index, "item": announced})
    emit({"type": events.IMAGE_GENERATION_IN_PROGRESS, **place})
    emit({"type": events.IMAGE_GENERATION_COMPLETED, **place})
    emit({"type": events.OUTPUT_ITEM_DONE, "output_index": index, "item": item})
