"""How long a model's window and output are, from its entry in the upstream's model list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .paths import values_at

# In the order of trust: what is served now before what the model could do.
WINDOW_PATHS = (
    "meta.n_ctx",
    "loaded_context_length",
    "max_model_len",
    "context_window",
    "top_provider.context_length",
    "context_length",
    "max_context_length",
    "limits.max_context_length",
    "contextLength",
    "inputTokenLimit",
    "max_input_tokens",
    "max_total_tokens",
    "providers[].context_length",
    "meta.n_ctx_train",
)
OUTPUT_PATHS = (
    "top_provider.max_completion_tokens",
    "max_completion_tokens",
    "limits.max_completion_tokens",
    "max_output_tokens",
    "outputTokenLimit",
    "max_tokens",
)


class Limits(NamedTuple):
    """In tokens; None where the upstream does not say."""

    window: int | None = None
    """Input and output together."""

    max_output: int | None = None
    """The most one reply may have."""

    def within(self, window: int | None, max_output: int | None) -> Limits:
        """These limits, where others hold too."""
        if window is None and max_output is None:
            return self
        return Limits(_smaller(self.window, window), _smaller(self.max_output, max_output))


def limits_of(entry: Mapping[str, Any]) -> Limits:
    """The limits of an entry of `GET /models`.

    An output limit as large as the window is none: several hosts copy the one into the other.
    """
    window = _first(entry, WINDOW_PATHS)
    max_output = _first(entry, OUTPUT_PATHS)
    if window is not None and max_output is not None and max_output >= window:
        max_output = None
    return Limits(window, max_output)


def _smaller(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _first(entry: Mapping[str, Any], paths: Iterable[str]) -> int | None:
    """The first positive number; of several at one path the smallest, as nobody knows which will serve."""
    for path in paths:
        numbers = [number for value in values_at(entry, path) if (number := _positive(value)) is not None]
        if numbers:
            return min(numbers)
    return None


def _positive(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e12:
        return None
    return int(value)
