"""What clients are told while the store loses its database, and that it finds it again by itself."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest

from tests.databases import postgres_schema
from tests.server.answering import answering
from tests.servers import RunningServer, Serve
from translator.server.settings import Upstream

CLIENTS = 8
KILLS = 25


class Ours:
    """The connections that the server under test has to PostgreSQL, known by the name they give themselves."""

    def __init__(self, killer: asyncpg.Connection, name: str) -> None:
        self._killer = killer
        self._name = name

    async def kill(self) -> int:
        """End them all, as a restart of PostgreSQL would; how many they were."""
        doomed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
        return len(await self._killer.fetch(doomed, self._name))


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[tuple[RunningServer, Ours]]:
    name = f"test_{secrets.token_hex(8)}"
    async with postgres_schema(application_name=name) as url, answering() as upstream:
        killer = await asyncpg.connect(url, server_settings={"application_name": "killer"})
        server = await asyncio.to_thread(serve, store=url, upstreams=(Upstream(base_url=upstream),))
        async with httpx.AsyncClient(base_url=server.base_url) as client:
            assert (await client.get("/health")).status_code == 200  # it has opened its store
        yield server, Ours(killer, name)
        await asyncio.to_thread(server.stop)
        await killer.close()


@pytest.mark.postgres
async def test_a_request_after_all_connections_were_ended_succeeds(serve: Serve) -> None:
    async with served(serve) as (server, ours), httpx.AsyncClient(base_url=server.base_url) as client:
        first = (await client.post("/responses", json={"model": "m", "input": "Hi"})).json()
        for asked in (
            client.build_request("GET", f"/responses/{first['id']}"),
            client.build_request("POST", "/responses", json={"model": "m", "input": "Hi"}),
            client.build_request(
                "POST", "/responses", json={"model": "m", "input": "Hi", "previous_response_id": first["id"]}
            ),
            client.build_request("POST", "/conversations"),
            client.build_request("DELETE", f"/responses/{first['id']}"),
        ):
            assert await ours.kill() >= 1
            answer = await client.send(asked)
            assert answer.status_code == 200, answer.text


@pytest.mark.postgres
async def test_connections_ended_at_any_moment_cost_a_503_at_most_and_nothing_acknowledged(serve: Serve) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    told: Counter[int] = Counter()
    acknowledged: list[str] = []
    async with served(serve) as (server, ours), httpx.AsyncClient(base_url=server.base_url) as client:
        over = asyncio.Event()

        async def ask() -> None:
            parent = None
            while not over.is_set():
                asked = {"model": "m", "input": "Hi", "previous_response_id": parent}
                answer = await client.post("/responses", json=asked)
                told[answer.status_code] += 1
                if answer.status_code == 200:
                    parent = answer.json()["id"]
                    acknowledged.append(parent)
                else:
                    assert answer.status_code == 503, answer.text
                    assert answer.json()["error"]["code"] == "store_unavailable"

        asking = [asyncio.create_task(ask()) for _ in range(CLIENTS)]
        for _ in range(KILLS):
            await asyncio.sleep(moments.uniform(0, 0.05))
            await ours.kill()
        over.set()
        await asyncio.gather(*asking)
        assert told[200] > CLIENTS, told
        # all connections work again, at once: as many requests at a time as there are connections
        for start in range(0, len(acknowledged), CLIENTS):
            batch = acknowledged[start : start + CLIENTS]
            found = await asyncio.gather(*(client.get(f"/responses/{id}") for id in batch))
            assert [answer.status_code for answer in found] == [200] * len(batch)
    print(f"{KILLS} times all connections were ended: {dict(told)}; {len(acknowledged)} acknowledged, all there")
