"""Moving to the Responses API, step 3: streams, read chunk by chunk as before.

    python examples/moving_3_streams.py

It starts a server with a demo model; see demo_server.py for using your own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from demo_server import MODEL, demo_client
from openai import OpenAI
from openai.types.chat import ChatCompletionChunk

from translator import chat_over_responses


def stream(client: OpenAI, **request: Any) -> Iterator[ChatCompletionChunk]:
    """What `client.chat.completions.create(stream=True)` did, by way of `client.responses.create`."""
    call = chat_over_responses.translate_request({**request, "stream": True})
    machine = call.stream()
    for event in client.responses.create(stream=True, extra_body=call.responses_request):
        for chunk in machine.receive(event):
            yield ChatCompletionChunk.construct(**chunk)  # as the SDK itself makes it
    for chunk in machine.finish():  # nothing, unless the stream broke off
        raise RuntimeError(chunk["error"]["message"])


def old_code(client: OpenAI) -> None:
    """A loop over chunks as it was before."""
    messages = [{"role": "user", "content": "One word comes after another."}]
    words = []
    for chunk in stream(client, model=MODEL, messages=messages, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            if choice.delta.content:
                words.append(choice.delta.content)
            if choice.finish_reason:
                print("Finish:", choice.finish_reason)
        if chunk.usage:
            print("Usage: ", "counted" if chunk.usage.total_tokens else "none")
    print("Words: ", " | ".join(words))


if __name__ == "__main__":
    with demo_client() as client:
        old_code(client)
