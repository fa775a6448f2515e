from __future__ import annotations

from translator.store import LearnedFact, Store

from .conftest import Clock, Open


async def test_facts_are_kept_by_upstream_model_and_name(store: Store) -> None:
    facts = [
        LearnedFact("http://a/v1", "m", "max_tokens_field", "max_completion_tokens"),
        LearnedFact("http://a/v1", "m", "params_refused", ["top_k"]),
        LearnedFact("http://a/v1", "n", "params_refused", {"deep": [None, 1.5]}),
        LearnedFact("http://b/v1", "m", "params_refused", None),
    ]
    for fact in reversed(facts):
        await store.learned.learn(fact)
    assert await store.learned.all() == facts
    assert await store.learned.forget("http://a/v1") == 3
    assert await store.learned.all() == facts[3:]


async def test_a_fact_learned_again_takes_the_place_of_the_old_one(store: Store, clock: Clock) -> None:
    await store.learned.learn(LearnedFact("u", "m", "f", 1))
    clock.now += 29 * 24 * 3600
    await store.learned.learn(LearnedFact("u", "m", "f", 2))
    clock.now += 2 * 24 * 3600
    assert await store.learned.all() == [LearnedFact("u", "m", "f", 2)]
    clock.now += 29 * 24 * 3600
    assert await store.learned.all() == []


async def test_facts_outlive_the_process(lasting_url: str, opened: Open) -> None:
    first = await opened(lasting_url)
    await first.learned.learn(LearnedFact("u", "m", "f", True))
    second = await opened(lasting_url)
    assert await second.learned.all() == [LearnedFact("u", "m", "f", True)]
