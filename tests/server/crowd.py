"""Clients that store chains over HTTP until the server is gone, and know what they were told."""

from __future__ import annotations

import asyncio
import json
import random
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import httpx

from tests.server.answering import answer_to

JSON = dict[str, Any]
Messages = tuple[tuple[str, Any], ...]
"""Role and content of each, in chat's words."""

CLIENTS = 16
_LONGEST = 40
_PICTURE_BYTES = 18_000
"""More than what an item holds itself: the store keeps it elsewhere, and puts it back in place."""


@dataclass(frozen=True)
class Turn:
    """A turn as it must be: its own question, and all messages of its chain before its answer."""

    question: str
    asked: Messages
    parent_id: str | None
    picture: str | None = None
    """The URL of a picture that goes with the question."""

    @property
    def answer(self) -> str:
        """What the upstream answers, if it was told exactly these messages."""
        return answer_to(self.asked)

    def next(self, question: str, own_id: str, picture: str | None = None) -> Turn:
        """The turn that continues this one."""
        before = (*self.asked, ("assistant", self.answer))
        return Turn(question, (*before, ("user", spoken(question, picture))), own_id, picture)


class Crowd:
    """Sixteen clients, and all that they know: what they asked, what was begun, what was acknowledged."""

    def __init__(self, choices: random.Random) -> None:
        self._random = choices
        self._asked = 0
        self.asked: dict[str, Turn] = {}
        """Every turn that was ever asked for, by its question."""
        self.acknowledged: dict[str, Turn] = {}
        """By id: the turns whose response came back whole, or whose stream came to `response.completed`."""
        self.begun: dict[str, Turn] = {}
        """By id: the turns that a stream began to tell of."""
        self.arrived = asyncio.Event()
        """Set at every acknowledgement."""

    async def talk_until_the_end(self, base_url: str) -> None:
        """All clients ask, one turn after the other, until the server is gone."""
        async with httpx.AsyncClient(base_url=base_url, timeout=30) as client:
            await asyncio.gather(*(self._talk(client) for _ in range(CLIENTS)))

    async def _talk(self, client: httpx.AsyncClient) -> None:
        latest: str | None = None
        try:
            while True:
                latest = await self._take_turn(client, self._choose(latest))
        except httpx.TransportError:
            return

    def _choose(self, latest: str | None) -> str | None:
        """What is continued: mostly the client's own last turn, sometimes any turn of anybody, sometimes nothing."""
        if self.acknowledged and self._random.random() < 0.1:
            return self._random.choice(list(self.acknowledged))
        if latest is None or self._random.random() < 0.05 or len(self.acknowledged[latest].asked) > 2 * _LONGEST:
            return None
        return latest

    async def _take_turn(self, client: httpx.AsyncClient, parent_id: str | None) -> str:
        self._asked += 1
        question = f"question {self._asked}"
        parent = None if parent_id is None else self.acknowledged[parent_id]
        picture = self._draw() if self._random.random() < 0.1 else None
        if parent is None or parent_id is None:
            turn = Turn(question, (("user", spoken(question, picture)),), None, picture)
        else:
            turn = parent.next(question, parent_id, picture)
        self.asked[question] = turn
        response = await (self._stream if self._random.random() < 0.5 else self._post)(client, turn)
        assert response["status"] == "completed", response
        assert response["output_text"] == turn.answer, "the upstream was told something else than this chain"
        self.acknowledged[response["id"]] = turn
        self.arrived.set()
        return str(response["id"])

    def _draw(self) -> str:
        return f"data:image/png;base64,{b64encode(self._random.randbytes(_PICTURE_BYTES)).decode()}"

    async def _post(self, client: httpx.AsyncClient, turn: Turn) -> JSON:
        answer = await client.post("/responses", json=request(turn))
        assert answer.status_code == 200, answer.text
        response: JSON = answer.json()
        return response

    async def _stream(self, client: httpx.AsyncClient, turn: Turn) -> JSON:
        async with client.stream("POST", "/responses", json={**request(turn), "stream": True}) as answer:
            assert answer.status_code == 200, await answer.aread()
            async for line in answer.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                event = json.loads(line[6:])
                if event["type"] == "response.created":
                    self.begun[event["response"]["id"]] = turn
                elif event["type"] == "response.completed":
                    response: JSON = event["response"]
                    return response
        raise httpx.RemoteProtocolError("the stream ended before its terminal event")


def spoken(question: str, picture: str | None) -> Any:
    """The content of a user's message as the upstream is told it."""
    if picture is None:
        return question
    return [{"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": picture}}]


def request(turn: Turn) -> JSON:
    """The body that asks for a turn."""
    given: Any = turn.question
    if turn.picture is not None:
        parts = [{"type": "input_text", "text": given}, {"type": "input_image", "image_url": turn.picture}]
        given = [{"role": "user", "content": parts}]
    return {"model": "m", "input": given, "previous_response_id": turn.parent_id}
