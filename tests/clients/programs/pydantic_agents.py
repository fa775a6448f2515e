# [configuration]
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url="http://127.0.0.1:8080/v1", api_key="sk-client")
agent = Agent(OpenAIResponsesModel("your-model", provider=provider))
# [end]

from pydantic import BaseModel
from pydantic_ai import BinaryContent, NativeOutput
from pydantic_ai.models.openai import OpenAIResponsesModelSettings
from scenarios import run, scenario


class Person(BaseModel):
    name: str
    age: int


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def assistant(name, **more):
    return Agent(OpenAIResponsesModel(name, provider=provider), instructions="Be brief.", **more)


@scenario
async def text(name):
    result = await assistant(name).run("Hi")
    usage = result.usage() if callable(result.usage) else result.usage
    return {"text": result.output, "usage": usage.output_tokens}


@scenario
async def streamed(name):
    async with assistant(name).run_stream("Hi") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    return {"several": len(pieces) > 1, "text": "".join(pieces)}


@scenario
async def settings(name):
    result = await assistant(name).run("Hi", model_settings={"temperature": 0.5, "max_tokens": 99})
    return result.output


@scenario
async def tool_round_trip(name):
    return (await assistant(name, tools=[get_weather]).run("Weather?")).output


@scenario
async def tool_streamed(name):
    async with assistant(name, tools=[get_weather]).run_stream("Weather?") as result:
        return await result.get_output()


@scenario
async def tools_in_parallel(name):
    return (await assistant(name, tools=[get_weather]).run("Weather?")).output


@scenario
async def structured(name):
    return (await assistant(name, output_type=NativeOutput(Person)).run("Who?")).output.model_dump()


@scenario
async def structured_by_tool(name):
    return (await assistant(name, output_type=Person).run("Who?")).output.model_dump()


@scenario
async def second_turn(name):
    first = await assistant(name).run("One?")
    return (await assistant(name).run("Two?", message_history=first.all_messages())).output


@scenario
async def second_turn_with_tools(name):
    chosen = assistant(name, tools=[get_weather])
    first = await chosen.run("Weather?")
    return (await chosen.run("Again?", message_history=first.all_messages())).output


@scenario
async def previous_response(name):
    chosen = OpenAIResponsesModelSettings(openai_previous_response_id="auto")
    first = await assistant(name, model_settings=chosen).run("One?")
    result = await assistant(name, model_settings=chosen).run("Two?", message_history=first.all_messages())
    return result.output


@scenario
async def reasoning(name):
    chosen = OpenAIResponsesModelSettings(openai_reasoning_effort="low")
    result = await assistant(name, tools=[get_weather], model_settings=chosen).run("Weather?")
    return result.output


@scenario
async def image(name):
    pixel = BinaryContent(b"\x89PNG\r\n\x1a\n", media_type="image/png")
    return (await assistant(name).run(["What?", pixel])).output


run()
