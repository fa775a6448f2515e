"""Logprobs of tokens, in the shape that both dialects share."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


def token_logprobs(logprobs: Any) -> list[JSON]:
    """The entries, each complete; other shapes are passed over. Events leave the bytes out: null says so."""
    if not logprobs or not isinstance(logprobs, list):
        return []
    return [_entry(entry, True) for entry in logprobs if isinstance(entry, dict) and "token" in entry]


def _entry(entry: JSON, top: bool) -> JSON:
    value = entry.get("logprob")
    mapped: JSON = {
        "token": str(entry["token"]),
        "logprob": value if isinstance(value, int | float) else 0.0,
        "bytes": entry.get("bytes"),
    }
    if top:
        others = entry.get("top_logprobs")
        mapped["top_logprobs"] = [
            _entry(other, False)
            for other in (others if isinstance(others, list) else ())
            if isinstance(other, dict) and "token" in other
        ]
    return mapped
