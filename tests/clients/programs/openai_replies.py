"""What a model says: text, forms, media, and what goes wrong."""

import json

from openai import APIError
from openai_client import PIXEL, Person, client, failure, types, user
from scenarios import scenario


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
