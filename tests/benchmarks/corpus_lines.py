"""Lines of chat requests as applications write them, with a system prompt and one to six turns; some call a tool.

They are of nine kilobytes on average, of which the prompt has a third; short ones are of four, with a prompt of a few
sentences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

JSON = dict[str, Any]

_WORDS = (
    *("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog"),
    *("while", "é", "日本", '"quoted"', "words\nand", "lines", "go", "on"),
)
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
            "required": ["city"],
        },
    },
}


def requests(size: int, *, short: bool = False, seed: int = 0) -> Iterator[bytes]:
    """Lines of requests, about `size` bytes in all."""
    random = Random(seed)
    lengths = (10, 40, 120, 120, 40) if short else (10, 40, 120, 300, 600)
    words = [" ".join(random.choices(_WORDS, k=length)) for length in lengths]
    written = 0
    number = 0
    while written < size:
        number += 1
        line = json.dumps(_request(random, words, number), ensure_ascii=False).encode() + b"\n"
        written += len(line)
        yield line


def _request(random: Random, words: list[str], number: int) -> JSON:
    messages: list[JSON] = [{"role": "system", "content": words[4]}]
    for turn in range(random.randrange(1, 7)):
        messages.append({"role": "user", "content": f"{number}.{turn}: {random.choice(words[:4])}"})
        if turn and random.random() < 0.5:
            call = {"id": f"call_{turn}", "type": "function"}
            messages.append(
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{**call, "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}],
                }
            )
            messages.append({"role": "tool", "tool_call_id": f"call_{turn}", "content": random.choice(words[:4])})
        messages.append({"role": "assistant", "content": random.choice(words[:4])})
    messages.append({"role": "user", "content": "And now?"})
    request: JSON = {"model": "gpt-5.4", "messages": messages, "temperature": 0.2, "max_completion_tokens": 512}
    if random.random() < 0.3:
        request["tools"] = [_TOOL]
    return {"custom_id": f"request-{number}", "method": "POST", "url": "/v1/chat/completions", "body": request}
