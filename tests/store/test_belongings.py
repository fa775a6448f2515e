"""What upstreams keep for tenants: claimed, found, forgotten, expired."""

from __future__ import annotations

import pytest

from translator.errors import StoreUnavailable
from translator.store import Bounds, Store
from translator.store.tables import belongings

from .conftest import Clock, Open
from .turns import TENANT, count, new_id, response


async def test_what_is_claimed_is_found_by_its_tenant_alone(store: Store) -> None:
    ids = [new_id() for _ in range(500)]
    await store.belongings.claim(TENANT, ids, "a")
    await store.belongings.claim("bob", [ids[0]], "b")
    assert await store.belongings.find(TENANT, [*ids, new_id()]) == dict.fromkeys(ids, "a")
    assert await store.belongings.find("bob", ids) == {ids[0]: "b"}
    assert await store.belongings.find("carol", ids) == {}
    await store.belongings.forget("carol", ids[0])
    await store.belongings.forget(TENANT, ids[0])
    assert await store.belongings.find(TENANT, ids[:2]) == {ids[1]: "a"}
    assert await store.belongings.find("bob", ids[:2]) == {ids[0]: "b"}


async def test_a_claim_lasts_for_the_time_to_live_and_can_be_renewed(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(ttl=100, clock=clock))
    await store.belongings.claim(TENANT, ["resp_1", "resp_2", "resp_1"], "a")
    clock.now += 50
    await store.belongings.claim(TENANT, ["resp_2"], "a")
    clock.now += 50
    assert await store.belongings.find(TENANT, ["resp_1", "resp_2"]) == {"resp_2": "a"}
    assert await store.evict() == 1
    assert await count(store, belongings) == 1


async def test_claims_count_and_the_oldest_go_first(url: str, opened: Open, clock: Clock) -> None:
    store = await opened(url, bounds=Bounds(size=100_000, clock=clock))
    early, late = new_id(), new_id()
    await store.belongings.claim(TENANT, [early], "a")
    clock.now += 1
    await store.responses.save(between := response())
    for _ in range(150):
        clock.now += 1
        await store.belongings.claim(TENANT, [new_id(), new_id()], "a")
    await store.belongings.claim(TENANT, [late], "a")
    assert await store.belongings.find(TENANT, [early, late]) == {late: "a"}
    assert await store.responses.load(TENANT, between.id) is None


@pytest.mark.parametrize("id", ["", "a b", "x" * 257, "é", "a\x00"])
async def test_what_can_be_no_id_is_passed_over(store: Store, id: str) -> None:
    await store.belongings.claim(TENANT, [id, "resp_1"], "a")
    assert await store.belongings.find(TENANT, [id, "resp_1"]) == {"resp_1": "a"}
    await store.belongings.forget(TENANT, id)


async def test_where_nothing_is_kept_nothing_is_claimed(opened: Open) -> None:
    store = await opened("none")
    with pytest.raises(StoreUnavailable):
        await store.belongings.claim(TENANT, ["resp_1"], "a")
    assert await store.belongings.find(TENANT, ["resp_1"]) == {}
