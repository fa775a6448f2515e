from __future__ import annotations

import asyncio

from openai import AsyncOpenAI
from pydantic import BaseModel


class Fair(BaseModel):
    city: str


async def test_create_and_stream_and_parse(async_client: AsyncOpenAI) -> None:
    response = await async_client.responses.create(model="demo", input="one two")
    assert response.output_text == "one two"
    async with async_client.responses.stream(model="demo", input="one two") as stream:
        deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert deltas == ["one", " two"]
    assert final.output_text == "one two"
    parsed = await async_client.responses.parse(model="demo", input="city=Paris", text_format=Fair)
    assert parsed.output_parsed == Fair(city="Paris")
    assert [model.id async for model in async_client.models.list()] == ["demo"]


async def test_many_streams_at_once_do_not_mix(async_client: AsyncOpenAI) -> None:
    async def ask(number: int) -> str:
        text = " ".join([str(number)] * 50)
        async with await async_client.responses.create(model="demo", input=text, stream=True) as stream:
            deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        assert len(deltas) == 50
        return "".join(deltas)

    answers = await asyncio.gather(*(ask(number) for number in range(20)))
    assert answers == [" ".join([str(number)] * 50) for number in range(20)]
