"""Compaction: a conversation becomes one sealed item that stands for it."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidRequest, Unsupported
from .options import ReplyOptions

JSON = dict[str, Any]

TRIGGER = "compaction_trigger"

REQUEST = """\
Write a summary of the conversation above that lets you carry on in its place: it will be all that is left of it.

Keep what was asked for and by whom, what was decided and why, what has been done and found out (with names, paths, \
numbers and exact wording where they matter), what is still to be done, and what the user prefers. Leave out what no \
longer matters. Write only the summary, and call no tools."""
"""What the upstream is asked for at the end of the conversation."""

_WITHHELD = ("tools", "tool_choice", "parallel_tool_calls", "text", "max_output_tokens", "top_logprobs", "include")
"""What would keep a summary from being plain text, and whole."""


def is_compaction(request: JSON) -> bool:
    """Whether a request asks for compaction: its input ends with a trigger."""
    items = request.get("input")
    return isinstance(items, list) and bool(items) and items[-1].get("type") == TRIGGER


def summary_request(request: JSON, options: ReplyOptions, has_history: bool) -> JSON:
    """The request that has the conversation summarised: the same items, no tools, and the wish for a summary.

    The conversation's own messages stay as they are, so that the upstream's prompt cache serves them.
    """
    if options.sealer is None:
        raise Unsupported(
            "Conversations cannot be compacted here: there is no key to seal the result with.", param="input"
        )
    items = request["input"][:-1]
    if not items and not has_history:
        raise InvalidRequest(
            "There is nothing to compact: put the conversation before the 'compaction_trigger'.",
            param="input",
            code="invalid_value",
        )
    kept = {name: value for name, value in request.items() if name not in _WITHHELD}
    # none: a model that was offered tools earlier in the conversation may still call one
    return {**kept, "input": [*items, {"role": "user", "content": REQUEST}], "tool_choice": "none"}
