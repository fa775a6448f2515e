"""What upstreams were given to keep: found, used, forgotten, and due to go."""

from __future__ import annotations

import pytest

from translator.store import Bounds, File, FileBounds, Store
from translator.store.copies import MOST_COPIES

from .conftest import Clock, Open
from .turns import TENANT

HOUR = 3600.0


async def given(store: Store, id: str, tenant: str = TENANT, file_id: str | None = None, size: int = 1) -> None:
    assert await store.copies.keep(tenant, "account", f"digest of {id}", id, file_id=file_id, size=size) == id


async def due(store: Store) -> list[str]:
    return sorted(copy.id for copy in await store.copies.due())


async def keep_file(store: Store, clock: Clock, id: str, expires_at: float | None = None) -> None:
    await store.files.create(File(TENANT, id, clock.now, 1, "a.pdf", "user_data", (), expires_at))


async def test_a_copy_is_found_by_its_tenant_account_and_content_alone(store: Store) -> None:
    await given(store, "file-1")
    find = store.copies.find
    assert await find(TENANT, "account", "digest of file-1", None) == "file-1"
    assert await find("bob", "account", "digest of file-1", None) is None
    assert await find(TENANT, "another", "digest of file-1", None) is None
    assert await find(TENANT, "account", "digest of file-2", None) is None
    assert [copy.id for copy in await store.copies.named(TENANT, "account", ["file-1", "file-2"])] == ["file-1"]
    assert await store.copies.named("bob", "account", ["file-1"]) == []
    assert await store.copies.named(TENANT, "another", ["file-1"]) == []


async def test_of_two_that_give_the_same_the_first_is_kept_and_used(store: Store, clock: Clock) -> None:
    await given(store, "file-1")
    for file_id, user in (("file-a", "file-a"), (None, "file-a")):
        clock.now += 1
        digest = "digest of file-1"
        assert await store.copies.keep(TENANT, "account", digest, "file-2", file_id=file_id, size=1) == "file-1"
        (copy,) = await store.copies.all()
        assert (copy.id, copy.file_id, copy.used_at) == ("file-1", user, clock.now)


async def test_what_took_the_place_of_a_copy_is_not_forgotten_with_it(store: Store) -> None:
    await given(store, "file-1")
    (first,) = await store.copies.all()
    await store.copies.forget(first)
    assert await store.copies.keep(TENANT, "account", first.digest, "file-2", file_id=None, size=1) == "file-2"
    await store.copies.forget(first)
    assert [copy.id for copy in await store.copies.all()] == ["file-2"]


@pytest.mark.parametrize("ttl", [10 * HOUR, 100.0])
async def test_a_copy_is_due_when_it_was_not_used_for_the_time_to_live(
    url: str, opened: Open, clock: Clock, ttl: float
) -> None:
    store = await opened(url, bounds=Bounds(ttl=ttl, clock=clock))
    await given(store, "file-1")
    await given(store, "file-2")
    clock.now += 0.9 * ttl
    assert await due(store) == []
    assert await store.copies.find(TENANT, "account", "digest of file-2", None) == "file-2"
    clock.now += 0.2 * ttl
    assert await due(store) == ["file-1"]


async def test_a_copy_is_due_when_the_file_it_was_last_told_for_is_deleted_or_has_expired(
    store: Store, clock: Clock
) -> None:
    await keep_file(store, clock, "file-a")
    await keep_file(store, clock, "file-b", clock.now + 60)
    await given(store, "1", file_id="file-a")
    await given(store, "2", file_id="file-b")
    await given(store, "3", file_id="file-a")
    await given(store, "4")
    assert await due(store) == []
    assert await store.copies.find(TENANT, "account", "digest of 3", "file-b") == "3"
    assert await store.copies.find(TENANT, "account", "digest of 1", None) == "1"
    assert [copy.id for copy in await store.copies.of_file(TENANT, "file-a")] == ["1"]
    assert await store.copies.of_file("bob", "file-a") == []
    await store.files.delete(TENANT, "file-a")
    assert await due(store) == ["1"]
    clock.now += 61
    await store.tidy()
    assert await due(store) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("limits", "expected"), [(FileBounds(tenant=15), ["1"]), (FileBounds(total=25), ["1", "2"]), (FileBounds(), [])]
)
async def test_copies_are_bounded_as_files_are_and_the_latest_stay(
    url: str, opened: Open, clock: Clock, limits: FileBounds, expected: list[str]
) -> None:
    store = await opened(url, bounds=Bounds(clock=clock), file_bounds=limits)
    for id, tenant in (("1", TENANT), ("2", "bob"), ("3", TENANT), ("4", "carol")):
        clock.now += 1
        await given(store, id, tenant, size=10)
    assert await due(store) == expected


async def test_there_are_no_more_copies_than_may_be(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_COPIES == 10_000
    monkeypatch.setattr("translator.store.copies.MOST_COPIES", 2)
    for id in ("1", "2", "3"):
        clock.now += 1
        await given(store, id)
    assert await due(store) == ["1"]


async def test_a_store_that_keeps_nothing_remembers_copies(opened: Open) -> None:
    store = await opened("none")
    await given(store, "file-1")
    assert await store.copies.find(TENANT, "account", "digest of file-1", None) == "file-1"
    assert not store.lasts
