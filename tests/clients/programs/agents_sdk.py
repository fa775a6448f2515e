# [configuration]
from agents import set_default_openai_client, set_tracing_disabled
from openai import AsyncOpenAI

set_default_openai_client(AsyncOpenAI(base_url="http://127.0.0.1:8080/v1", api_key="sk-client"))
set_tracing_disabled(True)  # traces go to OpenAI otherwise
# [end]

from agents import (
    Agent,
    ApplyPatchTool,
    ModelSettings,
    OpenAIConversationsSession,
    Runner,
    ShellTool,
    SQLiteSession,
    function_tool,
)
from agents.editor import ApplyPatchResult
from openai.types.shared import Reasoning
from pydantic import BaseModel
from scenarios import run, scenario

PIXEL = "data:image/png;base64,iVBORw0KGgo="


class Person(BaseModel):
    name: str
    age: int


@function_tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


def agent(model, **more):
    return Agent(name="Assistant", instructions="Be brief.", model=model, **more)


async def deltas(result):
    said = []
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            said.append(event.data.delta)
    return said


@scenario
async def text(model):
    result = await Runner.run(agent(model), "Hi")
    return {"text": result.final_output, "usage": result.context_wrapper.usage.total_tokens}


@scenario
async def streamed(model):
    result = Runner.run_streamed(agent(model), "Hi")
    said = await deltas(result)
    return {"several": len(said) > 1, "joined": "".join(said), "text": result.final_output}


@scenario
async def tool(model):
    result = await Runner.run(agent(model, tools=[get_weather]), "Weather?")
    return {"text": result.final_output, "turns": len(result.raw_responses)}


@scenario
async def tool_streamed(model):
    result = Runner.run_streamed(agent(model, tools=[get_weather]), "Weather?")
    said = await deltas(result)
    return {"text": result.final_output, "joined": "".join(said)}


@scenario
async def tools_in_parallel(model):
    return {"text": (await Runner.run(agent(model, tools=[get_weather]), "Weather?")).final_output}


@scenario
async def tool_required(model):
    settings = ModelSettings(tool_choice="required", parallel_tool_calls=False, temperature=0.5)
    chosen = agent(model, tools=[get_weather], model_settings=settings)
    return {"text": (await Runner.run(chosen, "Weather?")).final_output}


@scenario
async def handoff(model):
    helper = Agent(name="Helper", instructions="Help.", model=model)
    result = await Runner.run(agent(model, handoffs=[helper]), "Help me")
    return {"text": result.final_output, "agent": result.last_agent.name}


@scenario
async def agent_as_tool(model):
    helper = Agent(name="Helper", instructions="Help.", model=model)
    tool = helper.as_tool(tool_name="ask_helper", tool_description="Helps.")
    return {"text": (await Runner.run(agent(model, tools=[tool]), "Help me")).final_output}


@scenario
async def structured(model):
    return (await Runner.run(agent(model, output_type=Person), "Who?")).final_output.model_dump()


@scenario
async def previous_response(model):
    first = await Runner.run(agent(model), "One?")
    second = await Runner.run(agent(model), "Two?", previous_response_id=first.last_response_id)
    return {"text": second.final_output}


@scenario
async def replayed(model):
    first = await Runner.run(agent(model), "One?")
    again = [*first.to_input_list(), {"role": "user", "content": "Two?"}]
    return {"text": (await Runner.run(agent(model), again)).final_output}


@scenario
async def local_session(model):
    session = SQLiteSession("one")
    await Runner.run(agent(model, tools=[get_weather]), "Weather?", session=session)
    return {"text": (await Runner.run(agent(model, tools=[get_weather]), "Again?", session=session)).final_output}


@scenario
async def conversation(model):
    session = OpenAIConversationsSession()
    await Runner.run(agent(model), "One?", session=session)
    second = await Runner.run(agent(model), "Two?", session=session)
    items = await session.get_items()
    await session.clear_session()
    return {"text": second.final_output, "items": len(items)}


@scenario
async def reasoning(model):
    settings = ModelSettings(
        reasoning=Reasoning(effort="low"), response_include=["reasoning.encrypted_content"], store=False
    )
    thinker = agent(model, tools=[get_weather], model_settings=settings)
    return {"text": (await Runner.run(thinker, "Weather?")).final_output}


@scenario
async def image(model):
    parts = [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": PIXEL, "detail": "auto"}]
    return {"text": (await Runner.run(agent(model), [{"role": "user", "content": parts}])).final_output}


@scenario
async def shell(model):
    tool = ShellTool(executor=lambda request: f"ran {request.data.action.commands}")
    return {"text": (await Runner.run(agent(model, tools=[tool]), "List!")).final_output}


class Editor:
    def create_file(self, operation):
        return ApplyPatchResult(output=f"created {operation.path}")

    update_file = delete_file = create_file


@scenario
async def apply_patch(model):
    return {"text": (await Runner.run(agent(model, tools=[ApplyPatchTool(editor=Editor())]), "Patch!")).final_output}


run()
