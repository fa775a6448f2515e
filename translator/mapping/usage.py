"""Token usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

JSON = dict[str, Any]

NOTHING_USED: JSON = {
    "input_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}
"""The usage where no upstream was asked, or it told none, but the standard demands one."""


def _count(value: Any) -> int:
    """A count, however an upstream wrote it: integer, float, numeric string, null."""
    if type(value) is int:
        return max(value, 0)
    try:
        return max(int(float(value)), 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def _details(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    details = usage.get(key)
    return details if isinstance(details, dict) else {}


def map_usage(usage: Mapping[str, Any]) -> JSON:
    """Chat usage → Responses usage, both details objects always there (the SDK's types require them).

    `prompt_cache_hit_tokens` is DeepSeek's word for cached tokens; SGLang has `reasoning_tokens` at the top. A missing
    total is the sum. Some hosts leave the reasoning out of `completion_tokens` but not out of the total (xAI), so the
    output is raised to what the total says when that is exactly the reasoning more.
    """
    prompt = _details(usage, "prompt_tokens_details")
    completion = _details(usage, "completion_tokens_details")
    input_tokens = _count(usage.get("prompt_tokens"))
    output_tokens = _count(usage.get("completion_tokens"))
    reasoning = _count(completion.get("reasoning_tokens") or usage.get("reasoning_tokens"))
    total = _count(usage.get("total_tokens")) or input_tokens + output_tokens
    if reasoning and total == input_tokens + output_tokens + reasoning:
        output_tokens += reasoning
    cached = prompt.get("cached_tokens") or usage.get("prompt_cache_hit_tokens") or usage.get("cached_tokens")
    input_details: JSON = {
        "cached_tokens": _count(cached),
        "cache_write_tokens": _count(prompt.get("cache_write_tokens")),
    }
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": input_details,
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": total,
    }


def usage_to_chat(usage: Mapping[str, Any]) -> JSON:
    """Responses usage → chat usage, both details objects always there."""
    given, made = _details(usage, "input_tokens_details"), _details(usage, "output_tokens_details")
    prompt_tokens, completion_tokens = _count(usage.get("input_tokens")), _count(usage.get("output_tokens"))
    prompt_details = {"cached_tokens": _count(given.get("cached_tokens"))}
    if given.get("cache_write_tokens"):
        prompt_details["cache_write_tokens"] = _count(given["cache_write_tokens"])
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": _count(usage.get("total_tokens")) or prompt_tokens + completion_tokens,
        "prompt_tokens_details": prompt_details,
        "completion_tokens_details": {"reasoning_tokens": _count(made.get("reasoning_tokens"))},
    }
