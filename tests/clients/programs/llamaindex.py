# [configuration]
from llama_index.llms.openai import OpenAIResponses

llm = OpenAIResponses(
    model="your-model", api_base="http://127.0.0.1:8080/v1", api_key="sk-client", context_window=32768
)
# [end]

from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel
from scenarios import run, scenario


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


TOOL = FunctionTool.from_defaults(get_weather)
ASKED = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Hi")]


def model(name, **more):
    return llm.model_copy(update={"model": name, "max_retries": 0, **more})


def answered(chosen, first):
    calls = chosen.get_tool_calls_from_response(first)
    results = [
        ChatMessage(
            role="tool", content=get_weather(**call.tool_kwargs), additional_kwargs={"tool_call_id": call.tool_id}
        )
        for call in calls
    ]
    return [first.message, *results]


@scenario
def text(name):
    return model(name).chat(ASKED).message.content


@scenario
def complete(name):
    return model(name).complete("Hi").text


@scenario
def streamed(name):
    pieces = [piece.delta for piece in model(name).stream_chat(ASKED)]
    return {"several": len(pieces) > 1, "text": "".join(piece or "" for piece in pieces)}


@scenario
async def asynchronous(name):
    return (await model(name).achat(ASKED)).message.content


@scenario
def settings(name):
    return model(name, temperature=0.5, max_output_tokens=99).chat(ASKED).message.content


@scenario
def tool_round_trip(name):
    chosen = model(name)
    asked = [ChatMessage(role="user", content="Weather?")]
    first = chosen.chat_with_tools([TOOL], chat_history=asked)
    second = chosen.chat_with_tools([TOOL], chat_history=[*asked, *answered(chosen, first)])
    return second.message.content


@scenario
def tool_streamed(name):
    chosen = model(name)
    asked = [ChatMessage(role="user", content="Weather?")]
    first = list(chosen.stream_chat_with_tools([TOOL], chat_history=asked))[-1]
    return [(call.tool_name, call.tool_kwargs) for call in chosen.get_tool_calls_from_response(first)]


@scenario
def structured(name):
    return model(name).as_structured_llm(Person).complete("Who?").raw.model_dump()


@scenario
def second_turn(name):
    chosen = model(name)
    asked = [ChatMessage(role="user", content="One?")]
    first = chosen.chat(asked)
    return chosen.chat([*asked, first.message, ChatMessage(role="user", content="Two?")]).message.content


@scenario
def image(name):
    blocks = [TextBlock(text="What?"), ImageBlock(image=b"\x89PNG\r\n\x1a\n", image_mimetype="image/png")]
    return model(name).chat([ChatMessage(role="user", blocks=blocks)]).message.content


run()
