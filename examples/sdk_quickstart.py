"""The official OpenAI SDK against a chat-only model: create, stream, structured output, a tool loop.

It starts a server with a demo model. Set OPENAI_BASE_URL, OPENAI_API_KEY and MODEL to use your own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from openai import OpenAI
from openai.types.responses import FunctionToolParam, ResponseInputParam
from pydantic import BaseModel

MODEL = os.environ.get("MODEL", "demo")
CITY: dict[str, object] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [FunctionToolParam(type="function", name="get_weather", parameters=CITY, strict=False)]


class Event(BaseModel):
    """What the model is to fill in."""

    name: str
    city: str


def use(client: OpenAI) -> None:
    """Do four things with the model."""
    print("Create:    ", client.responses.create(model=MODEL, input="Hello, world!").output_text)

    with client.responses.stream(model=MODEL, input="One word comes after another.") as stream:
        print("Stream:    ", " | ".join(event.delta for event in stream if event.type == "response.output_text.delta"))

    text = 'Invent an event, such as name="Science fair" and city=Paris.'
    print("Structured:", repr(client.responses.parse(model=MODEL, input=text, text_format=Event).output_parsed))

    conversation: ResponseInputParam = [{"role": "user", "content": "Ask get_weather about city=Paris and tell me."}]
    for item in client.responses.create(model=MODEL, input=conversation, tools=TOOLS).output:
        conversation.append(item.to_dict())  # type: ignore[arg-type]  # what came out goes back in
        if item.type == "function_call":
            print("Tool call: ", item.name, item.arguments)
            result = f"It is 18 degrees in {json.loads(item.arguments)['city']}."
            conversation.append({"type": "function_call_output", "call_id": item.call_id, "output": result})
    print("Answer:    ", client.responses.create(model=MODEL, input=conversation, tools=TOOLS).output_text)


if __name__ == "__main__":
    if "OPENAI_BASE_URL" in os.environ:
        use(OpenAI())
    else:
        command = [sys.executable, "-m", "translator", "serve", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            url = server.stdout.readline().split()[-1] if server.stdout else ""  # its first line ends with its address
            try:
                use(OpenAI(base_url=url, api_key="unused"))
            finally:
                server.terminate()
