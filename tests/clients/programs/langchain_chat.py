# [configuration]
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="your-model", base_url="http://127.0.0.1:8080/v1", api_key="sk-client", use_responses_api=True)
# [end]

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from scenarios import run, scenario

PIXEL = "data:image/png;base64,iVBORw0KGgo="
BRIEF = SystemMessage("Be brief.")


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def chat(name, **more):
    return model.model_copy(update={"model_name": name, "max_retries": 0, **more})


def answers(reply):
    return [ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in reply.tool_calls]


def merged(chunks):
    total = chunks[0]
    for chunk in chunks[1:]:
        total += chunk
    return total


@scenario
def text(name):
    reply = chat(name).invoke([BRIEF, HumanMessage("Hi")])
    return {"text": reply.text, "usage": reply.usage_metadata["total_tokens"], "id": reply.response_metadata["id"][:5]}


@scenario
def streamed(name):
    chunks = list(chat(name).stream([BRIEF, HumanMessage("Hi")]))
    return {"several": len(chunks) > 2, "text": merged(chunks).text}


@scenario
async def asynchronous(name):
    return (await chat(name).ainvoke([BRIEF, HumanMessage("Hi")])).text


@scenario
def settings(name):
    return chat(name, temperature=0.5, max_tokens=99).invoke("Hi").text


@scenario
def tool_round_trip(name):
    bound = chat(name).bind_tools([get_weather])
    asked = [HumanMessage("Weather?")]
    first = bound.invoke(asked)
    return {
        "calls": [call["args"] for call in first.tool_calls],
        "text": bound.invoke([*asked, first, *answers(first)]).text,
    }


@scenario
def tool_streamed(name):
    bound = chat(name).bind_tools([get_weather])
    asked = [HumanMessage("Weather?")]
    first = merged(list(bound.stream(asked)))
    second = merged(list(bound.stream([*asked, first, *answers(first)])))
    return {"calls": [call["args"] for call in first.tool_calls], "text": second.text}


@scenario
def tools_in_parallel(name):
    bound = chat(name).bind_tools([get_weather])
    asked = [HumanMessage("Weather?")]
    first = bound.invoke(asked)
    return bound.invoke([*asked, first, *answers(first)]).text


@scenario
def tool_choice(name):
    return len(chat(name).bind_tools([get_weather], tool_choice="get_weather").invoke("Weather?").tool_calls)


@scenario
def structured(name):
    return chat(name).with_structured_output(Person).invoke("Who?").model_dump()


@scenario
def second_turn(name):
    asked = [HumanMessage("One?")]
    first = chat(name).invoke(asked)
    return chat(name).invoke([*asked, first, HumanMessage("Two?")]).text


@scenario
def plain_history(name):
    return chat(name).invoke([HumanMessage("One?"), AIMessage("1"), HumanMessage("Two?")]).text


@scenario
def previous_response(name):
    bound = chat(name, use_previous_response_id=True)
    asked = [HumanMessage("One?")]
    first = bound.invoke(asked)
    return bound.invoke([*asked, first, HumanMessage("Two?")]).text


@scenario
def reasoning(name):
    thinker = chat(name, reasoning={"effort": "low"}, include=["reasoning.encrypted_content"], store=False).bind_tools(
        [get_weather]
    )
    asked = [HumanMessage("Weather?")]
    first = thinker.invoke(asked)
    return thinker.invoke([*asked, first, *answers(first)]).text


@scenario
def image(name):
    content = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    return chat(name).invoke([HumanMessage(content)]).text


run()
