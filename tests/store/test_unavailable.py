from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Connection, insert, select, text, update

from tests.databases import POSTGRES, Proxy, postgres_schema, proxied, through
from translator.errors import StoreUnavailable
from translator.store import open_store
from translator.store.postgres import PostgresDatabase
from translator.store.schema import migrate
from translator.store.tables import learned_facts

from .conftest import Open
from .turns import TENANT, message, response, save_chain


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with proxied() as proxy:
        yield proxy


def assert_says_nothing_secret(error: StoreUnavailable) -> None:
    assert (error.status, error.code, error.type) == (503, "store_unavailable", "server_error")
    assert "127.0.0.1" not in str(error)
    assert "secret" not in str(error)


@pytest.mark.postgres
async def test_while_postgres_is_away_all_fails_and_afterwards_all_works(proxy: Proxy, opened: Open) -> None:
    async with postgres_schema() as url:
        store = await opened(through(proxy, url))
        ids = await save_chain(store, 2)
        await proxy.cut()
        for attempt in (
            store.responses.save(response()),
            store.responses.load(TENANT, ids[0]),
            store.responses.chain(TENANT, ids[1]),
            store.responses.delete(TENANT, ids[0]),
            store.conversations.history(TENANT, "conv_1"),
            store.learned.all(),
            store.evict(),
        ):
            with pytest.raises(StoreUnavailable) as caught:
                await attempt
            assert_says_nothing_secret(caught.value)
        await proxy.open()
        await store.responses.save(response(parent=ids[1]))
        assert len(await store.responses.chain(TENANT, ids[1])) == 2
        await store.close()


@pytest.mark.postgres
async def test_connections_that_died_while_idle_are_replaced_unnoticed(opened: Open) -> None:
    async with postgres_schema(application_name="doomed") as url:
        store = await opened(url)
        ids = await save_chain(store, 1)
        await asyncio.gather(*(store.responses.load(TENANT, ids[0]) for _ in range(4)))
        killer = await asyncpg.connect(os.environ[POSTGRES])
        doomed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed'"
        assert len(await killer.fetch(doomed)) > 1
        await save_chain(store, 2)
        assert len(await killer.fetch(doomed)) >= 1
        assert await store.responses.load(TENANT, ids[0]) is not None
        await killer.close()
        await store.close()


@pytest.mark.slow
@pytest.mark.postgres
async def test_of_connections_that_were_lost_without_a_word_one_alone_is_waited_for(proxy: Proxy, opened: Open) -> None:
    async with postgres_schema() as url:
        store = await opened(through(proxy, url), wait=0.5)
        ids = await save_chain(store, 1)
        await asyncio.gather(*(store.responses.load(TENANT, ids[0]) for _ in range(5)))
        proxy.lose()
        with pytest.raises(StoreUnavailable):
            await store.responses.load(TENANT, ids[0])
        for _ in range(5):
            assert await store.responses.load(TENANT, ids[0]) is not None
        await store.close()


@pytest.mark.postgres
async def test_connections_to_a_server_that_has_become_read_only_are_replaced(opened: Open) -> None:
    async with postgres_schema() as url:
        store = await opened(url)
        ids = await save_chain(store, 1)
        read_only = text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        await store._database.read(lambda connection: connection.execute(read_only))
        await store.responses.save(response(parent=ids[0]))
        await store.close()


@pytest.mark.postgres
async def test_a_statement_that_postgres_never_answers_is_given_up(opened: Open) -> None:
    async with postgres_schema() as url:
        store = await opened(url, wait=0.5)
        other = await asyncpg.connect(url)
        transaction = other.transaction()
        await transaction.start()
        await other.execute("LOCK TABLE translator_responses")
        with pytest.raises(StoreUnavailable):
            await store.responses.save(response())
        await transaction.rollback()
        await other.close()
        await save_chain(store, 1)
        await store.close()


async def test_a_database_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        await open_store("postgresql://user:secret@127.0.0.1:1/nothing")
    assert_says_nothing_secret(caught.value)


async def test_a_file_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable):
        await open_store(f"sqlite:///{tmp_path / 'file' / 'store.db'}")


async def test_a_file_that_is_no_database_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database at all" * 100)
    with pytest.raises(StoreUnavailable):
        await open_store(f"sqlite:///{tmp_path / 'notes.txt'}")


@pytest.mark.parametrize("url", ["", "memory", "sqlite://", "mysql://u:secret@h/d", "postgresql+psycopg://h/d"])
async def test_another_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="a store is") as caught:
        await open_store(url)
    assert "secret" not in str(caught.value)


async def test_a_locked_file_fails_the_write_but_not_the_reader_nor_the_next_write(
    tmp_path: Path, opened: Open
) -> None:
    store = await opened(f"sqlite:///{tmp_path / 'store.db'}", wait=0.1)
    ids = await save_chain(store, 2)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable) as caught:
        await store.responses.save(response())
    assert_says_nothing_secret(caught.value)
    assert len(await store.responses.chain(TENANT, ids[1])) == 2
    other.execute("ROLLBACK")
    other.close()
    await save_chain(store, 1)


async def test_a_full_disk_fails_the_write_and_keeps_all_that_was_acknowledged(tmp_path: Path, opened: Open) -> None:
    resource: Any = pytest.importorskip("resource")
    store = await opened(f"sqlite:///{tmp_path / 'store.db'}")
    ids = []
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(StoreUnavailable) as caught:
            while True:
                saved = response(output=[message("m", "x" * 50_000)])
                await store.responses.save(saved)
                ids.append(saved.id)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_says_nothing_secret(caught.value)
    assert len(ids) > 10
    assert all([await store.responses.load(TENANT, id) for id in ids])
    assert await store.responses.load(TENANT, saved.id) is None
    await store.responses.save(saved)
    assert await store.responses.load(TENANT, saved.id) == saved


async def test_what_the_database_said_is_logged_without_what_was_stored(
    tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    store = await opened(f"sqlite:///{tmp_path / 'store.db'}")
    other = sqlite3.connect(tmp_path / "store.db")
    other.execute("DROP TABLE translator_responses")
    other.close()
    with pytest.raises(StoreUnavailable):
        await store.responses.save(response(output=[message("m", "very private")]))
    assert "no such table" in caplog.text
    assert "private" not in caplog.text


@pytest.mark.postgres
async def test_a_transaction_that_lost_a_race_for_locks_is_tried_again() -> None:
    async with postgres_schema() as url:
        database = PostgresDatabase(url)
        await database.write(migrate)
        rows = [
            {"upstream": "u", "model": model, "name": "n", "learned_at": 1.0, "value": b"0"} for model in ("a", "b")
        ]
        await database.write(lambda connection: connection.execute(insert(learned_facts), rows))

        def increment(*models: str) -> Callable[[Connection], None]:
            def run(connection: Connection) -> None:
                for model in models:
                    fact = learned_facts.c
                    later = update(learned_facts).values(learned_at=fact.learned_at + 1).where(fact.model == model)
                    connection.execute(later)
                    connection.execute(text("SELECT pg_sleep(0.2)"))

            return run

        await asyncio.gather(database.write(increment("a", "b")), database.write(increment("b", "a")))
        times = await database.read(lambda connection: connection.scalars(select(learned_facts.c.learned_at)).all())
        assert times == [3.0, 3.0]
        await database.close()
