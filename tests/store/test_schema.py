from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, text

from translator.errors import StoreUnavailable
from translator.store import Conversation, open_store
from translator.store.databases import Database
from translator.store.schema import VERSION_TABLE, migrate
from translator.store.sqlite import _turn_on_log
from translator.store.store import _open_database
from translator.store.tables import metadata, responses

from .conftest import Open
from .turns import TENANT, new_id, save_chain

ROOT = Path(__file__).parents[2]


async def database_at(url: str) -> Database:
    database, _ = await _open_database(url, "normal", 10)
    return database


async def test_a_database_of_the_first_version_is_brought_to_this_one_with_what_it_holds(
    lasting_url: str, opened: Open
) -> None:
    old = await database_at(lasting_url)
    await old.write(lambda connection: migrate(connection, "0001"))
    row = {
        "tenant": TENANT,
        "id": "resp_old",
        "status": "completed",
        "stored_at": 4e9,
        "size": 1,
        "body": b"{}",
        "input": b'[{"id":"a"}]',
        "output": b"[]",
    }
    await old.write(lambda connection: connection.execute(insert(responses), [row]))
    await old.close()
    store = await opened(lasting_url)
    (turn,) = await store.responses.chain(TENANT, "resp_old")
    assert turn.input == [{"id": "a"}]
    await store.conversations.create(Conversation(TENANT, new_id("conv"), 1))
    assert await store.learned.all() == []


async def test_the_migrations_make_the_tables_that_the_queries_expect(url: str) -> None:
    database = await database_at(url)

    def differences(connection: Connection) -> list[object]:
        migrate(connection)
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    assert await database.write(differences) == []
    await database.close()


async def test_a_database_of_a_newer_version_is_left_alone(lasting_url: str) -> None:
    database = await database_at(lasting_url)
    await database.write(migrate)
    newer = text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    await database.write(lambda connection: connection.execute(newer))
    with pytest.raises(StoreUnavailable, match="newer version"):
        await open_store(lasting_url)
    await database.close()


async def test_processes_that_start_together_migrate_once(lasting_url: str, opened: Open) -> None:
    code = (
        "import asyncio, sys\n"
        "from translator.store import open_store\n"
        "async def main():\n"
        "    sys.stdin.readline()\n"
        "    store = await open_store(sys.argv[1])\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", code, lasting_url]
    processes = [await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, cwd=ROOT) for _ in range(3)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0] * 3
    assert len(await save_chain(await opened(lasting_url), 1)) == 1


async def test_many_opening_one_new_file_at_once_all_get_in(lasting_url: str, opened: Open) -> None:
    stores = await asyncio.gather(*(opened(lasting_url) for _ in range(12)))
    for store in stores:
        await save_chain(store, 1)


def test_a_file_whose_log_cannot_be_turned_on_at_once_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding, turning = (sqlite3.connect(tmp_path / "store.db", timeout=0, isolation_level=None) for _ in range(2))
    monkeypatch.setattr(time, "sleep", lambda _: holding.execute("COMMIT"))
    with closing(holding), closing(turning):
        holding.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            _turn_on_log(turning, time.monotonic() - 1)
        _turn_on_log(turning, time.monotonic() + 10)
        assert holding.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_stores_that_are_opened_in_several_threads_at_once_are_each_migrated() -> None:
    ready = threading.Barrier(8)

    async def open_and_close() -> int:
        ready.wait(10)
        store = await open_store("memory:")
        await save_chain(store, 1)
        await store.close()
        return 1

    with ThreadPoolExecutor(8) as threads:
        opening = [threads.submit(asyncio.run, open_and_close()) for _ in range(8)]
        assert sum(future.result(30) for future in opening) == 8
