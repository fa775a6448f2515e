"""Reasoning: how much to think, and what was thought earlier."""

from __future__ import annotations

from typing import Any

from ..dialects import Dialect
from .content import text_of
from .losses import Losses
from .provider_data import DETAILS, KEY, details_of, provider_data

JSON = dict[str, Any]

_THINKS_NOT = frozenset({"none", "off", "disabled"})


def thinks(effort: str | None) -> bool:
    """Whether the model may think, by what the client said; many think unasked."""
    return effort not in _THINKS_NOT


def map_effort(effort: str | None, dialect: Dialect, losses: Losses) -> JSON:
    """`reasoning.effort` → the chat parameters by which this upstream is told; empty where the client named none."""
    if effort is None:
        return {}
    word = dialect.effort_map.get(effort, effort)
    match dialect.reasoning_control:
        case "effort" if word:
            return {"reasoning_effort": word}
        case "thinking_type":
            thinking: JSON = {"thinking": {"type": "enabled" if thinks(effort) else "disabled"}}
            if thinks(effort) and word:
                thinking["reasoning_effort"] = word
            return thinking
        case "enable_thinking":
            return {"enable_thinking": thinks(effort)}
        case "template_kwargs":
            return {"chat_template_kwargs": {"enable_thinking": thinks(effort)}}
        case "reasoning_object":
            return {"reasoning": {"effort": word} if thinks(effort) and word else {"enabled": thinks(effort)}}
        case _:
            losses.report("reasoning.effort", f"the upstream cannot be told '{effort}'")
            return {}


def reasoning_text(item: JSON) -> str:
    """What a reasoning item says in the open: its raw text, else its summary."""
    return text_of(item.get("content") or (), "\n") or text_of(item.get("summary") or (), "\n")


def replay(message: JSON, reasoning: str, details: list[JSON], dialect: Dialect) -> None:
    """Put earlier reasoning back into the assistant message it led to, where this upstream looks for it.

    `details` are OpenRouter's, as they came: only unchanged are their signatures worth anything.
    """
    match dialect.reasoning_replay_field:
        case "reasoning_content" | "reasoning" as key:
            message[key] = reasoning
        case "reasoning_details":
            message["reasoning_details"] = details or [{"type": "reasoning.text", "text": reasoning, "index": 0}]
        case "tags":
            message["content"] = f"<think>{reasoning}</think>{message.get('content') or ''}"
        case "parts":
            thinking = {"type": "thinking", "thinking": [{"type": "text", "text": reasoning}]}
            content = message.get("content")
            rest = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
            message["content"] = [thinking, *rest]


# ---- chat ⇄ Responses: reasoning that is sealed ----

SEALED_FORMAT = "openai-responses-v1"
"""What OpenRouter calls a reasoning detail that is a Responses item: its clients carry such from turn to turn."""


_ORDER = ("type", "id", "summary", "content", "encrypted_content")
"""In which the fields of an item are written: an upstream's cache of prompts goes by the bytes."""


def reasoning_to_chat(item: JSON) -> list[JSON]:
    """What of a reasoning item cannot be said as text → reasoning details: what is sealed, and a chat upstream's own.

    They do not repeat the text: clients show what stands in details, too.
    """
    details = details_of(provider_data(item))
    if item.get("encrypted_content"):
        place = {"id": item["id"]} if item.get("id") else {}
        sealed = {"type": "reasoning.encrypted", **place, "data": item["encrypted_content"], "format": SEALED_FORMAT}
        return [*details, sealed]
    return details


def reasoning_from_chat(message: JSON) -> list[tuple[str | None, JSON]]:
    """What an assistant message says of its reasoning → reasoning items, each with the call it led to, if known.

    Where it is sealed its text is the summary, for so OpenAI's models tell it; else it is raw.
    """
    text = message.get("reasoning_content") or message.get("reasoning") or ""
    details = message.get("reasoning_details", ())
    if not text and not details:
        return []
    sealed = [detail for detail in details if detail.get("format") == SEALED_FORMAT and "type" in detail]
    others = [detail for detail in details if detail.get("format") != SEALED_FORMAT or "type" not in detail]
    items = _sealed_items(sealed)
    if any(item["summary"] or item.get("content") for _, item in items):
        text = ""  # the details say it
    if text and items:
        items[0][1]["summary"].append({"type": "summary_text", "text": text})
        text = ""
    if text or others:
        plain: JSON = {"type": "reasoning", "summary": []}
        if text:
            plain["content"] = [{"type": "reasoning_text", "text": text}]
        if others:
            plain[KEY] = {DETAILS: others}
        items.insert(0, (None, plain))
    return items


def _sealed_items(details: list[JSON]) -> list[tuple[str | None, JSON]]:
    """The items that details stand for, each with the call it led to.

    One without an id, which OpenRouter gives to what is sealed alone, goes on with the item before it, until that is
    sealed.
    """
    items: list[JSON] = []
    led_to: list[str | None] = []
    known: dict[str, int] = {}
    for detail in details:
        name = _word(detail, "id")
        place = known.get(name)
        if place is None and items and "encrypted_content" not in items[-1] and not (name and "id" in items[-1]):
            place = len(items) - 1
        if place is None:
            place = len(items)
            items.append({"type": "reasoning", "summary": []})
            led_to.append(None)
        if name:
            known[name] = place
            items[place]["id"] = name
        led_to[place] = _word(detail, "call_id") or led_to[place]
        _add_detail(items[place], detail)
    ordered = ({key: item[key] for key in _ORDER if key in item} for item in items)
    return list(zip(led_to, ordered, strict=True))


def _word(detail: JSON, key: str) -> str:
    word = detail.get(key)
    return word if isinstance(word, str) else ""


def _add_detail(item: JSON, detail: JSON) -> None:
    match detail["type"]:
        case "reasoning.summary":
            item["summary"].append({"type": "summary_text", "text": _word(detail, "summary")})
        case "reasoning.text":
            item.setdefault("content", []).append({"type": "reasoning_text", "text": _word(detail, "text")})
        case "reasoning.encrypted":
            item["encrypted_content"] = _word(detail, "data")
