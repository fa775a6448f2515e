"""Conversations: each an ordered list of items, which several requests may append to at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from ..errors import InvalidRequest
from .bounds import Bounds, Eviction
from .databases import Database
from .group import GroupCommit
from .paging import Order, place_of
from .records import ROW_OVERHEAD, Conversation, Item, Page, encode_item, moved_size, well_formed
from .tables import conversation_items, conversations

_c = conversations.c
_i = conversation_items.c


@dataclass(frozen=True, slots=True)
class Append:
    """Encoded items by id, on their way into a conversation; `again` leaves out those that it holds already.

    `moved` says, by id, how many bytes of data those items refer to that do.
    """

    tenant: str
    conversation_id: str
    items: Mapping[str, bytes]
    now: float
    expiry: float
    again: bool
    moved: Mapping[str, int]

    def size_of(self, ids: Iterable[str]) -> int:
        """What these items count against the size limit, in bytes."""
        return sum(len(self.items[id]) + ROW_OVERHEAD + self.moved.get(id, 0) for id in ids)

    @property
    def size(self) -> int:
        """What all of them count."""
        return self.size_of(self.items)


@dataclass(frozen=True, slots=True)
class _Change:
    """A write to one conversation or to one of its items."""

    tenant: str
    conversation_id: str
    now: float
    expiry: float
    metadata: bytes = b""
    item_id: str = ""

    def alive(self) -> tuple[ColumnElement[bool], ...]:
        return _alive(self.tenant, self.conversation_id, self.expiry)


class Conversations:
    """The conversations of all tenants. An id that is unknown, another tenant's, deleted or evicted is not found."""

    def __init__(self, database: Database, group: GroupCommit, bounds: Bounds, eviction: Eviction) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds
        self._eviction = eviction

    async def create(self, conversation: Conversation, items: Sequence[Item] = ()) -> None:
        """Keep a new conversation with its first items, each with an id of its own."""
        metadata = to_json(conversation.metadata)
        append = self.appending(conversation.tenant, conversation.id, items)
        size = len(metadata) + ROW_OVERHEAD
        row = {
            "tenant": conversation.tenant,
            "id": conversation.id,
            "created_at": conversation.created_at,
            "touched_at": append.now,
            "size": size,
            "last_position": 0,
            "metadata": metadata,
        }
        await self._eviction.make_room(size + append.size)
        _raise(await self._group.commit(_create, (row, append)))

    async def load(self, tenant: str, id: str) -> Conversation | None:
        """The conversation without its items, or None."""
        if not well_formed(id):
            return None
        query = select(_c.created_at, _c.metadata).where(*_alive(tenant, id, self._bounds.expiry()))
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else Conversation(tenant, id, row.created_at, from_json(row.metadata))

    async def update(self, tenant: str, id: str, metadata: Mapping[str, str]) -> Conversation | None:
        """The conversation with this metadata instead of its own, or None."""
        if not well_formed(id):
            return None
        encoded = to_json(metadata)
        created_at = await self._group.commit(_update, self._change(tenant, id, metadata=encoded))
        return None if created_at is None else Conversation(tenant, id, created_at, metadata)

    async def delete(self, tenant: str, id: str) -> bool:
        """Delete the conversation and its items; whether there was one."""
        return well_formed(id) and await self._group.commit(_delete, self._change(tenant, id))

    async def append(self, tenant: str, id: str, items: Sequence[Item]) -> None:
        """Put items at the end, together and in this order.

        Raises InvalidRequest when there is no such conversation (404) or it holds an item of the same id.
        """
        if not well_formed(id):
            raise not_found(id)
        append = self.appending(tenant, id, items)
        await self._eviction.make_room(append.size)
        _raise(await self._group.commit(append_to, append))

    async def history(self, tenant: str, id: str) -> list[Item]:
        """All items, oldest first. Raises InvalidRequest when there is no such conversation, or it is too long."""
        found = await self._database.read(lambda connection: self._history(connection, tenant, id))
        if found is None:
            raise not_found(id)
        return found

    async def page(
        self,
        tenant: str,
        id: str,
        *,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
        limit: int = 20,
    ) -> Page | None:
        """A page of the items as `paging.page_of` describes it, or None when there is no such conversation."""
        if not well_formed(id):
            return None
        expiry = self._bounds.expiry()

        def read(connection: Connection) -> Page | None:
            if connection.execute(select(_c.id).where(*_alive(tenant, id, expiry))).one_or_none() is None:
                return None
            first = _place(connection, tenant, id, after, "after")
            last = _place(connection, tenant, id, before, "before")
            return _page(connection, tenant, id, order=order, after=first, before=last, limit=limit)

        return await self._database.read(read)

    async def load_item(self, tenant: str, id: str, item_id: str) -> Item | None:
        """One item, or None."""
        if not (well_formed(id) and well_formed(item_id)):
            return None
        query = (
            select(_i.body)
            .join(conversations, (_c.tenant == _i.tenant) & (_c.id == _i.conversation_id))
            .where(*_alive(tenant, id, self._bounds.expiry()), _i.tenant == tenant, _i.id == item_id)
        )
        body = await self._database.read(lambda connection: connection.scalars(query).one_or_none())
        return None if body is None else from_json(body)

    async def delete_item(self, tenant: str, id: str, item_id: str) -> bool:
        """Delete one item; whether there was one."""
        if not (well_formed(id) and well_formed(item_id)):
            return False
        return await self._group.commit(_delete_item, self._change(tenant, id, item_id=item_id))

    def appending(self, tenant: str, id: str, items: Sequence[Item], *, again: bool = False) -> Append:
        """The items made ready for `append_to`. Raises InvalidRequest for an item without an id, or two with one."""
        encoded: dict[str, bytes] = {}
        moved: dict[str, int] = {}
        for index, item in enumerate(items):
            item_id = item.get("id")
            if not isinstance(item_id, str) or not well_formed(item_id):
                raise InvalidRequest(
                    "An item needs an id of 1 to 256 printable characters.", param=f"items[{index}].id"
                )
            if item_id in encoded and not again:
                raise _duplicate(item_id)
            encoded.setdefault(item_id, encode_item(item))
            if size := moved_size(item):
                moved[item_id] = size
        return Append(tenant, id, encoded, self._bounds.clock(), self._bounds.expiry(), again, moved)

    def _change(self, tenant: str, id: str, *, metadata: bytes = b"", item_id: str = "") -> _Change:
        return _Change(tenant, id, self._bounds.clock(), self._bounds.expiry(), metadata, item_id)

    def _history(self, connection: Connection, tenant: str, id: str) -> list[Item] | None:
        if not well_formed(id):
            return None
        alive = _alive(tenant, id, self._bounds.expiry())
        size = connection.scalars(select(_c.size).where(*alive)).one_or_none()
        if size is None:
            return None
        if size > self._bounds.chain_bytes:
            raise InvalidRequest(
                f"The conversation '{id}' holds more than the {self._bounds.chain_bytes} bytes that are read at once: "
                "delete items, or start a new one.",
                param="conversation",
                code="conversation_too_long",
            )
        items = select(_i.body).where(_i.tenant == tenant, _i.conversation_id == id).order_by(_i.position)
        return [from_json(body) for body in connection.scalars(items)]


def not_found(id: str) -> InvalidRequest:
    """The same for every conversation that this tenant does not have."""
    return InvalidRequest(
        f"No conversation '{id}': it was never made, was deleted or has expired.",
        param="conversation",
        code="conversation_not_found",
        status=404,
    )


def append_to(connection: Connection, appends: Sequence[Append]) -> list[InvalidRequest | None]:
    """Append each to its conversation: None, or why it was not appended (nothing was written for it then)."""
    outcomes: list[InvalidRequest | None] = [None] * len(appends)
    # In the order of their keys: processes that take the same locks in the same order do not block each other.
    for number in sorted(range(len(appends)), key=lambda at: (appends[at].tenant, appends[at].conversation_id)):
        outcomes[number] = _append(connection, appends[number])
    return outcomes


def _append(connection: Connection, append: Append) -> InvalidRequest | None:
    alive = _alive(append.tenant, append.conversation_id, append.expiry)
    locked = connection.execute(select(_c.last_position).where(*alive).with_for_update()).one_or_none()
    if locked is None:
        return not_found(append.conversation_id)
    known = _known(connection, append)
    if known and not append.again:
        return _duplicate(min(known))
    fresh = {id: body for id, body in append.items.items() if id not in known}
    if not fresh:
        return None
    connection.execute(
        update(conversations)
        .where(*alive)
        .values(
            last_position=_c.last_position + len(fresh),
            size=_c.size + append.size_of(fresh),
            touched_at=append.now,
        )
    )
    keys = {"tenant": append.tenant, "conversation_id": append.conversation_id}
    places = enumerate(fresh.items(), locked.last_position + 1)
    connection.execute(
        insert(conversation_items), [{**keys, "position": at, "id": id, "body": body} for at, (id, body) in places]
    )
    return None


def _known(connection: Connection, append: Append) -> set[str]:
    here = (_i.tenant == append.tenant, _i.conversation_id == append.conversation_id)
    return set(connection.scalars(select(_i.id).where(*here, _i.id.in_(append.items))))


def _create(connection: Connection, entries: Sequence[tuple[Mapping[str, Any], Append]]) -> list[InvalidRequest | None]:
    connection.execute(insert(conversations), [row for row, _ in entries])
    return append_to(connection, [append for _, append in entries])


def _update(connection: Connection, changes: Sequence[_Change]) -> list[int | None]:
    return [
        connection.scalars(
            update(conversations)
            .where(*change.alive())
            .values(metadata=change.metadata, touched_at=change.now)
            .returning(_c.created_at)
        ).one_or_none()
        for change in changes
    ]


def _delete(connection: Connection, changes: Sequence[_Change]) -> list[bool]:
    return [_delete_one(connection, change) for change in changes]


def _delete_one(connection: Connection, change: _Change) -> bool:
    # The conversation first: whoever is appending holds its row, and what they append is then seen and deleted too.
    found = connection.execute(delete(conversations).where(*change.alive())).rowcount > 0
    if found:
        here = (_i.tenant == change.tenant, _i.conversation_id == change.conversation_id)
        connection.execute(delete(conversation_items).where(*here))
    return found


def _delete_item(connection: Connection, changes: Sequence[_Change]) -> list[bool]:
    return [_delete_one_item(connection, change) for change in changes]


def _delete_one_item(connection: Connection, change: _Change) -> bool:
    if connection.execute(select(_c.id).where(*change.alive()).with_for_update()).one_or_none() is None:
        return False
    this = (_i.tenant == change.tenant, _i.conversation_id == change.conversation_id, _i.id == change.item_id)
    body = connection.scalars(delete(conversation_items).where(*this).returning(_i.body)).one_or_none()
    if body is None:
        return False
    smaller = _c.size - len(body) - ROW_OVERHEAD - moved_size(from_json(body))
    connection.execute(update(conversations).where(*change.alive()).values(size=smaller, touched_at=change.now))
    return True


def _alive(tenant: str, id: str, expiry: float) -> tuple[ColumnElement[bool], ...]:
    return _c.tenant == tenant, _c.id == id, _c.touched_at > expiry


def _place(connection: Connection, tenant: str, id: str, cursor: str | None, param: str) -> int | None:
    if cursor is None:
        return None
    place = None
    if well_formed(cursor):
        query = select(_i.position).where(_i.tenant == tenant, _i.conversation_id == id, _i.id == cursor)
        place = connection.scalars(query).one_or_none()
    return place_of(place, cursor, param)


def _page(
    connection: Connection, tenant: str, id: str, *, order: Order, after: int | None, before: int | None, limit: int
) -> Page:
    newest_first = order == "desc"
    query = select(_i.body).where(_i.tenant == tenant, _i.conversation_id == id)
    if after is not None:
        query = query.where(_i.position < after if newest_first else _i.position > after)
    if before is not None:
        query = query.where(_i.position > before if newest_first else _i.position < before)
    backwards = before is not None and after is None
    descending = newest_first is not backwards
    ordered = query.order_by(_i.position.desc() if descending else _i.position).limit(limit + 1)
    items = [from_json(body) for body in connection.scalars(ordered)]
    shown = items[:limit]
    return Page(shown[::-1] if backwards else shown, has_more=len(items) > limit)


def _duplicate(item_id: str) -> InvalidRequest:
    return InvalidRequest(
        f"The conversation would hold the item '{item_id}' twice: leave it out, or send it without an id.",
        param="items",
        code="duplicate_item",
    )


def _raise(error: InvalidRequest | None) -> None:
    if error is not None:
        raise error
