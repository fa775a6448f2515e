"""A page of a list of items, the way OpenAI's lists are read: `order`, `after`, `before`, `limit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..errors import InvalidRequest
from .records import Item, Page

Order = Literal["asc", "desc"]


def page_of(
    items: Sequence[Item],
    *,
    order: Order = "desc",
    after: str | None = None,
    before: str | None = None,
    limit: int = 20,
) -> Page:
    """Up to `limit` items that stand between the items `after` and `before` in the order asked for.

    With `before` alone they are the ones right before it. A cursor that names no item raises InvalidRequest.
    """
    ordered = list(items) if order == "asc" else list(reversed(items))
    places = {item.get("id"): place for place, item in enumerate(ordered)}
    start = 0 if after is None else place_of(places.get(after), after, "after") + 1
    end = len(ordered) if before is None else place_of(places.get(before), before, "before")
    between = ordered[start:end]
    if before is not None and after is None:
        return Page(between[-limit:], has_more=len(between) > limit)
    return Page(between[:limit], has_more=len(between) > limit)


def place_of(place: int | None, cursor: str, param: str) -> int:
    """The place that was looked up for a cursor; InvalidRequest when there is none."""
    if place is None:
        raise InvalidRequest(f"No item '{cursor}' in this list: name one that an earlier page showed.", param=param)
    return place
