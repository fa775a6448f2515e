"""Data that items brought along: once for each tenant, for as long as it is used."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from translator.store import Bounds, Conversation, Store
from translator.store.blobs import GRACE
from translator.store.records import MOVED
from translator.store.tables import blob_uses, conversations, loose_contents

from .conftest import Clock, Open
from .turns import TENANT, count, new_id, response

DATA = b"a long picture" * 1000


@pytest.fixture
async def store(url: str, opened: Open, clock: Clock, tmp_path: Path) -> Store:
    return await opened(url, bounds=Bounds(clock=clock), files=str(tmp_path / "files"))


def on_disk(directory: Path) -> int:
    return sum(path.is_file() for path in (directory / "files").rglob("*"))


async def test_the_same_data_is_kept_once_for_a_tenant_and_read_by_it_alone(store: Store, tmp_path: Path) -> None:
    first = await store.blobs.put(TENANT, DATA, ["resp_1"])
    assert await store.blobs.put(TENANT, DATA, ["resp_2", "conv_1"]) == first
    assert on_disk(tmp_path) == 1
    assert await store.blobs.get(TENANT, first) == DATA
    assert await store.blobs.get("bob", first) is None
    await store.blobs.put("bob", DATA, ["resp_3"])
    assert on_disk(tmp_path) == 2


async def test_those_that_put_the_same_at_once_keep_it_once(store: Store, tmp_path: Path) -> None:
    await asyncio.gather(*(store.blobs.put(TENANT, DATA, [f"resp_{number}"]) for number in range(8)))
    assert on_disk(tmp_path) == 1
    assert await count(store, loose_contents) == 0


async def test_it_goes_with_the_last_that_uses_it(store: Store, clock: Clock, tmp_path: Path) -> None:
    conversation = Conversation(TENANT, new_id("conv"), 1)
    made = response()
    digest = await store.blobs.put(TENANT, DATA, [made.id, conversation.id])
    await store.tidy()
    assert await store.blobs.get(TENANT, digest) == DATA  # what uses it is about to be stored
    await store.conversations.create(conversation)
    await store.responses.save(made)
    clock.now += GRACE
    await store.responses.delete(TENANT, made.id)
    await store.tidy()
    assert await store.blobs.get(TENANT, digest) == DATA
    assert await count(store, blob_uses) == 1
    await store.conversations.delete(TENANT, conversation.id)
    await store.tidy()
    assert await store.blobs.get(TENANT, digest) is None
    assert (on_disk(tmp_path), await count(store, blob_uses)) == (0, 0)


async def test_another_tenants_response_of_that_id_holds_nothing(store: Store, clock: Clock, tmp_path: Path) -> None:
    made = response(tenant="bob")
    await store.responses.save(made)
    await store.blobs.put(TENANT, DATA, [made.id])
    clock.now += GRACE
    await store.tidy()
    assert on_disk(tmp_path) == 0


async def test_moved_data_counts_against_the_size_limit(url: str, opened: Open, clock: Clock, tmp_path: Path) -> None:
    bounds = Bounds(clock=clock, size=1_000_000)
    store = await opened(url, bounds=bounds, files=str(tmp_path / "files"))
    part = {"type": "input_file", "file_data": {MOVED: "digest", "size": 300_000}}
    ids = []
    for _ in range(5):
        clock.now += 1
        made = response(input=[{"type": "message", "role": "user", "id": "msg_1", "content": [part]}])
        ids.append(made.id)
        await store.responses.save(made)
    kept = [await store.responses.load(TENANT, id) is not None for id in ids]
    assert kept == [False, False, True, True, True]


async def test_a_conversation_is_as_large_as_the_data_of_its_items(store: Store) -> None:
    conversation = Conversation(TENANT, new_id("conv"), 1)
    part = {"type": "input_file", "file_data": {MOVED: "digest", "size": 600_000}}
    item = {"type": "message", "role": "user", "id": "msg_1", "content": [part]}

    async def size() -> int:
        query = select(conversations.c.size).where(conversations.c.id == conversation.id)
        return await store._database.read(lambda connection: connection.scalars(query).one())

    await store.conversations.create(conversation)
    empty = await size()
    await store.conversations.append(TENANT, conversation.id, [item])
    assert 600_000 < await size() < 610_000
    await store.conversations.delete_item(TENANT, conversation.id, "msg_1")
    assert await size() == empty
