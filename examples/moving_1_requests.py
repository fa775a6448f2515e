"""Moving to the Responses API, step 1: see what your chat request becomes, and what is lost on the way.

    python examples/moving_1_requests.py

Nothing is sent anywhere. Put a request of your application in the place of this one.
"""

from __future__ import annotations

import json
from itertools import zip_longest

from translator import chat_over_responses

REQUEST = {
    "model": "my-model",
    "messages": [
        {"role": "system", "content": "You are a travel agent."},
        {"role": "user", "content": "Where is it warmer, here or in Rome?"},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"city": "Rome"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "24 degrees"},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
    "max_tokens": 200,
    "seed": 7,
}


def main() -> None:
    """Print both requests, line by line, and every loss with its path and reason."""
    call = chat_over_responses.translate_request(REQUEST)
    left = json.dumps(REQUEST, indent=1).splitlines()
    right = json.dumps(call.responses_request, indent=1).splitlines()

    print(f"{'POST /chat/completions':<60} POST /responses")
    for before, after in zip_longest(left, right, fillvalue=""):
        print(f"{before[:58]:<60} {after[:58]}".rstrip())

    print("\nWhat the Responses API cannot be told:")
    for loss in call.losses:
        print(f"  {loss.path}: {loss.reason}")


if __name__ == "__main__":
    main()
