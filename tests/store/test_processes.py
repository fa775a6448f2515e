from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from translator.store import Conversation, Store
from translator.store.tables import responses

from .conftest import Open
from .turns import TENANT, new_id, response

ROOT = Path(__file__).parents[2]


def start(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.store.writing", url, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, bufsize=0)


def write_and_be_killed(url: str, after: int) -> list[list[str]]:
    """Let a process store, kill it some time after so many acknowledgements; every acknowledgement it gave."""
    process = start(url, "chains")
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    seen = b""
    while seen.count(b"\n") < after:
        seen += process.stdout.read(4096) or pytest.fail("the writing process died by itself")
    process.kill()
    seen += process.stdout.read()
    process.wait()
    process.stdout.close()
    return [line.decode().split() for line in seen.splitlines(keepends=True) if line.endswith(b"\n")]


async def check_acknowledged(store: Store, acknowledged: list[list[str]]) -> None:
    for id, position, conversation in acknowledged:
        loaded = await store.responses.load(TENANT, id)
        assert loaded is not None, "an acknowledged response is lost"
        assert [*loaded.input, *loaded.output] == [*response(id).input, *response(id).output]
        if conversation != "-":
            history = await store.conversations.history(TENANT, conversation)
            assert loaded.output[0] in history
        if int(position) % 10 == 0:
            assert len(await store.responses.chain(TENANT, id)) == int(position)


async def check_nothing_is_half_there(store: Store) -> int:
    query = select(responses.c.id, responses.c.conversation_id)
    rows = await store._database.read(lambda connection: connection.execute(query).all())
    spoken: dict[str, int] = {}
    for id, conversation in rows:
        loaded = await store.responses.load(TENANT, id)
        assert loaded is not None
        assert [*loaded.input, *loaded.output] == [*response(id).input, *response(id).output]
        if conversation is not None:
            spoken[conversation] = spoken.get(conversation, 0) + 2
    for conversation, count in spoken.items():
        assert len(await store.conversations.history(TENANT, conversation)) == count
    return len(rows)


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
async def test_after_a_kill_all_that_was_acknowledged_is_there_and_nothing_is_half_there(
    lasting_url: str, opened: Open, kills: int
) -> None:
    checked = 0
    for _ in range(kills):
        after = random.randint(1, 300)
        acknowledged = await asyncio.to_thread(write_and_be_killed, lasting_url, after)
        store = await opened(lasting_url)
        await check_acknowledged(store, acknowledged)
        checked += len(acknowledged)
    total = await check_nothing_is_half_there(store)
    assert total >= checked >= kills
    print(f"{kills} kills: {checked} acknowledged responses, all there; {total} stored, all whole")


async def test_two_processes_appending_to_one_conversation_lose_nothing(lasting_url: str, opened: Open) -> None:
    store = await opened(lasting_url)
    conversation = new_id("conv")
    await store.conversations.create(Conversation(TENANT, conversation, 1))
    processes = [start(lasting_url, "append", conversation, "160") for _ in range(2)]
    for process in processes:
        await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0
    history = await store.conversations.history(TENANT, conversation)
    expected = {f"msg_{process.pid}_{n}" for process in processes for n in range(160)}
    assert len(history) == 320
    assert {item["id"] for item in history} == expected


async def test_opening_a_file_again_leaves_the_locks_of_this_process_on_it(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "store.db"
    first = await opened(f"sqlite:///{path}")
    await opened(f"sqlite:///{path}")
    await first.responses.save(response())
    log = tmp_path / "store.db-wal"
    before = log.stat().st_ino
    visit = (
        f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT * FROM translator_schema'); c.close()"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", visit], check=True)
    assert log.stat().st_ino == before, "another process took itself for the last one and removed the log"


async def test_two_stores_on_one_database_serve_one_chain_in_turn(lasting_url: str, opened: Open) -> None:
    stores = [await opened(lasting_url), await opened(lasting_url)]
    parent = None
    for turn in range(10):
        made = response(parent=parent)
        await stores[turn % 2].responses.save(made)
        assert len(await stores[(turn + 1) % 2].responses.chain(TENANT, made.id)) == turn + 1
        parent = made.id
