"""What a model calls, and what it thought before."""

from openai_client import PATCH, WEATHER, client, failure, plain, types, user
from scenarios import scenario


@scenario
def function_round_trip(model):
    first = client.responses.create(model=model, input="Weather?", tools=[WEATHER], store=False)
    call = first.output[0]
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    second = client.responses.create(
        model=model, input=[user("Weather?"), plain(call), answer], tools=[WEATHER], store=False
    )
    return {"call": [call.type, call.name, call.arguments], "text": second.output_text}


@scenario
def function_streamed(model):
    with client.responses.stream(model=model, input="Weather?", tools=[WEATHER], tool_choice="required") as stream:
        events = list(stream)
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    done = next(event for event in events if event.type == "response.function_call_arguments.done")
    return {"several": len(deltas) > 1, "joined": "".join(deltas), "done": done.arguments, "name": done.name}


@scenario
def function_parallel(model):
    first = client.responses.create(model=model, input="Weather?", tools=[WEATHER])
    answers = [
        {"type": "function_call_output", "call_id": call.call_id, "output": call.arguments}
        for call in reversed(first.output)
        if call.type == "function_call"
    ]
    second = client.responses.create(model=model, input=answers, previous_response_id=first.id, tools=[WEATHER])
    return {"types": types(first.output), "text": second.output_text}


@scenario
def function_choice(model):
    choice = {"type": "function", "name": "get_weather"}
    reply = client.responses.create(
        model=model, input="Weather?", tools=[WEATHER], tool_choice=choice, parallel_tool_calls=False
    )
    return types(reply.output)


@scenario
def function_unknown(model):
    reply = client.responses.create(model=model, input="Weather?", tools=[WEATHER])
    return [(item.type, item.name, item.arguments) for item in reply.output]


@scenario
def custom_round_trip(model):
    first = client.responses.create(model=model, input="Patch!", tools=[PATCH], store=False)
    call = first.output[0]
    answer = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "done"}
    second = client.responses.create(
        model=model, input=[user("Patch!"), plain(call), answer], tools=[PATCH], store=False
    )
    return {"call": [call.type, call.name, call.input], "text": second.output_text}


@scenario
def custom_streamed(model):
    events = list(client.responses.create(model=model, input="Patch!", tools=[PATCH], stream=True))
    deltas = [event.delta for event in events if event.type == "response.custom_tool_call_input.delta"]
    done = next(event for event in events if event.type == "response.custom_tool_call_input.done")
    return {
        "several": len(deltas) > 3,
        "joined": "".join(deltas),
        "done": done.input,
        "functions": sum("function_call" in event.type for event in events),
    }


@scenario
def custom_in_bare_text(model):
    reply = client.responses.create(model=model, input="Patch!", tools=[PATCH])
    return [(item.type, item.input) for item in reply.output]


@scenario
def namespace(model):
    tools = [{"type": "namespace", "name": name, "description": name, "tools": [WEATHER]} for name in ("sky", "sea")]
    first = client.responses.create(model=model, input="Weather?", tools=tools, store=False)
    call = first.output[0]
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": "calm"}
    second = client.responses.create(model=model, input=[user("?"), plain(call), answer], tools=tools, store=False)
    return {"call": [call.namespace, call.name], "text": second.output_text}


@scenario
def long_name(model):
    name = "a.tool with a name that no upstream takes: " + "x" * 60
    reply = client.responses.create(model=model, input="Go", tools=[{**WEATHER, "name": name}])
    return [item.name == name for item in reply.output]


@scenario
def additional_tools(model):
    items = [{"type": "additional_tools", "role": "developer", "tools": [PATCH]}, user("Patch!")]
    reply = client.responses.create(model=model, input=items, store=False)
    return [(item.type, item.input) for item in reply.output]


@scenario
def tool_search(model):
    search = {"type": "tool_search", "execution": "client"}
    first = client.responses.create(model=model, input="Weather?", tools=[search], store=False)
    call = first.output[0]
    found = {
        "type": "tool_search_output",
        "call_id": call.call_id,
        "execution": "client",
        "status": "completed",
        "tools": [WEATHER],
    }
    second = client.responses.create(model=model, input=[user("?"), plain(call), found], tools=[search], store=False)
    return {"call": [call.type, call.execution, call.arguments], "then": [item.name for item in second.output]}


@scenario
def apply_patch(model):
    tools = [{"type": "apply_patch"}]
    first = client.responses.create(model=model, input="Patch!", tools=tools)
    call = first.output[0]
    answer = {"type": "apply_patch_call_output", "call_id": call.call_id, "status": "completed", "output": "ok"}
    second = client.responses.create(model=model, input=[answer], previous_response_id=first.id, tools=tools)
    return {"call": [call.type, call.operation.model_dump(exclude_none=True)], "text": second.output_text}


@scenario
def shell(model):
    tools = [{"type": "shell", "environment": {"type": "local"}}]
    first = client.responses.create(model=model, input="List!", tools=tools)
    call = first.output[0]
    ran = [{"stdout": "a.txt", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]
    answer = {"type": "shell_call_output", "call_id": call.call_id, "output": ran}
    second = client.responses.create(model=model, input=[answer], previous_response_id=first.id, tools=tools)
    return {"call": [call.type, call.action.commands], "text": second.output_text}


@scenario
def local_shell(model):
    tools = [{"type": "local_shell"}]
    first = client.responses.create(model=model, input="List!", tools=tools)
    call = first.output[0]
    answer = {"type": "local_shell_call_output", "id": call.id, "call_id": call.call_id, "output": "a.txt"}
    second = client.responses.create(model=model, input=[answer], previous_response_id=first.id, tools=tools)
    return {"call": [call.type, call.action.command], "text": second.output_text}


@scenario
def web_search_beside(model):
    asked = client.responses.with_raw_response.create(model=model, input="?", tools=[{"type": "web_search"}, WEATHER])
    return {"text": asked.parse().output_text, "losses": asked.headers["x-translator-losses"]}


@scenario
def web_search_alone(model):
    return failure(lambda: client.responses.create(model=model, input="?", tools=[{"type": "web_search"}]))


def thinking(model, spoil):
    include = ["reasoning.encrypted_content"]
    first = client.responses.create(model=model, input="Weather?", tools=[WEATHER], include=include, store=False)
    thought, call = first.output
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    items = [user("Weather?"), spoil(plain(thought)), plain(call), answer]
    again = client.responses.create(model=model, input=items, tools=[WEATHER], include=include, store=False)
    return {
        "sealed": thought.encrypted_content != "" and "Hm." not in thought.encrypted_content,
        "text": again.output_text,
    }


def carrier(thought, sealed):
    return {"type": "reasoning", "id": thought["id"], "summary": [], "encrypted_content": sealed}


@scenario
def reasoning_sealed(model):
    return thinking(model, lambda thought: carrier(thought, thought["encrypted_content"]))


@scenario
def reasoning_foreign(model):
    return thinking(model, lambda thought: carrier(thought, "gAAAAABfromElsewhere"))


@scenario
def reasoning_empty(model):
    return thinking(model, lambda thought: carrier(thought, ""))


@scenario
def reasoning_tampered(model):
    def spoil(thought):
        sealed = thought["encrypted_content"]
        middle = len(sealed) // 2
        other = "A" if sealed[middle] != "A" else "B"
        return carrier(thought, sealed[:middle] + other + sealed[middle + 1 :])

    return failure(lambda: thinking(model, spoil))


@scenario
def reasoning_streamed(model):
    events = list(client.responses.create(model=model, input="?", stream=True, reasoning={"effort": "low"}))
    thought = "".join(event.delta for event in events if event.type == "response.reasoning_text.delta")
    return {"thought": thought, "text": events[-1].response.output_text}


@scenario
def orphan_output(model):
    answer = {"type": "function_call_output", "call_id": "nobodys", "output": "sunny"}
    return failure(lambda: client.responses.create(model=model, input=[user("Hi"), answer]))
