from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translator.errors import InvalidRequest
from translator.store import Bounds, Conversation, Item, Store, open_store
from translator.store.paging import page_of

from .conftest import Clock, Open
from .turns import TENANT, message, new_id, response


def items(*names: str) -> list[Item]:
    return [message(name, f"text of {name}") for name in names]


async def create(store: Store, *names: str) -> str:
    conversation = Conversation(TENANT, new_id("conv"), 1_800_000_000, {"topic": "tests"})
    await store.conversations.create(conversation, items(*names))
    return conversation.id


async def names(store: Store, id: str) -> list[str]:
    return [item["id"] for item in await store.conversations.history(TENANT, id)]


async def test_a_conversation_is_loaded_as_it_was_created(store: Store) -> None:
    id = await create(store, "a", "b")
    loaded = await store.conversations.load(TENANT, id)
    assert loaded == Conversation(TENANT, id, 1_800_000_000, {"topic": "tests"})
    assert await store.conversations.history(TENANT, id) == items("a", "b")


async def test_an_update_replaces_the_metadata_alone(store: Store) -> None:
    id = await create(store, "a")
    updated = await store.conversations.update(TENANT, id, {"other": "thing"})
    assert updated == Conversation(TENANT, id, 1_800_000_000, {"other": "thing"})
    assert await store.conversations.load(TENANT, id) == updated
    assert await names(store, id) == ["a"]


async def test_a_deleted_conversation_is_gone_with_its_items(store: Store) -> None:
    id = await create(store, "a")
    assert await store.conversations.delete(TENANT, id)
    assert await store.conversations.load(TENANT, id) is None
    assert await store.conversations.load_item(TENANT, id, "a") is None
    assert await store.responses.find_items(TENANT, ["a"]) == {}
    assert not await store.conversations.delete(TENANT, id)


async def test_appends_at_the_same_time_lose_nothing_and_keep_their_order(store: Store) -> None:
    id = await create(store)
    await asyncio.gather(
        *(store.conversations.append(TENANT, id, items(f"{n}-first", f"{n}-second")) for n in range(40))
    )
    history = await names(store, id)
    assert sorted(history) == sorted(f"{n}-{which}" for n in range(40) for which in ("first", "second"))
    assert all(
        first.split("-")[0] == second.split("-")[0] for first, second in zip(history[::2], history[1::2], strict=True)
    )


async def test_an_item_can_be_loaded_and_deleted_alone(store: Store) -> None:
    id = await create(store, "a", "b", "c")
    assert await store.conversations.load_item(TENANT, id, "b") == items("b")[0]
    assert await store.conversations.delete_item(TENANT, id, "b")
    assert not await store.conversations.delete_item(TENANT, id, "b")
    assert await store.conversations.load_item(TENANT, id, "b") is None
    assert await names(store, id) == ["a", "c"]


async def test_the_same_item_is_not_appended_twice(store: Store) -> None:
    id = await create(store, "a")
    for twice in (items("b", "a"), items("c", "c")):
        with pytest.raises(InvalidRequest) as caught:
            await store.conversations.append(TENANT, id, twice)
        assert caught.value.code == "duplicate_item"
    assert await names(store, id) == ["a"]


@pytest.mark.parametrize("item", [{"type": "message"}, {"id": ""}, {"id": "\x00"}, {"id": 7}])
async def test_an_item_without_a_usable_id_is_refused_with_its_path(store: Store, item: Item) -> None:
    id = await create(store)
    with pytest.raises(InvalidRequest) as caught:
        await store.conversations.append(TENANT, id, [*items("a"), item])
    assert caught.value.param == "items[1].id"
    assert await names(store, id) == []


async def test_another_tenants_conversation_looks_like_one_that_never_was(store: Store) -> None:
    id = await create(store, "a")
    for tenant, wanted in (("mallory", id), (TENANT, new_id("conv")), (TENANT, "\x00")):
        conversations = store.conversations
        assert await conversations.load(tenant, wanted) is None
        assert await conversations.update(tenant, wanted, {}) is None
        assert await conversations.page(tenant, wanted) is None
        assert await conversations.load_item(tenant, wanted, "a") is None
        assert not await conversations.delete_item(tenant, wanted, "a")
        assert not await conversations.delete(tenant, wanted)
        for attempt in (conversations.history(tenant, wanted), conversations.append(tenant, wanted, items("x"))):
            with pytest.raises(InvalidRequest) as caught:
                await attempt
            assert (caught.value.status, caught.value.code) == (404, "conversation_not_found")
    assert await store.responses.find_items("mallory", ["a"]) == {}
    assert await names(store, id) == ["a"]


async def test_a_response_and_its_items_in_the_conversation_are_kept_together(store: Store) -> None:
    id = await create(store, "a")
    saved = response(conversation_id=id)
    spoken = [*saved.input, *saved.output]
    await store.responses.save(saved, conversation_items=spoken)
    assert await store.conversations.history(TENANT, id) == [*items("a"), *spoken]
    await store.responses.save(saved, conversation_items=spoken)
    assert await store.conversations.history(TENANT, id) == [*items("a"), *spoken]


async def test_a_response_is_not_kept_when_its_conversation_is_gone(store: Store) -> None:
    kept, lost = response(), response(conversation_id=new_id("conv"))
    results = await asyncio.gather(
        store.responses.save(kept),
        store.responses.save(lost, conversation_items=lost.output),
        return_exceptions=True,
    )
    assert results[0] is None
    assert isinstance(results[1], InvalidRequest)
    assert await store.responses.load(TENANT, kept.id) == kept
    assert await store.responses.load(TENANT, lost.id) is None


async def test_a_history_beyond_the_bounds_is_refused_with_a_code_of_its_own(url: str, opened: Open) -> None:
    store = await opened(url, bounds=Bounds(chain_bytes=2000))
    id = await create(store, "a", "b", "c", "d")
    with pytest.raises(InvalidRequest) as caught:
        await store.conversations.history(TENANT, id)
    assert caught.value.code == "conversation_too_long"
    await store.conversations.delete_item(TENANT, id, "a")
    await store.conversations.delete_item(TENANT, id, "b")
    assert await names(store, id) == ["c", "d"]


async def test_a_conversation_lives_as_long_as_it_is_used(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(clock=clock, ttl=100))
    used, idle = await create(store, "a"), await create(store, "b")
    clock.now += 60
    await store.conversations.append(TENANT, used, items("c"))
    clock.now += 60
    assert await names(store, used) == ["a", "c"]
    assert await store.conversations.load(TENANT, idle) is None
    assert await store.responses.find_items(TENANT, ["a", "b"]) == {"a": items("a")[0]}


async def test_an_unknown_cursor_is_named(store: Store) -> None:
    id = await create(store, "a")
    for param in ("after", "before"):
        for cursor in ("z", "\x00"):
            with pytest.raises(InvalidRequest) as caught:
                await store.conversations.page(TENANT, id, **{param: cursor})  # type: ignore[arg-type]
            assert caught.value.param == param


async def test_paging_forth_and_back_shows_every_item_once(store: Store) -> None:
    id = await create(store, *"abcdefg")
    seen: list[str] = []
    cursor, more = None, True
    while more:
        page = await store.conversations.page(TENANT, id, order="asc", after=cursor, limit=3)
        assert page is not None
        seen += [item["id"] for item in page.items]
        cursor, more = seen[-1], page.has_more
    assert seen == list("abcdefg")
    back = await store.conversations.page(TENANT, id, order="asc", before="g", limit=3)
    assert back is not None
    assert [item["id"] for item in back.items] == ["d", "e", "f"]
    assert back.has_more


LETTERS = "abcdef"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    order=st.sampled_from(("asc", "desc")),
    after=st.none() | st.sampled_from(LETTERS),
    before=st.none() | st.sampled_from(LETTERS),
    limit=st.integers(1, 8),
)
def test_a_page_of_the_database_is_the_page_of_the_list(order, after, before, limit) -> None:  # type: ignore[no-untyped-def]
    async def read() -> None:
        store = await open_store("memory:")
        id = await create(store, *LETTERS)
        page = await store.conversations.page(TENANT, id, order=order, after=after, before=before, limit=limit)
        assert page == page_of(items(*LETTERS), order=order, after=after, before=before, limit=limit)
        await store.close()

    asyncio.run(read())


async def test_an_empty_append_changes_nothing(store: Store) -> None:
    id = await create(store, "a")
    await store.conversations.append(TENANT, id, [])
    await store.responses.save(replace(response(), conversation_id=id))
    assert await names(store, id) == ["a"]
