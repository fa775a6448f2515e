"""What storing and reading costs in CPU time of the process, as ratios taken in one run."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from translator.store import Store

from .conftest import Open
from .turns import TENANT, new_id, response

CLIENTS = 32
ROUNDS = 5
REQUEST = 430e-6
"""Seconds of CPU that a request takes without a store, in four pieces between which it waits."""

LIMIT = 1.5

pytestmark = pytest.mark.benchmark


def work(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def requests(end: Callable[[], Awaitable[None]]) -> float:
    """CPU seconds for one of many requests of concurrent clients."""

    async def client() -> None:
        for _ in range(20):
            for _ in range(4):
                work(REQUEST / 4)
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
    without = min([await requests(nothing) for _ in range(ROUNDS)])
    storing = min([await requests(save) for _ in range(ROUNDS)])
    with capsys.disabled():
        ratio = storing / without
        print(f"\nsave: {(storing - without) * 1e6:.0f} µs beside {without * 1e6:.0f} µs: {ratio:.2f} (limit {LIMIT})")
    assert storing / without <= LIMIT


async def chain_cost(store: Store, turns: int, times: int) -> float:
    ids = [new_id() for _ in range(turns)]
    pairs = zip(ids, [None, *ids[:-1]], strict=True)
    await asyncio.gather(*(store.responses.save(response(id, parent)) for id, parent in pairs))
    before = time.process_time()
    for _ in range(times):
        assert len(await store.responses.chain(TENANT, ids[-1])) == turns
    return (time.process_time() - before) / times


async def test_reading_a_chain_costs_in_proportion_to_its_length(
    tmp_path: Path, opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await opened(f"sqlite:///{tmp_path / 'store.db'}")
    short = await chain_cost(store, 10, 200)
    long = await chain_cost(store, 1000, 20)
    with capsys.disabled():
        print(f"\nchain: {short * 1e6:.0f} µs for 10 turns, {long * 1e6:.0f} µs for 1,000: {long / short:.0f} times")
    assert long / short < 100
