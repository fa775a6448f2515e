from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from translator.errors import InvalidRequest, StoreUnavailable
from translator.store import Bounds, Conversation, LearnedFact, Store
from translator.store.bounds import MOST_FACTS
from translator.store.tables import conversation_items, conversations, learned_facts, responses

from .conftest import Clock, Open
from .turns import TENANT, count, message, new_id, response, save_chain

KILOBYTE = "x" * 1000


async def kept(store: Store, ids: list[str]) -> list[bool]:
    return [await store.responses.load(TENANT, id) is not None for id in ids]


async def test_a_response_is_gone_the_moment_it_expires(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(ttl=100, clock=clock))
    ids = await save_chain(store, 1)
    item = response(ids[0]).output[0]["id"]
    clock.now += 99.9
    ids += [(late := response(parent=ids[0])).id]
    await store.responses.save(late)
    assert len(await store.responses.chain(TENANT, ids[1])) == 2
    clock.now += 0.1
    assert await kept(store, ids) == [False, True]
    assert await store.responses.find_items(TENANT, [item]) == {}
    assert not await store.responses.delete(TENANT, ids[0])
    with pytest.raises(InvalidRequest) as caught:
        await store.responses.chain(TENANT, ids[1])
    assert caught.value.code == "previous_response_not_found"


async def test_eviction_removes_what_expired_and_nothing_else(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(ttl=100, clock=clock))
    old = await save_chain(store, 250)
    old_conversation = Conversation(TENANT, new_id("conv"), 1)
    await store.conversations.create(old_conversation, [message("a", "b")])
    await store.learned.learn(LearnedFact("upstream", "model", "old", 1))
    clock.now += 50
    new = await save_chain(store, 3)
    await store.learned.learn(LearnedFact("upstream", "model", "new", 1))
    clock.now += 50
    assert await store.evict() == 251
    assert await store.evict() == 0
    assert await kept(store, old[:1] + new) == [False, True, True, True]
    for table, rows in ((responses, 3), (conversations, 0), (conversation_items, 0), (learned_facts, 1)):
        assert await count(store, table) == rows
    assert [fact.name for fact in await store.learned.all()] == ["new"]


async def test_beyond_the_size_limit_the_oldest_go_first(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(size=100_000, clock=clock))
    ids = []
    for _ in range(200):
        clock.now += 1
        saved = response(output=[message("m", KILOBYTE)])
        await store.responses.save(saved)
        ids.append(saved.id)
    there = await kept(store, ids)
    survivors = sum(there)
    assert there == [False] * (200 - survivors) + [True] * survivors
    assert 30 < survivors < 70


async def test_conversations_count_and_are_evicted_whole(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(size=100_000, clock=clock))
    ids = [new_id("conv") for _ in range(30)]
    for id in ids:
        clock.now += 1
        await store.conversations.create(Conversation(TENANT, id, 1), [message(f"{id}-1", KILOBYTE)])
        await store.conversations.append(TENANT, id, [message(f"{id}-{n}", KILOBYTE) for n in range(2, 6)])
    there = [await store.conversations.load(TENANT, id) is not None for id in ids]
    survivors = sum(there)
    assert there == [False] * (30 - survivors) + [True] * survivors
    assert 5 < survivors < 20
    for id in ids[-survivors:]:
        assert len(await store.conversations.history(TENANT, id)) == 5
    assert await count(store, conversation_items) == 5 * survivors


async def test_the_limit_holds_under_concurrent_writes_and_for_the_file_itself(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "store.db"
    limit = 3_000_000
    store = await opened(f"sqlite:///{path}", bounds=Bounds(size=limit))
    for _ in range(10):
        await asyncio.gather(*(store.responses.save(response(output=[message("m", KILOBYTE)])) for _ in range(300)))
    assert path.stat().st_size < limit


async def test_what_is_larger_than_the_store_is_refused_and_evicts_nothing(url: str, opened: Open) -> None:
    store = await opened(url, bounds=Bounds(size=50_000))
    ids = await save_chain(store, 3)
    with pytest.raises(StoreUnavailable, match="size limit"):
        await store.responses.save(response(output=[message("m", KILOBYTE * 50)]))
    assert all(await kept(store, ids))


async def test_what_another_process_wrote_counts_at_the_next_eviction(lasting_url: str, opened: Open) -> None:
    bounds = Bounds(size=60_000)
    first = await opened(lasting_url, bounds=bounds)
    second = await opened(lasting_url, bounds=bounds)
    for store in (first, second):
        await asyncio.gather(*(store.responses.save(response(output=[message("m", KILOBYTE)])) for _ in range(25)))
    assert await first.evict() > 0
    assert await second.evict() == 0


async def test_eviction_happens_by_itself(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(ttl=100, clock=clock), sweep_interval=0.01)
    await save_chain(store, 1)
    clock.now += 100
    expired = clock.now
    swept = asyncio.Event()
    evict = store.evict

    async def watched() -> int:
        begun = clock.now
        evicted = await evict()
        if begun == expired:
            swept.set()
        return evicted

    store.evict = watched  # type: ignore[method-assign]
    await asyncio.wait_for(swept.wait(), 30)
    assert await count(store, responses) == 0


async def test_only_the_newest_facts_are_kept(store: Store, clock: Clock) -> None:
    surplus = 3
    facts = [LearnedFact("u", f"model {n}", "name", n) for n in range(MOST_FACTS + surplus)]
    for fact in facts[:surplus]:
        await store.learned.learn(fact)
    clock.now += 1
    await asyncio.gather(*(store.learned.learn(fact) for fact in facts[surplus:]))
    await store.evict()
    assert {fact.model for fact in await store.learned.all()} == {fact.model for fact in facts[surplus:]}


async def test_an_eviction_that_failed_is_not_the_last(
    opened: Open, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    store = await opened("memory:", bounds=Bounds(ttl=100, clock=clock), sweep_interval=0.01)
    failures = [StoreUnavailable("It is away."), RuntimeError("private words"), OSError("private words")]
    swept = asyncio.Event()

    async def failing() -> int:
        if failures:
            raise failures.pop(0)
        swept.set()
        return 0

    store.evict = failing  # type: ignore[method-assign]
    await asyncio.wait_for(swept.wait(), 10)
    assert "RuntimeError" in caplog.text and "private" not in caplog.text
