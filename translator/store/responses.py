"""Stored responses: saved, loaded by id, read as chains, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Row, bindparam, delete, func, literal_column, select

from ..errors import InvalidRequest
from .bounds import Bounds, Eviction
from .conversations import Append, Conversations, append_to
from .databases import Database
from .group import GroupCommit
from .paging import Order, page_of
from .records import (
    ROW_OVERHEAD,
    Item,
    Page,
    Response,
    Turn,
    encode_body,
    encode_items,
    moved_size,
    owner_digits,
    well_formed,
)
from .tables import Upsert, conversation_items, conversations, responses

_r = responses.c
_upsert = Upsert(responses)
_BATCH = 200


class Responses:
    """The responses of all tenants. An id that is unknown, another tenant's, deleted or evicted is not found."""

    def __init__(
        self,
        database: Database,
        group: GroupCommit,
        bounds: Bounds,
        eviction: Eviction,
        conversations: Conversations,
    ) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._eviction = eviction
        self._conversations = conversations

    async def save(self, response: Response, *, conversation_items: Sequence[Item] = ()) -> None:
        """Keep the response, in place of an earlier state of it; committed when this returns.

        `conversation_items` are appended to its conversation in the same transaction, those that it holds already
        left out. Raises InvalidRequest when that conversation is gone (nothing is kept then).
        """
        if not (well_formed(response.tenant) and well_formed(response.id)):
            raise ValueError("a tenant and a response id are printable ASCII of at most 256 characters")
        append = None
        if response.conversation_id is not None:
            append = self._conversations.appending(
                response.tenant, response.conversation_id, conversation_items, again=True
            )
        row = _row(response, self._bounds.clock())
        await self._eviction.make_room(row["size"] + (append.size if append else 0))
        error = await self._group.commit(_save, (row, append))
        if error is not None:
            raise error

    async def load(self, tenant: str, id: str) -> Response | None:
        """The response as it was saved, or None."""
        row = await self._row(tenant, id)
        if row is None:
            return None
        return Response(
            tenant=tenant,
            id=id,
            status=row.status,
            body=from_json(row.body),
            input=from_json(row.input),
            output=from_json(row.output),
            previous_response_id=row.parent_id,
            conversation_id=row.conversation_id,
        )

    async def input_items(
        self,
        tenant: str,
        id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        limit: int = 20,
    ) -> Page | None:
        """A page of the response's own input items as `paging.page_of` describes it, or None."""
        row = await self._row(tenant, id)
        if row is None:
            return None
        return page_of(from_json(row.input), order=order, after=after, before=before, limit=limit)

    async def chain(self, tenant: str, id: str) -> list[Turn]:
        """The response and all it continues, oldest first, by one query.

        Raises InvalidRequest with `param` previous_response_id: `previous_response_not_found` when it or one that
        it continues is not there, or it came to no end; `previous_response_in_progress` when it still runs;
        `chain_too_long` beyond the bounds.
        """
        rows = await self._chain(tenant, id) if well_formed(id) else []
        if not rows:
            raise _not_found(f"No response '{id}' to continue: it was never stored, was deleted or has expired.")
        oldest, newest = rows[-1], rows[0]
        if newest.status in ("queued", "in_progress"):
            raise InvalidRequest(
                f"The response '{id}' is still running: wait for its end before you continue it.",
                param="previous_response_id",
                code="previous_response_in_progress",
            )
        if newest.status not in ("completed", "incomplete"):
            raise _not_found(f"The response '{id}' is {newest.status}: continue one that was completed.")
        if oldest.parent_id is not None:
            if oldest.depth >= self._bounds.chain_turns or oldest.bytes >= self._bounds.chain_bytes:
                raise InvalidRequest(
                    f"The chain of the response '{id}' has more than {self._bounds.chain_turns} turns or "
                    f"{self._bounds.chain_bytes} bytes: compact it, or start a new one.",
                    param="previous_response_id",
                    code="chain_too_long",
                )
            raise _not_found(f"The response '{id}' continues one that was deleted or has expired: start a new chain.")
        return [
            Turn(row.id, row.status, from_json(row.input), from_json(row.output), row.conversation_id)
            for row in reversed(rows)
        ]

    async def delete(self, tenant: str, id: str) -> bool:
        """Delete the response, so that what continues it can no longer be continued; whether there was one."""
        return well_formed(id) and await self._group.commit(_delete, (tenant, id, self._bounds.expiry()))

    async def find_items(self, tenant: str, item_ids: Iterable[str]) -> dict[str, Item]:
        """Items of any response or conversation of the tenant by their ids; those not found are left out."""
        wanted = {id for id in item_ids if well_formed(id)}
        expiry = self._bounds.expiry()
        return await self._database.read(lambda connection: _find_items(connection, tenant, wanted, expiry))

    async def _row(self, tenant: str, id: str) -> Row[Any] | None:
        if not well_formed(id):
            return None
        values = {"tenant": tenant, "id": id, "expiry": self._bounds.expiry()}
        return await self._database.read(lambda connection: connection.execute(_LOAD, values).one_or_none())

    async def _chain(self, tenant: str, id: str) -> list[Row[Any]]:
        values = {
            "tenant": tenant,
            "id": id,
            "expiry": self._bounds.expiry(),
            "turns": self._bounds.chain_turns,
            "most_bytes": self._bounds.chain_bytes,
        }
        rows = await self._database.read(lambda connection: connection.execute(_CHAIN, values).all())
        return sorted(rows, key=lambda row: row.depth)


_LOAD = select(responses).where(
    _r.tenant == bindparam("tenant"), _r.id == bindparam("id"), _r.stored_at > bindparam("expiry")
)


def _chain_query() -> Any:
    """One recursive query from a response back to its first ancestor; `depth` counts turns, `bytes` their items."""
    spoken = func.length(_r.input) + func.length(_r.output)
    columns = (_r.id, _r.parent_id, _r.conversation_id, _r.status, _r.input, _r.output)
    alive = (_r.tenant == bindparam("tenant"), _r.stored_at > bindparam("expiry"))
    chain = (
        select(*columns, literal_column("1").label("depth"), spoken.label("bytes"))
        .where(*alive, _r.id == bindparam("id"))
        .cte("chain", recursive=True)
    )
    earlier = (
        select(*columns, chain.c.depth + 1, chain.c.bytes + spoken)
        .join(chain, _r.id == chain.c.parent_id)
        .where(*alive, chain.c.depth < bindparam("turns"), chain.c.bytes < bindparam("most_bytes"))
    )
    return select(chain.union_all(earlier))


_CHAIN = _chain_query()


def _row(response: Response, now: float) -> dict[str, Any]:
    body = encode_body(response.body)
    given = encode_items(response.input)
    said = encode_items(response.output)
    return {
        "tenant": response.tenant,
        "id": response.id,
        "parent_id": response.previous_response_id,
        "conversation_id": response.conversation_id,
        "status": response.status,
        "stored_at": now,
        "size": len(body) + len(given) + len(said) + ROW_OVERHEAD + sum(map(moved_size, response.input)),
        "body": body,
        "input": given,
        "output": said,
    }


def _save(
    connection: Connection, entries: Sequence[tuple[dict[str, Any], Append | None]]
) -> list[InvalidRequest | None]:
    appended = iter(append_to(connection, [append for _, append in entries if append]))
    outcomes = [next(appended) if append else None for _, append in entries]
    rows = [row for (row, _), error in zip(entries, outcomes, strict=True) if error is None]
    if rows:
        _upsert(connection, rows)
    return outcomes


def _delete(connection: Connection, keys: Sequence[tuple[str, str, float]]) -> list[bool]:
    return [
        connection.execute(delete(responses).where(_r.tenant == tenant, _r.id == id, _r.stored_at > expiry)).rowcount
        > 0
        for tenant, id, expiry in keys
    ]


def _find_items(connection: Connection, tenant: str, wanted: set[str], expiry: float) -> dict[str, Item]:
    owners = sorted({f"resp_{digits}" for id in wanted if (digits := owner_digits(id))})
    found: dict[str, Item] = {}
    for start in range(0, len(owners), _BATCH):
        query = select(_r.input, _r.output).where(
            _r.tenant == tenant, _r.id.in_(owners[start : start + _BATCH]), _r.stored_at > expiry
        )
        for row in connection.execute(query):
            items = from_json(row.input) + from_json(row.output)
            found.update({item["id"]: item for item in items if item.get("id") in wanted})
    missing = sorted(wanted - found.keys())
    i, c = conversation_items.c, conversations.c
    for start in range(0, len(missing), _BATCH):
        held = (
            select(i.id, i.body)
            .join(conversations, (c.tenant == i.tenant) & (c.id == i.conversation_id))
            .where(i.tenant == tenant, i.id.in_(missing[start : start + _BATCH]), c.touched_at > expiry)
        )
        found.update({row.id: from_json(row.body) for row in connection.execute(held)})
    return found


def _not_found(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="previous_response_id", code="previous_response_not_found")
