"""Moving to the Responses API, step 5: without the bridge, in the API's own words, one call site after the other.

    python examples/moving_5_native.py

It asks for the same twice, as step 2 left it and natively, and shows that both say the same.
"""

from __future__ import annotations

from typing import Any

from demo_server import MODEL, demo_client
from openai import OpenAI

from translator import chat_over_responses

MESSAGES: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One word comes after another."},
]


def before(client: OpenAI) -> str:
    """The bridge."""
    call = chat_over_responses.translate_request({"model": MODEL, "messages": MESSAGES})
    completion = call.translate_response(client.responses.create(**call.responses_request))
    return str(completion["choices"][0]["message"]["content"])


def after(client: OpenAI) -> str:
    """The API itself; from here on it can keep the conversation, too."""
    first = client.responses.create(model=MODEL, instructions="Be brief.", input=MESSAGES[1]["content"])
    second = client.responses.create(model=MODEL, input="And then?", previous_response_id=first.id)
    print("Went on:", second.previous_response_id == first.id)
    return first.output_text


if __name__ == "__main__":
    with demo_client() as client:
        print("Before: ", before(client))
        print("After:  ", after(client))
