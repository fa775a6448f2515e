"""A server that is killed in the middle of everything has kept what it acknowledged, and nothing by halves."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests.processes import Command
from tests.server.answering import answering
from tests.server.crowd import CLIENTS, Crowd, Turn, request
from translator.store import open_store
from translator.store.tables import responses

KILLS = 22


async def kill_at_some_moment(server: Command, crowd: Crowd, moments: random.Random) -> None:
    """Let the clients get so many acknowledgements, then let some more time pass, then kill."""
    talking = asyncio.create_task(crowd.talk_until_the_end(server.base_url))
    enough = len(crowd.acknowledged) + moments.randint(1, 80)
    while len(crowd.acknowledged) < enough and not talking.done():
        crowd.arrived.clear()
        waiting = asyncio.create_task(crowd.arrived.wait())
        await asyncio.wait([talking, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
    assert not talking.done() or talking.exception(), "the clients gave up on a server that was alive"
    await asyncio.sleep(moments.uniform(0, 0.02))
    await asyncio.to_thread(server.kill)
    await talking


async def check(crowd: Crowd, client: httpx.AsyncClient, id: str, turn: Turn) -> None:
    """The response is there whole, and its continuation is told all that was said before."""
    found = (await client.get(f"/responses/{id}")).raise_for_status().json()
    assert (found["id"], found["status"], found["output_text"]) == (id, "completed", turn.answer)
    assert found["previous_response_id"] == turn.parent_id
    after = turn.next(f"after {id}", id)
    answer = await client.post("/responses", json={**request(after), "store": False})
    assert answer.status_code == 200, answer.text
    assert answer.json()["output_text"] == after.answer


async def stored(url: str, crowd: Crowd) -> dict[str, Turn]:
    """Every response there is, acknowledged or not, with the turn whose question it holds."""
    store = await open_store(url)
    rows = await store._database.read(
        lambda connection: connection.execute(select(responses.c.tenant, responses.c.id)).all()
    )
    found = {}
    for tenant, id in rows:
        loaded = await store.responses.load(tenant, id)
        assert loaded is not None
        (item,) = loaded.input
        found[id] = crowd.asked[item["content"][0]["text"]]
    await store.close()
    return found


@pytest.mark.slow
async def test_all_that_a_killed_server_acknowledged_is_there_and_nothing_by_halves(
    lasting_url: str, tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"\nseed {seed}")
    moments = random.Random(seed)
    crowd = Crowd(random.Random(f"clients of {seed}"))
    async with answering() as upstream:

        def start() -> Command:
            return Command("--store", lasting_url, "--upstream", upstream, log=tmp_path / "server.log")

        for _ in range(KILLS):
            await kill_at_some_moment(await asyncio.to_thread(start), crowd, moments)
        there = await stored(lasting_url, crowd)
        server = await asyncio.to_thread(start)
        try:
            async with httpx.AsyncClient(base_url=server.base_url, timeout=30) as client:
                missing = [id for id in crowd.begun if id not in there]
                answers = [(await client.get(f"/responses/{id}")).status_code for id in missing]
                assert answers == [404] * len(missing)
                todo = list(there.items())

                async def work() -> None:
                    while todo:
                        await check(crowd, client, *todo.pop())

                await asyncio.gather(*(work() for _ in range(CLIENTS)))
        finally:
            await asyncio.to_thread(server.kill)
    lost = crowd.acknowledged.keys() - there.keys()
    assert not lost, f"{len(lost)} acknowledged responses are lost"
    assert all(there[id] == turn for id, turn in crowd.acknowledged.items())
    assert len(crowd.acknowledged) >= KILLS
    print(
        f"{KILLS} kills: {len(crowd.acknowledged)} acknowledged responses, all there and continued; "
        f"{len(there) - len(crowd.acknowledged)} more that were stored and not yet acknowledged, all whole; "
        f"{len(missing)} that had begun and are not there"
    )
