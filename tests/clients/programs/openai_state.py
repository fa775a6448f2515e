"""What is kept from turn to turn, and the resources beside responses."""

import json

from openai_client import WEATHER, client, failure, plain, types, user
from scenarios import scenario


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
