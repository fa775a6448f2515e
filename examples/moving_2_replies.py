"""Moving to the Responses API, step 2: ask through it, and let the old code go on reading `choices[0].message`.

    python examples/moving_2_replies.py

It starts a server with a demo model; see demo_server.py for using your own.
"""

from __future__ import annotations

import json
from typing import Any

from demo_server import MODEL, demo_client
from openai import OpenAI
from openai.types.chat import ChatCompletion

from translator import chat_over_responses

CITY = {"type": "object", "properties": {"city": {"type": "string"}}}
SDK_OPTIONS = ("extra_headers", "extra_query", "timeout")
"""What is said to the SDK, not to the API."""
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]


def complete(client: OpenAI, extra_body: dict[str, Any] | None = None, **request: Any) -> ChatCompletion:
    """What `client.chat.completions.create` did, by way of `client.responses.create`."""
    options = {name: request.pop(name) for name in SDK_OPTIONS if name in request}
    call = chat_over_responses.translate_request({**request, **(extra_body or {})})
    # as extra_body, whether or not the SDK knows all its fields
    response = client.responses.create(extra_body=call.responses_request, **options)
    return ChatCompletion.construct(**call.translate_response(response))  # as the SDK itself makes it


def old_code(client: OpenAI) -> None:
    """A loop of tool calls as it was before: only the function that it calls is another."""
    messages: list[Any] = [{"role": "user", "content": "Ask get_weather about city=Paris and tell me."}]
    while True:
        completion = complete(client, model=MODEL, messages=messages, tools=TOOLS)
        message = completion.choices[0].message
        messages.append(message)  # the SDK's own object, as it came
        if completion.choices[0].finish_reason != "tool_calls":
            print("Answer:", message.content)
            return
        for call in message.tool_calls or ():
            if call.type == "function":
                print("Call:  ", call.function.name, call.function.arguments)
                result = f"It is 18 degrees in {json.loads(call.function.arguments)['city']}."
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


if __name__ == "__main__":
    with demo_client() as client:
        old_code(client)
