from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from translator.errors import InvalidRequest
from translator.store import Bounds, Store

from .conftest import Open, statements
from .turns import TENANT, message, new_id, response, save_chain


async def refusal(store: Store, id: str, tenant: str = TENANT) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        await store.responses.chain(tenant, id)
    assert caught.value.param == "previous_response_id"
    assert caught.value.status == 400
    return caught.value


async def test_what_was_saved_is_loaded_unchanged(store: Store) -> None:
    saved = response(
        status="incomplete",
        body={"model": "m", "metadata": {"k": "\x00 é 🙂"}, "temperature": 0.1, "error": None, "tools": []},
        input=[message("msg_1", "one"), {"type": "function_call_output", "call_id": "c", "output": "2"}],
        previous_response_id=new_id(),
        conversation_id=None,
    )
    await store.responses.save(saved)
    assert await store.responses.load(TENANT, saved.id) == saved


async def test_a_later_state_takes_the_place_of_an_earlier_one(store: Store) -> None:
    running = response(status="in_progress", output=[])
    await store.responses.save(running)
    done = response(running.id)
    await store.responses.save(done)
    assert await store.responses.load(TENANT, running.id) == done


async def test_a_chain_is_read_oldest_first_with_everything_said(store: Store) -> None:
    ids = await save_chain(store, 3)
    chain = await store.responses.chain(TENANT, ids[-1])
    assert [turn.id for turn in chain] == ids
    assert [turn.input[0]["content"][0]["text"] for turn in chain] == [f"question {id}" for id in ids]
    assert [turn.output[0]["content"][0]["text"] for turn in chain] == [f"answer {id}" for id in ids]


async def test_two_continuations_of_one_response_are_two_chains(store: Store) -> None:
    root, left = await save_chain(store, 2)
    right = response(parent=root)
    await store.responses.save(right)
    assert [turn.id for turn in await store.responses.chain(TENANT, left)] == [root, left]
    assert [turn.id for turn in await store.responses.chain(TENANT, right.id)] == [root, right.id]


async def test_a_chain_of_a_thousand_turns_is_one_query(store: Store) -> None:
    ids = [new_id() for _ in range(1000)]
    parents = [None, *ids[:-1]]
    await asyncio.gather(*(store.responses.save(response(*pair)) for pair in zip(ids, parents, strict=True)))
    with statements() as long:
        chain = await store.responses.chain(TENANT, ids[-1])
    assert [turn.id for turn in chain] == ids
    with statements() as short:
        await store.responses.chain(TENANT, ids[9])
    assert len(long) == len(short) == 1


async def test_a_chain_longer_than_its_bounds_is_refused_with_a_code_of_its_own(url: str, opened: Open) -> None:
    store = await opened(url, bounds=Bounds(chain_turns=3))
    ids = await save_chain(store, 4)
    assert len(await store.responses.chain(TENANT, ids[2])) == 3
    assert (await refusal(store, ids[3])).code == "chain_too_long"
    if url != "memory:":
        narrow = await opened(url, bounds=Bounds(chain_bytes=500))
        assert (await refusal(narrow, ids[3])).code == "chain_too_long"


async def test_a_chain_with_a_deleted_ancestor_is_not_found(store: Store) -> None:
    ids = await save_chain(store, 3)
    assert await store.responses.delete(TENANT, ids[0])
    assert (await refusal(store, ids[2])).code == "previous_response_not_found"
    assert await store.responses.load(TENANT, ids[0]) is None
    assert await store.responses.load(TENANT, ids[2]) is not None
    assert not await store.responses.delete(TENANT, ids[0])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("queued", "previous_response_in_progress"),
        ("in_progress", "previous_response_in_progress"),
        ("failed", "previous_response_not_found"),
        ("cancelled", "previous_response_not_found"),
    ],
)
async def test_only_what_came_to_an_end_is_continued(store: Store, status: str, code: str) -> None:
    saved = response(status=status)
    await store.responses.save(saved)
    assert (await refusal(store, saved.id)).code == code


async def test_an_incomplete_response_is_continued(store: Store) -> None:
    saved = response(status="incomplete")
    await store.responses.save(saved)
    assert len(await store.responses.chain(TENANT, saved.id)) == 1


async def test_another_tenants_response_looks_like_one_that_never_was(store: Store) -> None:
    (id,) = await save_chain(store, 1)
    item = response(id).output[0]["id"]
    never = new_id()
    assert await store.responses.load("mallory", id) is None
    assert await store.responses.input_items("mallory", id) is None
    assert await store.responses.find_items("mallory", [item]) == {}
    assert not await store.responses.delete("mallory", id)
    foreign = await refusal(store, id, "mallory")
    unknown = await refusal(store, never, "mallory")
    assert str(foreign).replace(id, never) == str(unknown)
    assert foreign.payload().keys() == unknown.payload().keys()
    assert foreign.code == unknown.code == "previous_response_not_found"
    assert await store.responses.load(TENANT, id) is not None


async def test_a_chain_does_not_cross_into_another_tenants_response(store: Store) -> None:
    (id,) = await save_chain(store, 1)
    stolen = response(parent=id, tenant="mallory")
    await store.responses.save(stolen)
    assert (await refusal(store, stolen.id, "mallory")).code == "previous_response_not_found"


async def test_two_tenants_may_hold_the_same_id(store: Store) -> None:
    id = new_id()
    await store.responses.save(response(id))
    await store.responses.save(response(id, tenant="bob", status="failed"))
    mine = await store.responses.load(TENANT, id)
    assert mine is not None
    assert mine.status == "completed"


@pytest.mark.parametrize("id", ["", "resp_\x00", "resp_\ud800", "resp_é", "r" * 5000])
async def test_an_id_that_no_database_takes_is_not_found(store: Store, id: str) -> None:
    assert await store.responses.load(TENANT, id) is None
    assert not await store.responses.delete(TENANT, id)
    assert await store.responses.find_items(TENANT, [id]) == {}
    assert (await refusal(store, id)).code == "previous_response_not_found"


async def test_items_are_found_by_their_ids_in_responses_and_conversations(store: Store) -> None:
    ids = await save_chain(store, 2)
    wanted = [response(ids[0]).input[0]["id"], response(ids[1]).output[0]["id"]]
    found = await store.responses.find_items(TENANT, [*wanted, "msg_unknown", f"msg_{new_id()[5:]}00"])
    assert found == {wanted[0]: response(ids[0]).input[0], wanted[1]: response(ids[1]).output[0]}


async def test_input_items_are_paged(store: Store) -> None:
    items = [message(f"msg_{n}", str(n)) for n in range(5)]
    saved = response(input=items)
    await store.responses.save(saved)
    page = await store.responses.input_items(TENANT, saved.id, order="asc", after="msg_1", limit=2)
    assert page is not None
    assert page.items == items[2:4]
    assert page.has_more


async def test_credentials_of_mcp_tools_are_not_stored(store: Store) -> None:
    tool = {"type": "mcp", "server_url": "https://x", "authorization": "secret", "headers": {"k": "secret"}}
    function = {"type": "function", "name": "f", "parameters": {"headers": {}}}
    saved = response(
        body={"tools": [tool, function]},
        input=[{"id": "x", "type": "additional_tools", "tools": [tool]}],
    )
    await store.responses.save(saved)
    loaded = await store.responses.load(TENANT, saved.id)
    assert loaded is not None
    clean = {"type": "mcp", "server_url": "https://x"}
    assert loaded.body == {"tools": [clean, function]}
    assert loaded.input == [{"id": "x", "type": "additional_tools", "tools": [clean]}]


async def test_a_store_of_nothing_refuses_to_keep(opened: Open) -> None:
    store = await opened("none")
    assert not store.keeps
    with pytest.raises(Exception, match="store: false"):
        await store.responses.save(response())
    assert await store.responses.load(TENANT, new_id()) is None


async def test_what_was_deleted_is_no_longer_in_the_file_either(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "store.db"
    store = await opened(f"sqlite:///{path}")
    for text in ("secret", "harmless"):
        saved = response(output=[message("m", f"{text} " * 5_000)])
        await store.responses.save(saved)
        if text == "secret":
            await store.responses.delete(TENANT, saved.id)
    await store.close()
    kept = path.read_bytes()
    assert b"harmless" in kept and b"secret" not in kept
