"""Lists of items as OpenAI reads them: `order`, `after`, `before` and `limit` in, a page out."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from starlette.datastructures import QueryParams

from ..errors import InvalidRequest
from ..mapping.losses import Loss
from ..store import Page
from ..store.paging import Order

JSON = dict[str, Any]

MOST = 100
"""The most items on a page."""


class Paging(NamedTuple):
    """Which page is asked for."""

    order: Order
    after: str | None
    before: str | None
    limit: int


def read_paging(query: QueryParams, *, most: int = MOST, default: int = 20) -> Paging:
    """The page that a query asks for; newest first and `default` items where it does not say. Raises InvalidRequest."""
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise InvalidRequest(f"Invalid 'order': {order[:40]!r} is neither 'asc' nor 'desc'.", param="order")
    limit = query.get("limit", str(default))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= most):
        raise InvalidRequest(f"Invalid 'limit': {limit[:40]!r} is no number from 1 to {most}.", param="limit")
    return Paging(cast(Order, order), query.get("after"), query.get("before"), int(limit))


def as_list(page: Page) -> JSON:
    """A page as OpenAI's list object."""
    return as_envelope(page.items, page.has_more)


def as_envelope(shown: list[JSON], more: bool) -> JSON:
    """OpenAI's list object of what is shown, each with its id, and whether more follow."""
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": more,
    }


def read_include(query: QueryParams) -> list[str]:
    """What is to be included, in either spelling: `include=…` or `include[]=…`."""
    return [*query.getlist("include"), *query.getlist("include[]")]


def report_include(wanted: list[str], known: frozenset[str]) -> list[Loss]:
    """A loss for everything that is to be included and never can be."""
    return [
        Loss(f"include[{index}]", f"there is no '{name}' to include")
        for index, name in enumerate(wanted)
        if name not in known
    ]
