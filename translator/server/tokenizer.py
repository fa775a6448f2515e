"""An upstream's own tokenizer, where it has one: vLLM's, SGLang's and llama.cpp's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json

from ..errors import Unsupported
from ..mapping.losses import Loss
from .upstream import UpstreamClient

JSON = dict[str, Any]

_TOLD = ("model", "messages", "tools", "chat_template_kwargs")
"""What of a chat request makes up the model's input."""


async def count_tokens(upstream: UpstreamClient, chat: JSON, key: str | None) -> tuple[int, Sequence[Loss]]:
    """The tokens of a chat request, and what was not counted. Raises Unsupported (400) or UpstreamError.

    vLLM and newer SGLang take messages at `/tokenize`; llama.cpp takes text there and makes it of messages at
    `/apply-template`; older SGLang takes text alone, so that what its template adds goes uncounted.
    """
    told = {name: chat[name] for name in _TOLD if name in chat}
    answer = await _ask(upstream, "/tokenize", {**told, "add_generation_prompt": True}, key)
    if (count := _count(answer)) is not None:
        return count, ()
    if answer is not None:
        # llama.cpp passes over the messages, and counts the tokens of no text
        applied = await _ask(upstream, "/apply-template", told, key)
        prompt = applied.get("prompt") if applied is not None else None
        if isinstance(prompt, str):
            text = {"content": prompt, "add_special": True, "parse_special": True}
            tokens = (await _ask(upstream, "/tokenize", text, key) or {}).get("tokens")
            if isinstance(tokens, list):
                return len(tokens), ()
        bare = {"model": chat["model"], "prompt": "\n".join(_texts(chat["messages"]))}
        if (count := _count(await _ask(upstream, "/tokenize", bare, key))) is not None:
            return count, [Loss("input", "what the model's template, tools and images add is not counted")]
    raise Unsupported(
        "The upstream of this model has no tokenizer endpoint, so the tokens cannot be counted: send the request "
        "itself, its usage says how many they were.",
        param="model",
        code="tokenizer_not_available",
    )


async def _ask(upstream: UpstreamClient, path: str, body: JSON, key: str | None) -> JSON | None:
    """The object that the upstream answers, {} where it does not take the body, None where there is no such path."""
    answer = await upstream.post_beside(path, body, key)
    if answer is None:
        return None
    try:
        value = from_json(answer)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _count(answer: JSON | None) -> int | None:
    count = answer.get("count") if answer is not None else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _texts(messages: Sequence[JSON]) -> list[str]:
    texts = []
    for message in messages:
        content = message.get("content") or ""
        if isinstance(content, str):
            texts.append(content)
        else:
            texts += [part["text"] for part in content if part.get("type") == "text"]
        texts += [f"{call['function']['name']} {call['function']['arguments']}" for call in _calls(message)]
    return texts


def _calls(message: JSON) -> list[JSON]:
    calls: list[JSON] = message.get("tool_calls", [])
    return calls
