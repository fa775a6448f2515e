"""Random requests: what a reply depends on, and conversations that grow turn by turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from .completions import TOOLS

JSON = dict[str, Any]

FUNCTIONS = [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in TOOLS]


def requests() -> st.SearchStrategy[JSON]:
    """Requests that any completion may answer, with what shapes the reply or limits its calls."""
    base = {"model": "m", "input": "Hello", "tools": FUNCTIONS}
    return st.fixed_dictionaries(
        {},
        optional={
            "include": st.just(["message.output_text.logprobs"]),
            "reasoning": st.just({"effort": "low", "summary": "auto"}),
            "tool_choice": st.just({"type": "allowed_tools", "mode": "auto", "tools": FUNCTIONS[:2]}),
            "parallel_tool_calls": st.just(False),
        },
    ).map(lambda options: {**base, **options})


def admitted(request: JSON, calls: Sequence[JSON]) -> list[JSON]:
    """Those of an upstream's tool calls that the request allows to reach the client."""
    allowed = TOOLS[:2] if "tool_choice" in request else TOOLS
    admitted = [call for call in calls if call["function"]["name"] in allowed]
    return admitted[:1] if request.get("parallel_tool_calls") is False else admitted


# ---- conversations ----

_words = st.text("ab \né👩", min_size=1, max_size=8)
_texts = st.builds(lambda text: {"type": "input_text", "text": text}, _words)
_images = st.just({"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="})
_parts = st.lists(_texts | _images, min_size=1, max_size=2)


def _message(role: str, content: Any) -> JSON:
    return {"type": "message", "role": role, "content": content}


@st.composite
def _questions(draw: st.DrawFn) -> list[JSON]:
    """What the client says between two responses."""
    items = [_message("developer", draw(_words))] if draw(st.booleans()) else []
    return [*items, _message("user", draw(_words | _parts))]


@st.composite
def _thoughts(draw: st.DrawFn) -> list[JSON]:
    if draw(st.booleans()):
        return []
    return [{"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": draw(_words)}]}]


@st.composite
def _answers(draw: st.DrawFn) -> list[JSON]:
    """A response without calls, and the next question."""
    text = {"type": "output_text", "text": draw(_words), "annotations": []}
    return [*draw(_thoughts()), _message("assistant", [text]), *draw(_questions())]


@st.composite
def _tool_rounds(draw: st.DrawFn) -> list[JSON]:
    """A response with calls, and their outputs in any order; the ids of calls are given later."""
    items = draw(_thoughts())
    if draw(st.booleans()):
        items.append(_message("assistant", draw(_words)))
    outputs = draw(st.lists(_words | _parts, min_size=1, max_size=3))
    calls = [(f"{number}", draw(st.sampled_from(TOOLS)), output) for number, output in enumerate(outputs)]
    for number, name, _ in calls:
        items.append({"type": "function_call", "call_id": number, "name": name, "arguments": '{"a": 1}'})
    for number, _, output in draw(st.permutations(calls)):
        items.append({"type": "function_call_output", "call_id": number, "output": output})
    return items


@st.composite
def conversations(draw: st.DrawFn) -> list[JSON]:
    """The requests of a conversation: each has the input of the one before it, and one step more."""
    base = {**draw(st.fixed_dictionaries({}, optional={"instructions": _words})), "model": "m", "tools": FUNCTIONS}
    steps = draw(st.lists(_answers() | _tool_rounds(), min_size=1, max_size=5))
    history = draw(_questions())
    requests = [{**base, "input": history}]
    for number, step in enumerate(steps):
        items = [
            {**item, "call_id": f"call_{number}_{item['call_id']}"} if "call_id" in item else item for item in step
        ]
        history = [*history, *items]
        requests.append({**base, "input": history})
    return requests
