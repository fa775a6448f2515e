from __future__ import annotations

import enum
from typing import Literal

import pytest
from openai import OpenAI, pydantic_function_tool
from pydantic import BaseModel


class Unit(enum.Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


class Person(BaseModel):
    name: str
    age: int | None
    friends: list[Person]


class Meeting(BaseModel):
    title: str
    kind: Literal["talk", "workshop"]
    unit: Unit
    seats: int
    price: float
    online: bool
    speaker: Person
    topics: list[str]
    where: str | int


class Query(BaseModel):
    table: str
    limit: int


def test_an_answer_is_parsed_into_a_model_of_every_kind_of_field(client: OpenAI) -> None:
    text = 'A meeting: title="Science fair", kind=workshop, unit=F, seats=30, online=false.'
    response = client.responses.parse(model="demo", input=text, text_format=Meeting)
    meeting = response.output_parsed
    assert isinstance(meeting, Meeting)
    assert (meeting.title, meeting.kind, meeting.unit) == ("Science fair", "workshop", Unit.FAHRENHEIT)
    assert (meeting.seats, meeting.online) == (30, False)
    assert Meeting.model_validate_json(response.output_text) == meeting
    assert response.text is not None and response.text.format is not None
    assert response.text.format.type == "json_schema"


def test_values_in_json_are_taken_over(client: OpenAI) -> None:
    person = Person(name="Ann", age=None, friends=[Person(name="Bob", age=7, friends=[])])
    response = client.responses.parse(model="demo", input=f"Repeat {person.model_dump_json()}", text_format=Person)
    assert response.output_parsed == person


def test_an_answer_is_parsed_at_the_end_of_a_stream(client: OpenAI) -> None:
    with client.responses.stream(model="demo", input="table=users limit=5", text_format=Query) as stream:
        parsed = [event.parsed for event in stream if event.type == "response.output_text.done"]
        assert stream.get_final_response().output_parsed == Query(table="users", limit=5)
    assert parsed == [Query(table="users", limit=5)]


def test_arguments_are_parsed_into_a_model(client: OpenAI) -> None:
    tools = [pydantic_function_tool(Query)]
    response = client.responses.parse(model="demo", input="Query table=users limit=5", tools=tools)
    (call,) = response.output
    assert call.type == "function_call"
    assert call.parsed_arguments == Query(table="users", limit=5)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_structured_answer_comes_after_the_tools(client: OpenAI, streamed: bool) -> None:
    tools = [pydantic_function_tool(Query)]
    items: list[object] = [{"role": "user", "content": "Query table=users limit=5"}]
    first = client.responses.parse(model="demo", input=items, tools=tools, text_format=Person)  # type: ignore[arg-type]
    (call,) = first.output
    assert call.type == "function_call"
    result = {"type": "function_call_output", "call_id": call.call_id, "output": '{"name": "Ann", "age": 30}'}
    items += [call.to_dict(), result]
    if streamed:
        with client.responses.stream(model="demo", input=items, tools=tools, text_format=Person) as stream:  # type: ignore[arg-type]
            person = stream.get_final_response().output_parsed
    else:
        person = client.responses.parse(model="demo", input=items, tools=tools, text_format=Person).output_parsed  # type: ignore[arg-type]
    assert person is not None
    assert (person.name, person.age) == ("Ann", 30)
