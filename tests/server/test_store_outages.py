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

from tests.databases import postgres_schema, proxied, through
from tests.server.answering import answering
from tests.servers import RunningServer, Serve, read_events
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


@pytest.mark.postgres
async def test_while_the_database_is_away_what_is_to_be_stored_is_a_503_and_all_else_goes_on(serve: Serve) -> None:
    async with proxied() as proxy, postgres_schema() as url, answering() as upstream:
        there = (Upstream(base_url=upstream),)
        server = await asyncio.to_thread(serve, store=through(proxy, url), upstreams=there)
        async with httpx.AsyncClient(base_url=server.base_url) as client:
            asked = {"model": "m", "input": "Hi"}
            first = (await client.post("/responses", json=asked)).json()
            await proxy.cut()
            for method, path, body in (
                ("POST", "/responses", asked),
                ("POST", "/responses", {**asked, "previous_response_id": first["id"], "store": False}),
                ("GET", f"/responses/{first['id']}", None),
                ("DELETE", f"/responses/{first['id']}", None),
                ("POST", "/conversations", {}),
            ):
                refused = await client.request(method, path, json=body)
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
            streamed = await client.post("/responses", json={**asked, "stream": True})
            error, last = read_events(streamed.content)[-2:]
            assert (last["type"], error["error"]["code"]) == ("response.failed", "store_unavailable")
            unstored = await client.post("/responses", json={**asked, "store": False})
            assert (unstored.status_code, unstored.json()["status"]) == (200, "completed")
            await proxy.open()
            assert (await client.get(f"/responses/{first['id']}")).json() == first
            again = await client.post("/responses", json={**asked, "previous_response_id": first["id"]})
            assert again.status_code == 200
        await asyncio.to_thread(server.stop)
