"""Files, uploads and their contents in every kind of store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from translator.errors import InvalidRequest, StoreUnavailable
from translator.store import Bounds, File, FileBounds, Store, Upload
from translator.store.contents import WRITING_SECONDS, ContentMissing
from translator.store.files import BLOCK
from translator.store.tables import loose_contents

from .conftest import Clock, Open
from .turns import TENANT, count

LIMITS = FileBounds(file=100, upload=300, part=100, tenant=250 + 3 * BLOCK, total=400 + 4 * BLOCK)


@pytest.fixture
async def store(url: str, opened: Open, clock: Clock, tmp_path: Path) -> Store:
    return await opened(url, bounds=Bounds(clock=clock), files=str(tmp_path / "files"), file_bounds=LIMITS)


def on_disk(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((directory / "files").rglob("*")) if path.is_file()]


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


async def save(store: Store, clock: Clock, data: bytes, *, id: str, tenant: str = TENANT, **changes: float) -> File:
    written = await store.files.write(tenant, pieces(data), LIMITS.file, "file")
    file = File(tenant, id, clock.now, written.size, "a.txt", "user_data", (written.key,), **changes)
    await store.files.create(file)
    return file


async def read(store: Store, file: File) -> bytes:
    return b"".join([piece async for piece in store.files.read(file)])


async def test_a_file_is_read_as_it_was_written_and_by_its_tenant_alone(store: Store, clock: Clock) -> None:
    file = await save(store, clock, b"some bytes", id="file-1")
    assert await store.files.load(TENANT, "file-1") == file
    assert await read(store, file) == b"some bytes"
    assert await store.files.load("bob", "file-1") is None
    assert not await store.files.delete("bob", "file-1")
    assert await count(store, loose_contents) == 0


async def test_an_expired_file_is_not_there_and_its_content_goes(store: Store, clock: Clock, tmp_path: Path) -> None:
    await save(store, clock, b"for an hour", id="file-1", expires_at=clock.now + 3600)
    await save(store, clock, b"for ever", id="file-2")
    clock.now += 3600
    assert await store.files.load(TENANT, "file-1") is None
    assert not await store.files.delete(TENANT, "file-1")
    found, more = await store.files.page(TENANT)
    assert ([file.id for file in found], more) == (["file-2"], False)
    await store.tidy()
    assert on_disk(tmp_path) == [b"for ever"]


async def test_files_made_at_the_same_time_are_paged_without_gap_or_double(
    url: str, opened: Open, clock: Clock, tmp_path: Path
) -> None:
    store = await opened(url, bounds=Bounds(clock=clock), files=str(tmp_path / "files"))
    for number in range(5):
        await save(store, clock, b"x", id=f"file-{number}")
    for order, expected in (("asc", "01234"), ("desc", "43210")):
        seen, after = "", None
        while True:
            page, more = await store.files.page(TENANT, order=order, after=after, limit=2)  # type: ignore[arg-type]
            seen += "".join(file.id[-1] for file in page)
            after = page[-1].id
            if not more:
                break
        assert seen == expected


async def test_no_tenant_and_not_all_together_keep_more_than_the_bounds(store: Store, clock: Clock) -> None:
    for number in range(2):
        await save(store, clock, b"x" * 100, id=f"file-{number}")
    with pytest.raises(InvalidRequest, match="no room"):
        await save(store, clock, b"x" * 51, id="file-2")
    await save(store, clock, b"x" * 50, id="file-3")
    await save(store, clock, b"x" * 100, id="file-4", tenant="bob")
    with pytest.raises(InvalidRequest, match="no room"):
        await save(store, clock, b"x" * 51, id="file-5", tenant="bob")
    with pytest.raises(InvalidRequest, match="larger than 100 bytes"):
        await save(store, clock, b"x" * 101, id="file-6", tenant="carol")
    assert await count(store, loose_contents) == 0


async def test_empty_files_and_uploads_take_room_too(store: Store, clock: Clock) -> None:
    for number in range(3):
        await save(store, clock, b"", id=f"file-{number}")
    with pytest.raises(InvalidRequest, match="no room"):
        await save(store, clock, b"", id="file-3")
    upload = Upload(TENANT, "upload_1", clock.now, clock.now + 3600, 1, "a", "user_data")
    with pytest.raises(InvalidRequest, match="no room"):
        await store.uploads.create(upload)
    await store.files.delete(TENANT, "file-0")
    await store.uploads.create(upload)
    with pytest.raises(InvalidRequest, match="no room"):
        await save(store, clock, b"", id="file-3")


async def test_two_that_fill_the_same_room_do_not_both_get_in(store: Store, clock: Clock, tmp_path: Path) -> None:
    await save(store, clock, b"x" * 100, id="file-0")
    results = await asyncio.gather(
        *(save(store, clock, b"x" * 100, id=f"file-{number}") for number in (1, 2)), return_exceptions=True
    )
    assert sorted(isinstance(result, File) for result in results) == [False, True]
    assert len(on_disk(tmp_path)) == 2


async def test_what_was_being_written_when_the_process_died_is_removed_in_time(
    lasting_url: str, opened: Open, clock: Clock, tmp_path: Path
) -> None:
    store = await opened(lasting_url, bounds=Bounds(clock=clock), files=str(tmp_path / "files"))
    await store.files.write(TENANT, pieces(b"abandoned"), 100, "file")  # and nothing comes of it
    await store.tidy()
    assert on_disk(tmp_path) == [b"abandoned"]
    clock.now += WRITING_SECONDS
    again = await opened(lasting_url, bounds=Bounds(clock=clock), files=str(tmp_path / "files"))
    assert on_disk(tmp_path) == []
    assert await count(again, loose_contents) == 0


async def test_a_content_that_took_too_long_is_no_file(store: Store, clock: Clock) -> None:
    written = await store.files.write(TENANT, pieces(b"slow"), 100, "file")
    clock.now += WRITING_SECONDS
    await store.tidy()
    with pytest.raises(InvalidRequest, match="too long to arrive"):
        await store.files.create(File(TENANT, "file-1", clock.now, 4, "a", "user_data", (written.key,)))


async def test_a_disk_that_fails_is_said_and_leaves_nothing(store: Store, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no directory")
    with pytest.raises(StoreUnavailable, match="files"):
        await save(store, clock, b"x", id="file-1")
    (tmp_path / "files").unlink()
    await store.tidy()


async def test_a_file_whose_content_was_taken_away_is_said_to_be_unreadable(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    file = await save(store, clock, b"x", id="file-1")
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(ContentMissing, match="not there any more"):
        await read(store, file)
    assert await store.files.delete(TENANT, "file-1")


async def test_an_upload_that_is_never_completed_is_forgotten_with_its_parts(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    upload = Upload(TENANT, "upload_1", clock.now, clock.now + 3600, 200, "a", "user_data")
    await store.uploads.create(upload)
    part = await store.uploads.add_part(TENANT, "upload_1", pieces(b"x" * 100))
    assert await store.uploads.part_contents(replace(upload, size=100), [part])
    clock.now += 3600
    with pytest.raises(InvalidRequest, match="its hour is over"):
        await store.uploads.load(TENANT, "upload_1")
    await store.tidy()
    assert on_disk(tmp_path) == []


async def test_parts_that_fill_the_same_room_do_not_all_get_in(store: Store, clock: Clock, tmp_path: Path) -> None:
    await store.uploads.create(Upload(TENANT, "upload_1", clock.now, clock.now + 3600, 300, "a", "user_data"))
    parts = (store.uploads.add_part(TENANT, "upload_1", pieces(b"x" * 100)) for _ in range(3))
    results = await asyncio.gather(*parts, return_exceptions=True)
    assert sum(isinstance(result, str) for result in results) == 2
    assert len(on_disk(tmp_path)) == 2


async def test_parts_count_against_the_tenants_room(store: Store, clock: Clock) -> None:
    await store.uploads.create(Upload(TENANT, "upload_1", clock.now, clock.now + 3600, 300, "a", "user_data"))
    for _ in range(2):
        await store.uploads.add_part(TENANT, "upload_1", pieces(b"x" * 100))
    with pytest.raises(InvalidRequest, match="no room"):
        await store.uploads.add_part(TENANT, "upload_1", pieces(b"x" * 51))
    with pytest.raises(InvalidRequest, match="may have 300 bytes"):
        await store.uploads.create(Upload(TENANT, "upload_2", clock.now, clock.now + 3600, 301, "a", "user_data"))
