"""See what one Responses request becomes for a chat-only model, side by side, and what is lost on the way.

    python examples/migrate_one_request.py

Nothing is sent anywhere. Put your own request in the place of this one.
"""

from __future__ import annotations

import json
from itertools import zip_longest

from translator import responses_over_chat

REQUEST = {
    "model": "my-model",
    "instructions": "You are a travel agent.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Where is it warmer, here or in Rome?"}]},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city": "Rome"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "24 degrees"},
    ],
    "tools": [
        {"type": "function", "name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}}}},
        {"type": "web_search"},
    ],
    "reasoning": {"effort": "low"},
    "max_output_tokens": 200,
    "truncation": "auto",
    "store": False,
}


def main() -> None:
    """Print both requests, line by line, and every loss with its path and reason."""
    call = responses_over_chat.translate_request(REQUEST, upstream_model="llama-3")
    left = json.dumps(REQUEST, indent=1).splitlines()
    right = json.dumps(call.chat_request, indent=1).splitlines()

    print(f"{'POST /responses':<60} POST /chat/completions")
    print(f"{'-' * 58:<60} {'-' * 58}")
    for before, after in zip_longest(left, right, fillvalue=""):
        print(f"{before[:58]:<60} {after[:58]}".rstrip())

    print("\nWhat a chat-only model cannot be told:")
    for loss in call.losses:
        print(f"  {loss.path}: {loss.reason}")


if __name__ == "__main__":
    main()
