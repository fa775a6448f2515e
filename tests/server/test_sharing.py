"""Two server processes on one database: each serves what the other stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.databases import postgres_schema
from tests.processes import Command
from tests.server.answering import answering
from tests.server.crowd import Turn
from tests.servers import read_events

CHAINS = 8
TURNS = 6
APPENDERS = 8
"""On each of the two processes."""


@asynccontextmanager
async def two_servers(url: str, directory: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client for each of two processes on this database."""
    async with answering() as upstream:

        def start(name: str) -> Command:
            return Command("--store", url, "--upstream", upstream, log=directory / f"{name}.log")

        servers = await asyncio.gather(*(asyncio.to_thread(start, name) for name in ("one", "two")))
        try:
            async with (
                httpx.AsyncClient(base_url=servers[0].base_url, timeout=30) as one,
                httpx.AsyncClient(base_url=servers[1].base_url, timeout=30) as two,
            ):
                yield [one, two]
        finally:
            for server in servers:
                server.kill()


async def grow(clients: list[httpx.AsyncClient], chain: int) -> None:
    """One chain, each turn at the other process, every third one streamed."""
    parent, turn = None, None
    for number in range(TURNS):
        question = f"question {number} of {chain}"
        turn = Turn(question, (("user", question),), None) if turn is None else turn.next(question, str(parent))
        asked = {"model": "m", "input": question, "previous_response_id": parent, "stream": number % 3 == 2}
        answer = await clients[(chain + number) % 2].post("/responses", json=asked)
        assert answer.status_code == 200, answer.text
        response = read_events(answer.content)[-1]["response"] if asked["stream"] else answer.json()
        assert response["output_text"] == turn.answer
        parent = response["id"]
        found = await clients[(chain + number + 1) % 2].get(f"/responses/{parent}")
        assert found.json() == response


async def append(client: httpx.AsyncClient, conversation: str, name: str) -> None:
    """A turn in the conversation, then an item of its own."""
    asked = {"model": "m", "input": f"question {name}", "conversation": conversation}
    (await client.post("/responses", json=asked)).raise_for_status()
    item = {"role": "user", "content": f"aside {name}"}
    (await client.post(f"/conversations/{conversation}/items", json={"items": [item]})).raise_for_status()


async def check_sharing(clients: list[httpx.AsyncClient]) -> None:
    await asyncio.gather(*(grow(clients, chain) for chain in range(CHAINS)))

    conversation = (await clients[0].post("/conversations")).json()["id"]
    appending = [append(clients[n % 2], conversation, str(n)) for n in range(2 * APPENDERS)]
    await asyncio.gather(*appending)
    lists = [
        (await client.get(f"/conversations/{conversation}/items", params={"order": "asc", "limit": 100})).json()["data"]
        for client in clients
    ]
    assert lists[0] == lists[1]
    said = [(item["role"], item["content"][0]["text"]) for item in lists[0]]
    assert len(said) == 3 * 2 * APPENDERS
    for n in range(2 * APPENDERS):
        at = said.index(("user", f"question {n}"))
        assert said[at + 1][0] == "assistant", "an answer does not stand behind its question"
        assert ("user", f"aside {n}") in said[at + 2 :]

    deleted = (await clients[0].delete(f"/conversations/{conversation}")).json()
    assert deleted["deleted"] is True
    assert (await clients[1].get(f"/conversations/{conversation}/items")).status_code == 404


@pytest.mark.postgres
async def test_two_processes_on_one_postgres_serve_chains_and_conversations_in_turn(tmp_path: Path) -> None:
    async with postgres_schema() as url, two_servers(url, tmp_path) as clients:
        await check_sharing(clients)


async def test_two_processes_on_one_file_serve_chains_and_conversations_in_turn(tmp_path: Path) -> None:
    async with two_servers(f"sqlite:///{tmp_path / 'store.db'}", tmp_path) as clients:
        await check_sharing(clients)


@pytest.mark.postgres
@pytest.mark.parametrize("key", ["", "a key for all machines"])
async def test_who_starts_a_server_on_postgres_is_told_that_machines_need_one_seal_key(key: str) -> None:
    async with postgres_schema() as url:
        arguments = ("--store", url)
        server = await asyncio.to_thread(
            lambda: Command(*arguments, TRANSLATOR_SEAL_KEY=key) if key else Command(*arguments)
        )
        printed, _ = await asyncio.to_thread(server.stop)
    assert ("others on this store need the same (seal_key)" in printed) is (not key)
