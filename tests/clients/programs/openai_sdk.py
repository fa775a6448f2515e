# [configuration]
from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="sk-client")
# [end]

import json

from openai import APIError, APIStatusError
from pydantic import BaseModel
from scenarios import run, scenario

client.max_retries = 0

PIXEL = "data:image/png;base64,iVBORw0KGgo="
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
PATCH = {
    "type": "custom",
    "name": "patch",
    "description": "Changes files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}


class Person(BaseModel):
    name: str
    age: int


def user(text):
    return {"role": "user", "content": text}


def plain(item):
    """An item as it is sent back."""
    return item.model_dump(exclude_none=True)


def types(items):
    return [item.type for item in items]


def failure(ask):
    try:
        ask()
    except APIStatusError as error:
        return {"kind": type(error).__name__, "status": error.status_code, "code": error.code, "param": error.param}
    return None


@scenario
def text(model):
    reply = client.responses.create(model=model, input="Hi", instructions="Be brief.", metadata={"a": "b"})
    return {
        "text": reply.output_text,
        "status": reply.status,
        "id": reply.id,
        "model": reply.model,
        "metadata": reply.metadata,
        "usage": reply.usage.total_tokens,
    }


@scenario
def text_streamed(model):
    events = list(client.responses.create(model=model, input="Hi", stream=True))
    return {
        "types": list(dict.fromkeys(types(events))),
        "numbers": [event.sequence_number for event in events] == list(range(len(events))),
        "text": "".join(event.delta for event in events if event.type == "response.output_text.delta"),
        "final": events[-1].response.output_text,
    }


@scenario
def text_stream_helper(model):
    with client.responses.stream(model=model, input="Hi") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        return {"snapshots": snapshots, "text": stream.get_final_response().output_text}


@scenario
def messages(model):
    conversation = [
        {"role": "developer", "content": "Be brief."},
        user("Hi"),
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": [{"type": "input_text", "text": "And you?"}]},
    ]
    return {"text": client.responses.create(model=model, input=conversation).output_text}


@scenario
def parse(model):
    reply = client.responses.parse(model=model, input="Who?", text_format=Person)
    return reply.output_parsed.model_dump()


@scenario
def parse_streamed(model):
    with client.responses.stream(model=model, input="Who?", text_format=Person) as stream:
        return stream.get_final_response().output_parsed.model_dump()


@scenario
def json_object(model):
    reply = client.responses.create(model=model, input="As JSON.", text={"format": {"type": "json_object"}})
    return json.loads(reply.output_text)


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
def continued(model):
    first = client.responses.create(model=model, input="One?", instructions="Be brief.")
    second = client.responses.create(model=model, input="Two?", previous_response_id=first.id)
    third = client.responses.create(model=model, input="Three?", previous_response_id=second.id)
    return {"text": third.output_text, "previous": third.previous_response_id == second.id}


@scenario
def retrieve(model):
    made = client.responses.create(model=model, input="Hi")
    return {"same": client.responses.retrieve(made.id).output_text == made.output_text, "text": made.output_text}


@scenario
def delete(model):
    made = client.responses.create(model=model, input="Hi")
    client.responses.delete(made.id)
    return failure(lambda: client.responses.retrieve(made.id))


@scenario
def cancel(model):
    made = client.responses.create(model=model, input="Hi")
    return failure(lambda: client.responses.cancel(made.id))


@scenario
def input_items(model):
    made = client.responses.create(model=model, input=[user("One"), user("Two")])
    pages = list(client.responses.input_items.list(made.id, limit=1, order="asc"))
    return [item.content[0].text for item in pages]


@scenario
def input_tokens(model):
    return client.responses.input_tokens.count(model=model, input="How many words").input_tokens > 0


@scenario
def compact(model):
    compacted = client.responses.compact(model=model, input=[user("Remember 7."), user("And 8.")])
    items = [plain(item) for item in compacted.output]
    reply = client.responses.create(model=model, input=[*items, user("What?")])
    return {"types": types(compacted.output), "sealed": "Seven" not in json.dumps(items), "text": reply.output_text}


@scenario
def compaction_trigger(model):
    asked = [user("Remember 7."), {"type": "compaction_trigger"}]
    events = list(client.responses.create(model=model, input=asked, stream=True, store=False))
    done = [event.item for event in events if event.type == "response.output_item.done"]
    return {"types": types(done), "sealed": bool(done[0].encrypted_content), "last": events[-1].type}


@scenario
def compaction_thinking(model):
    asked = [user("Remember 7."), {"type": "compaction_trigger"}]
    more = {"include": ["reasoning.encrypted_content"], "tools": [WEATHER], "store": False}
    return types(client.responses.create(model=model, input=asked, **more).output)


@scenario
def broken_off(model):
    types = []
    try:
        for event in client.responses.create(model=model, input="Hi", stream=True):
            types.append(event.type)
    except APIError as error:
        return {
            "said": "response.output_text.delta" in types,
            "completed": "response.completed" in types,
            "code": error.code,
        }


@scenario
def files(model):
    made = client.files.create(file=("a.txt", b"Seven."), purpose="user_data")
    found = client.files.retrieve(made.id)
    listed = [file.id for file in client.files.list()]
    part = {"type": "input_file", "file_id": made.id}
    reply = client.responses.create(model=model, input=[user([part])])
    content = client.files.content(made.id).read().decode()
    gone = client.files.delete(made.id).deleted
    return {
        "name": found.filename,
        "listed": made.id in listed,
        "content": content,
        "text": reply.output_text,
        "gone": gone,
    }


@scenario
def uploads(model):
    upload = client.uploads.create(filename="a.txt", bytes=6, mime_type="text/plain", purpose="user_data")
    parts = [client.uploads.parts.create(upload.id, data=piece).id for piece in (b"Sev", b"en.")]
    done = client.uploads.complete(upload.id, part_ids=parts)
    other = client.uploads.create(filename="b.txt", bytes=6, mime_type="text/plain", purpose="user_data")
    return {
        "status": done.status,
        "content": client.files.content(done.file.id).read().decode(),
        "cancelled": client.uploads.cancel(other.id).status,
    }


@scenario
def chat_completions(model):
    reply = client.chat.completions.create(model=model, messages=[user("Hi")])
    chunks = client.chat.completions.create(model=model, messages=[user("Hi")], stream=True)
    return [
        reply.choices[0].message.content,
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
    ]


@scenario
def conversation(model):
    talk = client.conversations.create(metadata={"topic": "sky"}, items=[{"type": "message", **user("Blue?")}])
    reply = client.responses.create(model=model, input="Why?", conversation=talk.id)
    items = list(client.conversations.items.list(talk.id, order="asc"))
    changed = client.conversations.update(talk.id, metadata={"topic": "sea"})
    found = client.conversations.retrieve(talk.id).metadata
    gone = client.conversations.delete(talk.id).deleted
    return {
        "text": reply.output_text,
        "items": types(items),
        "metadata": [talk.metadata, changed.metadata, found],
        "gone": gone,
    }


@scenario
def conversation_items(model):
    talk = client.conversations.create()
    added = client.conversations.items.create(talk.id, items=[{"type": "message", **user("One")}])
    item = added.data[0]
    same = client.conversations.items.retrieve(item.id, conversation_id=talk.id).id == item.id
    client.conversations.items.delete(item.id, conversation_id=talk.id)
    return {"same": same, "left": len(list(client.conversations.items.list(talk.id)))}


@scenario
def models(model):
    return {"one": client.models.retrieve(model).id, "list": [one.id for one in client.models.list()]}


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


@scenario
def item_reference(model):
    first = client.responses.create(model=model, input="One?")
    items = [user("One?"), {"type": "item_reference", "id": first.output[0].id}, user("Two?")]
    return {"text": client.responses.create(model=model, input=items).output_text}


@scenario
def item_reference_unknown(model):
    items = [{"type": "item_reference", "id": "msg_nobody"}, user("Two?")]
    return failure(lambda: client.responses.create(model=model, input=items))


@scenario
def foreign_ids(model):
    items = [
        {"type": "message", "id": "msg_elsewhere", "status": "completed", **user("One?")},
        {"type": "function_call", "id": "fc_x", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "id": "fco_x", "call_id": "c1", "output": "sunny", "status": "completed"},
    ]
    return client.responses.create(model=model, input=items, tools=[WEATHER]).output_text


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
def length(model):
    reply = client.responses.create(model=model, input="Hi", max_output_tokens=16)
    return {"status": reply.status, "reason": reply.incomplete_details.reason}


@scenario
def refusal(model):
    with client.responses.stream(model=model, input="Hi") as stream:
        part = stream.get_final_response().output[0].content[0]
    return [part.type, part.refusal]


@scenario
def image_input(model):
    parts = [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": PIXEL, "detail": "original"}]
    return client.responses.create(model=model, input=[user(parts)]).output_text


@scenario
def file_input(model):
    part = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
    return client.responses.create(model=model, input=[user([part])]).output_text


@scenario
def logprobs(model):
    include = ["message.output_text.logprobs"]
    reply = client.responses.create(model=model, input="Hi", include=include, top_logprobs=1)
    return [entry.token for entry in reply.output[0].content[0].logprobs]


@scenario
def obfuscation(model):
    sizes = []
    for wanted in (True, False):
        options = {"include_obfuscation": wanted}
        events = client.responses.create(model=model, input="Hi", stream=True, stream_options=options)
        deltas = [event for event in events if event.type == "response.output_text.delta"]
        sizes.append(all(len(getattr(event, "obfuscation", None) or "") > 0 for event in deltas))
    return sizes


@scenario
def nulls(model):
    empty = dict.fromkeys(
        (
            "instructions",
            "tools",
            "temperature",
            "top_p",
            "reasoning",
            "text",
            "include",
            "previous_response_id",
            "user",
        )
    )
    return client.responses.create(model=model, input="Hi", extra_body=empty).output_text


@scenario
def nulls_inside(model):
    message = {"type": "message", "id": None, "status": None, "phase": None, **user("Hi")}
    tool = {"type": "function", "name": "now", "description": None, "parameters": None, "strict": None}
    return client.responses.create(model=model, input=[message], tools=[tool], text={"format": None}).output_text


@scenario
def empties(model):
    return client.responses.create(model=model, input="Hi", tools=[], include=[], metadata={}).output_text


@scenario
def parameters(model):
    reply = client.responses.create(
        model=model,
        input="Hi",
        temperature=0,
        top_p=0.5,
        max_output_tokens=99,
        prompt_cache_key="k",
        safety_identifier="s",
        text={"verbosity": "low"},
        reasoning={"effort": "high"},
    )
    return [reply.temperature, reply.top_p, reply.max_output_tokens]


@scenario
def image_output(model):
    reply = client.responses.create(model=model, input="Draw!")
    return [(item.type, getattr(item, "result", None)) for item in reply.output]


@scenario
def image_output_streamed(model):
    events = client.responses.create(model=model, input="Draw!", stream=True)
    return [event.item for event in events if event.type == "response.output_item.done"][-1].result


@scenario
def audio_output(model):
    raw = client.responses.with_raw_response.create(model=model, input="Speak!")
    return {"text": raw.parse().output_text, "losses": raw.headers["x-translator-losses"]}


@scenario
def rate_limit(model):
    return failure(lambda: client.responses.create(model=model, input="Hi"))


@scenario
def rate_limit_streamed(model):
    return failure(lambda: list(client.responses.create(model=model, input="Hi", stream=True)))


@scenario
def context_length(model):
    return failure(lambda: client.responses.create(model=model, input="Hi"))


@scenario
def faulty(model):
    return failure(lambda: client.responses.create(model=model, input="Hi", temperature=9))


@scenario
def orphan_output(model):
    answer = {"type": "function_call_output", "call_id": "nobodys", "output": "sunny"}
    return failure(lambda: client.responses.create(model=model, input=[user("Hi"), answer]))


@scenario
def wrong_key(model):
    other = client.with_options(api_key="sk-other")
    return failure(lambda: other.responses.create(model=model, input="Hi"))


@scenario
def websocket(model):
    with client.responses.connect() as connection:
        said = []
        previous = None
        for asked, generate in (("", False), ("One?", True), ("Two?", True)):
            more = {"previous_response_id": previous} if previous else {}
            items = [user(asked)] if asked else [user("Zero.")]
            connection.response.create(model=model, input=items, store=False, generate=generate, **more)
            for event in connection:
                if event.type == "response.completed":
                    previous = event.response.id
                    said.append(event.response.output_text)
                    break
        return said


run()
