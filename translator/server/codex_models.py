"""Models as Codex reads them: `{"models": […]}`, what it asks `GET /models?client_version=` for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from .knowledge import Known

JSON = dict[str, Any]

_OUTPUT_TOKENS = 10_000
"""How much of a command's output Codex shows to the model: what it takes for its own models."""

_EFFORTS = {
    "none": "Answers at once",
    "low": "Thinks little, answers quickly",
    "medium": "Thinks as long as most tasks need",
    "high": "Thinks long, for what is hard",
}
_SWITCHES = frozenset({"enable_thinking", "template_kwargs"})
"""Ways to control reasoning that only turn it on and off."""


def codex_model(name: str, known: Known, *, place: int, websocket: bool) -> JSON:
    """One model as Codex 0.169 reads it: limits, efforts, kinds of tools; `place` is its place in the list, from 0.

    What Codex demands is there, and what is known here; all else is left to its own defaults. No effort is named as the
    default: none is sent upstream unless the user chooses one.
    """
    dialect, limits = known
    model: JSON = {
        "slug": name,
        "display_name": name,
        "description": None,
        "supported_reasoning_levels": [
            {"effort": effort, "description": _EFFORTS[effort]} for effort in _efforts(known)
        ],
        "default_reasoning_summary": "auto",
        "supports_reasoning_summary_parameter": True,
        "shell_type": "shell_command",
        "apply_patch_tool_type": "freeform",
        "supports_search_tool": False,  # there is no need to search: chat upstreams are offered every tool
        "experimental_supported_tools": [],
        "supports_parallel_tool_calls": "parallel_tool_calls" not in dialect.params_refused,
        "input_modalities": ["text", "image"] if dialect.image else ["text"],
        "supports_image_detail_original": False,
        "support_verbosity": False,
        "truncation_policy": {"mode": "tokens", "limit": _OUTPUT_TOKENS},
        "visibility": "list",
        "supported_in_api": True,
        "priority": place,
        "prefer_websockets": websocket,
        "base_instructions": _instructions(),
    }
    window = limits.window or dialect.window
    if window is not None:
        model |= {"context_window": window, "max_context_window": window}
    return model


def _efforts(known: Known) -> Iterator[str]:
    dialect = known.dialect
    if dialect.reasoning_control == "none" or "reasoning_effort" in dialect.params_refused:
        return
    for effort in ("none", "medium") if dialect.reasoning_control in _SWITCHES else ("low", "medium", "high"):
        if dialect.effort_map.get(effort, effort):
            yield effort


@cache
def _instructions() -> str:
    return files(__package__).joinpath("codex_instructions.md").read_text("utf-8")
