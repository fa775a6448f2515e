"""What was found out about models at their upstreams; it belongs to the operator, not to a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, delete, select

from .bounds import MOST_FACTS, Bounds
from .databases import Database
from .group import GroupCommit
from .records import LearnedFact
from .tables import Upsert, learned_facts

_f = learned_facts.c
_upsert = Upsert(learned_facts)


class LearnedFacts:
    """Facts by upstream, model and name. They expire with the time to live, counted from when last learned."""

    def __init__(self, database: Database, group: GroupCommit, bounds: Bounds) -> None:
        self._database = database
        self._group = group
        self._bounds = bounds

    async def learn(self, fact: LearnedFact) -> None:
        """Keep a fact, in place of what was known under its name."""
        row = {
            "upstream": fact.upstream,
            "model": fact.model,
            "name": fact.name,
            "learned_at": self._bounds.clock(),
            "value": to_json(fact.value),
        }
        await self._group.commit(_learn, row)

    async def all(self) -> list[LearnedFact]:
        """All facts, the newest 10,000 at most, ordered by upstream, model and name."""
        query = select(learned_facts).where(_f.learned_at > self._bounds.expiry())
        newest = query.order_by(_f.learned_at.desc()).limit(MOST_FACTS)
        rows = await self._database.read(lambda connection: connection.execute(newest).all())
        facts = [LearnedFact(row.upstream, row.model, row.name, from_json(row.value)) for row in rows]
        return sorted(facts, key=lambda fact: (fact.upstream, fact.model, fact.name))

    async def forget(self, upstream: str) -> int:
        """Forget all that was learned about an upstream; how many facts that were."""
        return await self._group.commit(_forget, upstream)


def _learn(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[None]:
    _upsert(connection, rows)
    return [None] * len(rows)


def _forget(connection: Connection, upstreams: Sequence[str]) -> list[int]:
    return [connection.execute(delete(learned_facts).where(_f.upstream == upstream)).rowcount for upstream in upstreams]
