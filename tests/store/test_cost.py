"""What storing and reading costs in CPU time of the process, as ratios taken in one run."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pydantic_core import to_json

from translator.store import Store

from .conftest import Open, statements
from .turns import TENANT, new_id, response

CLIENTS = 32
ROUNDS = 10
LIMIT = 1.5

pytestmark = pytest.mark.benchmark


def work() -> None:
    """A quarter of what a request takes without a store: about 105 µs of CPU where storing one takes 95.

    It is so much work, not so many seconds, because a core that is half as quick is so for storing too.
    """
    for _ in range(22):
        json.loads(json.dumps(_READ))


_READ = {"id": "resp_1", "object": "response", "output": [{"type": "message", "role": "assistant", "content": "Yes."}]}


@pytest.fixture(autouse=True)
def _only_what_is_made_here_is_looked_through_for_garbage() -> Iterator[None]:
    """As in the server: else the passes over all that other tests have imported would count against the store."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def requests(end: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds for one of many requests of concurrent clients, each in four pieces between which it waits."""

    async def client() -> None:
        for _ in range(20):
            for _ in range(4):
                work()
                await asyncio.sleep(random.uniform(0, 0.004))
            await end()

    before = time.process_time()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return (time.process_time() - before) / (CLIENTS * 20)


async def nothing() -> None:
    pass


async def test_storing_a_response_costs_less_than_half_a_request(
    lasting_url: str, opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await opened(lasting_url)
    made = [response() for _ in range(CLIENTS * 20 * (ROUNDS + 1))]

    async def save() -> None:
        await store.responses.save(made.pop())

    await requests(save)
    rounds = [(await requests(nothing), await requests(save)) for _ in range(ROUNDS)]
    without, storing = (min(costs) for costs in zip(*rounds, strict=True))  # taken in turns: noise only ever adds
    with capsys.disabled():
        ratio = storing / without
        print(f"\nsave: {(storing - without) * 1e6:.0f} µs beside {without * 1e6:.0f} µs: {ratio:.2f} (limit {LIMIT})")
    assert storing / without <= LIMIT


class Reading:
    """What reading a chain took: queries, bytes of items that the database handed over, and CPU seconds."""

    def __init__(self, queries: int, size: int, seconds: float) -> None:
        self.queries = queries
        self.size = size
        self.seconds = seconds


async def read_chain(store: Store, turns: int, times: int) -> Reading:
    """Store a chain of so many short turns, and read it."""
    ids = [new_id() for _ in range(turns)]
    pairs = zip(ids, [None, *ids[:-1]], strict=True)
    await asyncio.gather(*(store.responses.save(response(id, parent)) for id, parent in pairs))
    with statements() as asked:
        before = time.process_time()
        for _ in range(times):
            chain = await store.responses.chain(TENANT, ids[-1])
            assert [turn.id for turn in chain] == ids
        seconds = time.process_time() - before
    rows = await store.responses._chain(TENANT, ids[-1])
    size = sum(len(value) for row in rows for value in row if isinstance(value, bytes))
    return Reading(len(asked) // times, size, seconds / times)


async def test_reading_a_chain_costs_in_proportion_to_its_length(
    lasting_url: str, opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await opened(lasting_url)
    short = await read_chain(store, 10, 200)
    long = await read_chain(store, 1000, 20)
    ratio = long.seconds / short.seconds
    with capsys.disabled():
        print(
            f"\nchain of 1,000 turns against one of 10: {long.queries} query against {short.queries}, "
            f"{long.size:,} bytes against {short.size:,}, "
            f"{long.seconds * 1e6:.0f} µs against {short.seconds * 1e6:.0f} µs: {ratio:.0f} times"
        )
    assert (short.queries, long.queries) == (1, 1)
    assert long.size == 100 * short.size  # every turn says as much
    assert ratio < 100


async def test_a_chain_takes_room_in_proportion_to_what_was_said(
    tmp_path: Path, opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "store.db"
    said = len(to_json([*response().input, *response().output]))
    sizes = []
    store = await opened(f"sqlite:///{path}")
    parent = None
    for turns in (0, 1000, 1000):
        for _ in range(turns):
            made = response(parent=parent)
            await store.responses.save(made)
            parent = made.id
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sizes.append(path.stat().st_size)
    first, second = sizes[1] - sizes[0], sizes[2] - sizes[1]
    with capsys.disabled():
        print(
            f"\na chain's turns in the file: {first / 1000:.0f} bytes for each of the first 1,000, "
            f"{second / 1000:.0f} for each of the next; {said} were said in each"
        )
    assert second < 1.2 * first
    assert second / 1000 < 3 * said
